//! Messages are handled, settled by what the handler made of them, and go on coming.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod guests;

use async_trait::async_trait;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{Notify, Semaphore, mpsc};
use wasi_cloud_core::{
    Description, Error, Grants, Kind, Links, Result,
    describe::{Durability, feature},
    messaging::{Delivery, Disposition, Inbox, Messaging, Payload, Settle, Subscription},
};
use wasi_cloud_wasmtime::runtime::{App, Env, Limits, Runtime, ServeOptions, Service};

type Settled = (String, Disposition);

/// A broker that hands over what the test publishes, after a first failure, and reports what is settled.
struct Broker {
    description: Description,
    messages: Mutex<Option<mpsc::UnboundedReceiver<String>>>,
    settled: mpsc::UnboundedSender<Settled>,
    waiting: Arc<Notify>,
    held: Arc<Semaphore>,
}

struct Queue {
    failed: bool,
    messages: mpsc::UnboundedReceiver<String>,
    settled: mpsc::UnboundedSender<Settled>,
    waiting: Arc<Notify>,
    held: Arc<Semaphore>,
}

struct Report(String, mpsc::UnboundedSender<Settled>, Arc<Semaphore>);

#[async_trait]
impl Settle for Report {
    async fn settle(self: Box<Self>, disposition: Disposition) -> Result<()> {
        let held = self.0.ends_with("held");
        self.1.send((self.0, disposition)).map_err(|_| Error::new(Kind::Unavailable, "the test is over"))?;
        if held {
            self.2.acquire().await.map_err(|_| Error::new(Kind::Unavailable, "the test is over"))?.forget();
        }
        Ok(())
    }
}

#[async_trait]
impl Inbox for Queue {
    async fn next(&mut self) -> Result<Delivery> {
        if !std::mem::replace(&mut self.failed, true) {
            return Err(Error::new(Kind::Unavailable, "not yet"));
        }
        self.waiting.notify_one();
        let Some(data) = self.messages.recv().await else { return std::future::pending().await };
        let payload = Payload { data: data.clone().into_bytes(), ..Payload::default() };
        let settle = Box::new(Report(data, self.settled.clone(), self.held.clone()));
        Ok(Delivery { topic: "t".into(), payload, reply_to: None, attempt: 1, settle })
    }
}

#[async_trait]
impl Messaging for Broker {
    fn describe(&self) -> &Description {
        &self.description
    }
    async fn connect(&self, _: &str) -> Result<()> {
        Ok(())
    }
    async fn publish(&self, _: &str, _: &str, _: &Payload) -> Result<()> {
        Ok(())
    }
    async fn subscribe(&self, _: &str, _: &Subscription) -> Result<Box<dyn Inbox>> {
        let messages = self.messages.lock().expect("lock").take().expect("one subscription");
        let (settled, waiting, held) = (self.settled.clone(), self.waiting.clone(), self.held.clone());
        Ok(Box::new(Queue { failed: false, messages, settled, waiting, held }))
    }
}

struct Bench {
    publish: mpsc::UnboundedSender<String>,
    settled: mpsc::UnboundedReceiver<Settled>,
    /// Notified when the service waits for a message.
    waiting: Arc<Notify>,
    /// A permit lets a message that ends with `held` be settled, which is reported before.
    held: Arc<Semaphore>,
    links: Links,
}

fn bench() -> Bench {
    let (publish, messages) = mpsc::unbounded_channel();
    let (report, settled) = mpsc::unbounded_channel();
    let description = Description::new(Durability::Process, [feature::BROADCAST], []);
    let (messages, waiting) = (Mutex::new(Some(messages)), Arc::new(Notify::new()));
    let held = Arc::new(Semaphore::new(0));
    let broker = Broker { description, messages, settled: report, waiting: waiting.clone(), held: held.clone() };
    let links = Links::default();
    links.messaging.set("default", Arc::new(broker), "", Arc::from([]));
    Bench { publish, settled, waiting, held, links }
}

fn app() -> App {
    app_of(10)
}

/// The same, of which only so many instances may live at once.
fn app_of(instances: u32) -> App {
    limited(Limits { instances, ..Limits::default() })
}

fn limited(limits: Limits) -> App {
    let limits = Limits { run: Duration::from_millis(50), ..limits };
    Runtime::new(limits).expect("a runtime").compile(&guests::handler()).expect("compiles")
}

async fn serve(app: &App, links: &Links, grants: &[&str], concurrency: usize) -> Result<Service> {
    let (links, grants) = (links.clone(), Grants::parse(grants).expect("grants").shared());
    let subscription = Subscription { topics: vec!["t".into()], group: None, max_deliveries: 1, dead_letter: None };
    let options = ServeOptions { concurrency, ..ServeOptions::default() };
    app.serve_messages(move || Env::new(links.clone(), grants.clone()), subscription, options).await
}

#[tokio::test]
async fn every_outcome_is_settled_and_the_next_message_comes() {
    let mut bench = bench();
    let service = serve(&app(), &bench.links, &["messaging:default"], 1).await.expect("serves");
    for message in ["trap", "loop", "error", "ok"] {
        bench.publish.send(message.into()).expect("published");
    }
    let mut settled = BTreeMap::new();
    for _ in 0..4 {
        let (message, disposition) = bench.settled.recv().await.expect("settled");
        settled.insert(message, disposition);
    }
    use Disposition::{Ack, Nack};
    let expected = [("error", Nack), ("loop", Nack), ("ok", Ack), ("trap", Nack)];
    assert!(settled.iter().map(|(m, d)| (&**m, *d)).eq(expected), "{settled:?}");
    service.stop().await;
}

