//! The same without WebAssembly: what a Rust programmer writes with the client crates, with the same promises. A ping is
//! acknowledged, and the broker has said so, when its pong is kept.

use crate::{nats::Nats, pings, redis::Redis};
use ::redis::{AsyncCommands, aio::ConnectionManager};
use async_nats::jetstream::{
    self, Message,
    consumer::{DeliverPolicy, PullConsumer, pull},
    stream,
};
use futures::StreamExt;
use std::{
    env,
    process::{Command, Stdio},
    time::Duration,
};
use tokio::runtime::Runtime;

const AS_NATIVE: &str = "as-native";
const STREAM: &str = "game";
const GROUP: &str = "players";

/// What the process that is measured has to do.
pub struct Job {
    nats: String,
    redis: String,
    concurrency: usize,
}

impl Job {
    /// If this process is the one that is measured.
    pub fn of_this_process() -> Option<Self> {
        let mut args = env::args().skip(1);
        let is_one = args.next()? == AS_NATIVE;
        let mut next = || args.next().expect("three arguments");
        is_one.then(|| Self { nats: next(), redis: next(), concurrency: next().parse().expect("a number") })
    }

    pub async fn run(self) {
        let client = async_nats::connect(&self.nats).await.expect("connected");
        let broker = jetstream::new(client);
        let players: PullConsumer = broker.get_consumer_from_stream(GROUP, STREAM).await.expect("it is there");
        let redis = ::redis::Client::open(&*self.redis).expect("an address");
        let counter = ConnectionManager::new(redis).await.expect("connected");
        let messages = players.messages().await.expect("messages");
        messages
            .for_each_concurrent(self.concurrency, |ping| {
                let (broker, counter) = (broker.clone(), counter.clone());
                // As the host does: handlers run on all threads.
                async move {
                    let handled = tokio::spawn(handle(broker, counter, ping.expect("a ping")));
                    handled.await.expect("handled");
                }
            })
            .await;
    }
}

async fn handle(broker: jetstream::Context, mut counter: ConnectionManager, ping: Message) {
    if ping.payload != "ping" {
        return ping.double_ack().await.expect("acknowledged");
    }
    let count: i64 = counter.incr("count", 1).await.expect("counted");
    let kept = broker.publish("game.pong", format!("pong {count}").into()).await.expect("published");
    kept.await.expect("kept");
    ping.double_ack().await.expect("acknowledged");
}

pub fn measure(nats: &Nats, redis: &Redis, concurrency: usize, count: usize) -> Duration {
    let runtime = Runtime::new().expect("a runtime");
    let mut pongs = runtime.block_on(async {
        let client = pings::client(nats).await;
        let broker = jetstream::new(client.clone());
        // What our host makes.
        let all = stream::Config {
            name: STREAM.into(),
            subjects: vec!["game.>".into()],
            max_messages_per_subject: 10_000,
            ..stream::Config::default()
        };
        let game = broker.create_stream(all).await.expect("made");
        let players = pull::Config {
            durable_name: Some(GROUP.into()),
            filter_subject: "game.ping".into(),
            deliver_policy: DeliverPolicy::New,
            max_ack_pending: -1,
            ..pull::Config::default()
        };
        game.create_consumer(players).await.expect("made");
        pings::wait(&client, "game.ping", count).await;
        let pongs = client.subscribe("game.pong").await.expect("subscribed");
        client.flush().await.expect("sent");
        pongs
    });
    let mut native = Command::new(env::current_exe().expect("this program"))
        .args([AS_NATIVE, &nats.url(), &redis.url(0), &concurrency.to_string()])
        .stdin(Stdio::null())
        .spawn()
        .expect("it starts");
    let took = runtime.block_on(pings::hear(&mut pongs, count));
    native.kill().expect("it lived");
    native.wait().expect("it ended");
    took
}
