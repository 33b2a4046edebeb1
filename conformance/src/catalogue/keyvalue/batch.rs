//! Many keys in one call.

use super::support::{PART, names, set};
use crate::{
    bench::{Bench, Bucket},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq, measured},
};
use wasi_cloud_core::escape::hostile;

pub const CASES: &[Case] = cases! { "keyvalue/batch";
    get_many_finds_present_keys ["KV-BATCH-01"] [];
    get_many_says_none_of_absent_keys ["KV-BATCH-02"] [];
    get_many_answers_in_order ["KV-BATCH-03", "KV-BATCH-01"] [Need::Feature("batch-positions")];
    get_many_answers_a_key_twice ["KV-BATCH-S02", "KV-BATCH-02"] [];
    get_many_agrees_with_get ["KV-BATCH-01", "KV-STORE-04"] [];
    set_many_creates_and_replaces ["KV-BATCH-05"] [];
    set_many_of_one_key_twice_keeps_one_value ["KV-STORE-20", "KV-BATCH-06"] [];
    set_many_keeps_strange_keys_apart ["KV-BATCH-05", "KV-BATCH-08", "KV-STORE-S05"] [];
    delete_many_removes_present_and_passes_over_absent ["KV-BATCH-08"] [];
    delete_many_can_be_repeated ["KV-BATCH-08"] [];
    counter_that_a_batch_removed_starts_again ["KV-BATCH-08", "KV-ATOM-01"] [Need::Interface("atomics")];
    batch_brings_back_what_a_batch_removed ["KV-BATCH-05", "KV-STORE-12"] [];
    empty_value_of_a_batch_exists ["KV-STORE-10", "KV-BATCH-05", "KV-STORE-S06"] [];
    empty_lists_do_nothing ["KV-BATCH-S01"] [];
    a_thousand_keys_at_once ["KV-BATCH-S03", "KV-BATCH-01", "KV-BATCH-05", "KV-BATCH-08"] [];
    many_bytes_at_once ["KV-BATCH-S04", "KV-BATCH-01", "KV-BATCH-05"] [];
    batches_stay_in_their_bucket ["KV-STORE-21"] [Need::Guests, Need::Labels];
    batches_at_once_lose_nothing ["KV-BATCH-05", "KV-BATCH-08"] [Need::Guests];
    batches_are_seen_at_once ["KV-BATCH-09"] [Need::Feature("read-your-writes")];
};

type Found = Option<(String, Vec<u8>)>;

fn found(key: &str, value: &str) -> Found {
    Some((key.into(), value.into()))
}

/// A bucket where `a` is `1`, `b` is empty and `c` is `3`.
async fn abc(bench: &Bench) -> Outcome<Bucket> {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("a", "1").await?;
    bucket.set("b", "").await?;
    bucket.set("c", "3").await?;
    Ok(bucket)
}

/// The answers without their order.
async fn sorted<K: AsRef<str>>(bucket: &Bucket, keys: &[K]) -> Outcome<Vec<Found>> {
    let mut all = bucket.get_many(keys).await?;
    all.sort();
    Ok(all)
}

/// Every key that is there comes with its value, also an empty one.
async fn get_many_finds_present_keys(bench: &mut Bench) -> Outcome {
    let bucket = abc(bench).await?;
    let all = vec![found("a", "1"), found("b", ""), found("c", "3")];
    expect_eq("get-many", sorted(&bucket, &["c", "a", "b"]).await?, all)?;
    expect_eq("get-many of one", bucket.get_many(&["a"]).await?, vec![found("a", "1")])
}

/// Absent keys take a place too, and are no error.
async fn get_many_says_none_of_absent_keys(bench: &mut Bench) -> Outcome {
    let bucket = abc(bench).await?;
    let all = vec![None, None, found("a", "1")];
    expect_eq("get-many", sorted(&bucket, &["absent", "a", "gone"]).await?, all)?;
    expect_eq("get-many of none", bucket.get_many(&["x", "y"]).await?, vec![None, None])
}

/// Answer i belongs to key i, wherever absent keys stand.
async fn get_many_answers_in_order(bench: &mut Bench) -> Outcome {
    let bucket = abc(bench).await?;
    let all = vec![None, found("c", "3"), None, found("a", "1"), found("b", ""), None];
    expect_eq("get-many", bucket.get_many(&["x", "c", "y", "a", "b", "z"]).await?, all)
}