/// Whether each of these messages, one after the other, was acknowledged.
async fn acknowledged(app: &App, messages: &[&str]) -> Vec<bool> {
    let mut bench = bench();
    let service = serve(app, &bench.links, &["messaging:default"], 1).await.expect("serves");
    let mut all = Vec::new();
    for message in messages {
        bench.publish.send((*message).into()).expect("published");
        all.push(bench.settled.recv().await.expect("settled").1 == Disposition::Ack);
    }
    service.stop().await;
    all
}

#[tokio::test]
async fn each_message_has_a_fresh_instance_unless_the_limits_say_otherwise() {
    let messages = ["first", "first", "first", "first"];
    assert_eq!(acknowledged(&app(), &messages).await, [true; 4]);
    // One that returned an error is not used again.
    let reused = limited(Limits { reuse: 3, instances: 1, ..Limits::default() });
    assert_eq!(acknowledged(&reused, &messages).await, [true, false, true, false]);
    // Nor is one that has handled its three.
    let messages = ["first", "ok", "ok", "first", "ok", "first"];
    assert_eq!(acknowledged(&reused, &messages).await, [true, true, true, true, true, false]);
    assert_eq!(reused.instances(), 0);
}

#[tokio::test]
async fn an_instance_that_waits_for_a_message_gives_its_place_back() {
    let mut bench = bench();
    let app = limited(Limits { reuse: 1000, instances: 1, ..Limits::default() });
    let service = serve(&app, &bench.links, &["messaging:default"], 1).await.expect("serves");
    bench.publish.send("ok".into()).expect("published");
    bench.settled.recv().await.expect("settled");
    until_none(&app).await;
    // Nor while the last one is settled.
    bench.publish.send("ok held".into()).expect("published");
    bench.settled.recv().await.expect("settled");
    let stopping = tokio::spawn(service.stop());
    until_none(&app).await;
    bench.held.add_permits(1);
    stopping.await.expect("stopped");
}

async fn until_none(app: &App) {
    let rested = async {
        while app.instances() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), rested).await.expect("its place is free");
}

/// The handler drops none of its messages.
#[tokio::test]
async fn a_full_table_ends_an_instance_and_no_delivery() {
    let leaking = limited(Limits { reuse: 100, instances: 1, handles: 3, ..Limits::default() });
    assert_eq!(acknowledged(&leaking, &["ok"; 8]).await, [true; 8]);
}

/// No message is given back, and so in the end dead-lettered, because others are being handled.
#[tokio::test]
async fn messages_wait_for_a_place() {
    let mut bench = bench();
    let service = serve(&app_of(1), &bench.links, &["messaging:default"], 4).await.expect("serves");
    for message in ["loop", "ok 1", "ok 2", "ok 3"] {
        bench.publish.send(message.into()).expect("published");
    }
    let mut settled = BTreeMap::new();
    for _ in 0..4 {
        let (message, disposition) = bench.settled.recv().await.expect("settled");
        settled.insert(message, disposition);
    }
    use Disposition::{Ack, Nack};
    let expected = [("loop", Nack), ("ok 1", Ack), ("ok 2", Ack), ("ok 3", Ack)];
    assert!(settled.iter().map(|(m, d)| (&**m, *d)).eq(expected), "{settled:?}");
    service.stop().await;
}

#[tokio::test]
async fn a_stopped_service_finishes_what_it_began_and_takes_no_more() {
    let mut bench = bench();
    let service = serve(&app(), &bench.links, &["messaging:default"], 1).await.expect("serves");
    bench.publish.send("ok 1".into()).expect("published");
    assert_eq!(bench.settled.recv().await, Some(("ok 1".into(), Disposition::Ack)));
    service.stop().await;
    // The inbox is gone with the service: the broker knows that it must keep this one.
    assert!(bench.publish.send("ok 2".into()).is_err());
    assert!(bench.settled.try_recv().is_err());
}

#[tokio::test]
async fn a_service_whose_grant_is_revoked_handles_nothing_until_it_has_one_again() {
    let mut bench = bench();
    let grants = Grants::parse(["messaging:default"]).expect("grants").shared();
    let (links, own) = (bench.links.clone(), grants.clone());
    let subscription = Subscription { topics: vec!["t".into()], group: None, max_deliveries: 1, dead_letter: None };
    let env = move || Env::new(links.clone(), own.clone());
    let one = ServeOptions { concurrency: 1, ..ServeOptions::default() };
    let service = app().serve_messages(env, subscription, one).await.expect("serves");
    bench.waiting.notified().await;
    bench.publish.send("ok 1".into()).expect("published");
    assert_eq!(bench.settled.recv().await, Some(("ok 1".into(), Disposition::Ack)));
    bench.waiting.notified().await;

    let granted = grants.swap(Arc::new(Grants::default()));
    bench.publish.send("ok 2".into()).expect("published");
    assert_eq!(bench.settled.recv().await, Some(("ok 2".into(), Disposition::Nack)), "given back unhandled");
    grants.store(granted);
    bench.publish.send("ok 3".into()).expect("published");
    assert_eq!(bench.settled.recv().await, Some(("ok 3".into(), Disposition::Ack)));
    service.stop().await;
}

#[tokio::test]
async fn subscribing_takes_a_grant_and_a_handler() {
    let bench = bench();
    let denied = serve(&app(), &bench.links, &[], 1).await.expect_err("no grant");
    assert_eq!(denied.kind, Kind::AccessDenied);
    let runtime = Runtime::new(Limits { instances: 1, ..Limits::default() }).expect("a runtime");
    let command = runtime.compile(&guests::command("(i32.const 0)")).expect("compiles");
    let no_handler = serve(&command, &bench.links, &["messaging:*"], 1).await.expect_err("no handler");
    assert_eq!(no_handler.kind, Kind::Invalid);
}
