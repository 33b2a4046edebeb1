//! Deletes, refusals, and the two packages side by side.

use super::support::refused;
use crate::{
    bench::{Bench, ExtBucket, put},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq},
    wire::keyvalue_ext::{Condition, Listing, Op},
};
use wasi_cloud_core::Kind;

pub const CASES: &[Case] = cases! { "keyvalue/extension";
    delete_always_says_whether_there_was_one ["KVX-20", "KVX-21"] [];
    delete_with_the_version_removes ["KVX-22"] [];
    delete_with_an_old_version_is_conflict ["KVX-23"] [];
    delete_with_a_version_of_an_absent_key_is_conflict ["KVX-23"] [];
    delete_if_absent_is_invalid ["KVX-24", "KVX-65"] [];
    both_packages_show_the_same_data ["KVX-50"] [];
    standard_deletes_are_seen_by_the_extension ["KVX-50"] [];
    standard_writes_change_the_version ["KVX-51", "KVX-06", "KVX-13"] [];
    standard_batches_change_the_version ["KVX-51"] [Need::Interface("batch"), Need::Guests];
    counters_have_versions ["KVX-51", "KVX-50"] [Need::Interface("atomics")];
    put_disturbs_a_swap ["KVX-51", "KV-ATOM-11"] [Need::Interface("atomics"), Need::Guests, Need::Interface("cas")];
    buckets_share_nothing ["KV-STORE-21", "KVX-50"] [Need::Labels];
    longer_key_is_quota ["KVX-73", "KVX-68"] [Need::Limit("max-key-size")];
    larger_value_is_quota ["KVX-73", "KVX-68"] [Need::Limit("max-value-size")];
    revoked_grant_is_access_denied ["KVX-64"] [Need::Grant];
    read_grant_refuses_writes ["KVX-64"] [Need::Grant];
    write_grant_refuses_reads ["KVX-64"] [Need::Grant];
};

async fn value(bucket: &ExtBucket, key: &str) -> Outcome<Option<Vec<u8>>> {
    Ok(bucket.get(key).await?.map(|entry| entry.value))
}

/// `always` removes what is there and says so.
async fn delete_always_says_whether_there_was_one(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    for content in ["v", ""] {
        expect_eq("delete of nothing", bucket.delete("k", Condition::Always).await?, false)?;
        bucket.put("k", content, Condition::Always).await?;
        expect_eq("delete", bucket.delete("k", Condition::Always).await?, true)?;
        expect_eq("get", bucket.get("k").await?, None)?;
    }
    expect_eq("delete of nothing", bucket.delete("k", Condition::Always).await?, false)
}

/// `version(v)` removes the key if v is its version.
async fn delete_with_the_version_removes(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let version = bucket.put("k", "v", Condition::Always).await?;
    bucket.put("l", "v", Condition::Always).await?;
    expect_eq("delete", bucket.delete("k", Condition::Version(version)).await?, true)?;
    expect_eq("get", bucket.get("k").await?, None)?;
    expect_eq("another key", value(&bucket, "l").await?, Some(b"v".to_vec()))
}

/// With any version but the last one nothing is removed.
async fn delete_with_an_old_version_is_conflict(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let old = bucket.put("k", "same", Condition::Always).await?;
    let new = bucket.put("k", "same", Condition::Always).await?;
    refused(&bucket, |slot| Op::Delete((slot, "k".into(), Condition::Version(old))), Kind::Conflict).await?;
    expect_eq("the version", bucket.entry("k").await?.version, new)
}

/// A version of a key that is gone does not hold: not `false`, but `conflict`.
async fn delete_with_a_version_of_an_absent_key_is_conflict(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let version = bucket.put("k", "v", Condition::Always).await?;
    bucket.delete("k", Condition::Always).await?;
    let delete = |slot| Op::Delete((slot, "k".into(), Condition::Version(version)));
    refused(&bucket, delete, Kind::Conflict).await
}

