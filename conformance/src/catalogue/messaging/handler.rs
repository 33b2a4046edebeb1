//! What a host delivers to a handler, and what it makes of the handler's end.

use super::seat::{SCRIPT, Seat, seat, subscribed};
use crate::{
    bench::Bench,
    catalogue::{Case, Need, cases},
    host::{MAX_DELIVERIES, Program, Subscribed},
    outcome::{Outcome, expect, expect_eq},
};

pub const CASES: &[Case] = cases! { "messaging/handler";
    subscribed_topic ["MSG-HAND-01"] [Need::Serve];
    other_topics_stay_away ["MSG-HAND-02"] [Need::Serve];
    handled_once ["MSG-M06"] [Need::Serve, Need::Feature("at-least-once"), Need::Feature("groups")];
    error_does_not_stop_delivery ["MSG-HAND-03"] [Need::Serve, Need::Trace, SCRIPT];
    trap_does_not_stop_delivery ["MSG-HAND-04"]
        [Need::Serve, Need::Trace, Need::Feature("trap-isolation"), SCRIPT];
    spin_does_not_stop_delivery ["MSG-HAND-04"]
        [Need::Serve, Need::Trace, Need::Guest, Need::Feature("trap-isolation"), SCRIPT];
    error_brings_the_message_again ["MSG-M05", "MSG-M06"]
        [Need::Serve, Need::Feature("at-least-once"), Need::Feature("groups"), Need::Feature("redelivery"), SCRIPT];
    never_handled_is_a_dead_letter ["MSG-M05"]
        [Need::Serve, Need::Feature("at-least-once"), Need::Feature("groups"), Need::Feature("redelivery"), SCRIPT];
    group_shares ["MSG-HAND-01"] [Need::Serve, Need::Feature("groups")];
    groups_each_get_all ["MSG-HAND-01"] [Need::Serve, Need::Feature("groups"), Need::Feature("broadcast")];
    broadcast_reaches_all ["MSG-HAND-01"] [Need::Serve, Need::Feature("broadcast")];
    pattern_stands_for_topics ["MSG-HAND-01", "MSG-HAND-02", "MSG-TYPES-12"]
        [Need::Serve, Need::Feature("slash-wildcards")];
    own_messages_come_back ["MSG-M13"] [Need::Serve, Need::Feature("self-delivery")];
};

/// A seat whose messages are delivered once, however the handler ends.
async fn once(b: &Bench, topic: &str) -> Outcome<Seat> {
    subscribed(b, Subscribed { topics: &[topic], group: None, max_deliveries: 1, dead_letter: None }).await
}

impl Seat {
    /// Sends a message that tells the recorder what to do.
    async fn script(&self, topic: &str, data: &str, script: &str) -> Outcome {
        let message = self.guest.message(data).await?;
        message.add_metadata("script", script).await?;
        self.client.send(topic, message).await
    }

    /// Sends a message that makes the handler end so, and, when it has ended, one that must be delivered all the same.
    async fn survive(&mut self, b: &Bench, topic: &str, script: &str) -> Outcome {
        self.script(topic, "poison", script).await?;
        // The recorder keeps what it took for its script to itself.
        let heard = self.recorder.next().await?;
        expect(heard.data == b"poison" && heard.metadata.is_empty(), "the recorder", "the script", heard)?;
        b.until_ended(topic).await?;
        self.send(topic, "next").await?;
        self.recorder.expect_only(b"next").await
    }
}

/// A message on a subscribed topic is handled.
async fn subscribed_topic(b: &mut Bench) -> Outcome {
    let mut seat = seat(b, &["heard"], None).await?;
    seat.send("heard", "hello").await?;
    expect_eq("data", seat.recorder.next().await?.data, b"hello".to_vec())
}

/// A message on another topic is not, not even on one that begins alike, lies below or looks the same.
async fn other_topics_stay_away(b: &mut Bench) -> Outcome {
    let mut seat = seat(b, &["heard"], None).await?;
    for topic in ["heard-not", "hear", "heard.not", "HEARD"] {
        seat.send(topic, "not for you").await?;
    }
    // A host without the profile `topic-names` may have no such topics.
    for topic in ["heard/not", "heard/", "/heard", "heard:not", "heard ", "\u{ff48}\u{ff45}\u{ff41}\u{ff52}\u{ff44}"] {
        seat.client.offer(topic, seat.guest.message("not for you").await?).await?;
    }
    seat.send("heard", "marker").await?;
    seat.recorder.expect_only(b"marker").await
}

/// A message that was handled does not come again.
async fn handled_once(b: &mut Bench) -> Outcome {
    let mut seat = seat(b, &["once"], Some("workers")).await?;
    for data in ["first", "second", "third"] {
        seat.send("once", data).await?;
        seat.recorder.expect_only(data.as_bytes()).await?;
    }
    Ok(())
}

/// An error of the handler is no reason not to deliver the next message.
async fn error_does_not_stop_delivery(b: &mut Bench) -> Outcome {
    let mut seat = once(b, "errors").await?;
    seat.survive(b, "errors", "err").await
}

/// Neither is a trap.
async fn trap_does_not_stop_delivery(b: &mut Bench) -> Outcome {
    let mut seat = once(b, "traps").await?;
    seat.survive(b, "traps", "trap").await
}