/// A key that is asked for twice is answered twice.
async fn get_many_answers_a_key_twice(bench: &mut Bench) -> Outcome {
    let bucket = abc(bench).await?;
    let all = vec![None, None, found("a", "1"), found("a", "1"), found("b", "")];
    let answers = sorted(&bucket, &["a", "x", "b", "a", "x"]).await?;
    expect_eq("how many answers get-many gives", answers.len(), all.len())?;
    measured(expect_eq("get-many", answers, all))
}

/// `get-many` and `get` give the same value, whatever is in the key and the value.
async fn get_many_agrees_with_get(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    let keys: Vec<_> = hostile().into_iter().map(|string| string.text).collect();
    for (key, value) in keys.iter().zip([&b"\0"[..], b"", b"\xff\xfe", b"plain"].into_iter().cycle()) {
        bucket.set(key, value).await?;
    }
    for answer in bucket.get_many(&keys).await? {
        let Some((key, value)) = answer else { return expect(false, "get-many", "every key", answer) };
        bucket.expect(&key, &value).await?;
    }
    Ok(())
}

/// `set-many` makes what is absent and replaces what is there, wholly.
async fn set_many_creates_and_replaces(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("present", "a long old value").await?;
    bucket.set("untouched", "v").await?;
    bucket.set_many(&[("present", "new"), ("absent", "new"), ("empty", "")]).await?;
    for (key, value) in [("present", "new"), ("absent", "new"), ("empty", ""), ("untouched", "v")] {
        bucket.expect(key, value).await?;
    }
    Ok(())
}

/// A key given twice ends with one of its two values, not with a mixture.
async fn set_many_of_one_key_twice_keeps_one_value(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set_many(&[("k", "one"), ("l", "v"), ("k", "two")]).await?;
    let value = bucket.get("k").await?;
    expect([Some(b"one".to_vec()), Some(b"two".to_vec())].contains(&value), "get", "one or two", &value)?;
    bucket.expect("l", "v").await
}

/// Whatever keys look like, each gets its own value, and goes without the others.
async fn set_many_keeps_strange_keys_apart(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    let pairs: Vec<_> = hostile().into_iter().map(|string| (string.text, string.name)).collect();
    bucket.set_many(&pairs).await?;
    for (key, name) in &pairs {
        bucket.expect(key, name).await?;
    }
    expect_eq("the listing", bucket.keys().await?, set(pairs.iter().map(|(key, _)| key)))?;
    let half: Vec<_> = pairs.iter().step_by(2).map(|(key, _)| key).collect();
    bucket.delete_many(&half).await?;
    expect_eq("the listing", bucket.keys().await?, set(pairs.iter().skip(1).step_by(2).map(|(key, _)| key)))
}

/// What is there goes, what is not there does no harm, and what was not named stays.
async fn delete_many_removes_present_and_passes_over_absent(bench: &mut Bench) -> Outcome {
    let bucket = abc(bench).await?;
    bucket.delete_many(&["absent", "a", "c", "a"]).await?;
    for key in ["a", "c", "absent"] {
        bucket.expect_missing(key).await?;
    }
    bucket.expect("b", "").await
}

/// To repeat a `delete-many` is safe, also when every key is gone.
async fn delete_many_can_be_repeated(bench: &mut Bench) -> Outcome {
    let bucket = abc(bench).await?;
    for _ in 0..3 {
        bucket.delete_many(&["a", "b"]).await?;
    }
    expect_eq("the listing", bucket.keys().await?, set(["c"]))
}

/// Nothing is left of a counter that `delete-many` removed.
async fn counter_that_a_batch_removed_starts_again(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    expect_eq("increment", bucket.increment("n", 5).await?, 5)?;
    bucket.delete_many(&["n"]).await?;
    expect_eq("increment after delete-many", bucket.increment("n", 2).await?, 2)
}

/// To a listing too.
async fn batch_brings_back_what_a_batch_removed(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set_many(&[("a", "1"), ("b", "2")]).await?;
    bucket.delete_many(&["a", "b"]).await?;
    bucket.set_many(&[("a", "3")]).await?;
    bucket.expect("a", "3").await?;
    expect_eq("the keys", bucket.keys().await?, ["a".to_owned()].into())
}

