//! How long handles and data live.

use super::{
    axes::{WRITES, Write},
    support::{fill, names, set},
};
use crate::{
    bench::Bench,
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq},
};
use wasi_cloud_core::Kind;

pub const CASES: &[Case] = cases! { "keyvalue/store";
    dropping_a_handle_keeps_the_data ["KV-STORE-23"] [Need::Feature("keep-on-drop")];
    dropping_a_handle_leaves_others_open ["KV-STORE-23"] [Need::Feature("keep-on-drop"), Need::Labels, Need::Guests];
    dropping_a_guest_keeps_the_data ["KV-STORE-S14", "KV-STORE-23"] [Need::Guests];
    ten_thousand_handles_end_in_an_error ["KV-STORE-22", "KV-STORE-01", "KV-STORE-S16", "KV-STORE-24"] [Need::Guest];
    handles_that_were_dropped_make_room ["KV-STORE-01", "KV-STORE-22"] [];
    guests_that_end_with_handles_open_make_room ["KV-STORE-01", "KV-STORE-22"] [Need::Guest, Need::Guests, Need::Labels];
    restarted_host_keeps_what_it_declares ["KV-STORE-S14", "KV-STORE-20"] [Need::Restart, Need::Guests];
    restarted_host_keeps_every_kind_of_write(WRITES) ["KV-STORE-S14", "KV-STORE-20"]
        [Need::Restart, Need::Interface("atomics"), Need::Interface("batch"), Need::Interface("cas"), Need::Guests];
    restarted_host_opens_the_same_labels ["KV-STORE-01", "KV-STORE-02", "KV-STORE-03"]
        [Need::Restart, Need::Guests, Need::Labels];
    restarted_host_keeps_buckets_apart ["KV-STORE-21", "KV-STORE-S14"] [Need::Restart, Need::Labels, Need::Guests];
};

/// Data stays when its handle goes.
async fn dropping_a_handle_keeps_the_data(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let bucket = guest.open(DEFAULT).await?;
    bucket.set("k", "v").await?;
    bucket.close().await?;
    guest.open(DEFAULT).await?.expect("k", "v").await
}

/// To drop one handle closes no other, of this label or of another, in this guest or in another.
async fn dropping_a_handle_leaves_others_open(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let dropped = guest.open(DEFAULT).await?;
    let open = [guest.open(DEFAULT).await?, guest.open(OTHER).await?, bench.bucket(DEFAULT).await?];
    dropped.close().await?;
    for bucket in &open {
        bucket.set("k", "v").await?;
        bucket.expect("k", "v").await?;
    }
    Ok(())
}

/// Data stays when the instance that wrote it goes.
async fn dropping_a_guest_keeps_the_data(bench: &mut Bench) -> Outcome {
    bench.bucket(DEFAULT).await?.set("k", "v").await?;
    bench.bucket(DEFAULT).await?.expect("k", "v").await
}

/// However many handles are open, the next is a handle or `other`; where they are full, those that are dropped make room.
async fn ten_thousand_handles_end_in_an_error(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let (first, mut open) = (guest.open(DEFAULT).await?, Vec::new());
    for _ in 0..10_000 {
        match guest.try_open(DEFAULT).await? {
            Ok(bucket) => open.push(bucket),
            Err(failure) => {
                failure.is("open", &[Kind::Other])?;
                for bucket in open.drain(..open.len().min(10)) {
                    bucket.close().await?;
                    guest.open(DEFAULT).await?;
                }
                break;
            }
        }
    }
    first.set("k", "v").await?;
    first.expect("k", "v").await
}

/// A guest that drops its handles can go on opening, and the last handle is as good as the first.
async fn handles_that_were_dropped_make_room(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    for _ in 0..300 {
        guest.open(DEFAULT).await?.close().await?;
    }
    let last = guest.open(DEFAULT).await?;
    last.set("k", "v").await?;
    last.expect("k", "v").await
}

/// Guests that end without dropping their handles take none from those that come after, or that are there.
async fn guests_that_end_with_handles_open_make_room(bench: &mut Bench) -> Outcome {
    let witness = bench.bucket(DEFAULT).await?;
    for number in 0..11_u8 {
        let guest = bench.keyvalue().await?;
        for label in [DEFAULT, OTHER].into_iter().cycle().take(100) {
            guest.open(label).await?;
        }
        guest.open(DEFAULT).await?.set("k", [number]).await?;
    }
    witness.expect("k", [10]).await
}

/// After a restart durable data is all there. Other data may be gone, but what is there is whole.
async fn restarted_host_keeps_what_it_declares(bench: &mut Bench) -> Outcome {
    fill(&bench.bucket(DEFAULT).await?, &names("k", 20)).await?;
    let durable = bench.declared()?.durability == "durable";
    bench.restart().await?;
    let bucket = bench.bucket(DEFAULT).await?;
    let found = bucket.keys().await?;
    expect(found.is_subset(&set(names("k", 20))), "the listing", "keys from before", &found)?;
    for key in &found {
        bucket.expect(key, key).await?;
    }
    expect(!durable || found.len() == 20, "the listing", "every key, as the host declares to be durable", &found)
}

/// After a restart a durable write of any kind is as it was. Elsewhere the key is gone or has one of its values.
async fn restarted_host_keeps_every_kind_of_write(bench: &mut Bench, write: Write) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("before", "kept").await?;
    let there = write.run(&bucket).await?;
    let written = bucket.get("k").await?;
    expect_eq("whether the key is there", written.is_some(), there)?;
    let durable = bench.declared()?.durability == "durable";
    bench.restart().await?;
    let bucket = bench.bucket(DEFAULT).await?;
    let (value, before) = (bucket.get("k").await?, bucket.get("before").await?);
    if durable {
        expect_eq("the key of before", before, Some(b"kept".to_vec()))?;
        return expect_eq("get", value, written);
    }
    expect([None, Some(b"kept".to_vec())].contains(&before), "the key of before", "its value or none", &before)?;
    let once = [None, Some(b"a long old value".to_vec()), Some(b"41".to_vec()), written];
    expect(once.contains(&value), "get", "a value that the key had, or none", &value)
}

/// A restart changes nothing of what a component may open.
async fn restarted_host_opens_the_same_labels(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    guest.open(DEFAULT).await?.set("k", "v").await?;
    guest.open_fails(MISSING).await?.is("open", &[Kind::NotFound])?;
    bench.restart().await?;
    let guest = bench.keyvalue().await?;
    guest.open(DEFAULT).await?;
    guest.open_fails(UNGRANTED).await?.is("open", &[Kind::AccessDenied])?;
    guest.open_fails(MISSING).await?.is("open", &[Kind::NotFound])
}

/// A restart does not mix buckets up.
async fn restarted_host_keeps_buckets_apart(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    guest.open(DEFAULT).await?.set("k", "one").await?;
    guest.open(OTHER).await?.set("k", "two").await?;
    bench.restart().await?;
    let guest = bench.keyvalue().await?;
    let one = guest.open(DEFAULT).await?.get("k").await?;
    expect([None, Some(b"one".to_vec())].contains(&one), "get", "the bucket's own value", &one)?;
    let two = guest.open(OTHER).await?.get("k").await?;
    expect_eq("whether both are there", one.is_some(), two.is_some())?;
    expect([None, Some(b"two".to_vec())].contains(&two), "get", "the other bucket's own value", &two)
}
