//! What is sent, and how it arrives.

use super::seat::seat;
use crate::{
    bench::Bench,
    catalogue::{Case, Need, cases},
    host::Program,
    outcome::{Outcome, expect_eq},
};
use wasi_cloud_core::{
    Kind,
    escape::hostile,
    layer::{FaultRule, Moment},
};

pub const CASES: &[Case] = cases! { "messaging/producer";
    send_without_subscriber ["MSG-PROD-02", "MSG-PROD-01"] [Need::Feature("fire-and-forget")];
    send_is_accepted ["MSG-PROD-01"] [Need::Serve];
    senders_at_once_lose_nothing ["MSG-PROD-01", "MSG-PROD-04"] [Need::Serve, Need::Guests];
    failed_send_is_an_error ["MSG-PROD-03", "MSG-PROD-01"] [Need::Fault];
    longest_topic_works ["MSG-M07"] [Need::Feature("topic-names"), Need::Limit("max-key-size")];
    send_to_bad_topic ["MSG-M07", "MSG-PROD-03"] [Need::Feature("topic-names")];
    send_too_much ["MSG-M08"] [Need::Feature("message-size"), Need::Limit("max-value-size")];
    too_much_is_not_sent ["MSG-M08"] [Need::Serve, Need::Feature("message-size"), Need::Limit("max-value-size")];
    send_denied ["MSG-TYPES-13"] [Need::Grant, Need::Interface("error-kinds")];
    payload_is_unchanged ["MSG-PROD-04"] [Need::Serve];
    large_payload ["MSG-PROD-04"] [Need::Serve];
    metadata_is_unchanged ["MSG-TYPES-11"]
        [Need::Serve, Need::Feature("metadata"), Need::Interface("carried-metadata")];
    content_type_is_not_metadata ["MSG-M10", "MSG-TYPES-06"]
        [Need::Serve, Need::Feature("metadata"), Need::Interface("carried-metadata")];
    topic_is_known ["MSG-TYPES-12"] [Need::Serve];
    topics_do_not_alias ["MSG-M07", "MSG-HAND-02"] [Need::Serve, Need::Feature("topic-names")];
};

/// Nobody needs to listen.
async fn send_without_subscriber(b: &mut Bench) -> Outcome {
    let guest = b.messaging().await?;
    let client = guest.connect("default").await?;
    client.send("unheard", guest.message("hello?").await?).await
}

/// What was accepted is delivered to whoever is subscribed.
async fn send_is_accepted(b: &mut Bench) -> Outcome {
    let mut seat = seat(b, &["accepted"], None).await?;
    for i in 0..10 {
        seat.send("accepted", format!("{i}")).await?;
    }
    let expected: Vec<_> = (0..10).map(|i| i.to_string()).collect();
    expect_eq("deliveries", seat.recorder.next_many(10).await?, expected)
}

/// Guests that send at the same time take nothing from each other.
async fn senders_at_once_lose_nothing(b: &mut Bench) -> Outcome {
    let mut seat = seat(b, &["crowded"], None).await?;
    let others = [b.messaging().await?, b.messaging().await?, b.messaging().await?];
    let sending = others.iter().enumerate().map(|(number, guest)| async move {
        let client = guest.connect("default").await?;
        for letter in ["a", "b", "c"] {
            client.send("crowded", guest.message(format!("{number}{letter}")).await?).await?;
        }
        Ok(())
    });
    b.concurrently(sending).await?;
    let expected: Vec<_> = (0..3).flat_map(|n| ["a", "b", "c"].map(|letter| format!("{n}{letter}"))).collect();
    expect_eq("deliveries", seat.recorder.next_many(9).await?, expected)
}

/// A broker that does not hear of a message, or whose answer is lost, is an error and no trap: the guest goes on.
async fn failed_send_is_an_error(b: &mut Bench) -> Outcome {
    let guest = b.messaging().await?;
    let client = guest.connect("default").await?;
    for moment in [Moment::Before, Moment::After] {
        b.fault(FaultRule { capability: "messaging".into(), op: "send".into(), nth: 0, moment }).await?;
        let failure = client.send_fails("topic", guest.message("lost").await?).await?;
        failure.is(&format!("send with the fault {moment:?}"), &[Kind::Unavailable, Kind::Other])?;
        client.send("topic", guest.message("next").await?).await?;
    }
    Ok(())
}

/// No topic is empty, longer than 255 bytes, holds a control character or a wildcard.
async fn send_to_bad_topic(b: &mut Bench) -> Outcome {
    let guest = b.messaging().await?;
    let client = guest.connect("default").await?;
    let long = "t".repeat(256);
    for topic in ["", &*long, "a\nb", "nul\0", "a.*", "a.>", "a/#", "a/+"] {
        let message = guest.message("data").await?;
        client.send_fails(topic, message).await?.is(&format!("send to {topic:?}"), &[Kind::Other])?;
    }
    client.send(&"t".repeat(255), guest.message("data").await?).await
}

/// A topic of the declared length works, one byte more is refused.
async fn longest_topic_works(b: &mut Bench) -> Outcome {
    let guest = b.messaging().await?;
    let client = guest.connect("default").await?;
    client.send(&"t".repeat(b.most("max-key-size")?), guest.message("data").await?).await?;
    let longer = "t".repeat(b.too_much("max-key-size")?);
    client.send_fails(&longer, guest.message("data").await?).await?.is("send to a longer topic", &[Kind::Other])
}

