//! Compare-and-swap.

use super::support::set;
use crate::{
    bench::Bench,
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect_eq, measured},
};

pub const CASES: &[Case] = cases! { "keyvalue/atomics";
    cas_of_any_key_can_be_made ["KV-ATOM-08"] [Need::Interface("cas")];
    current_is_the_value ["KV-ATOM-09"] [Need::Interface("cas")];
    swap_undisturbed_writes ["KV-ATOM-10"] [Need::Interface("cas")];
    swap_replaces_the_whole_value ["KV-ATOM-10", "KV-STORE-07"] [Need::Interface("cas")];
    swap_after_a_write_fails ["KV-ATOM-11"] [Need::Interface("cas")];
    swap_after_any_write_fails ["KV-ATOM-11", "KV-ATOM-S10"] [Need::Interface("cas")];
    swap_after_a_write_by_another_guest_fails ["KV-ATOM-11"] [Need::Guests, Need::Interface("cas")];
    swap_after_a_write_elsewhere_succeeds ["KV-ATOM-10", "KV-STORE-21"] [Need::Labels, Need::Interface("cas")];
    swap_is_not_disturbed_by_reads ["KV-ATOM-10"] [Need::Interface("cas")];
    refreshed_handle_swaps ["KV-ATOM-12"] [Need::Interface("cas")];
    refreshed_handle_can_fail_again ["KV-ATOM-12", "KV-ATOM-11"] [Need::Interface("cas")];
    swap_creates_an_absent_key ["KV-ATOM-14"] [Need::Feature("cas-absent"), Need::Interface("cas")];
    swap_after_a_create_fails ["KV-ATOM-15"] [Need::Feature("cas-absent"), Need::Interface("cas")];
    swap_after_a_delete_fails ["KV-ATOM-16"] [Need::Feature("cas-absent"), Need::Interface("cas")];
    swap_after_the_old_value_came_back_fails ["KV-ATOM-S02"] [Need::Feature("aba-safe"), Need::Interface("cas")];
    swap_after_a_delete_and_create_fails ["KV-ATOM-S02"] [Need::Feature("aba-safe"), Need::Interface("cas")];
    snapshot_is_taken_by_new ["KV-ATOM-S01"] [Need::Feature("snapshot-at-new"), Need::Interface("cas")];
    many_handles_dropped_without_a_swap_change_nothing ["KV-ATOM-S12", "KV-ATOM-10"] [Need::Interface("cas")];
    handle_may_outlive_its_bucket ["KV-STORE-22", "KV-ATOM-S11"] [Need::Interface("cas")];
};

/// A snapshot can be taken of a present key, an absent one and an empty value.
async fn cas_of_any_key_can_be_made(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("present", "v").await?;
    bucket.set("empty", "").await?;
    for key in ["present", "absent", "empty"] {
        bucket.cas(key).await?;
    }
    expect_eq("the listing", bucket.keys().await?, set(["present", "empty"]))
}

/// `current` tells a value, an empty value and none apart, as often as it is asked.
async fn current_is_the_value(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("present", [0, 255]).await?;
    bucket.set("empty", "").await?;
    for (key, value) in [("present", Some(vec![0, 255])), ("empty", Some(vec![])), ("absent", None)] {
        let cas = bucket.cas(key).await?;
        expect_eq("current", cas.current().await?, value.clone())?;
        expect_eq("current, again", cas.current().await?, value)?;
    }
    Ok(())
}

/// Without another write, `swap` writes; also without a look at `current`, and to the same value.
async fn swap_undisturbed_writes(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    for value in ["new", "new", "", "last"] {
        bucket.cas("k").await?.wins(value).await?;
        bucket.expect("k", value).await?;
    }
    let cas = bucket.cas("k").await?;
    cas.current().await?;
    cas.wins("after a look").await?;
    bucket.expect("k", "after a look").await
}

/// Nothing of the old value remains.
async fn swap_replaces_the_whole_value(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "a long old value").await?;
    bucket.cas("k").await?.wins([0, 255]).await?;
    bucket.expect("k", [0, 255]).await
}

/// After another write `swap` fails and writes nothing.
async fn swap_after_a_write_fails(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    let cas = bucket.cas("k").await?;
    bucket.set("k", "theirs").await?;
    cas.loses("mine").await?;
    bucket.expect("k", "theirs").await
}

/// It does not matter which function wrote.
async fn swap_after_any_write_fails(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.increment("counter", 1).await?;
    let cas = bucket.cas("counter").await?;
    bucket.increment("counter", 1).await?;
    cas.loses("mine").await?;
    expect_eq("the counter", bucket.increment("counter", 0).await?, 2)?;
    bucket.set("k", "old").await?;
    let (early, late) = (bucket.cas("k").await?, bucket.cas("k").await?);
    early.wins("theirs").await?;
    late.loses("mine").await?;
    bucket.expect("k", "theirs").await
}