/// Whoever wrote it.
async fn empty_value_of_a_batch_exists(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set_many(&[("a", "")]).await?;
    expect(bucket.exists("a").await?, "exists", "true", false)?;
    bucket.expect("a", "").await
}

/// An empty list is no error and changes nothing.
async fn empty_lists_do_nothing(bench: &mut Bench) -> Outcome {
    let bucket = abc(bench).await?;
    expect_eq("get-many", bucket.get_many::<&str>(&[]).await?, vec![])?;
    bucket.set_many::<&str, &str>(&[]).await?;
    bucket.delete_many::<&str>(&[]).await?;
    expect_eq("the listing", bucket.keys().await?, set(["a", "b", "c"]))
}

/// A thousand keys can be written, read and removed in one call each. A host may refuse so many; what it takes it keeps.
async fn a_thousand_keys_at_once(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    let keys = names("k", 1000);
    measured(set_all(&bucket, &keys).await)?;
    // By parts that no host refuses: one that refuses to read as much as it took has to have kept it all the same.
    for part in keys.chunks(PART) {
        expect_eq("get-many", sorted(&bucket, part).await?, part.iter().map(|key| found(key, key)).collect())?;
    }
    let mut all = measured(bucket.get_many(&keys).await)?;
    all.sort();
    expect_eq("get-many", all, keys.iter().map(|key| found(key, key)).collect())?;
    measured(bucket.delete_many(&keys).await)?;
    expect_eq("the listing", bucket.keys().await?, [].into())
}

/// Sixteen values of 16 KiB can be written and read in one call each. A host may refuse so much; what it takes it keeps.
async fn many_bytes_at_once(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    let pairs: Vec<_> = names("k", 16).into_iter().zip((0..16).map(|byte| vec![byte; 16 << 10])).collect();
    measured(bucket.set_many(&pairs).await)?;
    for (key, value) in &pairs {
        bucket.expect(key, value).await?;
    }
    let keys: Vec<_> = pairs.iter().map(|(key, _)| key).collect();
    let mut all = measured(bucket.get_many(&keys).await)?;
    all.sort();
    expect_eq("get-many", all, pairs.into_iter().map(Some).collect())
}

/// Batches reach one bucket only.
async fn batches_stay_in_their_bucket(bench: &mut Bench) -> Outcome {
    let bucket = abc(bench).await?;
    let other = bench.bucket(OTHER).await?;
    other.set_many(&[("a", "theirs"), ("d", "theirs")]).await?;
    expect_eq("get-many", other.get_many(&["b", "c"]).await?, vec![None, None])?;
    other.delete_many(&["a", "b", "c", "d"]).await?;
    expect_eq("the listing", bucket.keys().await?, set(["a", "b", "c"]))?;
    bucket.expect("a", "1").await
}

/// What a batch wrote or removed shows at once, to single reads and to batches.
async fn batches_are_seen_at_once(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for round in 0..10_u8 {
        bucket.set_many(&[("a", [round]), ("b", [round])]).await?;
        bucket.expect("a", [round]).await?;
        expect_eq("get-many", bucket.get_many(&["b"]).await?, vec![Some(("b".into(), vec![round]))])?;
        bucket.delete_many(&["a", "b"]).await?;
        bucket.expect_missing("b").await?;
        expect_eq("get-many", bucket.get_many(&["a", "b"]).await?, vec![None, None])?;
    }
    Ok(())
}

async fn set_all(bucket: &Bucket, keys: &[String]) -> Outcome {
    bucket.set_many(&keys.iter().map(|key| (key, key)).collect::<Vec<_>>()).await
}

/// Batches of two guests at the same time, on keys of their own, take nothing from each other.
async fn batches_at_once_lose_nothing(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    let (mine, yours) = (names("one", 30), names("two", 30));
    bench.concurrently([set_all(&one, &mine), set_all(&two, &yours)]).await?;
    let reading = [(&one, &mine), (&two, &yours)].map(|(bucket, keys)| bucket.get_many(keys));
    for (mut all, keys) in bench.concurrently(reading).await?.into_iter().zip([&mine, &yours]) {
        all.sort();
        expect_eq("get-many", all, keys.iter().map(|key| found(key, key)).collect())?;
    }
    bench.concurrently([one.delete_many(&mine[..15]), two.delete_many(&yours[..15])]).await?;
    let left = mine[15..].iter().chain(&yours[15..]);
    expect_eq("the listing", one.keys().await?, set(left))
}
