//! Lifetimes. Where the clock is real, `advance` waits, so lifetimes are short; and a machine that stops for longer than
//! a lifetime proves nothing, so `still_there` then says that it does not know.

use super::support::{refused, speaks};
use crate::{
    bench::{Bench, ExtBucket, put},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, Stop, expect, expect_eq},
    wire::keyvalue_ext::{Condition, Op, Put},
};
use std::time::{Duration, Instant};
use wasi_cloud_core::Kind;

pub const CASES: &[Case] = cases! { "keyvalue/extension";
    key_lives_as_long_as_asked ["KVX-30"] [Need::Feature("ttl"), Need::Time];
    key_is_gone_a_second_later ["KVX-31"] [Need::Feature("ttl"), Need::Time];
    shortest_lifetime_ends ["KVX-31", "KVX-30"] [Need::Feature("ttl"), Need::Time];
    lifetime_is_not_cut_to_seconds ["KVX-30"] [Need::Feature("ttl"), Need::Time];
    reading_does_not_extend_a_lifetime ["KVX-32"] [Need::Feature("ttl"), Need::Time];
    writing_without_a_lifetime_clears_it ["KVX-33"] [Need::Feature("ttl"), Need::Time];
    batches_clear_lifetimes ["KVX-33"] [Need::Feature("ttl"), Need::Time, Need::Interface("batch"), Need::Guests];
    longer_lifetime_replaces_a_shorter ["KVX-34"] [Need::Feature("ttl"), Need::Time];
    shorter_lifetime_replaces_a_longer ["KVX-34", "KVX-31"] [Need::Feature("ttl"), Need::Time];
    refused_put_keeps_the_lifetime ["KVX-31", "KVX-13"] [Need::Feature("ttl"), Need::Time];
    expired_key_is_absent_everywhere ["KVX-36", "KVX-31"] [Need::Feature("ttl"), Need::Time];
    expired_key_does_not_hold_for_conditions ["KVX-36", "KVX-06"] [Need::Feature("ttl"), Need::Time];
    expired_counter_starts_again ["KVX-36"] [Need::Feature("ttl"), Need::Time, Need::Interface("atomics")];
    lifetime_of_a_deleted_key_dies_with_it ["KVX-33", "KVX-36"] [Need::Feature("ttl"), Need::Time];
    long_lifetimes_are_kept_or_refused ["KVX-37"] [Need::Feature("ttl"), Need::Time];
    lifetime_of_zero_is_invalid ["KVX-35"] [];
    lifetimes_that_are_not_offered_are_unsupported ["KVX-38", "KVX-67"] [Need::Without("ttl")];
};

/// Long enough that a busy machine gets a read in, short enough to wait for.
const SHORT: Duration = Duration::from_millis(200);
/// When a key with the lifetime `SHORT` must be gone.
const OVER: Duration = Duration::from_millis(1200);
/// Never over while a case runs.
const LONG: Duration = Duration::from_secs(600);

/// Fails if the key is gone before its lifetime, counted from a moment before it was written.
async fn still_there(bucket: &ExtBucket, key: &str, began: Instant, lifetime: Duration) -> Outcome {
    if bucket.get(key).await?.is_some() {
        return Ok(());
    }
    if began.elapsed() >= lifetime {
        return Err(Stop::Unknown(format!("the machine was too slow to see a lifetime of {lifetime:?}")));
    }
    expect(false, key, "a value, for its lifetime is not over", "none")
}

fn lasting(key: &str, ttl_ms: u64) -> Put {
    Put { ttl_ms: Some(ttl_ms), ..put(key, "v", Condition::Always) }
}

/// A key is there until its lifetime is over: not half of it, and not in another unit.
async fn key_lives_as_long_as_asked(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let lifetime = Duration::from_secs(2);
    let began = Instant::now();
    bucket.put_for("k", "v", lifetime).await?;
    still_there(&bucket, "k", began, lifetime).await?;
    let mut seen = Duration::ZERO;
    for _ in 0..3 {
        bench.advance(Duration::from_millis(500)).await?;
        let asked = began.elapsed();
        match still_there(&bucket, "k", began, lifetime).await {
            // A slow machine comes too late for the last look, and has seen enough.
            Err(Stop::Unknown(_)) if seen >= lifetime / 2 => return Ok(()),
            other => other?,
        }
        seen = asked;
    }
    Ok(())
}

