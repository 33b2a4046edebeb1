//! Requests and replies.

use super::seat::{SCRIPT, Seat, seat};
use crate::{
    bench::{Bench, Message, Request},
    catalogue::{Case, Need, cases},
    outcome::{Outcome, expect, expect_eq},
};
use futures::FutureExt;
use std::time::{Duration, Instant};
use wasi_cloud_core::Kind;

const ASKS: Need = Need::Feature("request-reply");
const KINDS: Need = Need::Interface("error-kinds");
const SEVERAL: Need = Need::Interface("several-replies");

pub const CASES: &[Case] = cases! { "messaging/request-reply";
    one_reply ["MSG-RR-01", "MSG-RR-07"] [ASKS, Need::Serve, SCRIPT];
    no_reply_is_a_timeout ["MSG-RR-02"] [ASKS, Need::Serve, SCRIPT, KINDS];
    enough_replies_end_the_wait ["MSG-RR-03", "MSG-RR-05"] [ASKS, Need::Serve, SCRIPT, SEVERAL];
    some_replies_at_the_timeout ["MSG-RR-04", "MSG-RR-05"] [ASKS, Need::Serve, SCRIPT, SEVERAL];
    never_more_than_expected ["MSG-RR-06"] [ASKS, Need::Serve, Need::Feature("reply-limits"), SCRIPT, SEVERAL];
    replies_of_before_stay_away ["MSG-RR-01"] [ASKS, Need::Serve, SCRIPT];
    several_replies ["MSG-RR-08", "MSG-RR-10"] [ASKS, Need::Serve, SCRIPT, SEVERAL];
    reply_reaches_who_asked ["MSG-RR-07"] [ASKS, Need::Serve, Need::Guests, SCRIPT, KINDS];
    one_is_the_default ["MSG-M01"] [ASKS, Need::Serve, Need::Feature("reply-limits"), SCRIPT];
    none_expected ["MSG-M03"] [ASKS, Need::Serve, Need::Feature("reply-limits"), SCRIPT, SEVERAL];
    without_time_it_does_not_wait ["MSG-M03"] [ASKS, Need::Serve, Need::Feature("reply-limits"), SCRIPT, KINDS];
    too_few_replies_are_a_timeout ["MSG-M02"] [ASKS, Need::Serve, Need::Feature("reply-limits"), SCRIPT, KINDS, SEVERAL];
    asking_is_sending ["MSG-TYPES-13"] [ASKS, Need::Serve, Need::Grant, SCRIPT, KINDS];
    ask_on_bad_topic ["MSG-M07"] [ASKS, Need::Feature("topic-names"), KINDS];
    ask_after_disconnect ["MSG-M14"] [ASKS, Need::Serve, Need::Feature("disconnect"), SCRIPT, KINDS];
    nobody_answers ["MSG-M04"] [ASKS, Need::Feature("no-responders"), KINDS];
    reply_after_the_requester_left ["MSG-M15"] [ASKS, Need::Serve, Need::Trace, Need::Feature("late-reply"), SCRIPT, SEVERAL];
    request_keeps_its_message ["MSG-RR-10"] [ASKS, Need::Serve, SCRIPT];
    reply_to_a_plain_message ["MSG-RR-09"] [ASKS, Need::Serve];
    refused_without_the_feature ["KVX-67", "MSG-TYPES-13"]
        [Need::Without("request-reply"), Need::Interface("request-reply"), KINDS];
};

const SECOND: u32 = 1000;

/// A recorder that answers, and a guest that asks.
async fn asking(b: &Bench) -> Outcome<Seat> {
    seat(b, &["ask"], None).await
}

impl Seat {
    /// A request that makes the recorder do this.
    async fn question(&self, script: &str) -> Outcome<Message> {
        let message = self.guest.message("question").await?;
        message.add_metadata("script", script).await?;
        Ok(message)
    }

    async fn replies(&self, script: &str, timeout_ms: Option<u32>, expected: Option<u32>) -> Outcome<Vec<String>> {
        let question = self.question(script).await?;
        let mut texts = Vec::new();
        for reply in self.client.request(&question, Request { topic: "ask", timeout_ms, expected }).await? {
            texts.push(String::from_utf8_lossy(&reply.data().await?).into_owned());
        }
        texts.sort();
        Ok(texts)
    }

    /// How long a request lasts that nobody answers.
    async fn waits(&self, timeout_ms: u32) -> Outcome<Duration> {
        let question = self.question("ok").await?;
        let request = Request { topic: "ask", timeout_ms: Some(timeout_ms), expected: Some(1) };
        let start = Instant::now();
        self.client.request_fails(&question, request).await?.is("request", &[Kind::Timeout])?;
        Ok(start.elapsed())
    }

