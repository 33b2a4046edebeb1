//! Counters: what they are denied, their limits, strange keys, and what happens beside them.

use super::{
    axes::KEYS,
    support::{all_fail, set},
};
use crate::{
    bench::{Bench, Bucket},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq},
    wire::keyvalue::Op,
};
use wasi_cloud_core::Kind;

pub const CASES: &[Case] = cases! { "keyvalue/atomics";
    counter_of_any_key_counts(KEYS) ["KV-ATOM-01", "KV-ATOM-02", "KV-STORE-S05"]
        [Need::Interface("decrement"), Need::Limit("max-key-size")];
    atomics_without_a_grant_are_denied ["KV-STORE-03"] [Need::Grant, Need::Interface("cas")];
    atomics_with_a_read_grant_write_nothing ["KV-STORE-03"] [Need::Grant, Need::Interface("cas")];
    atomics_of_a_longer_key_are_refused ["KV-STORE-S02", "KV-ATOM-04"]
        [Need::Interface("cas"), Need::Limit("max-key-size")];
    swap_of_a_larger_value_is_refused ["KV-STORE-S07", "KV-ATOM-13"]
        [Need::Interface("cas"), Need::Limit("max-value-size")];
    counter_is_exact_above_two_to_the_53 ["KV-ATOM-02"] [Need::Interface("decrement")];
    counter_can_be_swapped_and_counts_on ["KV-ATOM-S03", "KV-ATOM-11", "KV-ATOM-10"]
        [Need::Feature("decimal-counters"), Need::Interface("cas")];
    increments_disturb_swaps_and_lose_nothing ["KV-ATOM-S03", "KV-ATOM-11", "KV-ATOM-03"]
        [Need::Feature("decimal-counters"), Need::Guests, Need::Interface("cas")];
    counter_after_a_switch_starts_again ["KV-ATOM-01", "KV-STORE-21"] [Need::Switch];
};

/// Counters have keys as values have.
async fn counter_of_any_key_counts(bench: &mut Bench, key: super::axes::Key) -> Outcome {
    let key = key.text(bench)?;
    let bucket = bench.bucket(DEFAULT).await?;
    expect_eq("increment", bucket.increment(&key, 5).await?, 5)?;
    expect_eq("increment", bucket.increment(&key, -7).await?, -2)?;
    expect_eq("the listing", bucket.keys().await?, set([&key]))
}

const ATOMICS: &[fn(u32) -> Op] = &[|slot| Op::Increment((slot, "n".into(), 1))];

/// A grant that is gone is gone for counters and for snapshots that are open.
async fn atomics_without_a_grant_are_denied(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.increment("n", 1).await?;
    bucket.set("k", "old").await?;
    let cas = bucket.cas("k").await?;
    bench.grant(&["keyvalue:other"]).await?;
    all_fail(&bucket, ATOMICS, Kind::AccessDenied).await?;
    bucket.fails(|slot| Op::CasNew((1_000, slot, "k".into()))).await?.is("cas.new", &[Kind::AccessDenied])?;
    cas.fails("new").await?.is("swap", &[Kind::AccessDenied])?;
    bench.grant(GRANTS).await?;
    expect_eq("the counter", bucket.increment("n", 0).await?, 1)?;
    bucket.expect("k", "old").await
}

/// A grant to read takes snapshots, and neither counts nor swaps.
async fn atomics_with_a_read_grant_write_nothing(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.increment("n", 1).await?;
    bench.grant(&["keyvalue:default:read"]).await?;
    all_fail(&bucket, ATOMICS, Kind::AccessDenied).await?;
    let cas = bucket.cas("k").await?;
    expect_eq("current", cas.current().await?, None)?;
    cas.fails("new").await?.is("swap", &[Kind::AccessDenied])?;
    bench.grant(GRANTS).await?;
    expect_eq("the counter", bucket.increment("n", 0).await?, 1)?;
    bucket.expect_missing("k").await
}

/// The longest key works, and one byte more is refused and makes nothing.
async fn atomics_of_a_longer_key_are_refused(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    let most = "k".repeat(bench.most("max-key-size")?);
    expect_eq("increment", bucket.increment(&most, 3).await?, 3)?;
    bucket.cas(&most).await?.close().await?;
    let key = "k".repeat(bench.too_much("max-key-size")?);
    bucket.fails(|slot| Op::Increment((slot, key.clone(), 1))).await?.is("increment", &[Kind::Other])?;
    bucket.fails(|slot| Op::CasNew((1_000, slot, key.clone()))).await?.is("cas.new", &[Kind::Other])?;
    expect_eq("the listing", bucket.keys().await?, set([&most]))
}

/// The largest value can be swapped in; one byte more is `store-error`, and the old value stays.
async fn swap_of_a_larger_value_is_refused(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    let value = vec![b'v'; bench.too_much("max-value-size")?];
    bucket.cas("k").await?.fails(&value).await?.is("swap", &[Kind::Other])?;
    bucket.expect("k", "old").await?;
    let most = vec![b'v'; bench.most("max-value-size")?];
    bucket.cas("k").await?.wins(&most).await?;
    expect_eq("the size", bucket.get("k").await?.map(|value| value.len()), Some(most.len()))
}

/// Numbers that no float holds.
async fn counter_is_exact_above_two_to_the_53(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    let large = (1_i64 << 53) + 1;
    for (delta, sum) in [(large, large), (1, large + 1), (1, large + 2), (-2, large), (large, 2 * large)] {
        expect_eq("increment", bucket.increment("k", delta).await?, sum)?;
    }
    Ok(())
}

/// A counter is a value: a swap replaces it by another number, from which it counts on.
async fn counter_can_be_swapped_and_counts_on(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.increment("k", 41).await?;
    bucket.cas("k").await?.wins("99").await?;
    let stale = bucket.cas("k").await?;
    expect_eq("increment", bucket.increment("k", 1).await?, 100)?;
    let fresh = stale.loses("0").await?;
    expect_eq("current", fresh.current().await?, Some(b"100".to_vec()))?;
    fresh.wins("-1").await?;
    expect_eq("increment", bucket.increment("k", 1).await?, 0)
}

/// Adds 1 by compare-and-swap, as often as it takes.
async fn add_by_swap(bucket: Bucket, times: usize) -> Outcome {
    for _ in 0..times {
        let mut cas = bucket.cas("k").await?;
        loop {
            let text = String::from_utf8(cas.current().await?.unwrap_or_default()).unwrap_or_default();
            let number: i64 = text.parse().unwrap_or(-1_000);
            match cas.swap((number + 1).to_string()).await? {
                crate::bench::Swap::Swapped => break,
                crate::bench::Swap::Lost(fresh) => cas = fresh,
            }
        }
    }
    Ok(())
}

async fn add(bucket: Bucket, times: usize) -> Outcome {
    for _ in 0..times {
        bucket.increment("k", 1).await?;
    }
    Ok(())
}

/// One guest counts, another swaps: each is another writer to the other, and all of both is counted.
async fn increments_disturb_swaps_and_lose_nothing(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    one.increment("k", 0).await?;
    let work: [futures::future::BoxFuture<'_, Outcome>; 2] =
        [Box::pin(add(one.clone(), 20)), Box::pin(add_by_swap(two, 20))];
    bench.concurrently(work).await?;
    let sum = one.increment("k", 0).await?;
    expect(sum == 40, "the counter", "40", sum)
}

/// What was counted in the old store is not in the new one.
async fn counter_after_a_switch_starts_again(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.increment("k", 41).await?;
    bench.switch(DEFAULT).await?;
    expect_eq("increment", bucket.increment("k", 1).await?, 1)
}
