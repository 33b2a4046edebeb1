//! A label that is switched to another, empty store while guests run.

use super::support::{fill, fill_ext, names, refused, set};
use crate::{
    bench::{Bench, put},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq},
    wire::{
        keyvalue::{Op as PlainOp, Seen},
        keyvalue_ext::{Condition, Listing, Op},
    },
};
use wasi_cloud_core::Kind;

pub const CASES: &[Case] = cases! { "keyvalue/extension";
    version_from_before_a_switch_is_conflict ["KVX-17", "KVX-25", "KVX-66"] [Need::Switch];
    version_from_before_a_switch_fits_no_twin ["KVX-17", "KVX-25"] [Need::Switch];
    cursor_from_before_a_switch_is_conflict ["KVX-48", "KVX-66"] [Need::Switch];
    versions_after_a_switch_work ["KVX-12", "KVX-22"] [Need::Switch];
    open_handles_follow_a_switch ["KV-STORE-21", "KV-STORE-20"] [Need::Switch];
    switch_leaves_other_labels_alone ["KV-STORE-21"] [Need::Switch, Need::Labels];
    cursor_of_the_standard_from_before_a_switch_is_harmless ["KV-STORE-S08", "KV-STORE-21"] [Need::Switch];
    swap_across_a_switch_writes_nothing ["KV-ATOM-11", "KV-STORE-20"]
        [Need::Switch, Need::Interface("atomics"), Need::Interface("cas")];
};

/// A version of the old store holds for nothing in the new one, where the key is absent.
async fn version_from_before_a_switch_is_conflict(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let old = bucket.put("k", "v", Condition::Always).await?;
    bench.switch(DEFAULT).await?;
    refused(&bucket, |slot| Op::Put((slot, put("k", "new", Condition::Version(old.clone())))), Kind::Conflict).await?;
    refused(&bucket, |slot| Op::Delete((slot, "k".into(), Condition::Version(old))), Kind::Conflict).await?;
    expect_eq("get", bucket.get("k").await?, None)
}

/// Nor where the key has been written, in the same way, in both.
async fn version_from_before_a_switch_fits_no_twin(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let old = bucket.put("k", "same", Condition::Absent).await?;
    bench.switch(DEFAULT).await?;
    let new = bucket.put("k", "same", Condition::Absent).await?;
    refused(&bucket, |slot| Op::Put((slot, put("k", "new", Condition::Version(old.clone())))), Kind::Conflict).await?;
    refused(&bucket, |slot| Op::Delete((slot, "k".into(), Condition::Version(old))), Kind::Conflict).await?;
    expect_eq("the version", bucket.entry("k").await?.version, new)
}

/// A listing that a switch interrupts has to start again.
async fn cursor_from_before_a_switch_is_conflict(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    fill_ext(&bucket, &names("k", 20)).await?;
    let cursor = bucket.page("", None, 5).await?.cursor;
    expect(cursor.is_some(), "the cursor", "some, for there are more keys than on the page", &cursor)?;
    bench.switch(DEFAULT).await?;
    let listing = Listing { prefix: String::new(), cursor, limit: 5 };
    refused(&bucket, |slot| Op::ListKeys((slot, listing)), Kind::Conflict).await?;
    expect_eq("the listing", bucket.keys().await?, vec![])
}

/// In the new store versions work as ever, also after several switches.
async fn versions_after_a_switch_work(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    for _ in 0..3 {
        let version = bucket.put("k", "1", Condition::Absent).await?;
        let version = bucket.put("k", "2", Condition::Version(version)).await?;
        expect_eq("get", bucket.entry("k").await?.version, version.clone())?;
        bucket.put("l", "1", Condition::Absent).await?;
        expect_eq("delete", bucket.delete("k", Condition::Version(version)).await?, true)?;
        bench.switch(DEFAULT).await?;
    }
    Ok(())
}

/// Handles stay open: what they show and write is the new store, where nothing of the old one is.
async fn open_handles_follow_a_switch(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let bucket = guest.open(DEFAULT).await?;
    fill(&bucket, &["k", "l"]).await?;
    bench.switch(DEFAULT).await?;
    bucket.expect_missing("k").await?;
    expect_eq("the listing", bucket.keys().await?, [].into())?;
    bucket.set("k", "new").await?;
    guest.open(DEFAULT).await?.expect("k", "new").await?;
    expect_eq("the listing", bucket.keys().await?, set(["k"]))
}

/// A switch concerns one label.
async fn switch_leaves_other_labels_alone(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let (one, two) = (guest.open(DEFAULT).await?, guest.open(OTHER).await?);
    two.set("k", "v").await?;
    bench.switch(DEFAULT).await?;
    two.expect("k", "v").await?;
    one.set("k", "new").await?;
    two.expect("k", "v").await
}

/// The standard package cannot say `conflict`: an old cursor is `other`, or leads to keys of the new store.
async fn cursor_of_the_standard_from_before_a_switch_is_harmless(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill(&bucket, &names("k", super::support::MANY)).await?;
    let cursor = bucket.page(None).await?.cursor;
    bench.switch(DEFAULT).await?;
    fill(&bucket, &["new"]).await?;
    match bucket.attempt(|slot| PlainOp::ListKeys((slot, cursor))).await? {
        Err(failure) => failure.is("list-keys", &[Kind::Other]),
        Ok(Seen::Page(page)) => {
            expect(set(&page.keys).is_subset(&set(["new"])), "a page", "keys of the new store", &page.keys)
        }
        Ok(seen) => expect(false, "list-keys", "a page", seen),
    }
}

/// A snapshot of the old store does not overwrite the key of the new one.
async fn swap_across_a_switch_writes_nothing(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "same").await?;
    let cas = bucket.cas("k").await?;
    bench.switch(DEFAULT).await?;
    bucket.set("k", "same").await?;
    let fresh = cas.loses("mine").await?;
    bucket.expect("k", "same").await?;
    expect_eq("current", fresh.current().await?, Some(b"same".to_vec()))?;
    fresh.wins("mine after all").await
}
