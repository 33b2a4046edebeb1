//! Versions and conditions.

use super::support::refused;
use crate::{
    bench::{Bench, put},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq},
    wire::keyvalue_ext::{Condition, Op},
};
use std::collections::BTreeSet;
use wasi_cloud_core::{Kind, escape::hostile};

pub const CASES: &[Case] = cases! { "keyvalue/extension";
    get_missing_key ["KVX-02"] [];
    get_is_the_value_and_its_version ["KVX-01", "KVX-15"] [];
    strange_keys_and_values_are_kept ["KVX-01"] [];
    reading_keeps_the_version ["KVX-03", "KVX-08"] [];
    put_always_creates_and_replaces ["KVX-10"] [];
    put_absent_creates_once ["KVX-11", "KVX-13"] [];
    put_with_the_version_replaces ["KVX-12"] [];
    put_with_an_old_version_is_conflict ["KVX-13"] [];
    put_with_a_version_on_an_absent_key_is_conflict ["KVX-14"] [];
    put_with_invented_versions_is_conflict ["KVX-13", "KVX-04", "KVX-72"] [];
    version_of_another_key_is_conflict ["KVX-13", "KVX-04"] [];
    put_says_the_version_that_get_says ["KVX-15"] [];
    every_write_changes_the_version ["KVX-05"] [];
    versions_never_come_back ["KVX-06"] [];
    versions_never_come_back_after_a_restart ["KVX-06"] [Need::Restart, Need::Guests];
    one_of_many_puts_with_one_version_wins ["KVX-16"] [Need::Guests];
    one_of_many_puts_of_an_absent_key_wins ["KVX-16", "KVX-11"] [Need::Guests];
};

/// A key that nobody wrote is `none`, not an error.
async fn get_missing_key(bench: &mut Bench) -> Outcome {
    expect_eq("get", bench.ext_bucket(DEFAULT).await?.get("k").await?, None)
}

/// `get` gives what was put, and the version that `put` said.
async fn get_is_the_value_and_its_version(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    for value in [&b"hello"[..], b"", b"\0\xff"] {
        let version = bucket.put("k", value, Condition::Always).await?;
        let entry = bucket.entry("k").await?;
        expect_eq("the value", &*entry.value, value)?;
        expect_eq("the version", entry.version, version)?;
    }
    Ok(())
}

/// The extension keeps keys apart as the standard package does.
async fn strange_keys_and_values_are_kept(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    for key in hostile() {
        bucket.put(&key.text, &key.text, Condition::Absent).await?;
    }
    for key in hostile() {
        expect_eq(key.name, bucket.entry(&key.text).await?.value, key.text.into_bytes())?;
    }
    Ok(())
}

/// No read changes a version, here or in the standard package.
async fn reading_keeps_the_version(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let version = bucket.put("k", "v", Condition::Always).await?;
    for _ in 0..3 {
        expect_eq("the version", bucket.entry("k").await?.version, version.clone())?;
        bucket.plain_get("k").await?;
        bucket.plain_exists("k").await?;
        bucket.keys().await?;
    }
    bucket.put("k", "new", Condition::Version(version)).await.map(drop)
}

/// `always` writes whatever is there.
async fn put_always_creates_and_replaces(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    for value in ["a long first value", "second", ""] {
        bucket.put("k", value, Condition::Always).await?;
        expect_eq("get", bucket.entry("k").await?.value, value.into())?;
    }
    Ok(())
}

/// `absent` writes what is not there, and only that: an empty value is there.
async fn put_absent_creates_once(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    for (key, value) in [("k", "v"), ("empty", "")] {
        bucket.put(key, value, Condition::Absent).await?;
        refused(&bucket, |slot| Op::Put((slot, put(key, "new", Condition::Absent))), Kind::Conflict).await?;
        expect_eq("get", bucket.entry(key).await?.value, value.into())?;
    }
    bucket.delete("k", Condition::Always).await?;
    bucket.put("k", "again", Condition::Absent).await.map(drop)
}

/// `version(v)` writes if v is the key's version, time after time.
async fn put_with_the_version_replaces(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let mut version = bucket.put("k", "", Condition::Absent).await?;
    for round in 0..5_u8 {
        version = bucket.put("k", [round], Condition::Version(version)).await?;
        expect_eq("get", bucket.entry("k").await?.value, vec![round])?;
    }
    Ok(())
}

/// With any version but the last one nothing is written.
async fn put_with_an_old_version_is_conflict(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let first = bucket.put("k", "1", Condition::Always).await?;
    let second = bucket.put("k", "2", Condition::Always).await?;
    let third = bucket.put("k", "3", Condition::Always).await?;
    for old in [first, second] {
        refused(&bucket, |slot| Op::Put((slot, put("k", "new", Condition::Version(old)))), Kind::Conflict).await?;
    }
    let entry = bucket.entry("k").await?;
    expect_eq("get", (entry.value, entry.version), (b"3".to_vec(), third))
}

/// A version on a key that is gone does not bring it back.
async fn put_with_a_version_on_an_absent_key_is_conflict(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let old = bucket.put("k", "v", Condition::Always).await?;
    bucket.delete("k", Condition::Always).await?;
    for key in ["k", "never-there"] {
        let op = put(key, "new", Condition::Version(old.clone()));
        refused(&bucket, |slot| Op::Put((slot, op)), Kind::Conflict).await?;
        expect_eq("get", bucket.get(key).await?, None)?;
    }
    Ok(())
}

