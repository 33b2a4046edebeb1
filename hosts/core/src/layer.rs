//! Layers wrap every operation of every capability, because an operation is a [`Call`] and a rerunnable attempt.
//!
//! Outside in: trace, metrics, limit, timeout, retry, fault. The grant check is not a layer, so that no
//! configuration can remove it. A layer never sees a value and therefore cannot corrupt one.

mod fault;
mod limit;
mod metrics;
mod retry;
mod timeout;
mod trace;

pub use fault::{Fault, FaultPlan, FaultRule, Moment};
pub use limit::Limit;
pub use metrics::{Metrics, Registered};
pub use retry::Retry;
pub use timeout::Timeout;
pub use trace::{CALL, SPANS, Trace};

use crate::{
    call::{Access, Call},
    error::{Error, Kind, Result},
};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::{fmt, sync::Arc};

/// Something that happens around every call.
#[async_trait]
pub trait Layer: Send + Sync + fmt::Debug {
    /// Runs the rest with `next.run(call)`: never, once, or several times.
    async fn around(&self, call: &Call<'_>, next: Next<'_>) -> Result<()>;

    /// What traces call the system that the calls go to, if this layer was told.
    fn system(&self) -> Option<Arc<str>> {
        None
    }
}

/// Layers in order, the outermost first; shared by every call of a route.
pub type Layers = Arc<[Arc<dyn Layer>]>;

pub(crate) trait Attempt: Send {
    fn attempt(&mut self) -> BoxFuture<'_, Result<()>>;
}

/// The layers inside this one, and the backend.
pub struct Next<'a> {
    layers: &'a [Arc<dyn Layer>],
    leaf: &'a mut dyn Attempt,
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").field("layers", &self.layers).finish_non_exhaustive()
    }
}

impl Next<'_> {
    /// Runs what is inside. May be called again: that is a retry.
    pub fn run<'s>(&'s mut self, call: &'s Call<'_>) -> BoxFuture<'s, Result<()>> {
        match self.layers.split_first() {
            Some((layer, rest)) => layer.around(call, Next { layers: rest, leaf: &mut *self.leaf }),
            None => self.leaf.attempt(),
        }
    }
}

struct Leaf<F, T> {
    op: F,
    out: Option<T>,
}

impl<F, Fut, T> Attempt for Leaf<F, T>
where
    F: FnMut() -> Fut + Send,
    Fut: Future<Output = Result<T>> + Send,
    T: Send,
{
    fn attempt(&mut self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            self.out = Some((self.op)().await?);
            Ok(())
        })
    }
}

/// Runs `op` inside `layers`.
pub(crate) async fn run<F, Fut, T>(layers: &[Arc<dyn Layer>], call: &Call<'_>, mut op: F) -> Result<T>
where
    F: FnMut() -> Fut + Send,
    Fut: Future<Output = Result<T>> + Send,
    T: Send,
{
    if layers.is_empty() {
        return op().await;
    }
    let mut leaf = Leaf { op, out: None };
    Next { layers, leaf: &mut leaf }.run(call).await?;
    leaf.out.ok_or_else(|| Error::new(Kind::Other, "a layer reported success without calling the backend"))
}

/// A failure of `call` whose outcome nobody knows: indefinite for a write, definite for the rest.
pub(crate) fn unknown_outcome(call: &Call<'_>, error: Error) -> Error {
    match call.access {
        Access::Write => error.maybe_applied(),
        Access::Open | Access::Read => error,
    }
}
