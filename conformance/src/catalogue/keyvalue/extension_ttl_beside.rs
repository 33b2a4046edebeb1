//! Lifetimes beside the rest: counters, snapshots, batches, and what two guests see of them.

use super::support::refused;
use crate::{
    bench::{Bench, put},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq},
    wire::keyvalue_ext::{Condition, Op, Put},
};
use std::time::Duration;
use wasi_cloud_core::Kind;

pub const CASES: &[Case] = cases! { "keyvalue/extension";
    expired_key_is_no_part_of_a_batch ["KVX-36"]
        [Need::Feature("ttl"), Need::Time, Need::Interface("batch"), Need::Guests];
    snapshot_of_an_expired_key_is_stale ["KVX-36", "KV-ATOM-11"]
        [Need::Feature("ttl"), Need::Time, Need::Interface("atomics"), Need::Guests, Need::Interface("cas")];
    counter_and_swap_with_a_lifetime ["KVX-39", "KVX-50"]
        [Need::Feature("ttl"), Need::Time, Need::Interface("atomics"), Need::Guests, Need::Interface("cas")];
    version_with_a_lifetime_holds_until_it_is_over ["KVX-36", "KVX-12"] [Need::Feature("ttl"), Need::Time];
    lifetime_is_the_same_for_every_guest ["KVX-36", "KVX-31"] [Need::Feature("ttl"), Need::Time, Need::Guests];
    conditional_put_sets_a_lifetime ["KVX-31", "KVX-11"] [Need::Feature("ttl"), Need::Time];
    deleting_with_a_stale_version_keeps_the_lifetime ["KVX-31", "KVX-23"] [Need::Feature("ttl"), Need::Time];
};

/// Short enough to wait for where the clock is real.
const SHORT: Duration = Duration::from_millis(200);
/// When a key with the lifetime `SHORT` must be gone.
const OVER: Duration = Duration::from_millis(1200);

/// A batch finds no expired key, and removing one is no error.
async fn expired_key_is_no_part_of_a_batch(bench: &mut Bench) -> Outcome {
    let (bucket, plain) = (bench.ext_bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    bucket.put_for("goes", "v", SHORT).await?;
    bucket.put("stays", "v", Condition::Always).await?;
    bench.advance(OVER).await?;
    let stays = Some(("stays".to_owned(), b"v".to_vec()));
    expect_eq("get-many", plain.get_many(&["goes", "stays"]).await?, vec![None, stays])?;
    plain.delete_many(&["goes", "stays"]).await?;
    expect_eq("the listing", bucket.keys().await?, vec![])
}

/// A swap does not bring an expired key back: its end is a change.
async fn snapshot_of_an_expired_key_is_stale(bench: &mut Bench) -> Outcome {
    let (bucket, plain) = (bench.ext_bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    bucket.put_for("k", "v", SHORT).await?;
    let cas = plain.cas("k").await?;
    bench.advance(OVER).await?;
    let fresh = cas.loses("mine").await?;
    expect_eq("current", fresh.current().await?, None)?;
    plain.expect_missing("k").await
}

/// Whether `increment` and `swap` keep a lifetime is the host's choice, and the same for both packages.
async fn counter_and_swap_with_a_lifetime(bench: &mut Bench) -> Outcome {
    let (bucket, plain) = (bench.ext_bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    bucket.plain_increment("counted", 41).await?;
    let counter = bucket.entry("counted").await?.value;
    bucket.put_for("counted", counter, Duration::from_secs(1)).await?;
    bucket.plain_increment("counted", 1).await?;
    bucket.put_for("swapped", "v", Duration::from_secs(1)).await?;
    // Where a machine is slow, the lifetime may be over: then this is the end of it.
    let _ = plain.cas("swapped").await?.swap("w").await?;
    bench.advance(Duration::from_millis(2000)).await?;
    for key in ["counted", "swapped"] {
        let there = bucket.get(key).await?.map(|entry| entry.value);
        expect_eq(key, plain.get(key).await?, there.clone())?;
        expect_eq(key, plain.exists(key).await?, there.is_some())?;
    }
    Ok(())
}

/// A lifetime does not weaken a version while it lasts, and ends it when it is over.
async fn version_with_a_lifetime_holds_until_it_is_over(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let long = bucket.put_for("k", "v", Duration::from_secs(600)).await?;
    let op = Put { ttl_ms: Some(200), ..put("k", "w", Condition::Version(long.clone())) };
    let short = match bucket.attempt(|slot| Op::Put((slot, op))).await? {
        Ok(crate::wire::keyvalue_ext::Seen::Version(version)) => version,
        other => return expect(false, "put with the version", "a version", other),
    };
    bench.advance(OVER).await?;
    for stale in [long, short] {
        refused(&bucket, |slot| Op::Put((slot, put("k", "x", Condition::Version(stale)))), Kind::Conflict).await?;
    }
    expect_eq("get", bucket.get("k").await?, None)
}

/// A key is over for all guests, whoever wrote it.
async fn lifetime_is_the_same_for_every_guest(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.ext_bucket(DEFAULT).await?, bench.ext_bucket(DEFAULT).await?);
    one.put_for("k", "v", SHORT).await?;
    two.put_for("l", "v", SHORT).await?;
    bench.advance(OVER).await?;
    for bucket in [&one, &two] {
        expect_eq("get", (bucket.get("k").await?, bucket.get("l").await?), (None, None))?;
        expect_eq("the listing", bucket.keys().await?, vec![])?;
    }
    Ok(())
}

/// `absent` and `version` set lifetimes as `always` does.
async fn conditional_put_sets_a_lifetime(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let version = bucket.put("replaced", "v", Condition::Always).await?;
    for (key, condition) in [("created", Condition::Absent), ("replaced", Condition::Version(version))] {
        let op = Put { ttl_ms: Some(200), ..put(key, "w", condition) };
        let done = bucket.attempt(|slot| Op::Put((slot, op))).await?;
        expect(done.is_ok(), key, "a put on a condition that holds", done)?;
    }
    bench.advance(OVER).await?;
    expect_eq("created", bucket.get("created").await?, None)?;
    expect_eq("replaced", bucket.get("replaced").await?, None)
}

/// A delete that is refused leaves the lifetime as it is.
async fn deleting_with_a_stale_version_keeps_the_lifetime(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let stale = bucket.put("k", "v", Condition::Always).await?;
    bucket.put_for("k", "w", SHORT).await?;
    refused(&bucket, |slot| Op::Delete((slot, "k".into(), Condition::Version(stale))), Kind::Conflict).await?;
    bench.advance(OVER).await?;
    expect_eq("get", bucket.get("k").await?, None)
}