    /// None of three that nobody answers ends before its timeout: a machine that stands still for a while hides it once, but not
    /// each time.
    async fn waits_as_long_as(&self, timeout_ms: u32) -> Outcome {
        for _ in 0..3 {
            not_early(self.waits(timeout_ms).await?, timeout_ms)?;
        }
        Ok(())
    }

    /// Of three that nobody answers one at least ends before this: a machine under load makes one late, but not all.
    async fn waits_less_than(&self, limit_ms: u64, timeout_ms: u32) -> Outcome {
        let quickest =
            self.waits(timeout_ms).await?.min(self.waits(timeout_ms).await?).min(self.waits(timeout_ms).await?);
        let expected = format!("an end within {limit_ms} ms, its timeout being {timeout_ms} ms");
        expect(quickest < Duration::from_millis(limit_ms), "request", &expected, quickest)
    }
}

fn not_early(lasted: Duration, timeout_ms: u32) -> Outcome {
    let timeout = Duration::from_millis(timeout_ms.into());
    expect(lasted >= timeout, "request", "no end before its timeout", lasted)
}

fn texts(count: u32) -> Vec<String> {
    (1..=count).map(|i| format!("reply {i}")).collect()
}

/// Without options a request waits for one reply and returns it.
async fn one_reply(b: &mut Bench) -> Outcome {
    expect_eq("replies", asking(b).await?.replies("reply:1", None, None).await?, texts(1))
}

/// Without a reply it is `timeout`, not early, and after the time that was set: a short one ends before a long one would.
async fn no_reply_is_a_timeout(b: &mut Bench) -> Outcome {
    let seat = asking(b).await?;
    seat.waits_as_long_as(800).await?;
    seat.waits_less_than(800, 10).await
}

/// With enough replies it returns at once: far before this timeout, which is past the case's own deadline.
async fn enough_replies_end_the_wait(b: &mut Bench) -> Outcome {
    expect_eq("replies", asking(b).await?.replies("reply:3", Some(600 * SECOND), Some(3)).await?, texts(3))
}

/// At the timeout, and not before, it returns the replies that came by then.
async fn some_replies_at_the_timeout(b: &mut Bench) -> Outcome {
    let seat = asking(b).await?;
    // Once without haste: what takes long the first time only does not take from the two seconds.
    expect_eq("replies", seat.replies("reply:2", None, Some(2)).await?, texts(2))?;
    // Twice, since a machine that stands still for a while hides an early end.
    for _ in 0..2 {
        let start = Instant::now();
        expect_eq("replies", seat.replies("reply:2", Some(2 * SECOND), Some(5)).await?, texts(2))?;
        not_early(start.elapsed(), 2 * SECOND)?;
    }
    Ok(())
}

/// Further replies are not returned.
async fn never_more_than_expected(b: &mut Bench) -> Outcome {
    let replies = asking(b).await?.replies("reply:5", Some(10 * SECOND), Some(2)).await?;
    expect(replies.len() == 2, "replies", "2 of them", replies)
}

/// What one request left over is no answer to the next one.
async fn replies_of_before_stay_away(b: &mut Bench) -> Outcome {
    let seat = asking(b).await?;
    let replies = seat.replies("reply:3", None, None).await?;
    expect(replies.len() == 1, "replies", "1 of them", replies)?;
    expect_eq("replies", seat.replies("reply:1", None, None).await?, texts(1))
}

/// One message may be replied to several times.
async fn several_replies(b: &mut Bench) -> Outcome {
    expect_eq("replies", asking(b).await?.replies("reply:4", Some(10 * SECOND), Some(4)).await?, texts(4))
}

/// Of two who wait, one is answered, and the other one gets nothing.
async fn reply_reaches_who_asked(b: &mut Bench) -> Outcome {
    let Seat { guest, client, mut recorder } = asking(b).await?;
    let in_vain = guest.message("in vain").await?;
    let other = b.messaging().await?;
    let other_client = other.connect("default").await?;
    let question = other.message("question").await?;
    question.add_metadata("script", "reply:1").await?;
    let request = Request { topic: "ask", timeout_ms: Some(2 * SECOND), expected: Some(1) };
    let waiting = async { client.request_fails(&in_vain, request).await?.is("request", &[Kind::Timeout]) };
    let answered = async {
        // The other one waits by now.
        recorder.expect_only(b"in vain").await?;
        let request = Request { topic: "ask", timeout_ms: None, expected: None };
        let replies = other_client.request(&question, request).await?;
        expect_eq("replies", replies.len(), 1)
    };
    b.concurrently([waiting.boxed(), answered.boxed()]).await.map(drop)
}

/// With a timeout alone, one reply is enough.
async fn one_is_the_default(b: &mut Bench) -> Outcome {
    let replies = asking(b).await?.replies("reply:3", Some(600 * SECOND), None).await?;
    expect(replies.len() == 1, "replies", "1 of them", replies)
}

