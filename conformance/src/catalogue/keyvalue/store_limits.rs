//! Sizes at the edge of what the host declares, and one beyond.

use super::support::{all_fail, naming};
use crate::{
    bench::Bench,
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect_eq},
    wire::keyvalue::Op,
};
use wasi_cloud_core::Kind;

pub const CASES: &[Case] = cases! { "keyvalue/store";
    longest_key_works ["KV-STORE-S02"] [Need::Limit("max-key-size")];
    longest_key_of_wide_letters_works ["KV-STORE-S02"] [Need::Limit("max-key-size")];
    longer_key_is_refused ["KV-STORE-S02", "KV-STORE-22"] [Need::Limit("max-key-size")];
    longest_keys_are_told_apart ["KV-STORE-S05", "KV-STORE-S02"] [Need::Limit("max-key-size")];
    larger_value_is_refused_and_the_old_one_stays ["KV-STORE-S07", "KV-STORE-22"] [Need::Limit("max-value-size")];
    larger_value_fails_a_batch ["KV-BATCH-10", "KV-STORE-S07"]
        [Need::Interface("batch"), Need::Limit("max-value-size")];
    longer_key_is_no_counter ["KV-STORE-S02", "KV-ATOM-04"]
        [Need::Interface("atomics"), Need::Interface("cas"), Need::Limit("max-key-size")];
    longer_key_fails_a_batch ["KV-BATCH-10", "KV-STORE-S02"] [Need::Interface("batch"), Need::Limit("max-key-size")];
};

/// A key of the declared maximum works in every function.
async fn longest_key_works(bench: &mut Bench) -> Outcome {
    let key = "k".repeat(bench.most("max-key-size")?);
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set(&key, "v").await?;
    bucket.expect(&key, "v").await?;
    expect_eq("the listing", bucket.keys().await?, [key.clone()].into())?;
    bucket.delete(&key).await?;
    expect_eq("exists", bucket.exists(&key).await?, false)
}

/// The limit counts bytes as the guest wrote them, not as the backend must spell them.
async fn longest_key_of_wide_letters_works(bench: &mut Bench) -> Outcome {
    let most = bench.most("max-key-size")?;
    let bucket = bench.bucket(DEFAULT).await?;
    for letter in ["\u{1f680}", "%", ":", "\0", "/"] {
        let key = letter.repeat(most / letter.len());
        bucket.set(&key, letter).await?;
        bucket.expect(&key, letter).await?;
    }
    Ok(())
}

/// A key that is one byte too long is refused by every function, reads included, and nothing comes of it.
async fn longer_key_is_refused(bench: &mut Bench) -> Outcome {
    let key = "k".repeat(bench.too_much("max-key-size")?);
    let bucket = bench.bucket(DEFAULT).await?;
    all_fail(&bucket, &naming(&key), Kind::Other).await?;
    expect_eq("the listing", bucket.keys().await?, [].into())
}

/// Long keys that differ in their last byte only are two keys.
async fn longest_keys_are_told_apart(bench: &mut Bench) -> Outcome {
    let stem = "k".repeat(bench.most("max-key-size")? - 1);
    let bucket = bench.bucket(DEFAULT).await?;
    for end in ["", "a", "b"] {
        bucket.set(&format!("{stem}{end}"), end).await?;
    }
    for end in ["", "a", "b"] {
        bucket.expect(&format!("{stem}{end}"), end).await?;
    }
    Ok(())
}

/// A value that is one byte too long is refused, and what the key held stays whole.
async fn larger_value_is_refused_and_the_old_one_stays(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    let value = vec![b'v'; bench.too_much("max-value-size")?];
    bucket.set("k", "old").await?;
    bucket.fails(|slot| Op::Set((slot, "k".into(), value))).await?.is("set", &[Kind::Other])?;
    bucket.expect("k", "old").await
}

/// A value that is one byte too large fails its batch, and what its key held stays whole.
async fn larger_value_fails_a_batch(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    let pairs = vec![("k".to_owned(), vec![b'v'; bench.too_much("max-value-size")?])];
    bucket.set("k", "old").await?;
    bucket.fails(|slot| Op::SetMany((slot, pairs))).await?.is("set-many", &[Kind::Other])?;
    bucket.expect("k", "old").await
}

/// A key that is too long cannot be counted or swapped either.
async fn longer_key_is_no_counter(bench: &mut Bench) -> Outcome {
    let key = "k".repeat(bench.too_much("max-key-size")?);
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.fails(|slot| Op::Increment((slot, key.clone(), 1))).await?.is("increment", &[Kind::Other])?;
    bucket.fails(|slot| Op::CasNew((1000, slot, key.clone()))).await?.is("cas.new", &[Kind::Other])?;
    expect_eq("the listing", bucket.keys().await?, [].into())
}

/// One key that is too long fails the batch that it is in, as an error.
async fn longer_key_fails_a_batch(bench: &mut Bench) -> Outcome {
    let keys = vec!["k".to_owned(), "k".repeat(bench.too_much("max-key-size")?)];
    let pairs: Vec<_> = keys.iter().map(|key| (key.clone(), b"v".to_vec())).collect();
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.fails(|slot| Op::GetMany((slot, keys.clone()))).await?.is("get-many", &[Kind::Other])?;
    bucket.fails(|slot| Op::SetMany((slot, pairs))).await?.is("set-many", &[Kind::Other])?;
    bucket.fails(|slot| Op::DeleteMany((slot, keys))).await?.is("delete-many", &[Kind::Other])?;
    bucket.set("k", "still works").await?;
    bucket.expect("k", "still works").await
}