/// Neither is a handler that never ends.
async fn spin_does_not_stop_delivery(b: &mut Bench) -> Outcome {
    let mut seat = once(b, "spins").await?;
    seat.survive(b, "spins", "loop").await
}

/// A message whose handler failed comes again, as often as the subscription allows, and then no more.
async fn error_brings_the_message_again(b: &mut Bench) -> Outcome {
    let mut seat = seat(b, &["again"], Some("workers")).await?;
    seat.script("again", "poison", "err").await?;
    for _ in 0..MAX_DELIVERIES {
        seat.recorder.expect_only(b"poison").await?;
    }
    seat.send("again", "marker").await?;
    seat.recorder.expect_only(b"marker").await
}

/// A message that nobody handled as often as it may be delivered moves to the dead letters, as it was sent, and the next
/// one is delivered.
async fn never_handled_is_a_dead_letter(b: &mut Bench) -> Outcome {
    let (topics, group) = (&["work"], Some("workers"));
    let to = Subscribed { topics, group, max_deliveries: MAX_DELIVERIES, dead_letter: Some("dead") };
    let mut seat = subscribed(b, to).await?;
    let mut dead = b.serve(Program::Recorder, &["dead"], Some("undertakers")).await?;
    let message = seat.guest.message("poison").await?;
    message.set_content_type("text/plain").await?;
    message.set_metadata(&[("script", "err"), ("own", "kept")]).await?;
    seat.client.send("work", message).await?;
    for _ in 0..MAX_DELIVERIES {
        seat.recorder.expect_only(b"poison").await?;
    }
    let letter = dead.next().await?;
    let is_kept = letter.metadata.contains(&("own".into(), "kept".into()));
    let is_same = letter.data == b"poison" && letter.content_type.as_deref() == Some("text/plain") && is_kept;
    expect(is_same, "the dead letter", "the message as it was sent", letter)?;
    seat.send("work", "marker").await?;
    seat.recorder.expect_only(b"marker").await
}

/// Of two subscribers in one group exactly one gets each message.
async fn group_shares(b: &mut Bench) -> Outcome {
    let mut one = seat(b, &["shared"], Some("workers")).await?;
    let mut two = b.serve(Program::Recorder, &["shared"], Some("workers")).await?;
    let mut seen = Vec::new();
    for i in 0..20 {
        one.send("shared", i.to_string()).await?;
        let observed = tokio::select! {
            observed = one.recorder.next() => observed?,
            observed = two.next() => observed?,
        };
        seen.push(String::from_utf8_lossy(&observed.data).into_owned());
    }
    expect_eq("deliveries", seen, (0..20).map(|i| i.to_string()).collect())?;
    // A marker would reach but one of them, and the other may be slower than twenty messages.
    one.recorder.expect_quiet().await?;
    two.expect_quiet().await
}

/// Each group gets every message, and so does who is in none.
async fn groups_each_get_all(b: &mut Bench) -> Outcome {
    let mut one = seat(b, &["news"], Some("readers")).await?;
    let mut two = b.serve(Program::Recorder, &["news"], Some("printers")).await?;
    let mut alone = b.serve(Program::Recorder, &["news"], None).await?;
    for data in ["first", "second", "third"] {
        one.send("news", data).await?;
        for recorder in [&mut one.recorder, &mut two, &mut alone] {
            recorder.expect_only(data.as_bytes()).await?;
        }
    }
    Ok(())
}

/// Subscribers without a group each get every message.
async fn broadcast_reaches_all(b: &mut Bench) -> Outcome {
    let mut one = seat(b, &["all"], None).await?;
    let mut two = b.serve(Program::Recorder, &["all"], None).await?;
    for data in ["first", "second"] {
        one.send("all", data).await?;
        one.recorder.expect_only(data.as_bytes()).await?;
        two.expect_only(data.as_bytes()).await?;
    }
    Ok(())
}

/// In a subscription `+` stands for one level of a topic and `#` for all that follow; a message names its own topic.
async fn pattern_stands_for_topics(b: &mut Bench) -> Outcome {
    let mut seat = seat(b, &["rooms/+/light", "doors/#"], None).await?;
    for topic in ["rooms/1/light", "rooms/100% \u{e9}/light", "doors", "doors/1", "doors/1/lock"] {
        seat.send(topic, topic).await?;
        let seen = seat.recorder.next().await?;
        expect_eq("topic and data", (seen.topic.as_deref(), &*seen.data), (Some(topic), topic.as_bytes()))?;
    }
    for topic in ["rooms/light", "rooms/1/2/light", "rooms/1/lights", "rooms/1/light/2", "windows/1"] {
        seat.send(topic, "not for you").await?;
    }
    seat.send("rooms/2/light", "marker").await?;
    seat.recorder.expect_only(b"marker").await
}

/// A component receives what it sends, if it is subscribed.
async fn own_messages_come_back(b: &mut Bench) -> Outcome {
    let mut seat = seat(b, &["echo"], None).await?;
    seat.send("echo", "to myself").await?;
    let seen = seat.recorder.next().await?;
    expect(seen.data == b"to myself", "data", "what was sent", seen)
}
