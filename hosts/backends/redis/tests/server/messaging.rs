use crate::support::{PATIENCE, Server, open, open_with};
use futures::FutureExt;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};
use wasi_cloud_core::{
    Kind,
    messaging::{Delivery, Disposition, Inbox, Messaging, Payload, Subscription},
    provider::Timing,
};

crate::tests![
    a_group_shares_and_a_broadcast_copies,
    messages_arrive_whole,
    several_topics_share_an_inbox,
    an_unhandled_message_comes_again_to_its_group_alone,
    after_the_last_attempt_it_is_dropped,
    a_dropped_delivery_is_given_back_at_once,
    what_a_vanished_host_held_is_reclaimed,
    what_another_group_gave_back_is_reclaimed_for_nobody,
    what_is_being_handled_is_not_reclaimed,
    a_cancelled_next_loses_nothing,
    what_was_never_handed_out_is_given_back_uncounted,
    a_group_outlives_its_inboxes,
    a_removed_group_comes_back,
    other_programs_may_add_entries,
    a_request_is_answered_or_refused,
    channels_carry_plain_bytes,
    channels_answer_requests,
    a_subscription_to_nothing_is_invalid,
];

pub const TOPIC: &str = "orders/new";
pub const STREAM: &str = "{s:orders/new}:stream";

async fn streams(server: &Server) -> Arc<dyn Messaging> {
    open(&server.url()).await.expect("opens").1
}

async fn inbox(broker: &dyn Messaging, group: Option<&str>, max_deliveries: u32) -> Box<dyn Inbox> {
    let group = group.map(str::to_owned);
    let subscription = Subscription { topics: vec![TOPIC.to_owned()], group, max_deliveries, dead_letter: None };
    broker.subscribe("s", &subscription).await.expect("subscribed")
}

pub async fn publish(broker: &dyn Messaging, data: &str) {
    broker.publish("s", TOPIC, &text(data)).await.expect("published");
}

pub fn text(data: &str) -> Payload {
    Payload { data: data.as_bytes().to_vec(), ..Payload::default() }
}

async fn next(inbox: &mut dyn Inbox) -> Delivery {
    timeout(PATIENCE, inbox.next()).await.expect("in time").expect("a message")
}

pub async fn expect(inbox: &mut dyn Inbox, data: &str, attempt: u32) -> Delivery {
    let delivery = next(inbox).await;
    assert_eq!((std::str::from_utf8(&delivery.payload.data).expect("text"), delivery.attempt), (data, attempt));
    assert_eq!(delivery.topic, TOPIC);
    delivery
}

pub async fn settle(delivery: Delivery, disposition: Disposition) {
    delivery.settle.settle(disposition).await.expect("settled");
}

/// Polls a condition of the server until it holds.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what} does not come about");
        tokio::task::yield_now().await;
    }
}

async fn a_group_shares_and_a_broadcast_copies(server: Server) {
    let broker = streams(&server).await;
    publish(&*broker, "before").await;
    let (mut a, mut b) = (inbox(&*broker, Some("g"), 1).await, inbox(&*broker, Some("g"), 1).await);
    let mut other = inbox(&*broker, Some("h"), 1).await;
    let (mut x, mut y) = (inbox(&*broker, None, 1).await, inbox(&*broker, None, 1).await);
    for data in ["1", "2"] {
        publish(&*broker, data).await;
    }
    broker.publish("elsewhere", TOPIC, &text("3")).await.expect("published");
    let one = expect(&mut *a, "1", 1).await;
    settle(expect(&mut *b, "2", 1).await, Disposition::Ack).await;
    settle(one, Disposition::Ack).await;
    for inbox in [&mut x, &mut y, &mut other] {
        settle(expect(&mut **inbox, "1", 1).await, Disposition::Ack).await;
        settle(expect(&mut **inbox, "2", 1).await, Disposition::Ack).await;
    }
    for inbox in [&mut a, &mut b, &mut other, &mut x, &mut y] {
        assert!(timeout(Duration::from_millis(50), inbox.next()).await.is_err());
    }
    assert_eq!(server.cli(&["XPENDING", STREAM, "g"]).lines().next(), Some("0"));
}

async fn messages_arrive_whole(server: Server) {
    for url in [server.url(), format!("{}?delivery=pubsub", server.url())] {
        let (_, broker) = open(&url).await.expect("opens");
        let mut inbox = inbox(&*broker, None, 1).await;
        let full = Payload {
            data: (0..=255).cycle().take(1 << 20).collect(),
            content_type: Some("text/\u{e9}".to_owned()),
            metadata: vec![("A".to_owned(), "1\n".to_owned()), ("a".to_owned(), String::new())],
        };
        for message in [full, Payload::default(), text("wasi-cloud:1 {}\nx")] {
            broker.publish("s", TOPIC, &message).await.expect("published");
            let delivery = next(&mut *inbox).await;
            assert_eq!((delivery.payload, delivery.reply_to, &*delivery.topic), (message, None, TOPIC));
        }
    }
}

