//! The other side: pings that wait at the broker, and the time in which their pongs come.

use crate::{nats::Nats, served::PATIENCE};
use async_nats::{Client, Subscriber, jetstream};
use futures::{StreamExt, TryStreamExt, stream};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use tokio::time::timeout;

/// How many pings are on their way to the broker at once.
const AHEAD: usize = 256;

pub async fn client(nats: &Nats) -> Client {
    async_nats::connect(nats.url()).await.expect("connected")
}

/// Has the broker keep so many pings on this subject.
pub async fn wait(client: &Client, subject: &str, pings: usize) {
    let broker = jetstream::new(client.clone());
    let kept = stream::iter(0..pings).map(|_| async {
        let kept = broker.publish(subject.to_owned(), "ping".into()).await?;
        kept.await
    });
    kept.buffer_unordered(AHEAD).try_for_each(|_| async { Ok(()) }).await.expect("kept");
}

/// Hears so many pongs, each number once, and says how long after the first the last one came.
pub async fn hear(pongs: &mut Subscriber, count: usize) -> Duration {
    let mut heard = BTreeSet::new();
    let mut began = None;
    while heard.len() < count {
        let pong = timeout(PATIENCE, pongs.next()).await.expect("a pong").expect("a connection");
        began.get_or_insert_with(Instant::now);
        let number = str::from_utf8(&pong.payload).ok().and_then(|text| text.strip_prefix("pong "));
        let number: usize = number.and_then(|number| number.parse().ok()).expect("a number");
        assert!(heard.insert(number), "pong {number} came twice");
    }
    assert_eq!(heard.last(), Some(&count), "a ping was counted twice");
    began.expect("a first one").elapsed()
}
