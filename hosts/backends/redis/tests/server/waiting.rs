//! What an inbox has taken and nobody has asked for yet.

use crate::{
    messaging::{STREAM, TOPIC, expect, publish, settle, text, until},
    support::{Server, open_with},
};
use futures::FutureExt;
use std::time::Duration;
use wasi_cloud_core::{
    messaging::{Disposition, Subscription},
    provider::Timing,
};

crate::tests![
    what_waits_to_be_asked_for_is_not_reclaimed,
    a_closed_inbox_gives_back_uncounted,
    what_cannot_be_given_back_keeps_nothing_else,
];

fn subscription(topics: &[&str]) -> Subscription {
    let topics = topics.iter().map(|topic| (*topic).to_owned()).collect();
    Subscription { topics, group: Some("g".to_owned()), max_deliveries: 1, dead_letter: None }
}

/// Sees the time since somebody last held what is pending begin anew, again and again.
async fn is_held(server: &Server, stream: &str) {
    let mut idle = 0;
    for _ in 0..4 {
        until("that the delivery is kept", || {
            let pending = server.cli(&["XPENDING", stream, "g", "-", "+", "1"]);
            let now = pending.lines().nth(2).expect("it is pending").parse().expect("a number");
            now < std::mem::replace(&mut idle, now)
        })
        .await;
    }
}

async fn what_waits_to_be_asked_for_is_not_reclaimed(server: Server) {
    let timing = Timing { reclaim: Duration::from_secs(1), ..Timing::default() };
    let (_, broker) = open_with(&server.url(), timing).await.expect("opens");
    let mut inbox = broker.subscribe("s", &subscription(&[TOPIC, "other"])).await.expect("subscribed");
    // Nobody asks any more when the answer of the server comes.
    assert!(inbox.next().now_or_never().is_none());
    publish(&*broker, "1").await;
    until("that the message is read", || server.cli(&["XPENDING", STREAM, "g"]).lines().next() == Some("1")).await;
    is_held(&server, STREAM).await;
    let slow = expect(&mut *inbox, "1", 1).await;
    // And two that come with one answer, of which one waits for the other.
    broker.publish("s", "other", &text("2")).await.expect("published");
    publish(&*broker, "3").await;
    let first = inbox.next().await.expect("one of them");
    let waiting = if first.topic == TOPIC { "{s:other}:stream" } else { STREAM };
    is_held(&server, waiting).await;
    let second = inbox.next().await.expect("the other");
    for delivery in [slow, first, second] {
        assert_eq!(delivery.attempt, 1);
        settle(delivery, Disposition::Ack).await;
    }
    assert_eq!(server.cli(&["XLEN", STREAM]), "2", "none was given back");
}

async fn a_closed_inbox_gives_back_uncounted(server: Server) {
    let (_, broker) = open_with(&server.url(), Timing::default()).await.expect("opens");
    let mut first = broker.subscribe("s", &subscription(&[TOPIC])).await.expect("subscribed");
    assert!(first.next().now_or_never().is_none());
    publish(&*broker, "1").await;
    until("that the message is read", || server.cli(&["XPENDING", STREAM, "g"]).lines().next() == Some("1")).await;
    first.close().await;
    // It is there at once, and not when the inbox is dropped.
    assert_eq!(server.cli(&["XPENDING", STREAM, "g"]).lines().next(), Some("0"));
    assert!(first.remaining().await.is_none() && first.next().await.is_err());
    let mut second = broker.subscribe("s", &subscription(&[TOPIC])).await.expect("subscribed");
    settle(expect(&mut *second, "1", 1).await, Disposition::Ack).await;
}

/// Another program's entry has more fields than a script can write again.
async fn what_cannot_be_given_back_keeps_nothing_else(server: Server) {
    let timing = Timing { reclaim: Duration::from_millis(60), ..Timing::default() };
    let (_, broker) = open_with(&server.url(), Timing::default()).await.expect("opens");
    let wanted = Subscription { max_deliveries: 3, ..subscription(&[TOPIC]) };
    let mut own = broker.subscribe("s", &wanted).await.expect("subscribed");
    let fields: Vec<_> = (0..4000).flat_map(|n| [format!("f{n}"), "x".to_owned()]).collect();
    let large: Vec<_> =
        ["XADD", STREAM, "*", "data", "large"].into_iter().chain(fields.iter().map(String::as_str)).collect();
    server.cli(&large);
    settle(expect(&mut *own, "large", 1).await, Disposition::Nack).await;
    server.cli(&large);
    publish(&*broker, "1").await;
    // Another host takes both and is never heard of again.
    server.cli(&["XREADGROUP", "GROUP", "g", "vanished", "COUNT", "2", "STREAMS", STREAM, ">"]);
    let (_, sooner) = open_with(&server.url(), timing).await.expect("opens");
    let mut heir = sooner.subscribe("s", &wanted).await.expect("subscribed");
    settle(expect(&mut *heir, "1", 2).await, Disposition::Ack).await;
    assert_eq!(server.cli(&["XPENDING", STREAM, "g"]).lines().next(), Some("0"));
}
