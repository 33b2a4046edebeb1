//! The classic guest, as the README shows it: on a `ping` it counts in key-value and publishes `pong N`.

use super::{
    Case, Need, cases,
    messaging::seat::{Seat, seat},
};
use crate::{
    bench::{Bench, Running},
    host::{Program, Subscribed},
    outcome::{Outcome, expect_eq},
};

/// All of it.
pub const CASES: &[&[Case]] = &[SCENARIO];

const SCENARIO: &[Case] = cases! { "messaging/pingpong";
    twenty_pings ["MSG-HAND-01", "MSG-PROD-04", "KV-ATOM-02"] [Need::Guest, Need::Serve, Need::Guests];
    two_instances_count_as_one ["MSG-HAND-01", "KV-ATOM-03"] [Need::Guest, Need::Serve, Need::Feature("groups"), Need::Guests];
    restart_in_the_middle ["MSG-HAND-01", "KV-STORE-S14"]
        [Need::Guest, Need::Serve, Need::Trace, Need::Restart, Need::Guests];
    own_pongs_come_back ["MSG-M13"] [Need::Guest, Need::Serve, Need::Trace, Need::Feature("self-delivery")];
    recorded_topics ["MSG-M12"] [Need::Guest, Need::Serve, Need::Feature("subscriptions")];
    denied_key_value ["KV-STORE-03", "MSG-HAND-03"]
        [Need::Guest, Need::Serve, Need::Trace, Need::Grant, Need::Guests];
    another_body ["MSG-M06"]
        [Need::Guest, Need::Serve, Need::Trace, Need::Feature("at-least-once"), Need::Feature("groups"), Need::Guests];
};

/// Somebody who pings, and somebody who hears the pongs.
async fn table(b: &Bench) -> Outcome<Seat> {
    seat(b, &["pong"], None).await
}

async fn player(b: &Bench) -> Outcome<Running> {
    b.serve(Program::Pingpong, &["ping"], Some("pingpong")).await
}

impl Seat {
    /// Pings so often, and hears exactly these pongs, in any order.
    async fn rally(&mut self, numbers: std::ops::RangeInclusive<u32>) -> Outcome {
        for _ in numbers.clone() {
            self.send("ping", "ping").await?;
        }
        let heard = self.recorder.next_many(numbers.clone().count()).await?;
        let mut expected: Vec<_> = numbers.map(|n| format!("pong {n}")).collect();
        expected.sort();
        expect_eq("pongs", heard, expected)
    }
}

async fn expect_count(b: &Bench, count: &str) -> Outcome {
    b.bucket("default").await?.expect("count", count).await
}

/// Twenty pings make twenty pongs, numbered without gap or repeat.
async fn twenty_pings(b: &mut Bench) -> Outcome {
    let mut table = table(b).await?;
    let player = player(b).await?;
    table.rally(1..=20).await?;
    player.stop().await?;
    expect_count(b, "20").await
}

/// Two instances of one group share the pings and one counter.
async fn two_instances_count_as_one(b: &mut Bench) -> Outcome {
    let mut table = table(b).await?;
    let players = (player(b).await?, player(b).await?);
    table.rally(1..=20).await?;
    players.0.stop().await?;
    players.1.stop().await?;
    expect_count(b, "20").await
}

/// A host that is restarted goes on counting where it was.
async fn restart_in_the_middle(b: &mut Bench) -> Outcome {
    let mut first = table(b).await?;
    let _player = player(b).await?;
    first.rally(1..=10).await?;
    // A ping whose acknowledgement the restart cuts off would rightly come again.
    b.until_settled("ping", "ack", 10).await?;
    b.restart().await?;
    let mut second = table(b).await?;
    let player = player(b).await?;
    second.rally(11..=20).await?;
    player.stop().await?;
    expect_count(b, "20").await
}

/// Who is subscribed to what it publishes itself is handed that too, whatever it makes of it.
async fn own_pongs_come_back(b: &mut Bench) -> Outcome {
    let _player = b.serve(Program::Pingpong, &["ping", "pong"], None).await?;
    let guest = b.messaging().await?;
    guest.connect("default").await?.send("ping", guest.message("ping").await?).await?;
    // Nobody else publishes there, and nobody else is subscribed.
    b.until_ended("pong").await
}

/// Without topics in the subscription, those count that the component records.
async fn recorded_topics(b: &mut Bench) -> Outcome {
    let mut table = table(b).await?;
    let player = b.serve(Program::Pingpong, &[], None).await?;
    table.rally(1..=3).await?;
    player.stop().await
}

/// Without a grant to key-value nothing is counted, nothing published, and the ping is not acknowledged.
async fn denied_key_value(b: &mut Bench) -> Outcome {
    let mut table = table(b).await?;
    let to = Subscribed { topics: &["ping"], group: Some("pingpong"), max_deliveries: 1, dead_letter: None };
    let player = b.subscribe(Program::Pingpong, to).await?;
    table.rally(1..=2).await?;
    b.grant(&["messaging:default"]).await?;
    table.send("ping", "ping").await?;
    b.until_settled("ping", "nack", 1).await?;
    player.stop().await?;
    table.send("pong", "marker").await?;
    table.recorder.expect_only(b"marker").await?;
    b.grant(&["keyvalue:default"]).await?;
    expect_count(b, "2").await
}

/// Another body is no ping: nothing is published, and the message is acknowledged, so that nobody gets it again.
async fn another_body(b: &mut Bench) -> Outcome {
    let mut table = table(b).await?;
    let to = Subscribed { topics: &["ping"], group: Some("pingpong"), max_deliveries: u32::MAX, dead_letter: None };
    let player = b.subscribe(Program::Pingpong, to).await?;
    table.send("ping", "no ping").await?;
    b.until_settled("ping", "ack", 1).await?;
    player.stop().await?;
    let mut heir = b.subscribe(Program::Recorder, to).await?;
    table.send("ping", "marker").await?;
    heir.expect_only(b"marker").await?;
    b.bucket("default").await?.expect_missing("count").await?;
    table.send("pong", "marker").await?;
    table.recorder.expect_only(b"marker").await
}
