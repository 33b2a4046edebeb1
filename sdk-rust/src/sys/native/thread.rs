//! The one private thread that async code runs on. Calls wait for it on a plain channel, so that they work from any
//! code: a `block_on` inside of somebody else's runtime would panic.

use crate::{Error, Kind, Result};
use std::{
    pin::Pin,
    sync::{OnceLock, mpsc},
    thread,
};
use tokio::{
    runtime::Builder,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Global, since the functions of a guest take no context: on wasm the host is the context. It holds no data.
static JOBS: OnceLock<Result<UnboundedSender<Job>, String>> = OnceLock::new();

/// Runs a future on the thread and waits for its output.
///
/// Every link has a timeout, so this waits no longer than that. Code that runs on the thread itself must not call this.
pub(super) fn run<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Result<T> {
    let broken = |why: &str| Error::new(Kind::Other, format!("the native twin: {why}"));
    let jobs = JOBS.get_or_init(start).as_ref().map_err(|why| broken(why))?;
    let (done, output) = mpsc::sync_channel(1);
    let job = Box::pin(async move {
        // Nobody listens any more only if the caller's thread is gone.
        let _ = done.send(future.await);
    });
    jobs.send(job).map_err(|_| broken("its thread is gone"))?;
    output.recv().map_err(|_| broken("the call panicked"))
}

fn start() -> Result<UnboundedSender<Job>, String> {
    let runtime = Builder::new_current_thread().enable_time().build().map_err(|e| e.to_string())?;
    let (sender, receiver) = unbounded_channel();
    let name = "wasi-cloud-sdk".to_owned();
    thread::Builder::new().name(name).spawn(move || runtime.block_on(work(receiver))).map_err(|e| e.to_string())?;
    Ok(sender)
}

async fn work(mut jobs: UnboundedReceiver<Job>) {
    // Each on a task of its own: a request that waits must not keep the reply from being sent.
    while let Some(job) = jobs.recv().await {
        tokio::spawn(job);
    }
}
