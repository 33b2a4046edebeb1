//! Tells a component of changes.

use super::{
    App, Ending, Env, Runtime,
    app::{failed, full},
    instance::{self, State},
    service::{Service, drain, logged, pauses, unreturned, within},
    span::Doing,
};
use crate::bindings::watching::WatchServicePre;
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet};
use wasi_cloud_core::{
    Error, Kind, Link, Result,
    keyvalue::{Bucket, Change, Changes, KeyValue},
};

/// Watches the bucket behind the link.
pub(super) async fn start(
    app: &App,
    link: Link<dyn KeyValue>,
    env: Box<dyn Fn() -> Env + Send + Sync>,
) -> Result<Service> {
    let runtime = app.runtime.clone();
    let pre = WatchServicePre::new(app.pre.clone())
        .map_err(|_| Error::new(Kind::Invalid, "the component exports no `wasi:keyvalue/watcher`"))?;
    let limit = runtime.limits.call;
    let (name, label) = (app.name.clone(), link.label().to_owned());
    let bucket = within(limit, Bucket::open(link)).await?;
    let changes = within(limit, bucket.watch()).await?;
    let grace = runtime.limits.run.saturating_add(limit);
    let watcher = Arc::new(Watcher { runtime, pre, name, label, env, bucket });
    Ok(Service::spawn(|stopped| tell(watcher, changes, stopped, grace)))
}

/// Tells of one change after the other, which keeps their order, until told to stop.
async fn tell(
    watcher: Arc<Watcher>,
    mut changes: Box<dyn Changes>,
    mut stopped: watch::Receiver<bool>,
    grace: Duration,
) {
    let mut running = JoinSet::new();
    let mut waits = pauses();
    loop {
        let told = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => break,
            Some(ended) = running.join_next() => { logged(ended); continue }
            told = changes.next(), if running.is_empty() => told,
        };
        match told {
            Ok(change) => {
                waits = pauses();
                let watcher = watcher.clone();
                running.spawn(async move { watcher.handle(change).await });
            }
            Err(e) => {
                let wait = waits.next().unwrap_or_default();
                tracing::warn!(kind = e.kind.name(), "no change could be read; trying again in {wait:?}: {e}");
                // Being stopped ends the wait, and then the loop.
                let _ = tokio::time::timeout(wait, stopped.wait_for(|stop| *stop)).await;
            }
        }
    }
    drain(running, grace).await;
}

/// What is told of changes.
struct Watcher {
    runtime: Runtime,
    pre: WatchServicePre<State>,
    name: Arc<str>,
    label: String,
    env: Box<dyn Fn() -> Env + Send + Sync>,
    bucket: Bucket,
}

impl Watcher {
    /// However it ends, the next change comes all the same (KV-WATCH-S02).
    async fn handle(&self, change: Change) {
        let key = change.key().to_owned();
        let doing = Doing::change(&self.name, &self.label);
        let ending = doing.instrument(self.call(change)).await;
        doing.ended(&ending);
        match ending {
            Ending::Exited(0) => {}
            ending => tracing::warn!(key, "the watcher {ending}"),
        }
    }

    /// Calls the watcher in a fresh instance: nothing of one change is left when the next one comes.
    async fn call(&self, change: Change) -> Ending {
        let Some(_place) = self.runtime.next_place().await else { return full(&self.runtime) };
        let mut store = match instance::store(&self.runtime, (self.env)()) {
            Ok(store) => store,
            Err(ending) => return ending,
        };
        let service = match self.pre.instantiate_async(&mut store).await {
            Ok(service) => service,
            Err(e) => return unreturned(failed(&store, &e, Ending::Failed)),
        };
        let bucket = match store.data_mut().table().push(self.bucket.clone()) {
            Ok(bucket) => bucket,
            Err(e) => return Ending::Failed(e.to_string()),
        };
        let watcher = service.wasi_keyvalue_watcher();
        let told = match &change {
            Change::Set { key, value } => watcher.call_on_set(&mut store, bucket, key, value).await,
            Change::Deleted { key } => watcher.call_on_delete(&mut store, bucket, key).await,
        };
        match told {
            Ok(()) => Ending::Exited(0),
            Err(e) => unreturned(failed(&store, &e, Ending::Trapped)),
        }
    }
}
