//! Other programs that write past the host, under the names and in the form that the backend documents.

use super::support::{refused, set};
use crate::{
    bench::{Bench, put},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq},
    wire::{
        keyvalue::{Op as PlainOp, Seen},
        keyvalue_ext::{Condition, Op},
    },
};
use std::time::Duration;
use wasi_cloud_core::Kind;

pub const CASES: &[Case] = cases! { "keyvalue/extension";
    foreign_write_changes_the_version ["KVX-07", "KVX-13", "KVX-50"] [Need::Foreign];
    foreign_key_has_a_version ["KVX-07", "KVX-12"] [Need::Foreign];
    foreign_delete_ends_a_version ["KVX-14", "KVX-23"] [Need::Foreign];
    foreign_write_disturbs_a_swap ["KV-ATOM-11"] [Need::Foreign, Need::Interface("atomics"), Need::Interface("cas")];
    reading_a_foreign_key_keeps_its_version ["KVX-08", "KVX-03"] [Need::Foreign];
    foreign_key_is_a_key_like_any_other ["KV-STORE-04", "KV-STORE-12", "KV-STORE-08"] [Need::Foreign];
    foreign_key_of_no_text_is_no_trap ["KV-STORE-S12", "KV-STORE-22"] [Need::Foreign];
    foreign_key_does_not_expire ["KV-STORE-S13"] [Need::Foreign, Need::Time];
};

/// The version of before another program wrote other bytes does not hold, and what it wrote is what is read.
async fn foreign_write_changes_the_version(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let old = bucket.put("k", "ours", Condition::Always).await?;
    bench.foreign(DEFAULT, "k", Some(b"theirs")).await?;
    let stale = || Condition::Version(old.clone());
    refused(&bucket, |slot| Op::Put((slot, put("k", "new", stale()))), Kind::Conflict).await?;
    refused(&bucket, |slot| Op::Delete((slot, "k".into(), stale())), Kind::Conflict).await?;
    refused(&bucket, |slot| Op::Put((slot, put("k", "new", Condition::Absent))), Kind::Conflict).await?;
    let entry = bucket.entry("k").await?;
    expect_eq("the value", entry.value, b"theirs".to_vec())?;
    expect(entry.version != old, "the version", "a new one", &entry.version)
}

/// A key that only another program wrote has a version that holds.
async fn foreign_key_has_a_version(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bench.foreign(DEFAULT, "k", Some(b"theirs")).await?;
    let seen = bucket.entry("k").await?.version;
    bucket.put("k", "ours", Condition::Version(seen.clone())).await?;
    bench.foreign(DEFAULT, "k", Some(b"theirs again")).await?;
    refused(&bucket, |slot| Op::Put((slot, put("k", "new", Condition::Version(seen)))), Kind::Conflict).await?;
    let seen = bucket.entry("k").await?.version;
    expect_eq("delete", bucket.delete("k", Condition::Version(seen)).await?, true)
}

/// A version does not bring back what another program removed.
async fn foreign_delete_ends_a_version(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let old = bucket.put("k", "ours", Condition::Always).await?;
    bench.foreign(DEFAULT, "k", None).await?;
    let stale = || Condition::Version(old.clone());
    refused(&bucket, |slot| Op::Put((slot, put("k", "new", stale()))), Kind::Conflict).await?;
    refused(&bucket, |slot| Op::Delete((slot, "k".into(), stale())), Kind::Conflict).await?;
    expect_eq("get", bucket.get("k").await?, None)?;
    let new = bucket.put("k", "ours", Condition::Absent).await?;
    expect(new != old, "the version", "a new one", &new)
}

/// For a swap another program is another writer.
async fn foreign_write_disturbs_a_swap(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    let cas = bucket.cas("k").await?;
    bench.foreign(DEFAULT, "k", Some(b"theirs")).await?;
    let fresh = cas.loses("mine").await?;
    expect_eq("current", fresh.current().await?, Some(b"theirs".to_vec()))?;
    fresh.wins("mine after all").await?;
    bucket.expect("k", "mine after all").await
}

/// A host does not mark as its own what it only read.
async fn reading_a_foreign_key_keeps_its_version(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bench.foreign(DEFAULT, "k", Some(b"theirs")).await?;
    let version = bucket.entry("k").await?.version;
    bucket.plain_get("k").await?;
    bucket.plain_exists("k").await?;
    bucket.keys().await?;
    expect_eq("the version", bucket.entry("k").await?.version, version)
}

/// What another program wrote can be read, listed, replaced and deleted.
async fn foreign_key_is_a_key_like_any_other(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bench.foreign(DEFAULT, "k", Some(b"\0\xff")).await?;
    bench.foreign(DEFAULT, "l", Some(b"")).await?;
    bucket.expect("k", b"\0\xff").await?;
    bucket.expect("l", b"").await?;
    expect_eq("the listing", bucket.keys().await?, set(["k", "l"]))?;
    bucket.set("k", "ours").await?;
    bucket.expect("k", "ours").await?;
    bucket.delete("l").await?;
    expect_eq("exists", bucket.exists("l").await?, false)
}

/// A name that is no UTF-8 is shown, left out or an error; other keys are listed unless it is an error.
async fn foreign_key_of_no_text_is_no_trap(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("ours", "v").await?;
    bench.foreign(DEFAULT, b"\xfftheirs", Some(b"w")).await?;
    // To its end: how much one page has is the host's choice.
    match bucket.attempt(PlainOp::AllKeys).await? {
        Err(failure) => failure.is("list-keys", &[Kind::Other])?,
        Ok(Seen::Keys(keys)) => expect(keys.iter().any(|key| key == "ours"), "the listing", "our key", &keys)?,
        Ok(seen) => expect(false, "the listing", "keys", seen)?,
    }
    bench.foreign(DEFAULT, b"\xfftheirs", None).await?;
    expect_eq("the listing", bucket.keys().await?, set(["ours"]))
}

/// A lifetime that our key had is not handed to what another program put in its place, nor made up.
async fn foreign_key_does_not_expire(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bench.foreign(DEFAULT, "k", Some(b"theirs")).await?;
    bench.advance(Duration::from_millis(1200)).await?;
    bucket.expect("k", "theirs").await
}
