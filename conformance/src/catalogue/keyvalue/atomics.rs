//! Counters.

use super::support::set;
use crate::{
    bench::{Bench, Bucket},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq, measured},
    wire::keyvalue::{Op, Seen},
};
use std::collections::BTreeSet;
use wasi_cloud_core::Kind;

pub const CASES: &[Case] = cases! { "keyvalue/atomics";
    increment_creates_the_counter ["KV-ATOM-01"] [Need::Interface("decrement")];
    increment_adds ["KV-ATOM-02"] [];
    increment_counts_down ["KV-ATOM-05"] [Need::Interface("decrement")];
    increment_by_zero_reads ["KV-ATOM-02"] [];
    increment_by_zero_creates ["KV-ATOM-S05", "KV-ATOM-01"] [Need::Feature("counters")];
    counter_is_shared_by_handles_and_guests ["KV-ATOM-02"] [Need::Guests];
    counters_are_apart ["KV-ATOM-02", "KV-STORE-21"] [Need::Labels];
    concurrent_increments_all_count ["KV-ATOM-03"] [Need::Guests];
    concurrent_increments_of_four_guests_all_count ["KV-ATOM-03"] [Need::Interface("decrement"), Need::Guests];
    counter_is_a_key ["KV-ATOM-S07"] [];
    deleted_counter_starts_again ["KV-ATOM-01", "KV-ATOM-S07"] [];
    counter_reads_as_decimal_text ["KV-ATOM-S03"] [Need::Feature("decimal-counters"), Need::Interface("decrement")];
    decimal_text_is_a_counter_or_refused ["KV-ATOM-S04", "KV-ATOM-04"] [];
    whole_range_is_counted ["KV-ATOM-S08", "KV-ATOM-02"] [Need::Interface("decrement")];
    overflow_is_refused ["KV-ATOM-07", "KV-ATOM-04"] [Need::Feature("counters"), Need::Interface("overflow")];
    a_number_past_the_range_is_no_counter ["KV-ATOM-06", "KV-ATOM-04"]
        [Need::Feature("counters"), Need::Interface("overflow")];
    underflow_is_refused ["KV-ATOM-07", "KV-ATOM-04"] [Need::Feature("counters"), Need::Interface("decrement")];
    what_is_no_counter_is_refused ["KV-ATOM-06", "KV-ATOM-04"] [Need::Feature("counters")];
};

/// A counter that is not there counts as 0.
async fn increment_creates_the_counter(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    expect_eq("increment", bucket.increment("k", 7).await?, 7)?;
    expect_eq("increment of another", bucket.increment("l", -7).await?, -7)
}

/// Each call returns the sum so far.
async fn increment_adds(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for (delta, sum) in [(1, 1), (1, 2), (40, 42), (1 << 40, (1 << 40) + 42), (0, (1 << 40) + 42)] {
        expect_eq("increment", bucket.increment("k", delta).await?, sum)?;
    }
    Ok(())
}

/// A negative delta counts down, through zero.
async fn increment_counts_down(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for (delta, sum) in [(2, 2), (-1, 1), (-1, 0), (-1, -1), (-99, -100), (100, 0)] {
        expect_eq("increment", bucket.increment("k", delta).await?, sum)?;
    }
    Ok(())
}

/// To add 0 changes nothing and tells the number.
async fn increment_by_zero_reads(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.increment("k", 5).await?;
    for _ in 0..3 {
        expect_eq("increment by 0", bucket.increment("k", 0).await?, 5)?;
    }
    Ok(())
}

/// To add 0 to nothing makes a counter of 0.
async fn increment_by_zero_creates(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    expect_eq("increment", bucket.increment("k", 0).await?, 0)?;
    expect_eq("exists", bucket.exists("k").await?, true)
}

/// All handles and guests count the same counter.
async fn counter_is_shared_by_handles_and_guests(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let handles = [guest.open(DEFAULT).await?, guest.open(DEFAULT).await?, bench.bucket(DEFAULT).await?];
    for (handle, sum) in handles.iter().cycle().zip(1..10) {
        expect_eq("increment", handle.increment("k", 1).await?, sum)?;
    }
    Ok(())
}

/// Two keys are two counters, and so is one key in two buckets.
async fn counters_are_apart(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let (one, two) = (guest.open(DEFAULT).await?, guest.open(OTHER).await?);
    one.increment("k", 1).await?;
    expect_eq("another key", one.increment("K", 10).await?, 10)?;
    expect_eq("another bucket", two.increment("k", 100).await?, 100)?;
    expect_eq("the first", one.increment("k", 0).await?, 1)
}

async fn count(bucket: Bucket, times: usize) -> Outcome<Vec<i64>> {
    let mut sums = Vec::new();
    for _ in 0..times {
        sums.push(bucket.increment("k", 1).await?);
    }
    Ok(sums)
}

