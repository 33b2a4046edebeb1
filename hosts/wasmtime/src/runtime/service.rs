use super::{
    App, Env,
    app::Ending,
    handler::{Handler, REST},
};
use crate::bindings::ServicePre;
use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::{
    sync::{Semaphore, watch},
    task::{JoinHandle, JoinSet},
    time::{Instant, Interval, interval, timeout_at},
};
use wasi_cloud_core::{
    Error, Kind, Link, Result,
    messaging::{Inbox, Messaging, Subscription, subscribe},
};

/// How messages are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServeOptions {
    /// The messaging label to subscribe on; the component needs a grant to read it. `default` by default.
    pub label: String,
    /// How many instances handle messages at once, at least 1 (MSG-M11). 8 by default. Settling a message is not handling
    /// it: as many may wait for the broker to hear of them.
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
        let limits = &app.runtime.limits;
        let pre = ServicePre::new(app.pre.clone())
            .map_err(|_| Error::new(Kind::Invalid, "the component exports no `wasi:messaging/incoming-handler`"))?;
        let inbox = within(limits.call, subscribe(&link, &subscription)).await?;
        let grace = limits.run.saturating_add(limits.call);
        let handler = Arc::new(Handler::new(app, pre, link, env));
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

/// Hands messages to instances until it is told to stop.
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
    let mut rests = interval(REST);
    loop {
        let free = places.available_permits() + usize::from(place.is_some());
        inbox.ready_for(free.min(most - running.len()));
        let received = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => break,
            _ = rests.tick() => { handler.rest(); continue }
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
                let pause = tokio::time::timeout(wait, stopped.wait_for(|stop| *stop));
                let _ = resting(&handler, &mut rests, pause).await;
            }
        }
    }
    drop(place);
    let own = handler.clone();
    resting(&own, &mut rests, finish(handler, inbox, places, running, grace)).await;
}

/// Waits for this. Instances that are idle meanwhile are let go as they always are.
async fn resting<T>(handler: &Handler, rests: &mut Interval, until: impl Future<Output = T>) -> T {
    let mut until = pin!(until);
    loop {
        tokio::select! {
            biased;
            done = &mut until => return done,
            _ = rests.tick() => handler.rest(),
        }
    }
}

/// Gives back what nobody was handed, and waits for the rest.
async fn finish(
    handler: Arc<Handler>,
    mut inbox: Box<dyn Inbox>,
    places: Arc<Semaphore>,
    mut running: JoinSet<()>,
    grace: Duration,
) {
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

/// A handler that exits the program has not returned ok, whatever its exit code says (MSG-M06).
pub(super) fn unreturned(ending: Ending) -> Ending {
    match ending {
        Ending::Exited(code) => Ending::Trapped(format!("it exited with {code} instead of returning")),
        other => other,
    }
}