/// To remove a key on condition that it is absent makes no sense, whether it is or not.
async fn delete_if_absent_is_invalid(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let delete = |slot| Op::Delete((slot, "k".into(), Condition::Absent));
    refused(&bucket, delete, Kind::Invalid).await?;
    bucket.put("k", "v", Condition::Always).await?;
    refused(&bucket, delete, Kind::Invalid).await?;
    expect_eq("get", value(&bucket, "k").await?, Some(b"v".to_vec()))
}

/// What one package writes, the other reads.
async fn both_packages_show_the_same_data(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    for content in [&b"\0\xff"[..], b"", b"text"] {
        bucket.put("k", content, Condition::Always).await?;
        expect_eq("the standard get", bucket.plain_get("k").await?, Some(content.to_vec()))?;
        expect_eq("exists", bucket.plain_exists("k").await?, true)?;
        bucket.plain_set("l", content).await?;
        expect_eq("get", value(&bucket, "l").await?, Some(content.to_vec()))?;
    }
    Ok(())
}

/// What one package deletes, the other does not find.
async fn standard_deletes_are_seen_by_the_extension(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.put("k", "v", Condition::Always).await?;
    bucket.plain_delete("k").await?;
    expect_eq("get", bucket.get("k").await?, None)?;
    bucket.plain_set("k", "v").await?;
    expect_eq("delete", bucket.delete("k", Condition::Always).await?, true)?;
    expect_eq("the standard get", bucket.plain_get("k").await?, None)?;
    expect_eq("exists", bucket.plain_exists("k").await?, false)
}

/// A `set`, also of the same bytes, and a `delete` end the life of a version, and of all that were before it.
async fn standard_writes_change_the_version(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let first = bucket.put("k", "same", Condition::Always).await?;
    bucket.plain_set("k", "same").await?;
    let op = put("k", "new", Condition::Version(first.clone()));
    refused(&bucket, |slot| Op::Put((slot, op)), Kind::Conflict).await?;
    let second = bucket.entry("k").await?.version;
    bucket.plain_delete("k").await?;
    for _ in 0..2 {
        bucket.plain_set("k", "same").await?;
        for old in [&first, &second] {
            let op = put("k", "new", Condition::Version(old.clone()));
            refused(&bucket, |slot| Op::Put((slot, op)), Kind::Conflict).await?;
        }
    }
    Ok(())
}

