//! What a host tells a component that watches a bucket. A case starts the watcher before it changes anything.

use crate::{
    bench::{Bench, Told},
    catalogue::{
        Case, Need, cases,
        deployment::{DEFAULT, OTHER},
    },
    outcome::{Outcome, expect, expect_eq},
    wire::keyvalue_ext::Condition,
};

const TELLS: Need = Need::Feature("watcher");

pub const CASES: &[Case] = cases! { "keyvalue/watcher";
    set_is_told ["KV-WATCH-01"] [TELLS, Need::Serve];
    delete_is_told ["KV-WATCH-02"] [TELLS, Need::Serve];
    handle_reads_and_writes ["KV-WATCH-03"] [TELLS, Need::Serve];
    changes_come_in_order ["KV-WATCH-S01"] [TELLS, Need::Serve, Need::Feature("watch-order")];
    no_change_is_left_out ["KV-WATCH-S05"] [TELLS, Need::Serve, Need::Feature("watch-every")];
    trap_does_not_stop_changes ["KV-WATCH-S02"] [TELLS, Need::Serve, Need::Feature("watch-isolation")];
    other_buckets_stay_away ["KV-WATCH-S03"]
        [TELLS, Need::Serve, Need::Feature("watch-scope"), Need::Guests, Need::Labels];
    batches_are_told ["KV-WATCH-S04"] [TELLS, Need::Serve, Need::Feature("watch-writes"), Need::Interface("batch")];
    counters_and_swaps_are_told ["KV-WATCH-S04"]
        [TELLS, Need::Serve, Need::Feature("watch-writes"), Need::Interface("atomics"), Need::Interface("cas")];
    writes_of_the_extension_are_told ["KV-WATCH-S04"]
        [TELLS, Need::Serve, Need::Feature("watch-writes"), Need::Interface("extension")];
};

/// A value that is written is told with its key, whether there was another one, and whatever bytes it has.
async fn set_is_told(b: &mut Bench) -> Outcome {
    let bucket = b.bucket(DEFAULT).await?;
    bucket.set("before", b"not to be told").await?;
    let mut watcher = b.watch(DEFAULT).await?;
    let all: Vec<_> = (0..=u8::MAX).collect();
    for (key, value) in [("a", &b"first"[..]), ("a", b"second"), ("empty", b""), ("all/\u{e9}", &all)] {
        bucket.set(key, value).await?;
        watcher.expect_told(&[Told::set(key, value)]).await?;
    }
    Ok(())
}

/// So is the removal of a key.
async fn delete_is_told(b: &mut Bench) -> Outcome {
    let bucket = b.bucket(DEFAULT).await?;
    bucket.set("there", b"before").await?;
    let mut watcher = b.watch(DEFAULT).await?;
    bucket.delete("there").await?;
    watcher.expect_told(&[Told::delete("there")]).await?;
    bucket.set("there", b"again").await?;
    watcher.expect_told(&[Told::set("there", b"again")]).await?;
    bucket.delete("there").await?;
    watcher.expect_told(&[Told::delete("there")]).await
}

/// The watcher reads `copy` by the handle that it is given, and writes what it finds to `copied`, of which it is told as well.
async fn handle_reads_and_writes(b: &mut Bench) -> Outcome {
    let bucket = b.bucket(DEFAULT).await?;
    let mut watcher = b.watch(DEFAULT).await?;
    bucket.set("copy", b"by hand").await?;
    watcher.expect_told(&[Told::set("copy", b"by hand"), Told::set("copied", b"by hand")]).await?;
    expect_eq("copied", bucket.get("copied").await?, Some(b"by hand".to_vec()))
}

/// What is told of one key, up to a later change of another one.
async fn told_of_key(b: &Bench) -> Outcome<(Vec<Told>, Vec<Told>)> {
    let bucket = b.bucket(DEFAULT).await?;
    let mut watcher = b.watch(DEFAULT).await?;
    let mut changes = Vec::new();
    for i in 0..20 {
        let value = format!("{i:02}");
        bucket.set("key", &value).await?;
        changes.push(Told::set("key", value));
    }
    bucket.delete("key").await?;
    changes.push(Told::delete("key"));
    bucket.set("marker", b"").await?;
    let mut told = Vec::new();
    // One that tells without end must not go on until the deadline.
    while told.len() <= 2 * changes.len() && told.last() != Some(&Told::set("marker", b"")) {
        told.push(watcher.told_aside().await?);
    }
    told.pop();
    Ok((changes, told))
}