/// It does not matter who wrote.
async fn swap_after_a_write_by_another_guest_fails(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    one.set("k", "old").await?;
    let cas = one.cas("k").await?;
    two.set("k", "theirs").await?;
    let fresh = cas.loses("mine").await?;
    expect_eq("current", fresh.current().await?, Some(b"theirs".to_vec()))?;
    one.expect("k", "theirs").await
}

/// Writes to other keys, and to this key in another bucket, do not count.
async fn swap_after_a_write_elsewhere_succeeds(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let (bucket, other) = (guest.open(DEFAULT).await?, guest.open(OTHER).await?);
    bucket.set("k", "old").await?;
    let cas = bucket.cas("k").await?;
    bucket.set("K", "theirs").await?;
    other.set("k", "theirs").await?;
    other.delete("k").await?;
    cas.wins("mine").await?;
    bucket.expect("k", "mine").await
}

/// To read a key does not disturb a swap of it.
async fn swap_is_not_disturbed_by_reads(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    let cas = bucket.cas("k").await?;
    bucket.expect("k", "old").await?;
    bucket.exists("k").await?;
    bucket.keys().await?;
    bucket.cas("k").await?.close().await?;
    cas.wins("mine").await
}

/// The handle in `cas-failed` shows the latest value and swaps.
async fn refreshed_handle_swaps(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    let cas = bucket.cas("k").await?;
    bucket.set("k", "theirs").await?;
    let fresh = cas.loses("mine").await?;
    expect_eq("current", fresh.current().await?, Some(b"theirs".to_vec()))?;
    fresh.wins("mine after all").await?;
    bucket.expect("k", "mine after all").await
}

/// A refreshed handle is no better than a new one: another write makes it fail too.
async fn refreshed_handle_can_fail_again(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    let mut cas = bucket.cas("k").await?;
    for round in 0..5_u8 {
        bucket.set("k", [round]).await?;
        cas = cas.loses("mine").await?;
        expect_eq("current", cas.current().await?, Some(vec![round]))?;
    }
    cas.wins("mine").await?;
    bucket.expect("k", "mine").await
}

/// A key that was absent and still is comes into being.
async fn swap_creates_an_absent_key(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    let cas = bucket.cas("k").await?;
    expect_eq("current", cas.current().await?, None)?;
    cas.wins("mine").await?;
    bucket.expect("k", "mine").await?;
    bucket.cas("empty").await?.wins("").await?;
    bucket.expect("empty", "").await
}

/// A key that was absent and has been created since belongs to its creator, also with an empty value.
async fn swap_after_a_create_fails(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for (key, value) in [("k", "theirs"), ("empty", "")] {
        let cas = bucket.cas(key).await?;
        bucket.set(key, value).await?;
        let fresh = cas.loses("mine").await?;
        expect_eq("current", fresh.current().await?, Some(value.into()))?;
        bucket.expect(key, value).await?;
    }
    Ok(())
}

/// A key that was deleted since does not come back; the refreshed handle sees that it is absent.
async fn swap_after_a_delete_fails(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    let cas = bucket.cas("k").await?;
    bucket.delete("k").await?;
    let fresh = cas.loses("mine").await?;
    bucket.expect_missing("k").await?;
    expect_eq("current", fresh.current().await?, None)?;
    fresh.wins("mine after all").await?;
    bucket.expect("k", "mine after all").await
}

/// The old value is not the old state.
async fn swap_after_the_old_value_came_back_fails(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "a").await?;
    let cas = bucket.cas("k").await?;
    bucket.set("k", "b").await?;
    bucket.set("k", "a").await?;
    cas.loses("mine").await?;
    bucket.expect("k", "a").await
}

/// Nor is it after the key was deleted and created anew.
async fn swap_after_a_delete_and_create_fails(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "a").await?;
    let cas = bucket.cas("k").await?;
    bucket.delete("k").await?;
    bucket.set("k", "a").await?;
    cas.loses("mine").await?;
    bucket.expect("k", "a").await
}

/// A write between `new` and `current` is another writer's.
async fn snapshot_is_taken_by_new(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    let cas = bucket.cas("k").await?;
    bucket.set("k", "theirs").await?;
    cas.current().await?;
    cas.loses("mine").await?;
    bucket.expect("k", "theirs").await
}

/// A hundred snapshots can live at once, or as many as the host has room for, and to drop them changes nothing.
async fn many_handles_dropped_without_a_swap_change_nothing(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    let first = bucket.cas("k").await?;
    let (mut all, mut room) = (vec![], Ok(()));
    while room.is_ok() && all.len() < 100 {
        room = measured(bucket.cas("k").await).map(|cas| all.push(cas));
    }
    for cas in all {
        cas.close().await?;
    }
    bucket.expect("k", "old").await?;
    first.wins("new").await?;
    room
}

/// A bucket can be dropped while a snapshot of one of its keys lives, and the snapshot after it: no trap.
async fn handle_may_outlive_its_bucket(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let bucket = guest.open(DEFAULT).await?;
    bucket.set("k", "old").await?;
    let cas = bucket.cas("k").await?;
    bucket.close().await?;
    cas.close().await?;
    guest.open(DEFAULT).await?.expect("k", "old").await
}