/// Who expects none gets none, at once.
async fn none_expected(b: &mut Bench) -> Outcome {
    expect_eq("replies", asking(b).await?.replies("reply:1", Some(600 * SECOND), Some(0)).await?, texts(0))
}

/// With a timeout of 0 it takes what is there, and where nothing is it is `timeout`.
async fn without_time_it_does_not_wait(b: &mut Bench) -> Outcome {
    asking(b).await?.waits_less_than(800, 0).await
}

/// Without a timeout of its own a request waits until enough replies came; the host's call timeout ends it.
async fn too_few_replies_are_a_timeout(b: &mut Bench) -> Outcome {
    let seat = asking(b).await?;
    let question = seat.question("reply:1").await?;
    let request = Request { topic: "ask", timeout_ms: None, expected: Some(2) };
    seat.client.request_fails(&question, request).await?.is("request", &[Kind::Timeout])
}

/// Who may not send may not ask: with a grant to receive alone a request is denied, and nobody is asked.
async fn asking_is_sending(b: &mut Bench) -> Outcome {
    let mut seat = asking(b).await?;
    b.grant(&["messaging:default:read"]).await?;
    let question = seat.question("reply:1").await?;
    let request = Request { topic: "ask", timeout_ms: Some(SECOND), expected: None };
    seat.client.request_fails(&question, request).await?.is("request", &[Kind::AccessDenied])?;
    b.grant(&["messaging:default"]).await?;
    seat.send("ask", "marker").await?;
    seat.recorder.expect_only(b"marker").await
}

/// What cannot be sent to cannot be asked either.
async fn ask_on_bad_topic(b: &mut Bench) -> Outcome {
    let guest = b.messaging().await?;
    let client = guest.connect("default").await?;
    let question = guest.message("question").await?;
    let long = "t".repeat(256);
    for topic in ["", &*long, "a\nb", "nul\0", "a.*", "a.>", "a/#", "a/+"] {
        let request = Request { topic, timeout_ms: Some(SECOND), expected: None };
        client.request_fails(&question, request).await?.is(&format!("request to {topic:?}"), &[Kind::Other])?;
    }
    Ok(())
}

/// A client that was disconnected asks nobody, not even who would answer.
async fn ask_after_disconnect(b: &mut Bench) -> Outcome {
    let seat = asking(b).await?;
    let question = seat.question("reply:1").await?;
    seat.client.disconnect().await?;
    let request = Request { topic: "ask", timeout_ms: Some(SECOND), expected: None };
    seat.client.request_fails(&question, request).await?.is("request", &[Kind::Unavailable])
}

/// With nobody to answer, a request is an error and never an empty list.
async fn nobody_answers(b: &mut Bench) -> Outcome {
    let guest = b.messaging().await?;
    let client = guest.connect("default").await?;
    let question = guest.message("anybody?").await?;
    let request = Request { topic: "deserted", timeout_ms: Some(300), expected: None };
    let failure = client.request_fails(&question, request).await?;
    failure.is("request", &[Kind::Timeout, Kind::Unavailable])
}

/// A reply that nobody waits for any more does not trap: the handler ends well.
async fn reply_after_the_requester_left(b: &mut Bench) -> Outcome {
    let seat = asking(b).await?;
    expect_eq("replies", seat.replies("reply:2", None, Some(0)).await?, texts(0))?;
    b.until_settled("ask", "ack", 1).await
}

/// A request borrows its message: the guest still has it, and can send it.
async fn request_keeps_its_message(b: &mut Bench) -> Outcome {
    let seat = asking(b).await?;
    let question = seat.question("reply:1").await?;
    let request = Request { topic: "ask", timeout_ms: Some(10 * SECOND), expected: Some(1) };
    seat.client.request(&question, request).await?;
    expect_eq("data", question.data().await?, b"question".to_vec())?;
    seat.client.send("ask", question).await
}

/// A reply to a message that asked for none does nothing, and does not fail: nobody is sent it.
async fn reply_to_a_plain_message(b: &mut Bench) -> Outcome {
    let mut seat = asking(b).await?;
    let plain = seat.guest.message("plain").await?;
    plain.reply(seat.guest.message("reply").await?).await?;
    seat.send("ask", "marker").await?;
    seat.recorder.expect_only(b"marker").await
}

/// Where it is not offered, it is refused.
async fn refused_without_the_feature(b: &mut Bench) -> Outcome {
    let guest = b.messaging().await?;
    let client = guest.connect("default").await?;
    let question = guest.message("question").await?;
    let request = Request { topic: "ask", timeout_ms: Some(100), expected: None };
    client.request_fails(&question, request).await?.is("request", &[Kind::Other])
}