async fn several_topics_share_an_inbox(server: Server) {
    let broker = streams(&server).await;
    let topics = vec!["a".to_owned(), "b".to_owned()];
    for group in [None, Some("g".to_owned())] {
        let subscription = Subscription { topics: topics.clone(), group, max_deliveries: 1, dead_letter: None };
        let mut inbox = broker.subscribe("s", &subscription).await.expect("subscribed");
        for (topic, data) in [("b", "1"), ("a", "2"), ("c", "3"), ("a", "4")] {
            broker.publish("s", topic, &text(data)).await.expect("published");
        }
        let mut got = Vec::new();
        for _ in 0..3 {
            let delivery = next(&mut *inbox).await;
            got.push((delivery.topic.clone(), String::from_utf8_lossy(&delivery.payload.data).into_owned()));
            settle(delivery, Disposition::Ack).await;
        }
        // By time, which is the same for what was published within a millisecond; within a topic, always.
        got.sort();
        let expected = [("a", "2"), ("a", "4"), ("b", "1")].map(|(topic, data)| (topic.to_owned(), data.to_owned()));
        assert_eq!(got, expected);
    }
}

async fn an_unhandled_message_comes_again_to_its_group_alone(server: Server) {
    let broker = streams(&server).await;
    let (mut g, mut h, mut all) =
        (inbox(&*broker, Some("g"), 3).await, inbox(&*broker, Some("h"), 3).await, inbox(&*broker, None, 3).await);
    let message = Payload { metadata: vec![("k".to_owned(), "v".to_owned())], ..text("1") };
    broker.publish("s", TOPIC, &message).await.expect("published");
    settle(expect(&mut *g, "1", 1).await, Disposition::Nack).await;
    settle(expect(&mut *h, "1", 1).await, Disposition::Ack).await;
    settle(expect(&mut *all, "1", 1).await, Disposition::Nack).await;
    publish(&*broker, "2").await;
    let again = expect(&mut *g, "1", 2).await;
    assert_eq!(again.payload, message);
    settle(again, Disposition::Ack).await;
    for inbox in [&mut g, &mut h, &mut all] {
        settle(expect(&mut **inbox, "2", 1).await, Disposition::Ack).await;
    }
    for group in ["g", "h"] {
        assert_eq!(server.cli(&["XPENDING", STREAM, group]).lines().next(), Some("0"));
    }
}

async fn after_the_last_attempt_it_is_dropped(server: Server) {
    let broker = streams(&server).await;
    let mut inbox = inbox(&*broker, Some("g"), 2).await;
    publish(&*broker, "1").await;
    for attempt in 1..=2 {
        settle(expect(&mut *inbox, "1", attempt).await, Disposition::Nack).await;
    }
    publish(&*broker, "2").await;
    settle(expect(&mut *inbox, "2", 1).await, Disposition::Ack).await;
    assert_eq!(server.cli(&["XPENDING", STREAM, "g"]).lines().next(), Some("0"));
}

async fn a_dropped_delivery_is_given_back_at_once(server: Server) {
    let broker = streams(&server).await;
    let mut inbox = inbox(&*broker, Some("g"), 2).await;
    publish(&*broker, "1").await;
    drop(expect(&mut *inbox, "1", 1).await);
    // At the default timing, nothing is reclaimed within the patience of a test.
    settle(expect(&mut *inbox, "1", 2).await, Disposition::Ack).await;
}

async fn what_a_vanished_host_held_is_reclaimed(server: Server) {
    let broker = streams(&server).await;
    // There is a reader that lives, and asks for nothing: what it asked for it would keep.
    let _own = inbox(&*broker, Some("g"), 2).await;
    publish(&*broker, "1").await;
    // Another host takes the message and is never heard of again.
    server.cli(&["XREADGROUP", "GROUP", "g", "vanished", "COUNT", "1", "STREAMS", STREAM, ">"]);
    let timing = Timing { reclaim: Duration::from_millis(60), ..Timing::default() };
    let (_, sooner) = open_with(&server.url(), timing).await.expect("opens");
    let mut heir = inbox(&*sooner, Some("g"), 2).await;
    settle(expect(&mut *heir, "1", 2).await, Disposition::Ack).await;
    until("that the vanished reader is forgotten", || {
        !server.cli(&["XINFO", "CONSUMERS", STREAM, "g"]).contains("vanished")
    })
    .await;
}

