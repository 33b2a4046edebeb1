//! Two sessions at the same time: what they leave, and what they see meanwhile.

use super::support::{MANY, fill, names, set};
use crate::{
    bench::{Bench, Bucket},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq},
};
use wasi_cloud_core::Kind;

pub const CASES: &[Case] = cases! { "keyvalue/store";
    writers_of_many_keys_lose_nothing ["KV-STORE-06", "KV-STORE-07"] [Need::Guests];
    writers_of_one_key_leave_one_whole_value ["KV-STORE-07", "KV-STORE-20"] [Need::Guests];
    readers_see_whole_values_only ["KV-STORE-20"] [Need::Guests];
    set_and_delete_at_once_end_as_one_of_them ["KV-STORE-08", "KV-STORE-20"] [Need::Guests];
    deletes_of_one_key_at_once_are_ok ["KV-STORE-09", "KV-STORE-08"] [Need::Guests];
    listings_at_once_are_whole ["KV-STORE-12", "KV-STORE-13"] [Need::Guests];
    labels_are_opened_at_once ["KV-STORE-01", "KV-STORE-02", "KV-STORE-03"] [Need::Guests, Need::Labels];
};

/// Long enough to be written in parts, and of different length.
fn long() -> [Vec<u8>; 2] {
    [vec![b'a'; 6_000], vec![b'b'; 5_000]]
}

async fn set_each(bucket: &Bucket, keys: &[String], value: &str) -> Outcome {
    for key in keys {
        bucket.set(key, value).await?;
    }
    Ok(())
}

async fn set_times(bucket: &Bucket, times: usize, values: &[Vec<u8>]) -> Outcome {
    for value in values.iter().cycle().take(times) {
        bucket.set("k", value).await?;
    }
    Ok(())
}

/// Fails unless each of so many reads shows one of these values, whole.
async fn get_times(bucket: &Bucket, times: usize, values: &[Vec<u8>]) -> Outcome {
    for _ in 0..times {
        let value = bucket.get("k").await?.unwrap_or_default();
        expect(values.contains(&value), "get", "a value that was written, whole", value)?;
    }
    Ok(())
}

/// Guests that write keys of their own at the same time take nothing from each other.
async fn writers_of_many_keys_lose_nothing(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    let (mine, yours) = (names("one", 20), names("two", 20));
    for value in ["old", "new"] {
        bench.concurrently([set_each(&one, &mine, value), set_each(&two, &yours, value)]).await?;
        for (bucket, key) in mine.iter().map(|key| (&one, key)).chain(yours.iter().map(|key| (&two, key))) {
            bucket.expect(key, value).await?;
        }
    }
    Ok(())
}

/// Of two values written at the same time one stays, without a part of the other.
async fn writers_of_one_key_leave_one_whole_value(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    let [a, b] = long();
    for _ in 0..5 {
        bench.concurrently([one.set("k", &a), two.set("k", &b)]).await?;
        get_times(&one, 1, &long()).await?;
        get_times(&two, 1, &long()).await?;
    }
    Ok(())
}

/// Whoever reads while another writes sees a value as it was written, not a mixture and not a part.
async fn readers_see_whole_values_only(bench: &mut Bench) -> Outcome {
    let (writer, reader) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    let values = long();
    writer.set("k", &values[0]).await?;
    let (writing, reading) = (set_times(&writer, 20, &values), get_times(&reader, 20, &values));
    let both: [futures::future::BoxFuture<'_, Outcome>; 2] = [Box::pin(writing), Box::pin(reading)];
    bench.concurrently(both).await.map(drop)
}

/// After a `set` and a `delete` at the same time the key has that value or none, and every function agrees.
async fn set_and_delete_at_once_end_as_one_of_them(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    for _ in 0..10 {
        one.set("k", "old").await?;
        let both: [futures::future::BoxFuture<'_, Outcome>; 2] =
            [Box::pin(one.set("k", "new")), Box::pin(two.delete("k"))];
        bench.concurrently(both).await?;
        let value = one.get("k").await?;
        expect([None, Some(b"new".to_vec())].contains(&value), "get", "the new value or none", &value)?;
        expect_eq("exists", one.exists("k").await?, value.is_some())?;
    }
    Ok(())
}

/// Each of several deletes of one key is ok.
async fn deletes_of_one_key_at_once_are_ok(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    for _ in 0..5 {
        one.set("k", "v").await?;
        bench.concurrently([one.delete("k"), two.delete("k"), one.delete("k")]).await?;
        one.expect_missing("k").await?;
    }
    Ok(())
}

/// Listings that go on side by side do not take pages from each other.
async fn listings_at_once_are_whole(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    fill(&one, &names("k", MANY)).await?;
    for keys in bench.concurrently([one.keys(), two.keys(), one.keys()]).await? {
        expect_eq("the listing", keys, set(names("k", MANY)))?;
    }
    Ok(())
}

/// Labels that are opened at the same time end as each of them does alone.
async fn labels_are_opened_at_once(bench: &mut Bench) -> Outcome {
    let guests = [bench.keyvalue().await?, bench.keyvalue().await?];
    let labels = [DEFAULT, UNGRANTED, OTHER, MISSING].into_iter().cycle().take(16);
    let opening = labels.zip(guests.iter().cycle()).map(|(label, guest)| guest.try_open(label));
    let ends: Vec<_> = bench.concurrently(opening).await?;
    for (end, kind) in ends.into_iter().zip([None, Some(Kind::AccessDenied), None, Some(Kind::NotFound)].iter().cycle())
    {
        expect_eq("open", end.err().map(|failure| failure.kind), *kind)?;
    }
    Ok(())
}