/// Of one key nothing is told twice or before what came earlier, and the last change is told.
async fn changes_come_in_order(b: &mut Bench) -> Outcome {
    let (changes, told) = told_of_key(b).await?;
    let mut rest = changes.iter();
    let in_order = told.iter().all(|one| rest.any(|change| change == one));
    expect(in_order && told.last() == changes.last(), "the changes", "some of them in order, and the last", told)
}

/// However fast they come.
async fn no_change_is_left_out(b: &mut Bench) -> Outcome {
    let (changes, told) = told_of_key(b).await?;
    expect_eq("the changes", told, changes)
}

/// The watcher traps when it is told of `trap`.
async fn trap_does_not_stop_changes(b: &mut Bench) -> Outcome {
    let bucket = b.bucket(DEFAULT).await?;
    let mut watcher = b.watch(DEFAULT).await?;
    for key in ["trap", "next"] {
        bucket.set(key, b"").await?;
        watcher.expect_told(&[Told::set(key, b"")]).await?;
    }
    Ok(())
}

/// What changes behind another label is not told, and a second watcher is told what the first one is.
async fn other_buckets_stay_away(b: &mut Bench) -> Outcome {
    let (bucket, other) = (b.bucket(DEFAULT).await?, b.bucket(OTHER).await?);
    let (mut one, mut two) = (b.watch(DEFAULT).await?, b.watch(DEFAULT).await?);
    other.set("key", b"not for you").await?;
    other.delete("key").await?;
    bucket.set("key", b"for both").await?;
    for watcher in [&mut one, &mut two] {
        watcher.expect_told(&[Told::set("key", b"for both")]).await?;
    }
    Ok(())
}

/// A batch changes each of its keys once; the keys of one batch have no order.
async fn batches_are_told(b: &mut Bench) -> Outcome {
    let bucket = b.bucket(DEFAULT).await?;
    let mut watcher = b.watch(DEFAULT).await?;
    bucket.set_many(&[("one", b"1"), ("two", b"2")]).await?;
    expect_eq("the changes", watcher.told_many(2).await?, vec![Told::set("one", b"1"), Told::set("two", b"2")])?;
    bucket.delete_many(&["one", "two"]).await?;
    expect_eq("the changes", watcher.told_many(2).await?, vec![Told::delete("one"), Told::delete("two")])
}

/// A counter is told as the text that it is to `get`, a swap as the value that it wrote.
async fn counters_and_swaps_are_told(b: &mut Bench) -> Outcome {
    let bucket = b.bucket(DEFAULT).await?;
    let mut watcher = b.watch(DEFAULT).await?;
    for (delta, sum) in [(41, "41"), (1, "42")] {
        bucket.increment("counter", delta).await?;
        watcher.expect_told(&[Told::set("counter", sum)]).await?;
    }
    bucket.cas("swapped").await?.swap(b"in").await?;
    watcher.expect_told(&[Told::set("swapped", b"in")]).await
}

/// So is what the extension writes and removes, on whatever condition.
async fn writes_of_the_extension_are_told(b: &mut Bench) -> Outcome {
    let bucket = b.ext_bucket(DEFAULT).await?;
    let mut watcher = b.watch(DEFAULT).await?;
    let version = bucket.put("key", b"one", Condition::Absent).await?;
    watcher.expect_told(&[Told::set("key", b"one")]).await?;
    let version = bucket.put("key", b"two", Condition::Version(version)).await?;
    watcher.expect_told(&[Told::set("key", b"two")]).await?;
    bucket.delete("key", Condition::Version(version)).await?;
    watcher.expect_told(&[Told::delete("key")]).await?;
    bucket.put("key", b"three", Condition::Always).await?;
    watcher.expect_told(&[Told::set("key", b"three")]).await?;
    bucket.delete("key", Condition::Always).await?;
    watcher.expect_told(&[Told::delete("key")]).await
}
