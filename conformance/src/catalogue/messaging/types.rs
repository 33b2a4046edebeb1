//! Clients, and messages in a guest's hands.

use crate::{
    bench::Bench,
    catalogue::{Axis, Case, Need, cases},
    outcome::{Outcome, expect_eq},
};
use wasi_cloud_core::{
    Kind,
    layer::{FaultRule, Moment},
};

pub const CASES: &[Case] = cases! { "messaging/types";
    connect ["MSG-TYPES-01"] [];
    connect_missing ["MSG-TYPES-02"] [Need::Feature("broker-names")];
    connect_denied ["MSG-TYPES-13"] [Need::Interface("brokers")];
    failure_is_told_by_its_kind(KINDS) ["MSG-TYPES-13"] [Need::Fault, Need::Interface("error-kinds")];
    disconnect ["MSG-TYPES-03"] [];
    clients_end_one_by_one ["MSG-TYPES-03", "MSG-TYPES-01"] [];
    send_after_disconnect ["MSG-M14"] [Need::Feature("disconnect")];
    data_is_kept ["MSG-TYPES-04"] [];
    fresh_message_is_bare ["MSG-TYPES-05"] [Need::Feature("metadata")];
    content_type_is_kept ["MSG-TYPES-06"] [];
    set_data_replaces ["MSG-TYPES-07"] [];
    add_metadata_overwrites ["MSG-TYPES-08"] [];
    set_metadata_replaces ["MSG-TYPES-09"] [];
    remove_metadata_removes_one ["MSG-TYPES-10"] [];
    metadata_keys_are_exact ["MSG-M09"] [Need::Feature("metadata")];
};

