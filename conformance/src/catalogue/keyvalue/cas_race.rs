//! Compare-and-swap of two guests at once.

use crate::{
    bench::{Bench, Bucket, Cas, Swap},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect_eq},
};

pub const CASES: &[Case] = cases! { "keyvalue/atomics";
    one_of_two_racing_swaps_wins ["KV-ATOM-11", "KV-ATOM-10"] [Need::Guests, Need::Interface("cas")];
    one_of_two_racing_creations_wins ["KV-ATOM-15", "KV-ATOM-14"]
        [Need::Feature("cas-absent"), Need::Guests, Need::Interface("cas")];
    append_of_the_sdk_loses_nothing ["KV-ATOM-14", "KV-ATOM-11", "KV-ATOM-12"]
        [Need::Feature("cas-absent"), Need::Guests, Need::Interface("cas")];
};

async fn race(bench: &Bench, one: Cas, two: Cas, bucket: &Bucket) -> Outcome {
    let ends = bench.concurrently([one.swap("one"), two.swap("two")]).await?;
    let won: Vec<_> = ends.iter().map(|end| matches!(end, Swap::Swapped)).collect();
    expect_eq("the number of winners", won.iter().filter(|won| **won).count(), 1)?;
    bucket.expect("k", if won[0] { "one" } else { "two" }).await
}

/// Two guests saw the same value: one of them replaces it.
async fn one_of_two_racing_swaps_wins(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    for _ in 0..10 {
        one.set("k", "old").await?;
        race(bench, one.cas("k").await?, two.cas("k").await?, &one).await?;
    }
    Ok(())
}

/// Two guests saw no value: one of them creates it.
async fn one_of_two_racing_creations_wins(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    for _ in 0..10 {
        one.delete("k").await?;
        race(bench, one.cas("k").await?, two.cas("k").await?, &one).await?;
    }
    Ok(())
}

async fn append(bucket: Bucket, times: usize) -> Outcome {
    for _ in 0..times {
        bucket.append("k", "a").await?;
    }
    Ok(())
}

/// Two guests that append at once, each by compare-and-swap, overwrite nothing of each other.
async fn append_of_the_sdk_loses_nothing(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    bench.concurrently([append(one.clone(), 20), append(two, 20)]).await?;
    one.expect("k", "a".repeat(40)).await
}