/// A second after its lifetime at the latest a key is absent.
async fn key_is_gone_a_second_later(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.put_for("k", "v", SHORT).await?;
    bench.advance(OVER).await?;
    expect_eq("get", bucket.get("k").await?, None)
}

/// One millisecond is a lifetime.
async fn shortest_lifetime_ends(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.put("k", "old", Condition::Always).await?;
    bucket.put_for("k", "v", Duration::from_millis(1)).await?;
    bench.advance(Duration::from_millis(1001)).await?;
    expect_eq("get", bucket.get("k").await?, None)
}

/// A lifetime of 1.9 s is neither 1 s nor, cut again, none.
async fn lifetime_is_not_cut_to_seconds(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let lifetime = Duration::from_millis(1900);
    let began = Instant::now();
    bucket.put_for("k", "v", lifetime).await?;
    bench.advance(Duration::from_millis(1300)).await?;
    still_there(&bucket, "k", began, lifetime).await
}

/// Whoever looks at a key does not keep it alive.
async fn reading_does_not_extend_a_lifetime(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.put_for("k", "v", SHORT).await?;
    // Each time while the key may still be there.
    for _ in 0..12 {
        bench.advance(OVER / 12).await?;
        bucket.get("k").await?;
        bucket.plain_get("k").await?;
        bucket.plain_exists("k").await?;
        bucket.keys().await?;
    }
    expect_eq("get", bucket.get("k").await?, None)
}

/// `put` without a lifetime, and `set`, make a key stay.
async fn writing_without_a_lifetime_clears_it(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.put_for("put", "v", SHORT).await?;
    bucket.put("put", "w", Condition::Always).await?;
    bucket.put_for("set", "v", SHORT).await?;
    bucket.plain_set("set", "w").await?;
    bench.advance(OVER).await?;
    for key in ["put", "set"] {
        expect_eq(key, bucket.entry(key).await?.value, b"w".to_vec())?;
    }
    Ok(())
}

/// `set-many` makes keys stay as `set` does.
async fn batches_clear_lifetimes(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.put_for("k", "v", SHORT).await?;
    bench.bucket(DEFAULT).await?.set_many(&[("k", "w"), ("l", "w")]).await?;
    bench.advance(OVER).await?;
    expect_eq("get", bucket.entry("k").await?.value, b"w".to_vec())
}

/// A second `put` counts from itself.
async fn longer_lifetime_replaces_a_shorter(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.put_for("k", "v", SHORT).await?;
    bucket.put_for("k", "w", LONG).await?;
    bench.advance(OVER).await?;
    expect_eq("get", bucket.entry("k").await?.value, b"w".to_vec())
}

/// Also if it makes the life shorter.
async fn shorter_lifetime_replaces_a_longer(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.put_for("k", "v", LONG).await?;
    bucket.put_for("k", "w", SHORT).await?;
    bench.advance(OVER).await?;
    expect_eq("get", bucket.get("k").await?, None)
}

/// A `put` that is refused changes no lifetime either.
async fn refused_put_keeps_the_lifetime(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.put("stays", "v", Condition::Always).await?;
    bucket.put_for("goes", "v", SHORT).await?;
    let op = Put { ttl_ms: Some(1), ..put("stays", "w", Condition::Absent) };
    refused(&bucket, |slot| Op::Put((slot, op)), Kind::Conflict).await?;
    let op = put("goes", "w", Condition::Version("no version".into()));
    refused(&bucket, |slot| Op::Put((slot, op)), Kind::Conflict).await?;
    bench.advance(OVER).await?;
    expect_eq("the key that stays", bucket.entry("stays").await?.value, b"v".to_vec())?;
    expect_eq("the key that goes", bucket.get("goes").await?, None)
}

/// No function of either package finds an expired key.
async fn expired_key_is_absent_everywhere(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.put_for("k", "v", SHORT).await?;
    bucket.put("l", "v", Condition::Always).await?;
    bench.advance(OVER).await?;
    expect_eq("exists", bucket.plain_exists("k").await?, false)?;
    expect_eq("the standard get", bucket.plain_get("k").await?, None)?;
    expect_eq("get", bucket.get("k").await?, None)?;
    let pages = bucket.pages("", 10).await?;
    expect_eq("the listing", pages.into_iter().flat_map(|page| page.keys).collect::<Vec<_>>(), vec!["l".to_owned()])?;
    bucket.plain_delete("k").await?;
    expect_eq("delete", bucket.delete("k", Condition::Always).await?, false)
}