/// Two guests that count 50 each make 100, and no number comes twice.
async fn concurrent_increments_all_count(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    let sums = bench.concurrently([count(one.clone(), 50), count(two, 50)]).await?.concat();
    expect_eq("the numbers", sums.into_iter().collect::<BTreeSet<_>>(), (1..=100).collect())?;
    expect_eq("the counter", one.increment("k", 0).await?, 100)
}

/// The same for four guests and a counter that exists already.
async fn concurrent_increments_of_four_guests_all_count(bench: &mut Bench) -> Outcome {
    let last = bench.bucket(DEFAULT).await?;
    last.increment("k", -40).await?;
    let mut work = vec![];
    for _ in 0..4 {
        work.push(count(bench.bucket(DEFAULT).await?, 20));
    }
    let sums = bench.concurrently(work).await?.concat();
    expect_eq("the numbers", sums.into_iter().collect::<BTreeSet<_>>(), (-39..=40).collect())?;
    expect_eq("the counter", last.increment("k", 0).await?, 40)
}

/// A counter exists, is listed and can be deleted.
async fn counter_is_a_key(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.increment("k", 1).await?;
    expect_eq("exists", bucket.exists("k").await?, true)?;
    expect_eq("the listing", bucket.keys().await?, set(["k"]))?;
    bucket.delete("k").await?;
    expect_eq("exists", bucket.exists("k").await?, false)?;
    expect_eq("the listing", bucket.keys().await?, [].into())
}

/// A deleted counter counts from 0.
async fn deleted_counter_starts_again(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.increment("k", 41).await?;
    bucket.delete("k").await?;
    expect_eq("increment", bucket.increment("k", 1).await?, 1)
}

/// `get` of a counter is its number in decimal.
async fn counter_reads_as_decimal_text(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for number in [0, 7, -7, 1000, -1000, i64::MAX, i64::MIN] {
        bucket.delete("k").await?;
        bucket.increment("k", number).await?;
        bucket.expect("k", number.to_string()).await?;
    }
    Ok(())
}

/// Decimal text that `set` wrote is either counted on from, or refused and left alone.
async fn decimal_text_is_a_counter_or_refused(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "41").await?;
    match bucket.attempt(|slot| Op::Increment((slot, "k".into(), 1))).await? {
        Ok(seen) => measured(expect_eq("increment", seen, Seen::Number(42))),
        Err(failure) => {
            failure.is("increment", &[Kind::Other])?;
            bucket.expect("k", "41").await
        }
    }
}

/// Both ends of the range can be reached and left again.
async fn whole_range_is_counted(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for (delta, sum) in
        [(i64::MAX, i64::MAX), (-1, i64::MAX - 1), (1, i64::MAX), (i64::MIN, -1), (i64::MAX, i64::MAX - 1)]
    {
        expect_eq("increment", bucket.increment("k", delta).await?, sum)?;
    }
    for (delta, sum) in [(i64::MIN, i64::MIN), (1, i64::MIN + 1), (-1, i64::MIN), (i64::MAX, -1)] {
        expect_eq("increment", bucket.increment("l", delta).await?, sum)?;
    }
    Ok(())
}

async fn refuses(bench: &Bench, end: i64, deltas: [i64; 3]) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.increment("k", end).await?;
    for delta in deltas {
        bucket.fails(|slot| Op::Increment((slot, "k".into(), delta))).await?.is("increment", &[Kind::Other])?;
        expect_eq("the counter", bucket.increment("k", 0).await?, end)?;
    }
    Ok(())
}

/// Past the top of the range is an error and leaves the counter alone: no wrapping, no stopping short.
async fn overflow_is_refused(bench: &mut Bench) -> Outcome {
    refuses(bench, i64::MAX, [1, 2, i64::MAX]).await
}

/// Past the bottom as well.
async fn underflow_is_refused(bench: &mut Bench) -> Outcome {
    refuses(bench, i64::MIN, [-1, -2, i64::MIN]).await
}

/// A value that is no counter is an error and stays as it is.
async fn what_is_no_counter_is_refused(bench: &mut Bench) -> Outcome {
    no_counter(bench, &[b"one", b"", b"1.5", b"1e3", b"0x10", b" 1", b"1 ", b"\xff"]).await
}

/// Nor is a number that 64 bits with a sign do not hold.
async fn a_number_past_the_range_is_no_counter(bench: &mut Bench) -> Outcome {
    no_counter(bench, &[b"9223372036854775808", b"-9223372036854775809"]).await
}

async fn no_counter(bench: &Bench, values: &[&[u8]]) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for value in values {
        bucket.set("k", value).await?;
        let failure = bucket.fails(|slot| Op::Increment((slot, "k".into(), 1))).await?;
        failure.is(&format!("increment of {value:?}"), &[Kind::Other])?;
        bucket.expect("k", value).await?;
    }
    expect(bucket.exists("k").await?, "exists", "true", false)
}
