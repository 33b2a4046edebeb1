//! The extension beside itself: several keys, several guests, cursors in the wrong place.

use super::{
    axes::{KEYS, Key},
    support::{fill_ext, names, refused, set},
};
use crate::{
    bench::{Bench, put},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq, measured},
    wire::keyvalue_ext::{Condition, Listing, Op, Seen},
};
use std::{collections::BTreeMap, sync::Mutex};
use wasi_cloud_core::{Kind, escape::hostile};

pub const CASES: &[Case] = cases! { "keyvalue/extension";
    key_of_any_kind_has_a_version(KEYS) ["KVX-01", "KVX-12", "KVX-22"] [Need::Limit("max-key-size")];
    writes_of_other_keys_leave_a_version_alone ["KVX-12", "KVX-03"] [Need::Labels];
    strange_keys_are_deleted_alone ["KVX-22", "KV-STORE-S05"] [];
    value_and_version_are_of_one_moment ["KVX-01"] [Need::Guests];
    one_of_many_deletes_with_one_version_wins ["KVX-23", "KVX-22"] [Need::Guests];
    cursor_elsewhere_is_harmless ["KVX-49", "KVX-40", "KV-STORE-21"] [Need::Labels];
    write_again_after_maybe_is_safe ["KVX-13", "KVX-61"] [Need::Fault];
};

/// One life of a key, whatever it looks like.
async fn key_of_any_kind_has_a_version(bench: &mut Bench, key: Key) -> Outcome {
    let key = key.text(bench)?;
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let first = bucket.put(&key, "1", Condition::Absent).await?;
    let second = bucket.put(&key, "2", Condition::Version(first.clone())).await?;
    let entry = bucket.entry(&key).await?;
    expect_eq("get", (entry.value, &entry.version), (b"2".to_vec(), &second))?;
    refused(&bucket, |slot| Op::Delete((slot, key.clone(), Condition::Version(first))), Kind::Conflict).await?;
    expect_eq("the listing", bucket.keys().await?, vec![key.clone()])?;
    expect_eq("delete", bucket.delete(&key, Condition::Version(second)).await?, true)?;
    expect_eq("get", bucket.get(&key).await?, None)
}

/// A version is its key's own: whatever happens to other keys, it holds.
async fn writes_of_other_keys_leave_a_version_alone(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue_ext().await?;
    let (bucket, other) = (guest.open(DEFAULT).await?, guest.open(OTHER).await?);
    let version = bucket.put("k", "v", Condition::Always).await?;
    bucket.put("K", "v", Condition::Always).await?;
    bucket.put("kk", "v", Condition::Always).await?;
    bucket.delete("kk", Condition::Always).await?;
    other.put("k", "v", Condition::Always).await?;
    expect_eq("the version", &bucket.entry("k").await?.version, &version)?;
    bucket.put("k", "w", Condition::Version(version)).await.map(drop)
}

/// Each key is deleted by its version, and only it.
async fn strange_keys_are_deleted_alone(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let mut versions = BTreeMap::new();
    for key in hostile() {
        versions.insert(key.text.clone(), bucket.put(&key.text, "v", Condition::Absent).await?);
    }
    while let Some((key, version)) = versions.pop_first() {
        expect_eq(&format!("delete({key:?})"), bucket.delete(&key, Condition::Version(version)).await?, true)?;
        expect_eq("what is left", set(bucket.keys().await?), set(versions.keys()))?;
    }
    Ok(())
}