/// Of an expired key `absent` holds, its version does not, and its next life has another one.
async fn expired_key_does_not_hold_for_conditions(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let old = bucket.put_for("k", "v", SHORT).await?;
    bench.advance(OVER).await?;
    let stale = || Condition::Version(old.clone());
    refused(&bucket, |slot| Op::Put((slot, put("k", "w", stale()))), Kind::Conflict).await?;
    refused(&bucket, |slot| Op::Delete((slot, "k".into(), stale())), Kind::Conflict).await?;
    let new = bucket.put("k", "v", Condition::Absent).await?;
    expect(new != old, "the version", "a new one", &new)?;
    bench.advance(OVER).await?;
    expect_eq("get", bucket.entry("k").await?.version, new)
}

/// A counter that expired counts from 0, and lives for ever then.
async fn expired_counter_starts_again(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.plain_increment("k", 41).await?;
    let counter = bucket.entry("k").await?.value;
    bucket.put_for("k", counter, SHORT).await?;
    bench.advance(OVER).await?;
    expect_eq("increment", bucket.plain_increment("k", 1).await?, 1)?;
    bench.advance(OVER).await?;
    expect_eq("increment", bucket.plain_increment("k", 1).await?, 2)
}

/// A key that was deleted and written again does not inherit the old lifetime.
async fn lifetime_of_a_deleted_key_dies_with_it(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.put_for("k", "v", SHORT).await?;
    bucket.delete("k", Condition::Always).await?;
    bucket.plain_set("k", "w").await?;
    bench.advance(OVER).await?;
    expect_eq("get", bucket.plain_get("k").await?, Some(b"w".to_vec()))
}

/// Whether a lifetime of this length was taken. If not, it must be `quota`, and nothing may have changed.
async fn taken(bucket: &ExtBucket, key: &str, ttl_ms: u64) -> Outcome<bool> {
    let Err(failure) = bucket.attempt(|slot| Op::Put((slot, lasting(key, ttl_ms)))).await? else { return Ok(true) };
    failure.is(key, &[Kind::Quota])?;
    failure.is_definite(key)?;
    speaks(key, &failure)?;
    expect_eq(key, bucket.get(key).await?, None)?;
    Ok(false)
}

/// A lifetime of any length is kept or refused; it is never cut short or turned negative.
async fn long_lifetimes_are_kept_or_refused(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let mut kept = vec![];
    for ttl_ms in [1 << 31, 1 << 32, 1 << 42, 1 << 53, u64::MAX / 2000, u64::MAX / 2, u64::MAX / 2 + 1, u64::MAX] {
        let key = format!("k-{ttl_ms}");
        if taken(&bucket, &key, ttl_ms).await? {
            kept.push(key);
        }
    }
    bench.advance(OVER).await?;
    for key in kept {
        expect_eq(&key, bucket.entry(&key).await?.value, b"v".to_vec())?;
    }
    Ok(())
}

/// No time at all is no lifetime, whether lifetimes are offered or not, and nothing changes.
async fn lifetime_of_zero_is_invalid(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    refused(&bucket, |slot| Op::Put((slot, lasting("k", 0))), Kind::Invalid).await?;
    expect_eq("get", bucket.get("k").await?, None)?;
    let version = bucket.put("k", "old", Condition::Always).await?;
    refused(&bucket, |slot| Op::Put((slot, lasting("k", 0))), Kind::Invalid).await?;
    let op = Put { ttl_ms: Some(0), ..put("k", "new", Condition::Version(version.clone())) };
    refused(&bucket, |slot| Op::Put((slot, op)), Kind::Invalid).await?;
    expect_eq("the version", bucket.entry("k").await?.version, version)
}

/// A host without lifetimes says so and does not write a key that would stay for ever.
async fn lifetimes_that_are_not_offered_are_unsupported(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    for ttl_ms in [1, 1000, 86_400_000] {
        refused(&bucket, |slot| Op::Put((slot, lasting("k", ttl_ms))), Kind::Unsupported).await?;
    }
    expect_eq("get", bucket.get("k").await?, None)
}