fn pairs(pairs: &[(&str, &str)]) -> Option<Vec<(String, String)>> {
    Some(pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
}

/// What a broker can say, and what a guest is told: there is a case for two of them, and `other`.
const KINDS: Axis<(Kind, Kind)> = &[
    ("not-found", (Kind::NotFound, Kind::Other)),
    ("invalid", (Kind::Invalid, Kind::Other)),
    ("conflict", (Kind::Conflict, Kind::Other)),
    ("unsupported", (Kind::Unsupported, Kind::Other)),
    ("quota", (Kind::Quota, Kind::Other)),
    ("timeout", (Kind::Timeout, Kind::Timeout)),
    ("unavailable", (Kind::Unavailable, Kind::Unavailable)),
    ("other", (Kind::Other, Kind::Other)),
];

/// A configured and granted broker can be connected to, also once more.
async fn connect(b: &mut Bench) -> Outcome {
    let guest = b.messaging().await?;
    let one = guest.connect("default").await?;
    guest.connect("default").await?.close().await?;
    one.close().await
}

/// A broker that is granted and not configured is an error.
async fn connect_missing(b: &mut Bench) -> Outcome {
    b.messaging().await?.connect_fails("missing").await?.is("connect", &[Kind::Other])
}

/// A broker that is not granted is denied, whether it exists or not.
async fn connect_denied(b: &mut Bench) -> Outcome {
    let guest = b.messaging().await?;
    for label in ["ungranted", "nowhere", "default-not", "defaul", "DEFAULT", ""] {
        guest.connect_fails(label).await?.is(&format!("connect {label:?}"), &[Kind::AccessDenied])?;
    }
    Ok(())
}

/// What fails before it reaches the broker is told as what it is, and the next call works.
async fn failure_is_told_by_its_kind(b: &mut Bench, (kind, told): (Kind, Kind)) -> Outcome {
    let rule = || FaultRule { capability: "messaging".into(), op: "*".into(), nth: 0, moment: Moment::Before };
    let guest = b.messaging().await?;
    b.fault_as(rule(), kind).await?;
    guest.connect_fails("default").await?.is("connect", &[told])?;
    let client = guest.connect("default").await?;
    b.fault_as(rule(), kind).await?;
    client.send_fails("topic", guest.message("lost").await?).await?.is("send", &[told])?;
    client.send("topic", guest.message("next").await?).await
}

/// A live client can be disconnected.
async fn disconnect(b: &mut Bench) -> Outcome {
    b.messaging().await?.connect("default").await?.disconnect().await
}

/// Each client has an end of its own.
async fn clients_end_one_by_one(b: &mut Bench) -> Outcome {
    let guest = b.messaging().await?;
    let (one, two, three) =
        (guest.connect("default").await?, guest.connect("default").await?, guest.connect("default").await?);
    one.disconnect().await?;
    two.close().await?;
    three.send("topic", guest.message("still here").await?).await?;
    three.disconnect().await
}

/// A client that was disconnected answers `connection`.
async fn send_after_disconnect(b: &mut Bench) -> Outcome {
    let guest = b.messaging().await?;
    let client = guest.connect("default").await?;
    client.disconnect().await?;
    client.send_fails("topic", guest.message("late").await?).await?.is("send", &[Kind::Unavailable])
}

/// A message holds the bytes that it was made of, however often they are read.
async fn data_is_kept(b: &mut Bench) -> Outcome {
    let guest = b.messaging().await?;
    for data in [&b""[..], b"a", b"nul\0 and \xff\xfe", &[0x80; 4096]] {
        let message = guest.message(data).await?;
        for _ in 0..2 {
            expect_eq("data", message.data().await?, data.to_vec())?;
        }
    }
    Ok(())
}

/// A fresh message has no topic, no content type and no metadata.
async fn fresh_message_is_bare(b: &mut Bench) -> Outcome {
    let message = b.messaging().await?.message("fresh").await?;
    expect_eq("topic", message.topic().await?, None)?;
    expect_eq("content-type", message.content_type().await?, None)?;
    expect_eq("metadata", message.metadata().await?, None)
}

/// What is set is there.
async fn content_type_is_kept(b: &mut Bench) -> Outcome {
    let message = b.messaging().await?.message("typed").await?;
    for text in ["text/plain; charset=utf-8", "", "application/json"] {
        message.set_content_type(text).await?;
        expect_eq("content-type", message.content_type().await?, Some(text.to_owned()))?;
    }
    Ok(())
}

/// New bytes leave nothing of the old ones.
async fn set_data_replaces(b: &mut Bench) -> Outcome {
    let message = b.messaging().await?.message("a long first text").await?;
    for data in [&b"short"[..], b"not as short", b"\xff\0", b""] {
        message.set_data(data).await?;
        expect_eq("data", message.data().await?, data.to_vec())?;
    }
    Ok(())
}

/// A pair is added, or replaces the value of its key.
async fn add_metadata_overwrites(b: &mut Bench) -> Outcome {
    let message = b.messaging().await?.message("data").await?;
    message.add_metadata("a", "1").await?;
    message.add_metadata("b", "2").await?;
    message.add_metadata("a", "3").await?;
    expect_eq("metadata", message.metadata().await?, pairs(&[("a", "3"), ("b", "2")]))
}

/// All pairs are replaced.
async fn set_metadata_replaces(b: &mut Bench) -> Outcome {
    let message = b.messaging().await?.message("data").await?;
    message.add_metadata("old", "1").await?;
    message.set_metadata(&[("new", "2"), ("newer", "3")]).await?;
    expect_eq("metadata", message.metadata().await?, pairs(&[("new", "2"), ("newer", "3")]))
}

/// Only the named pair goes.
async fn remove_metadata_removes_one(b: &mut Bench) -> Outcome {
    let message = b.messaging().await?.message("data").await?;
    message.set_metadata(&[("a", "1"), ("b", "2")]).await?;
    message.remove_metadata("a").await?;
    message.remove_metadata("never there").await?;
    expect_eq("metadata", message.metadata().await?, pairs(&[("b", "2")]))
}

/// Keys keep their case, values any text; of a key that comes twice the last wins; no pairs are none.
async fn metadata_keys_are_exact(b: &mut Bench) -> Outcome {
    let message = b.messaging().await?.message("data").await?;
    message.set_metadata(&[("Key", "1"), ("key", "\u{e9} \u{1f600}"), ("Key", "2")]).await?;
    expect_eq("metadata", message.metadata().await?, pairs(&[("Key", "2"), ("key", "\u{e9} \u{1f600}")]))?;
    message.set_metadata(&[]).await?;
    expect_eq("metadata", message.metadata().await?, None)
}
