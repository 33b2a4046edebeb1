//! Keys as names: which differ, and what may stand in them.

use super::{
    axes::{TWINS, Twins},
    support::{all_fail, fill, naming, set},
};
use crate::{
    bench::{Bench, Bucket},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect_eq, measured},
    wire::keyvalue::Op,
};
use wasi_cloud_core::{Kind, escape::hostile};

pub const CASES: &[Case] = cases! { "keyvalue/store";
    twins_are_two_keys(TWINS) ["KV-STORE-S05", "KV-STORE-S04", "KV-STORE-10"] [];
    no_two_keys_are_one ["KV-STORE-S05", "KV-STORE-20"] [];
    strange_keys_are_listed_as_written ["KV-STORE-12", "KV-STORE-S05"] [];
    strange_keys_are_deleted_alone ["KV-STORE-08", "KV-STORE-S05"] [];
    strange_keys_are_counters ["KV-ATOM-01", "KV-STORE-S05"] [Need::Interface("atomics")];
    strange_keys_stay_in_their_bucket ["KV-STORE-21", "KV-STORE-S05"] [Need::Labels];
    strange_keys_are_taken_or_refused ["KV-STORE-S03", "KV-STORE-22"] [];
    random_keys_and_values_are_kept ["KV-STORE-04", "KV-STORE-S05"] [];
    empty_key_is_taken_or_refused ["KV-STORE-S01"] [];
};

/// All hostile strings.
fn strange() -> Vec<String> {
    hostile().into_iter().map(|string| string.text).collect()
}

/// Whether the host takes such a key at all. One that it does not take is refused by every function.
async fn takes(bucket: &Bucket, key: &str) -> Outcome<bool> {
    if bucket.attempt(|slot| Op::Set((slot, key.into(), b"v".into()))).await?.is_ok() {
        bucket.delete(key).await?;
        return Ok(true);
    }
    all_fail(bucket, &naming(key), Kind::Other).await?;
    Ok(false)
}

/// Keys that look alike, or that one host or another takes for the same, are two keys to every function.
async fn twins_are_two_keys(bench: &mut Bench, (one, two): Twins) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    if !takes(&bucket, one).await? || !takes(&bucket, two).await? {
        return Ok(());
    }
    for (one, two) in [(one, two), (two, one)] {
        bucket.set(one, "one").await?;
        bucket.expect_missing(two).await?;
        expect_eq("exists", bucket.exists(two).await?, false)?;
        bucket.set(two, "two").await?;
        bucket.expect(one, "one").await?;
        expect_eq("the listing", bucket.keys().await?, set([one, two]))?;
        bucket.delete(one).await?;
        bucket.expect(two, "two").await?;
        bucket.delete(two).await?;
    }
    Ok(())
}

/// Whatever paths, patterns or escapes keys look like, each names an entry of its own.
async fn no_two_keys_are_one(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for key in strange() {
        bucket.expect_missing(&key).await?;
        bucket.set(&key, &key).await?;
    }
    for key in strange() {
        bucket.expect(&key, &key).await?;
        expect_eq(&format!("exists({key:?})"), bucket.exists(&key).await?, true)?;
    }
    Ok(())
}

/// A listing gives every key as it was written, and no other.
async fn strange_keys_are_listed_as_written(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill(&bucket, &strange()).await?;
    expect_eq("the listing", bucket.keys().await?, set(strange()))
}

/// To delete a key spares those that look like it.
async fn strange_keys_are_deleted_alone(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill(&bucket, &strange()).await?;
    let mut left = set(strange());
    for key in strange().iter().step_by(2) {
        bucket.delete(key).await?;
        bucket.expect_missing(key).await?;
        left.remove(key);
    }
    expect_eq("the listing", bucket.keys().await?, left)
}

/// Counters have names as other keys do.
async fn strange_keys_are_counters(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for (key, delta) in strange().iter().zip(1..) {
        expect_eq(&format!("increment({key:?})"), bucket.increment(key, delta).await?, delta)?;
    }
    for (key, delta) in strange().iter().zip(1..) {
        expect_eq(&format!("increment({key:?})"), bucket.increment(key, 0).await?, delta)?;
    }
    Ok(())
}

/// No key climbs out of its bucket.
async fn strange_keys_stay_in_their_bucket(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let (one, two) = (guest.open(DEFAULT).await?, guest.open(OTHER).await?);
    let climbing = [format!("../{OTHER}/k"), format!("{OTHER}/k"), format!("{OTHER}:k"), format!("../../{OTHER}/k")];
    fill(&one, &[&strange()[..], &climbing[..]].concat()).await?;
    expect_eq("the other bucket's listing", two.keys().await?, [].into())?;
    two.expect_missing("k").await
}

/// What one function takes for a key, all of them do.
async fn strange_keys_are_taken_or_refused(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    let mut refusals = Ok(());
    for key in strange() {
        match bucket.attempt(|slot| Op::Set((slot, key.clone(), key.clone().into()))).await? {
            Ok(_) => {
                bucket.expect(&key, &key).await?;
                expect_eq("exists", bucket.exists(&key).await?, true)?;
            }
            Err(failure) => {
                failure.is("set", &[Kind::Other])?;
                refusals = refusals.and(measured(all_fail(&bucket, &naming(&key), Kind::Other).await));
            }
        }
    }
    refusals
}

/// Keys of random scalars and values of random bytes come back as they went.
async fn random_keys_and_values_are_kept(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    let mut random: rand::rngs::StdRng = rand::SeedableRng::seed_from_u64(bench.seed);
    let mut written = std::collections::BTreeMap::new();
    for size in 1..=40 {
        let key: String = (0..size).map(|_| rand::Rng::random::<char>(&mut random)).collect();
        let value: Vec<u8> = (0..size * size).map(|_| rand::Rng::random(&mut random)).collect();
        bucket.set(&key, &value).await?;
        written.insert(key, value);
    }
    for (key, value) in &written {
        bucket.expect(key, value).await?;
    }
    expect_eq("the listing", bucket.keys().await?, set(written.keys()))
}

/// The empty key is a key like any other, or one that no function takes.
async fn empty_key_is_taken_or_refused(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "v").await?;
    if takes(&bucket, "").await? {
        bucket.set("", "empty").await?;
        bucket.expect("", "empty").await?;
        expect_eq("the listing", bucket.keys().await?, set(["", "k"]))?;
        bucket.delete("").await?;
        bucket.expect_missing("").await?;
    }
    expect_eq("the listing", bucket.keys().await?, set(["k"]))
}
