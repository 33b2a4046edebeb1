//! What has been taken is finished also where the rest fails, or is given up.

use super::host_on;
use crate::serve::host::Host;
use async_trait::async_trait;
use futures::poll;
use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    sync::{Notify, oneshot},
    time::timeout,
};
use url::Url;
use wasi_cloud_core::{
    Clock, Description, Error, Kind, Provider, Result, Services,
    describe::{Durability, feature},
    messaging::{Delivery, Disposition, Inbox, Messaging, Payload, Settle, Subscription},
    provider::Secrets,
};

const PATIENCE: Duration = Duration::from_secs(60);
const HANDLER: &str = include_str!("../../../tests/handler.wat");

/// How far the one message of `first` is.
#[derive(Default)]
struct Progress {
    /// Notified when it was handled, and is to be settled.
    handled: Notify,
    /// Lets it be settled.
    release: Notify,
    settled: AtomicBool,
}

/// Hands one message to who subscribes to `first`. Once that is handled, a subscription to `refused` fails, and one to `silent` has no
/// answer for ever.
struct Broker(Arc<Progress>, Description);

struct One(Arc<Progress>, bool);

struct Slow(Arc<Progress>);

#[async_trait]
impl Settle for Slow {
    async fn settle(self: Box<Self>, _: Disposition) -> Result<()> {
        self.0.handled.notify_one();
        self.0.release.notified().await;
        self.0.settled.store(true, Ordering::Relaxed);
        Ok(())
    }
}

#[async_trait]
impl Inbox for One {
    async fn next(&mut self) -> Result<Delivery> {
        if std::mem::replace(&mut self.1, true) {
            return std::future::pending().await;
        }
        let settle = Box::new(Slow(self.0.clone()));
        Ok(Delivery { topic: "first".into(), payload: Payload::default(), reply_to: None, attempt: 1, settle })
    }
}

#[async_trait]
impl Messaging for Broker {
    fn describe(&self) -> &Description {
        &self.1
    }
    async fn connect(&self, _: &str) -> Result<()> {
        Ok(())
    }
    async fn publish(&self, _: &str, _: &str, _: &Payload) -> Result<()> {
        Ok(())
    }
    async fn subscribe(&self, _: &str, to: &Subscription) -> Result<Box<dyn Inbox>> {
        match &*to.topics[0] {
            "first" => Ok(Box::new(One(self.0.clone(), false))),
            "refused" => {
                self.0.handled.notified().await;
                Err(Error::new(Kind::Invalid, "no such topic"))
            }
            _ => std::future::pending().await,
        }
    }
}

#[async_trait]
impl Provider for Broker {
    fn schemes(&self) -> &'static [&'static str] {
        &["halfway"]
    }
    async fn open(&self, _: &Url, _: &dyn Secrets) -> Result<Services> {
        let broker = Self(self.0.clone(), self.1.clone());
        Ok(Services { messaging: Some(Arc::new(broker)), ..Services::default() })
    }
}

/// A host of a component with these two subscriptions.
fn host(folder: &TempDir, second: &str, url: &str) -> (Host, Arc<Progress>) {
    std::fs::write(folder.path().join("app.wasm"), wat::parse_str(HANDLER).expect("assembles")).expect("written");
    let text = format!(
        "[components.a]\nfile = {:?}\nlinks = [\"messaging:default={url}\"]\ngrants = [\"messaging:default\"]\n\
         subscriptions = [{{ topics = [\"first\"] }}, {{ topics = [\"{second}\"] }}]\n",
        folder.path().join("app.wasm")
    );
    std::fs::write(folder.path().join("wasi-cloud.toml"), text).expect("written");
    let progress = Arc::new(Progress::default());
    let description = Description::new(Durability::Process, [feature::GROUPS, feature::BROADCAST], []);
    let registry = wasi_cloud::registry(&Clock::default()).expect("backends");
    let registry = registry.with(Broker(progress.clone(), description)).expect("one more");
    (host_on(registry, folder.path().join("wasi-cloud.toml")), progress)
}

async fn waits_for_what_was_taken(host: Host, progress: &Progress) {
    let mut stopped = pin!(host.stop());
    assert!(poll!(&mut stopped).is_pending(), "it does not wait for its handler");
    progress.release.notify_one();
    timeout(PATIENCE, stopped).await.expect("it stops");
    assert!(progress.settled.load(Ordering::Relaxed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_finishes_what_was_taken() {
    let folder = TempDir::new().expect("a folder");
    let (mut host, progress) = host(&folder, "refused", "halfway");
    let why = timeout(PATIENCE, host.start()).await.expect("an answer").expect_err("the second is refused");
    assert!(format!("{why:#}").contains("no such topic"), "{why:#}");
    waits_for_what_was_taken(host, &progress).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_given_up_finishes_what_was_taken() {
    let folder = TempDir::new().expect("a folder");
    let (mut host, progress) = host(&folder, "silent", "halfway");
    tokio::select! {
        started = host.start() => panic!("{started:?}"),
        handled = timeout(PATIENCE, progress.handled.notified()) => handled.expect("handled"),
    }
    waits_for_what_was_taken(host, &progress).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_switch_that_is_given_up_finishes_what_was_taken() {
    let folder = TempDir::new().expect("a folder");
    let (mut host, progress) = host(&folder, "silent", "memory");
    host.start().await.expect("it starts");
    let (reply, _answer) = oneshot::channel();
    let ask = serde_json::from_str(r#"{"ask":"link-set","app":"a","link":"messaging:default=halfway"}"#);
    tokio::select! {
        () = host.answer((ask.expect("a question"), reply)) => panic!("it was answered"),
        handled = timeout(PATIENCE, progress.handled.notified()) => handled.expect("handled"),
    }
    waits_for_what_was_taken(host, &progress).await;
}
