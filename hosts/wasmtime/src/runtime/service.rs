use super::{
    App, Env, Runtime,
    app::{Ending, failed, full},
    instance::{self, State},
    span::Doing,
};
use crate::bindings::ServicePre;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    task::{JoinHandle, JoinSet},
    time::{Instant, timeout_at},
};
use wasi_cloud_core::{
    Error, Kind, Link, Result,
    messaging::{Delivery, Disposition, Inbox, Message, Messaging, Subscription, subscribe},
};

/// How messages are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeOptions {
    /// The messaging label to subscribe on; the component needs a grant to read it. `default` by default.
    pub label: String,
    /// How many instances handle messages at once, at least 1 (MSG-M11). 8 by default.
    pub concurrency: usize,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self { label: "default".to_owned(), concurrency: 8 }
    }
}

/// A component that is handling messages or HTTP requests. Dropping it stops it at once: messages in flight stay with
/// the broker, connections are closed.
#[derive(Debug)]
pub struct Service {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Service {
    pub(super) async fn start(
        app: &App,
        link: Link<dyn Messaging>,
        env: Box<dyn Fn() -> Env + Send + Sync>,
        subscription: Subscription,
        concurrency: usize,
    ) -> Result<Self> {
        let (runtime, name) = (app.runtime.clone(), app.name.clone());
        let pre = ServicePre::new(app.pre.clone())
            .map_err(|_| Error::new(Kind::Invalid, "the component exports no `wasi:messaging/incoming-handler`"))?;
        let inbox = within(runtime.limits.call, subscribe(&link, &subscription)).await?;
        let grace = runtime.limits.run.saturating_add(runtime.limits.call);
        let handler = Arc::new(Handler { runtime, pre, name, env, link });
        Ok(Self::spawn(|stopped| deliver(handler, inbox, concurrency.max(1), stopped, grace)))
    }

    /// Runs what serves until it is told to stop.
    pub(super) fn spawn<T>(serve: impl FnOnce(watch::Receiver<bool>) -> T) -> Self
    where
        T: Future<Output = ()> + Send + 'static,
    {
        let (stop, stopped) = watch::channel(false);
        Self { stop, task: tokio::spawn(serve(stopped)) }
    }

    /// Takes no further message or request, hands over what has come already, lets handlers finish, and returns. A handler that is still not
    /// done after the time that it may execute plus that of one host call is ended; its message stays with the broker,
    /// its connection is closed.
    pub async fn stop(mut self) {
        // The receiver lives in the task: if it is gone, so is the task.
        let _ = self.stop.send(true);
        if let Err(e) = (&mut self.task).await {
            tracing::error!("the service ended badly: {e}");
        }
    }
}

/// Hands messages to instances until told to stop.
async fn deliver(
    handler: Arc<Handler>,
    mut inbox: Box<dyn Inbox>,
    concurrency: usize,
    mut stopped: watch::Receiver<bool>,
    grace: Duration,
) {
    let places = Arc::new(Semaphore::new(concurrency));
    // A message is settled while the next one is handled, since that is a round trip. Those that wait for it are bounded too.
    let most = concurrency.saturating_mul(2);
    let (mut running, mut place) = (JoinSet::new(), None);
    let mut waits = pauses();
    loop {
        let free = places.available_permits() + usize::from(place.is_some());
        inbox.ready_for(free.min(most - running.len()));
        let received = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => break,
            Some(ended) = running.join_next() => { logged(ended); continue }
            got = places.clone().acquire_owned(), if place.is_none() => { place = got.ok(); continue }
            received = inbox.next(), if place.is_some() && running.len() < most => received,
        };
        match received {
            Ok(delivery) => {
                waits = pauses();
                running.spawn(handler.clone().handle(delivery, place.take()));
            }
            Err(e) => {
                let wait = waits.next().unwrap_or_default();
                tracing::warn!(kind = e.kind.name(), "no message could be received; trying again in {wait:?}: {e}");
                // Being stopped ends the wait, and then the loop.
                let _ = tokio::time::timeout(wait, stopped.wait_for(|stop| *stop)).await;
            }
        }
    }
    drop(place);
    let limit = handler.runtime.limits.call;
    if tokio::time::timeout(limit, inbox.close()).await.is_err() {
        tracing::warn!("the broker did not take back within {limit:?} what was on its way here");
    }
    let end = Instant::now() + grace;
    let left = async {
        while let Some(delivery) = inbox.remaining().await {
            let place = places.clone().acquire_owned().await.ok();
            running.spawn(handler.clone().handle(delivery, place));
        }
    };
    if timeout_at(end, left).await.is_err() {
        tracing::warn!("messages that had come could not be handled in {grace:?} and stay with the broker");
    }
    // The inbox stays until then, so that what is in flight can still be settled.
    drain(running, end.saturating_duration_since(Instant::now())).await;
}

