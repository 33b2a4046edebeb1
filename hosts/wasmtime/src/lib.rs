//! wasi-cloud capabilities for components hosted on wasmtime.
//!
//! An embedder with a linker and a store of its own calls [`add_to_linker`]; its store hands out a [`CloudView`]. One
//! that has none takes the ready-made [`runtime`].
//!
//! Imports are always linked. What a component may do is decided at each call, by its [`SharedGrants`], in the core.
//!
//! ```
//! use wasi_cloud_core::{Grants, Links};
//! use wasi_cloud_wasmtime::{CloudCtx, CloudView, add_to_linker};
//! use wasmtime::component::{Linker, ResourceTable};
//!
//! struct Mine {
//!     cloud: CloudCtx,
//!     table: ResourceTable,
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let engine = wasmtime::Engine::default();
//! let mut linker = Linker::<Mine>::new(&engine);
//! add_to_linker(&mut linker, |mine| CloudView { ctx: &mut mine.cloud, table: &mut mine.table })?;
//!
//! // One store an instance: the host's links, and the grants of this component.
//! let grants = Grants::parse(["keyvalue:default"])?.shared();
//! let mut mine = Mine { cloud: CloudCtx::new(Links::default(), grants), table: ResourceTable::new() };
//! mine.table.set_max_capacity(10_000);
//! let store = wasmtime::Store::new(&engine, mine);
//! # drop(store);
//! # Ok(()) }
//! ```

pub mod bindings;
pub mod error;
pub mod runtime;

mod config;
mod keyvalue;
mod messaging;

pub use error::HostError;

use std::time::Duration;
use wasi_cloud_core::{Applied, Error, Kind, Links, Result, SharedGrants};
use wasmtime::component::{HasData, Linker, ResourceTable};

/// How long a host call lasts at most, unless [`CloudCtx::with_call_timeout`] says otherwise.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// What one instance sees of the cloud: the host's links, and its own grants.
#[derive(Debug, Clone)]
pub struct CloudCtx {
    links: Links,
    grants: SharedGrants,
    call_timeout: Duration,
}

impl CloudCtx {
    /// A context for one instance. The default [`Grants`](wasi_cloud_core::Grants) allow nothing.
    #[must_use]
    pub fn new(links: Links, grants: SharedGrants) -> Self {
        Self { links, grants, call_timeout: CALL_TIMEOUT }
    }

    /// The same, with another bound on each host call.
    ///
    /// It holds whatever layers a route has, so that no backend can keep a guest waiting for ever. A call that it ends
    /// is `timeout`, and `maybe` applied if it wrote.
    #[must_use]
    pub fn with_call_timeout(mut self, timeout: Duration) -> Self {
        self.call_timeout = timeout;
        self
    }

    /// Runs a call that changes nothing, within the bound.
    pub(crate) fn read<T>(&self, call: impl Future<Output = Result<T>>) -> impl Future<Output = Result<T>> {
        self.bounded(call, Applied::No, |error| error)
    }

    /// Runs a call that may change something, within the bound.
    pub(crate) fn write<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        late: fn(Error) -> E,
    ) -> impl Future<Output = Result<T, E>> {
        self.bounded(call, Applied::Maybe, late)
    }

    async fn bounded<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
        applied: Applied,
        late: fn(Error) -> E,
    ) -> Result<T, E> {
        tokio::select! {
            biased;
            done = call => done,
            // Polled, and so made, only if the call has to wait: a backend in this process costs no timer.
            () = async { tokio::time::sleep(self.call_timeout).await } => {
                let error = Error::new(Kind::Timeout, format!("no answer within the host's {:?}", self.call_timeout));
                Err(late(if applied == Applied::Maybe { error.maybe_applied() } else { error }))
            }
        }
    }
}

/// What the host functions work on, borrowed from the embedder's store.
///
/// Handles live in the embedder's table. Cap it with [`ResourceTable::set_max_capacity`]: a full one is `quota` to the
/// guest, not a trap.
#[derive(Debug)]
pub struct CloudView<'a> {
    /// The instance's context.
    pub ctx: &'a mut CloudCtx,
    /// The instance's handles.
    pub table: &'a mut ResourceTable,
}

/// Names [`CloudView`] to generated code.
#[derive(Debug)]
pub struct Cloud;

impl HasData for Cloud {
    type Data<'a> = CloudView<'a>;
}

/// Links every capability package. `view` gets what the functions need out of the store's data.
///
/// The store must be used with wasmtime's async calls, inside a tokio runtime with time enabled.
///
/// # Errors
/// If the linker has one of the interfaces already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    view: fn(&mut T) -> CloudView<'_>,
) -> wasmtime::Result<()> {
    bindings::Service::add_to_linker::<T, Cloud>(linker, view)
}