/// So do `set-many` and `delete-many`.
async fn standard_batches_change_the_version(bench: &mut Bench) -> Outcome {
    let (bucket, plain) = (bench.ext_bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    let old = bucket.put("k", "same", Condition::Always).await?;
    plain.set_many(&[("k", "same")]).await?;
    let new = bucket.entry("k").await?.version;
    expect(new != old, "the version", "a new one", &new)?;
    plain.delete_many(&["k"]).await?;
    expect_eq("get", bucket.get("k").await?, None)?;
    plain.set_many(&[("k", "same")]).await?;
    let last = bucket.entry("k").await?.version;
    expect(![old, new].contains(&last), "the version", "a new one", &last)
}

/// An `increment` makes a new version, and a counter can be replaced by its version.
async fn counters_have_versions(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.plain_increment("k", 1).await?;
    let old = bucket.entry("k").await?.version;
    bucket.plain_increment("k", 1).await?;
    let op = put("k", "new", Condition::Version(old));
    refused(&bucket, |slot| Op::Put((slot, op)), Kind::Conflict).await?;
    let entry = bucket.entry("k").await?;
    expect_eq("both packages", bucket.plain_get("k").await?, Some(entry.value))?;
    expect_eq("delete", bucket.delete("k", Condition::Version(entry.version)).await?, true)
}

/// A `put` between snapshot and `swap` counts as another writer.
async fn put_disturbs_a_swap(bench: &mut Bench) -> Outcome {
    let (bucket, plain) = (bench.ext_bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    plain.set("k", "same").await?;
    let cas = plain.cas("k").await?;
    bucket.put("k", "same", Condition::Always).await?;
    cas.loses("mine").await?;
    let old = bucket.entry("k").await?.version;
    plain.cas("k").await?.wins("same").await?;
    let op = put("k", "new", Condition::Version(old));
    refused(&bucket, |slot| Op::Put((slot, op)), Kind::Conflict).await
}

/// The extension reaches one bucket, and a version means nothing in another.
async fn buckets_share_nothing(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue_ext().await?;
    let (one, two) = (guest.open(DEFAULT).await?, guest.open(OTHER).await?);
    let version = one.put("k", "one", Condition::Absent).await?;
    expect_eq("get", two.get("k").await?, None)?;
    expect_eq("the listing", two.keys().await?, vec![])?;
    two.put("k", "one", Condition::Absent).await?;
    two.put("k", "two", Condition::Always).await?;
    expect_eq("delete", two.delete("k", Condition::Always).await?, true)?;
    expect_eq("the version", one.entry("k").await?.version, version)
}

/// A key that is one byte too long is `quota` from every function, and nothing comes of it.
async fn longer_key_is_quota(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let most = "k".repeat(bench.most("max-key-size")?);
    bucket.put(&most, "v", Condition::Always).await?;
    let key = "k".repeat(bench.too_much("max-key-size")?);
    refused(&bucket, |slot| Op::Get((slot, key.clone())), Kind::Quota).await?;
    refused(&bucket, |slot| Op::Put((slot, put(&key, "v", Condition::Always))), Kind::Quota).await?;
    refused(&bucket, |slot| Op::Delete((slot, key.clone(), Condition::Always)), Kind::Quota).await?;
    expect_eq("the listing", bucket.keys().await?, vec![most])
}

/// A value that is one byte too long is `quota`, and the old one stays with its version.
async fn larger_value_is_quota(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bucket.put("k", vec![b'v'; bench.most("max-value-size")?], Condition::Always).await?;
    let value = vec![b'v'; bench.too_much("max-value-size")?];
    let version = bucket.put("k", "old", Condition::Always).await?;
    refused(&bucket, |slot| Op::Put((slot, put("k", &value, Condition::Always))), Kind::Quota).await?;
    expect_eq("the version", bucket.entry("k").await?.version, version)
}

fn reads() -> [Op; 2] {
    let listing = Listing { prefix: String::new(), cursor: None, limit: 10 };
    [Op::Get((0, "k".into())), Op::ListKeys((0, listing))]
}

fn writes() -> [Op; 2] {
    [Op::Put((0, put("k", "new", Condition::Always))), Op::Delete((0, "k".into(), Condition::Always))]
}

/// The slot of a guest's first bucket is 0.
async fn denied(bucket: &ExtBucket, ops: impl IntoIterator<Item = Op>) -> Outcome {
    for op in ops {
        refused(bucket, |_| op, Kind::AccessDenied).await?;
    }
    Ok(())
}

/// A handle that is open does not outlive its grant, and what was denied did not happen.
async fn revoked_grant_is_access_denied(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let version = bucket.put("k", "old", Condition::Always).await?;
    bench.grant(&["keyvalue:other", "config:default"]).await?;
    denied(&bucket, reads().into_iter().chain(writes())).await?;
    bench.grant(GRANTS).await?;
    expect_eq("the version", bucket.entry("k").await?.version, version)
}

/// `keyvalue:default:read` reads and lists, and refuses `put` and `delete`.
async fn read_grant_refuses_writes(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let version = bucket.put("k", "old", Condition::Always).await?;
    bench.grant(&["keyvalue:default:read"]).await?;
    denied(&bucket, writes()).await?;
    expect_eq("the version", bucket.entry("k").await?.version, version)?;
    expect_eq("the listing", bucket.keys().await?, vec!["k".to_owned()])
}

/// `keyvalue:default:write` puts and deletes, and refuses to tell anything.
async fn write_grant_refuses_reads(bench: &mut Bench) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    bench.grant(&["keyvalue:default:write"]).await?;
    bucket.put("k", "v", Condition::Always).await?;
    denied(&bucket, reads()).await?;
    expect_eq("delete", bucket.delete("k", Condition::Always).await?, true)
}
