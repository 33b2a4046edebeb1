//! A small ready-made embedding: what the reference host and the conformance suite run components with.
//!
//! [`Runtime::compile`] makes an [`App`] of a component; each run of it is a fresh instance in its own store, with the
//! [`Limits`] of the runtime and the [`Env`] of the run, and comes to an [`Ending`].

mod app;
mod declared;
mod engine;
mod handler;
mod http;
mod instance;
mod invoke;
mod program;
mod service;
mod span;
mod topics;
mod watch;

pub use app::{App, Ending, Env, Folder};
pub use declared::{TOPICS_FUNCTION, declared_topics, record_topics};
pub use http::HttpOptions;
pub use instance::State;
pub use invoke::{Call, Function};
pub use program::{Program, is_program};
pub use service::{ServeOptions, Service};
pub use topics::{TOPICS_SECTION, recorded_topics};

use std::{sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use wasmtime::{
    Engine,
    component::{Component, Linker},
};

/// What one instance may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// All linear memories of one instance together, in bytes. Beyond it `memory.grow` fails. 256 MiB by default.
    pub memory: usize,
    /// Open handles of one instance, the WASI ones included. Beyond it calls are `quota`. 10,000 by default.
    pub handles: usize,
    /// How long the guest may execute without calling the host; the time of host calls does not count. Counted in ticks
    /// of 10 ms. 10 s by default.
    pub run: Duration,
    /// How long one call to a capability may last; then it is `timeout`. 30 s by default.
    pub call: Duration,
    /// How many instances may live at once. A command beyond it does not start ([`Ending::Failed`]); a message waits
    /// for its turn, for as long as a [`call`](Self::call) may last, and is then given back to the broker. 250 by
    /// default.
    ///
    /// The pooling allocator sets address space aside for all of them: 8 GiB for each, so that a 64-bit machine has
    /// room for about 10,000. It is not used before an instance uses it. An instance may have 8 core instances, 8
    /// tables and 2 linear memories on average; components that were composed of more run into the pool's end before
    /// this limit, which is [`Ending::Failed`] too.
    pub instances: u32,
    /// How many messages one instance may handle, one after the other. 1 by default: nothing of one message is left when
    /// the next one comes. With more, what the guest has in memory stays, open handles too; an instance whose handler failed
    /// is not used again, and one that waits lives for a second at most. Making an instance takes tens of microseconds.
    pub reuse: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 256 << 20,
            handles: 10_000,
            run: Duration::from_secs(10),
            call: crate::CALL_TIMEOUT,
            instances: 250,
            reuse: 1,
        }
    }
}

/// An engine and a linker with WASI 0.2, its `wasi:http` included, and every capability. Clones share both.
#[derive(Clone)]
pub struct Runtime {
    linker: Arc<Linker<State>>,
    limits: Arc<Limits>,
    /// One permit for each instance that may live.
    places: Arc<Semaphore>,
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Runtime {
    /// Makes the engine, and starts the thread that ticks its deadlines; the thread ends once the last clone is gone.
    ///
    /// # Errors
    /// If the machine cannot run wasmtime, or no thread can be started.
    pub fn new(limits: Limits) -> wasmtime::Result<Self> {
        Self::with_linker(limits, |_| Ok(()))
    }

    /// The same, with a linker to which `more` adds functions of its own; to put one in the place of another it calls
    /// [`Linker::allow_shadowing`] first.
    ///
    /// # Errors
    /// As [`new`](Self::new), or what `more` says.
    pub fn with_linker(
        limits: Limits,
        more: impl FnOnce(&mut Linker<State>) -> wasmtime::Result<()>,
    ) -> wasmtime::Result<Self> {
        let engine = engine::engine(&limits)?;
        engine::tick(&engine)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        crate::add_to_linker(&mut linker, State::cloud)?;
        more(&mut linker)?;
        let places = usize::try_from(limits.instances).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Ok(Self { linker: Arc::new(linker), limits: Arc::new(limits), places: Arc::new(Semaphore::new(places)) })
    }

    /// Compiles a component, or takes it from wasmtime's cache. Blocks for as long as compiling takes: about a second
    /// for each MB.
    ///
    /// # Errors
    /// If the bytes are not a component, or it imports what this host does not have; the error's `{:#}` is one line.
    pub fn compile(&self, wasm: &[u8]) -> wasmtime::Result<App> {
        let not_runnable = |why: &str| wasmtime::format_err!("{why}");
        match wasm.get(..8) {
            Some([b'\0', b'a', b's', b'm', _, _, 1, 0]) => {}
            Some([b'\0', b'a', b's', b'm', _, _, 0, 0]) => {
                return Err(not_runnable(
                    "this is a core module, not a component; `wasi-cloud componentize` makes one of it",
                ));
            }
            _ => return Err(not_runnable("this is not a WebAssembly component in the binary format")),
        }
        let component = Component::from_binary(self.engine(), wasm)
            .map_err(|e| not_runnable(&format!("the component is damaged or not supported: {}", one_line(&e))))?;
        App::new(self.clone(), &component)
    }

    /// How many instances live now.
    fn instances(&self) -> usize {
        self.capacity() - self.places.available_permits()
    }

    fn capacity(&self) -> usize {
        usize::try_from(self.limits.instances).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)
    }

    /// A place for one more instance, for as long as it is held; `None` if there is none.
    pub(crate) fn place(&self) -> Option<SemaphorePermit<'_>> {
        self.places.try_acquire().ok()
    }

    /// The same, waiting for as long as one call may last.
    pub(crate) async fn next_place(&self) -> Option<OwnedSemaphorePermit> {
        tokio::time::timeout(self.limits.call, self.places.clone().acquire_owned()).await.ok()?.ok()
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.linker.engine()
    }
}

/// The chain of an error's causes in one line.
fn one_line(error: &wasmtime::Error) -> String {
    let chain: Vec<_> = error.chain().map(|cause| cause.to_string().replace('\n', " ")).collect();
    chain.join(": ")
}