/// While one guest writes, another never sees the value of one write with the version of another.
async fn value_and_version_are_of_one_moment(bench: &mut Bench) -> Outcome {
    let (writer, reader) = (bench.ext_bucket(DEFAULT).await?, bench.ext_bucket(DEFAULT).await?);
    let written = Mutex::new(BTreeMap::new());
    let first = writer.put("k", "first", Condition::Always).await?;
    let note = |version, value: Vec<u8>| written.lock().is_ok_and(|mut all| all.insert(version, value).is_none());
    note(first, b"first".to_vec());
    let write = async {
        for round in 0..30_u8 {
            let version = writer.put("k", [round], Condition::Always).await?;
            note(version, vec![round]);
            // Even where nothing has to wait, others get a turn.
            tokio::task::yield_now().await;
        }
        Ok(vec![])
    };
    let read = async {
        let mut entries = vec![];
        for _ in 0..30 {
            entries.push(reader.entry("k").await?);
            tokio::task::yield_now().await;
        }
        Ok(entries)
    };
    let work: [futures::future::BoxFuture<'_, Outcome<Vec<_>>>; 2] = [Box::pin(write), Box::pin(read)];
    let entries = bench.concurrently(work).await?.concat();
    let written = written.into_inner().unwrap_or_default();
    for entry in entries {
        expect_eq(&format!("the value of {}", entry.version), Some(&entry.value), written.get(&entry.version))?;
    }
    Ok(())
}

/// Of many deletes with the same version one removes the key, and the others learn that they came too late.
async fn one_of_many_deletes_with_one_version_wins(bench: &mut Bench) -> Outcome {
    let version = bench.ext_bucket(DEFAULT).await?.put("k", "v", Condition::Always).await?;
    let mut work = vec![];
    for _ in 0..6 {
        let (bucket, condition) = (bench.ext_bucket(DEFAULT).await?, Condition::Version(version.clone()));
        work.push(async move { bucket.attempt(|slot| Op::Delete((slot, "k".into(), condition))).await });
    }
    let ends = bench.concurrently(work).await?;
    for failure in ends.iter().filter_map(|end| end.as_ref().err()) {
        failure.is("a delete that came too late", &[Kind::Conflict])?;
    }
    let won: Vec<_> = ends.into_iter().filter_map(Result::ok).collect();
    expect_eq("the winners", won, vec![Seen::Flag(true)])
}

/// A cursor with another prefix, or in another bucket, is an error or shows what belongs there, and no more.
async fn cursor_elsewhere_is_harmless(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue_ext().await?;
    let (bucket, other) = (guest.open(DEFAULT).await?, guest.open(OTHER).await?);
    fill_ext(&bucket, &names("k", 20)).await?;
    fill_ext(&bucket, &["other-prefix"]).await?;
    fill_ext(&other, &["theirs"]).await?;
    let cursor = bucket.page("k", None, 5).await?.cursor;
    expect(cursor.is_some(), "the cursor", "some, for there are more keys than on the page", &cursor)?;
    for (bucket, prefix, there) in [(&bucket, "other", set(["other-prefix"])), (&other, "", set(["theirs"]))] {
        let listing = Listing { prefix: prefix.into(), cursor: cursor.clone(), limit: 5 };
        match bucket.attempt(|slot| Op::ListKeys((slot, listing))).await? {
            Err(failure) => measured(failure.is("list-keys", &[Kind::Invalid, Kind::Conflict]))?,
            Ok(Seen::Page(page)) => {
                expect(set(&page.keys).is_subset(&there), "a page", &format!("keys of {there:?}"), &page.keys)?;
            }
            Ok(seen) => expect(false, "list-keys", "a page", seen)?,
        }
    }
    Ok(())
}

/// Whoever was told `maybe` may write again with the version that it knows: never twice.
async fn write_again_after_maybe_is_safe(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let version = bucket.put("k", "0", Condition::Always).await?;
    let op = put("k", "1", Condition::Version(version.clone()));
    super::support::fault(bench, wasi_cloud_core::layer::Moment::After).await?;
    let told = bucket.fails(|slot| Op::Put((slot, op.clone()))).await?;
    let moved = bucket.entry("k").await?.version != version;
    // `no` has to be true.
    expect(!moved || told.applied == wasi_cloud_core::Applied::Maybe, "a write that took place", "maybe", &told)?;
    let again = bucket.attempt(|slot| Op::Put((slot, op))).await?;
    expect_eq("whether the second write took place", again.is_ok(), !moved)?;
    expect_eq("the value", bucket.entry("k").await?.value, b"1".to_vec())
}
