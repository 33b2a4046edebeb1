//! Values, by size, content, key and way of writing.

use super::{
    axes::{BYTES, Bytes, KEYS, Key, SIZES, WAYS, Way, sized},
    support::set,
};
use crate::{
    bench::Bench,
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect_eq},
};

pub const CASES: &[Case] = cases! { "keyvalue/store";
    value_is_kept(SIZES, KEYS) ["KV-STORE-04", "KV-STORE-07", "KV-STORE-S06"]
        [Need::Guests, Need::Limit("max-key-size"), Need::Limit("max-value-size")];
    largest_value_under_longest_key_is_kept ["KV-STORE-S07", "KV-STORE-S02", "KV-STORE-04"]
        [Need::Limit("max-key-size"), Need::Limit("max-value-size")];
    bytes_are_kept(BYTES, WAYS) ["KV-STORE-04", "KV-ATOM-10", "KV-BATCH-05", "KV-BATCH-01"]
        [Need::Interface("atomics"), Need::Interface("batch"), Need::Interface("cas")];
};

/// A value of every size comes back as it went, under every kind of key, and leaves nothing when it goes.
async fn value_is_kept(bench: &mut Bench, size: usize, key: Key) -> Outcome {
    let (value, key) = (sized(bench, size)?, key.text(bench)?);
    let (bucket, reader) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    bucket.set(&key, "old").await?;
    bucket.set(&key, &value).await?;
    bucket.expect(&key, &value).await?;
    expect_eq("exists", reader.exists(&key).await?, true)?;
    expect_eq("the listing", reader.keys().await?, set([&key]))?;
    bucket.delete(&key).await?;
    bucket.expect_missing(&key).await
}

/// Both limits can be reached at once.
async fn largest_value_under_longest_key_is_kept(bench: &mut Bench) -> Outcome {
    let (value, key) = (sized(bench, bench.most("max-value-size")?)?, Key::Longest.text(bench)?);
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set(&key, &value).await?;
    bucket.expect(&key, &value).await
}

/// Values are bytes, whatever text or number they look like and however they are written.
async fn bytes_are_kept(bench: &mut Bench, bytes: Bytes, way: Way) -> Outcome {
    let value = bytes.value(bench);
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "a long old value").await?;
    match way {
        Way::Set => bucket.set("k", &value).await?,
        Way::SetMany => bucket.set_many(&[("k", &value)]).await?,
        Way::Swap => bucket.cas("k").await?.wins(&value).await?,
    }
    bucket.expect("k", &value).await?;
    expect_eq("current", bucket.cas("k").await?.current().await?, Some(value.clone()))?;
    expect_eq("get-many", bucket.get_many(&["k"]).await?, vec![Some(("k".into(), value))])
}