async fn what_another_group_gave_back_is_reclaimed_for_nobody(server: Server) {
    let broker = streams(&server).await;
    drop(inbox(&*broker, Some("g"), 2).await);
    server.cli(&["XADD", STREAM, "*", "group", "h", "attempt", "2", "data", "1"]);
    // A host of `g` reads past it, and is never heard of again.
    server.cli(&["XREADGROUP", "GROUP", "g", "vanished", "COUNT", "1", "STREAMS", STREAM, ">"]);
    let timing = Timing { reclaim: Duration::from_millis(60), ..Timing::default() };
    let (_, sooner) = open_with(&server.url(), timing).await.expect("opens");
    let mut heir = inbox(&*sooner, Some("g"), 2).await;
    until("that the vanished reader is forgotten", || {
        !server.cli(&["XINFO", "CONSUMERS", STREAM, "g"]).contains("vanished")
    })
    .await;
    publish(&*sooner, "2").await;
    settle(expect(&mut *heir, "2", 1).await, Disposition::Ack).await;
    assert_eq!(server.cli(&["XLEN", STREAM]).trim(), "2");
}

async fn what_is_being_handled_is_not_reclaimed(server: Server) {
    let timing = Timing { reclaim: Duration::from_secs(1), ..Timing::default() };
    let (_, broker) = open_with(&server.url(), timing).await.expect("opens");
    let mut inbox = inbox(&*broker, Some("g"), 9).await;
    publish(&*broker, "1").await;
    let slow = expect(&mut *inbox, "1", 1).await;
    let mut idle = 0;
    for _ in 0..4 {
        until("that the delivery is kept", || {
            let pending = server.cli(&["XPENDING", STREAM, "g", "-", "+", "1"]);
            let before = std::mem::replace(&mut idle, pending.lines().nth(2).expect("idle").parse().expect("a number"));
            idle < before
        })
        .await;
    }
    settle(slow, Disposition::Ack).await;
    assert_eq!(server.cli(&["XLEN", STREAM]), "1", "it was never given back");
}