/// A payload over the declared limit is refused, one at the limit is not.
async fn send_too_much(b: &mut Bench) -> Outcome {
    let guest = b.messaging().await?;
    let client = guest.connect("default").await?;
    client.send("large", guest.message(vec![b'x'; b.most("max-value-size")?]).await?).await?;
    let too_much = vec![b'x'; b.too_much("max-value-size")?];
    let refused = client.send_fails("large", guest.message(too_much).await?).await?;
    refused.is("send", &[Kind::Other])
}

/// Of what is refused for its size nothing arrives.
async fn too_much_is_not_sent(b: &mut Bench) -> Outcome {
    let mut seat = seat(b, &["large"], None).await?;
    for _ in 0..3 {
        let too_much = seat.guest.message(vec![b'x'; b.too_much("max-value-size")?]).await?;
        seat.client.send_fails("large", too_much).await?.is("send", &[Kind::Other])?;
    }
    // Two, one after the other: a handler may overtake another, but not all of them twice.
    for marker in ["marker", "another"] {
        seat.send("large", marker).await?;
        seat.recorder.expect_only(marker.as_bytes()).await?;
    }
    Ok(())
}

/// A grant that was taken away is gone for an open client too.
async fn send_denied(b: &mut Bench) -> Outcome {
    let guest = b.messaging().await?;
    let client = guest.connect("default").await?;
    client.send("topic", guest.message("granted").await?).await?;
    b.grant(&["messaging:default:read"]).await?;
    client.send_fails("topic", guest.message("denied").await?).await?.is("send", &[Kind::AccessDenied])
}

/// Bytes arrive as they were sent, whatever they are.
async fn payload_is_unchanged(b: &mut Bench) -> Outcome {
    let mut seat = seat(b, &["bytes"], None).await?;
    let every: Vec<u8> = (0..=255).collect();
    for data in [&b""[..], b"plain", b"nul\0inside", b"\xff\xfe\x80", &every] {
        seat.send("bytes", data).await?;
        expect_eq("payload", seat.recorder.next().await?.data, data.to_vec())?;
    }
    Ok(())
}

/// 256 KiB are nothing special.
async fn large_payload(b: &mut Bench) -> Outcome {
    let mut seat = seat(b, &["large"], None).await?;
    let data: Vec<u8> = (0..256 << 10).map(|i: u32| i.to_le_bytes()[0] ^ i.to_le_bytes()[1]).collect();
    seat.send("large", &data).await?;
    expect_eq("payload", seat.recorder.next().await?.data, data)
}

/// Pairs arrive as they were set.
async fn metadata_is_unchanged(b: &mut Bench) -> Outcome {
    let mut seat = seat(b, &["meta"], None).await?;
    let message = seat.guest.message("data").await?;
    let pairs = [("Trace-Id", "1"), ("empty", ""), ("trace-id", "2"), ("unicode", "\u{e9}\n\u{1f600}")];
    message.set_metadata(&pairs).await?;
    seat.client.send("meta", message).await?;
    let expected = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    expect_eq("metadata", seat.recorder.next().await?.metadata, expected)
}

/// The content type arrives as such, and not among the metadata.
async fn content_type_is_not_metadata(b: &mut Bench) -> Outcome {
    let mut seat = seat(b, &["typed"], None).await?;
    let message = seat.guest.message("{}").await?;
    message.set_content_type("application/json").await?;
    seat.client.send("typed", message).await?;
    let seen = seat.recorder.next().await?;
    expect_eq("content-type", seen.content_type.as_deref(), Some("application/json"))?;
    expect_eq("metadata", seen.metadata, vec![])
}

/// A received message names the topic that it came on.
async fn topic_is_known(b: &mut Bench) -> Outcome {
    let mut seat = seat(b, &["north", "south"], None).await?;
    for topic in ["north", "south", "north"] {
        seat.send(topic, topic).await?;
        let seen = seat.recorder.next().await?;
        expect_eq("topic", seen.topic.as_deref(), Some(topic))?;
        expect_eq("data", seen.data, topic.as_bytes().to_vec())?;
    }
    Ok(())
}

/// Every well-formed topic is its own, however strange: who is subscribed to each second one hears no other.
async fn topics_do_not_alias(b: &mut Bench) -> Outcome {
    let strange = |c: char| c.is_control() || "*>#+".contains(c);
    let topics: Vec<String> = hostile().into_iter().map(|h| h.text).filter(|t| !t.contains(strange)).collect();
    let each_second = |from: usize| topics.iter().skip(from).step_by(2).map(String::as_str).collect::<Vec<_>>();
    let mut seat = seat(b, &each_second(0), None).await?;
    let mut other = b.serve(Program::Recorder, &each_second(1), None).await?;
    let turns = topics.iter().enumerate();
    // The first two once more: what went astray at the end comes before.
    for (turn, topic) in turns.clone().chain(turns.take(2)) {
        seat.send(topic, topic).await?;
        let seen = if turn % 2 == 0 { seat.recorder.next().await? } else { other.next().await? };
        expect_eq("topic and data", (seen.topic.as_deref(), &*seen.data), (Some(&**topic), topic.as_bytes()))?;
    }
    Ok(())
}