/// Text that never was a version is a condition that does not hold, and no trap.
async fn put_with_invented_versions_is_conflict(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let version = bucket.put("k", "v", Condition::Always).await?;
    let near = [format!("{version} "), format!("{version}0"), format!("0{version}"), version.to_uppercase() + "X"];
    let invented = ["", "0", "1", "-1", "0.0", "0.", "*", "\0", "%", "\u{1f680}", "v"].into_iter();
    // A host may call its first version by one of these.
    for text in invented.chain(near.iter().map(|s| &**s)).filter(|text| *text != version) {
        let op = put("k", "new", Condition::Version(text.into()));
        refused(&bucket, |slot| Op::Put((slot, op)), Kind::Conflict).await?;
        let op = Op::Delete;
        refused(&bucket, |slot| op((slot, "k".into(), Condition::Version(text.into()))), Kind::Conflict).await?;
    }
    expect_eq("the version", bucket.entry("k").await?.version, version)
}

/// A version means nothing for another key, even if both were written with the same bytes.
async fn version_of_another_key_is_conflict(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.put("k", "v", Condition::Always).await?;
    bucket.put("l", "w", Condition::Always).await?;
    let other = bucket.put("l", "v", Condition::Always).await?;
    refused(&bucket, |slot| Op::Put((slot, put("k", "new", Condition::Version(other)))), Kind::Conflict).await?;
    expect_eq("get", bucket.entry("k").await?.value, b"v".to_vec())
}

/// The version of a write is that of the next read, whatever the condition was.
async fn put_says_the_version_that_get_says(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let created = bucket.put("k", "1", Condition::Absent).await?;
    expect_eq("after `absent`", &bucket.entry("k").await?.version, &created)?;
    let replaced = bucket.put("k", "2", Condition::Version(created)).await?;
    expect_eq("after `version`", &bucket.entry("k").await?.version, &replaced)?;
    let overwritten = bucket.put("k", "3", Condition::Always).await?;
    expect_eq("after `always`", bucket.entry("k").await?.version, overwritten)
}

/// Also a write of the same bytes, by whichever function, makes a new version.
async fn every_write_changes_the_version(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let mut seen = BTreeSet::new();
    for _ in 0..5 {
        let version = bucket.put("k", "same", Condition::Always).await?;
        expect(seen.insert(version.clone()), "put of the same bytes", "a new version", version)?;
        bucket.plain_set("k", "same").await?;
        let version = bucket.entry("k").await?.version;
        expect(seen.insert(version.clone()), "set of the same bytes", "a new version", version)?;
    }
    Ok(())
}

/// Neither an old value nor a new life gives a key a version that it had.
async fn versions_never_come_back(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let mut seen = BTreeSet::new();
    for round in 0..10 {
        let value = ["a", "b"][round % 2];
        let version = bucket.put("k", value, Condition::Always).await?;
        expect(seen.insert(version.clone()), "put", "a version that was never there", version)?;
        if round % 3 == 0 {
            bucket.delete("k", Condition::Always).await?;
        }
    }
    Ok(())
}

/// Nor does a restart of the host, whether the data outlives it or not.
async fn versions_never_come_back_after_a_restart(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let old = [bucket.put("k", "a", Condition::Always).await?, bucket.put("k", "b", Condition::Always).await?];
    bucket.delete("k", Condition::Always).await?;
    bench.restart().await?;
    let bucket = bench.ext_bucket(DEFAULT).await?;
    for value in ["a", "b", "a"] {
        let version = bucket.put("k", value, Condition::Always).await?;
        expect(!old.contains(&version), "put", "a version that was never there", version)?;
    }
    Ok(())
}

/// Eight guests put what was absent, or with the version that all know: the one that wins is the one that is read.
async fn race(bench: &Bench, condition: Condition) -> Outcome {
    let mut work = vec![];
    for guest in 0..8_u8 {
        let bucket = bench.ext_bucket(DEFAULT).await?;
        let op = put("k", [guest], condition.clone());
        work.push(async move { Ok((guest, bucket.attempt(|slot| Op::Put((slot, op))).await?)) });
    }
    let ends = bench.concurrently(work).await?;
    for failure in ends.iter().filter_map(|(_, end)| end.as_ref().err()) {
        failure.is("a put that came too late", &[Kind::Conflict])?;
    }
    let winners: Vec<_> = ends.iter().filter(|(_, end)| end.is_ok()).map(|(guest, _)| *guest).collect();
    expect_eq("the number of winners", winners.len(), 1)?;
    expect_eq("the value", bench.ext_bucket(DEFAULT).await?.entry("k").await?.value, winners)
}

/// Of many puts with the same version at once, one succeeds.
async fn one_of_many_puts_with_one_version_wins(bench: &mut Bench) -> Outcome {
    let version = bench.ext_bucket(DEFAULT).await?.put("k", "old", Condition::Always).await?;
    race(bench, Condition::Version(version)).await
}

/// Of many puts of an absent key at once, one succeeds.
async fn one_of_many_puts_of_an_absent_key_wins(bench: &mut Bench) -> Outcome {
    race(bench, Condition::Absent).await
}