async fn a_cancelled_next_loses_nothing(server: Server) {
    let broker = streams(&server).await;
    for group in [Some("g"), None] {
        let mut inbox = inbox(&*broker, group, 1).await;
        assert!(timeout(Duration::from_millis(50), inbox.next()).await.is_err(), "nothing there");
        publish(&*broker, "1").await;
        publish(&*broker, "2").await;
        // Polled now and then and given up each time, as in a `select!`.
        let mut got = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        while got.len() < 2 {
            assert!(Instant::now() < deadline);
            if let Some(next) = inbox.next().now_or_never() {
                let delivery = next.expect("a message");
                got.push(delivery.payload.data.clone());
                settle(delivery, Disposition::Ack).await;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(got, [b"1", b"2"]);
    }
}

async fn what_was_never_handed_out_is_given_back_uncounted(server: Server) {
    let broker = streams(&server).await;
    let mut first = inbox(&*broker, Some("g"), 1).await;
    assert!(timeout(Duration::from_millis(50), first.next()).await.is_err());
    publish(&*broker, "1").await;
    until("that the message is read", || server.cli(&["XPENDING", STREAM, "g"]).lines().next() == Some("1")).await;
    drop(first);
    let mut second = inbox(&*broker, Some("g"), 1).await;
    settle(expect(&mut *second, "1", 1).await, Disposition::Ack).await;
    drop(second);
    until("that no reader stays behind", || server.cli(&["XINFO", "CONSUMERS", STREAM, "g"]).is_empty()).await;
}

async fn a_group_outlives_its_inboxes(server: Server) {
    let broker = streams(&server).await;
    drop(inbox(&*broker, Some("g"), 1).await);
    publish(&*broker, "1").await;
    let mut again = inbox(&*broker, Some("g"), 1).await;
    settle(expect(&mut *again, "1", 1).await, Disposition::Ack).await;
}

async fn a_removed_group_comes_back(server: Server) {
    let broker = streams(&server).await;
    let mut inbox = inbox(&*broker, Some("g"), 1).await;
    publish(&*broker, "1").await;
    settle(expect(&mut *inbox, "1", 1).await, Disposition::Ack).await;
    for remove in [&["XGROUP", "DESTROY", STREAM, "g"][..], &["DEL", STREAM]] {
        assert!(inbox.next().now_or_never().is_none());
        assert_eq!(server.cli(remove), "1");
        publish(&*broker, "2").await;
        settle(expect(&mut *inbox, "2", 1).await, Disposition::Ack).await;
    }
}

async fn other_programs_may_add_entries(server: Server) {
    let broker = streams(&server).await;
    let (mut group, mut all) = (inbox(&*broker, Some("g"), 1).await, inbox(&*broker, None, 1).await);
    server.cli(&["XADD", STREAM, "*", "no", "message"]);
    server.cli(&["XADD", STREAM, "*", "data", "theirs", "trace", "x"]);
    for inbox in [&mut group, &mut all] {
        settle(expect(&mut **inbox, "theirs", 1).await, Disposition::Ack).await;
    }
    assert_eq!(server.cli(&["XPENDING", STREAM, "g"]).lines().next(), Some("0"));
    broker.publish("s", TOPIC, &text("ours")).await.expect("published");
    assert!(server.cli(&["XRANGE", STREAM, "-", "+"]).contains("data\nours"));
}

async fn a_request_is_answered_or_refused(server: Server) {
    let broker = streams(&server).await;
    let nobody = broker.request("s", TOPIC, &text("?")).await.err().expect("nobody subscribed");
    assert_eq!(nobody.kind, Kind::Unavailable);
    assert_eq!(server.cli(&["EXISTS", STREAM]), "0", "nothing was sent");
    for group in [Some("g"), None] {
        let mut responder = inbox(&*broker, group, 1).await;
        let mut replies = broker.request("s", TOPIC, &text("?")).await.expect("somebody subscribed");
        assert!(replies.next().now_or_never().is_none());
        let request = expect(&mut *responder, "?", 1).await;
        let to = request.reply_to.clone().expect("an address");
        let answer = Payload { content_type: Some("text/plain".to_owned()), ..text("!") };
        for _ in 0..2 {
            broker.reply("s", &to, &answer).await.expect("sent");
        }
        settle(request, Disposition::Ack).await;
        for _ in 0..2 {
            assert_eq!(timeout(PATIENCE, replies.next()).await.expect("in time").expect("a reply"), answer);
        }
        drop(replies);
        broker.reply("s", &to, &answer).await.expect("the requester has left");
        drop(responder);
        until("that the reader is gone", || server.cli(&["ZCARD", &format!("{STREAM}:readers")]) == "0").await;
        assert!(broker.request("s", TOPIC, &text("?")).await.is_err());
    }
}

async fn channels_carry_plain_bytes(server: Server) {
    let (_, broker) = open(&format!("{}?delivery=pubsub", server.url())).await.expect("opens");
    let subscription = Subscription {
        topics: vec![TOPIC.to_owned()],
        group: Some("g".to_owned()),
        max_deliveries: 1,
        dead_letter: None,
    };
    let refused = broker.subscribe("s", &subscription).await.err().expect("no groups");
    assert_eq!(refused.kind, Kind::Unsupported);
    publish(&*broker, "lost").await;
    let (mut a, mut b) = (inbox(&*broker, None, 1).await, inbox(&*broker, None, 1).await);
    assert_eq!(server.cli(&["PUBLISH", "s:orders/new", "theirs"]), "2");
    publish(&*broker, "ours").await;
    for inbox in [&mut a, &mut b] {
        settle(expect(&mut **inbox, "theirs", 1).await, Disposition::Nack).await;
        expect(&mut **inbox, "ours", 1).await;
    }
    server.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    let lost = timeout(PATIENCE, a.next()).await.expect("in time").expect_err("the connection was lost");
    assert_eq!(lost.kind, Kind::Unavailable);
    assert!(timeout(Duration::from_millis(50), a.next()).await.is_err(), "listening again, in vain");
    publish(&*broker, "again").await;
    expect(&mut *a, "again", 1).await;
}

async fn channels_answer_requests(server: Server) {
    let (_, broker) = open(&format!("{}?delivery=pubsub", server.url())).await.expect("opens");
    let nobody = broker.request("s", TOPIC, &text("?")).await.err().expect("nobody subscribed");
    assert_eq!(nobody.kind, Kind::Unavailable);
    let mut responder = inbox(&*broker, None, 1).await;
    let mut replies = broker.request("s", TOPIC, &text("?")).await.expect("somebody subscribed");
    let request = expect(&mut *responder, "?", 1).await;
    broker.reply("s", &request.reply_to.expect("an address"), &text("!")).await.expect("sent");
    assert_eq!(timeout(PATIENCE, replies.next()).await.expect("in time").expect("a reply"), text("!"));
    drop(replies);
}

async fn a_subscription_to_nothing_is_invalid(server: Server) {
    for url in [server.url(), format!("{}?delivery=pubsub", server.url())] {
        let (_, broker) = open(&url).await.expect("opens");
        let nothing = Subscription { topics: Vec::new(), group: None, max_deliveries: 1, dead_letter: None };
        assert_eq!(broker.subscribe("s", &nothing).await.err().expect("no topic").kind, Kind::Invalid);
        let twice = Subscription { topics: vec![TOPIC.to_owned(); 2], ..nothing };
        let mut inbox = broker.subscribe("s", &twice).await.expect("subscribed");
        publish(&*broker, "1").await;
        publish(&*broker, "2").await;
        for data in ["1", "2"] {
            expect(&mut *inbox, data, 1).await;
        }
    }
}