/// Waits for what runs, and ends it after this time.
pub(super) async fn drain(mut running: JoinSet<()>, grace: Duration) {
    let drained = async {
        while let Some(ended) = running.join_next().await {
            logged(ended);
        }
    };
    if tokio::time::timeout(grace, drained).await.is_err() {
        tracing::warn!("handlers did not finish in {grace:?} and are ended");
    }
}

pub(super) fn pauses() -> ExponentialBackoff {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(100))
        .with_max_delay(Duration::from_secs(10))
        .with_jitter()
        .without_max_times()
        .build()
}

pub(super) fn logged(ended: std::result::Result<(), tokio::task::JoinError>) {
    if let Err(e) = ended {
        tracing::error!("a handler ended badly: {e}");
    }
}

/// Bounds a call to a backend: one that never answers must not hold a slot for ever.
pub(super) async fn within<T>(limit: Duration, call: impl Future<Output = Result<T>>) -> Result<T> {
    let late = |_| Err(Error::new(Kind::Timeout, format!("no answer within {limit:?}")));
    tokio::time::timeout(limit, call).await.unwrap_or_else(late)
}

/// What handles one message after the other.
struct Handler {
    runtime: Runtime,
    pre: ServicePre<State>,
    name: Arc<str>,
    env: Box<dyn Fn() -> Env + Send + Sync>,
    link: Link<dyn Messaging>,
}

impl Handler {
    /// Handles, gives its place to the next message, and settles: ok is an ack (MSG-M06), all else a nack, and the next
    /// message comes all the same (MSG-HAND-03, MSG-HAND-04).
    async fn handle(self: Arc<Self>, delivery: Delivery, place: Option<OwnedSemaphorePermit>) {
        let doing = Doing::message(&self.name, &self.link, &delivery);
        doing.instrument(self.handle_as(delivery, place, &doing)).await;
    }

    async fn handle_as(&self, delivery: Delivery, place: Option<OwnedSemaphorePermit>, doing: &Doing) {
        let ending = self.call(&delivery).await;
        drop(place);
        doing.ended(&ending);
        let disposition = match ending {
            Ending::Exited(0) => Disposition::Ack,
            _ => Disposition::Nack,
        };
        if disposition == Disposition::Nack {
            tracing::warn!(topic = delivery.topic, attempt = delivery.attempt, "the handler {ending}");
        }
        if let Err(e) = within(self.runtime.limits.call, delivery.settle.settle(disposition)).await {
            doing.failed("unsettled");
            tracing::warn!(topic = delivery.topic, kind = e.kind.name(), "the message could not be settled: {e}");
        }
    }

    /// Calls `handle` in a fresh instance: nothing of one message is left when the next one comes.
    async fn call(&self, delivery: &Delivery) -> Ending {
        let Some(_place) = self.runtime.next_place().await else { return full(&self.runtime) };
        let mut store = match instance::store(&self.runtime, (self.env)()) {
            Ok(store) => store,
            Err(ending) => return ending,
        };
        let service = match self.pre.instantiate_async(&mut store).await {
            Ok(service) => service,
            Err(e) => return unreturned(failed(&store, &e, Ending::Failed)),
        };
        let message = match store.data_mut().table().push(Message::received(self.link.clone(), delivery)) {
            Ok(message) => message,
            Err(e) => return Ending::Failed(e.to_string()),
        };
        match service.wasi_messaging_incoming_handler().call_handle(&mut store, message).await {
            Ok(Ok(())) => Ending::Exited(0),
            Ok(Err(e)) => {
                tracing::warn!(topic = delivery.topic, "the handler returned {e}");
                Ending::Exited(1)
            }
            Err(e) => unreturned(failed(&store, &e, Ending::Trapped)),
        }
    }
}

/// A handler that exits the program has not returned ok, whatever its exit code says (MSG-M06).
pub(super) fn unreturned(ending: Ending) -> Ending {
    match ending {
        Ending::Exited(code) => Ending::Trapped(format!("it exited with {code} instead of returning")),
        other => other,
    }
}
