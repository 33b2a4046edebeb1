//! The backend away: errors that the standard package can tell, and what they leave behind.

use super::support::{MANY, PAGES, READS, WRITES, fault, fill, names, set};
use crate::{
    bench::Bench,
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq},
    wire::keyvalue::{Op, Seen},
};
use wasi_cloud_core::{Kind, layer::Moment};

pub const CASES: &[Case] = cases! { "keyvalue/store";
    failed_open_is_an_error ["KV-STORE-22"] [Need::Fault];
    failed_read_is_an_error ["KV-STORE-22", "KV-STORE-20"] [Need::Fault];
    write_that_never_began_changes_nothing ["KV-STORE-22", "KV-STORE-20"] [Need::Fault];
    write_whose_reply_was_lost_is_an_error ["KV-STORE-22", "KV-STORE-S17"] [Need::Fault];
    listing_that_failed_can_go_on ["KV-STORE-13", "KV-STORE-22"] [Need::Fault];
    late_answer_is_an_answer ["KV-STORE-04"] [Need::Fault];
    increment_fails_wholly_or_not_at_all ["KV-ATOM-04", "KV-ATOM-S09"] [Need::Fault, Need::Interface("atomics")];
    failed_swap_is_a_store_error ["KV-ATOM-13"] [Need::Fault, Need::Interface("atomics"), Need::Interface("cas")];
    swap_whose_reply_was_lost_is_a_store_error ["KV-ATOM-13", "KV-STORE-20"]
        [Need::Fault, Need::Interface("atomics"), Need::Interface("cas")];
    failed_batch_is_an_error ["KV-BATCH-10", "KV-STORE-20", "KV-BATCH-07"] [Need::Fault, Need::Interface("batch")];
};

/// A backend that is away when a label is opened, or at the first use, is an error and no trap.
async fn failed_open_is_an_error(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    fault(bench, Moment::Before).await?;
    match guest.try_open(DEFAULT).await? {
        Err(failure) => failure.is("open", &[Kind::Other])?,
        Ok(bucket) => {
            bucket.fails(|slot| Op::Get((slot, "k".into()))).await?.is("the first use", &[Kind::Other])?;
        }
    }
    guest.open(DEFAULT).await?.expect_missing("k").await
}

/// A read that failed says so, and the next one works.
async fn failed_read_is_an_error(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "v").await?;
    for moment in [Moment::Before, Moment::After] {
        for read in READS {
            fault(bench, moment).await?;
            let (failure, what) = (bucket.fails(read).await?, format!("{:?}", read(0)));
            failure.is(&what, &[Kind::Other])?;
            failure.is_definite(&what)?;
            bucket.expect("k", "v").await?;
        }
    }
    Ok(())
}

/// A write that did not reach the backend is an error, and the key is as before.
async fn write_that_never_began_changes_nothing(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    for write in WRITES {
        fault(bench, Moment::Before).await?;
        bucket.fails(write).await?.is(&format!("{:?}", write(0)), &[Kind::Other])?;
        bucket.expect("k", "old").await?;
    }
    Ok(())
}

/// A write whose reply was lost is an error that leaves open what happened, and the key is as before or as written: nothing
/// between.
async fn write_whose_reply_was_lost_is_an_error(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for (write, after) in WRITES.iter().zip([Some(b"new".to_vec()), None]) {
        bucket.set("k", "old").await?;
        fault(bench, Moment::After).await?;
        let (failure, what) = (bucket.fails(write).await?, format!("{:?}", write(0)));
        failure.is(&what, &[Kind::Other])?;
        failure.is_open(&what)?;
        let value = bucket.get("k").await?;
        expect([Some(b"old".to_vec()), after].contains(&value), "get", "the old value or the new one", &value)?;
    }
    Ok(())
}

/// A page that failed can be asked for again, and the listing goes on to its end without a loss.
async fn listing_that_failed_can_go_on(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill(&bucket, &names("k", MANY)).await?;
    let first = bucket.page(None).await?;
    fault(bench, Moment::After).await?;
    let again = |slot| Op::ListKeys((slot, first.cursor.clone()));
    bucket.fails(again).await?.is("list-keys", &[Kind::Other])?;
    let mut page = bucket.page(first.cursor.as_deref()).await?;
    let mut keys = set(first.keys.iter().chain(&page.keys));
    for _ in 0..PAGES {
        let Some(cursor) = page.cursor else { break };
        page = bucket.page(Some(&cursor)).await?;
        keys.extend(page.keys);
    }
    expect_eq("the number of keys", keys.len(), MANY)
}

/// A backend that takes its time, within the host's call timeout, is not an error.
async fn late_answer_is_an_answer(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    let late = Moment::Delay(std::time::Duration::from_millis(50));
    fault(bench, late).await?;
    bucket.set("k", "v").await?;
    fault(bench, late).await?;
    bucket.expect("k", "v").await
}

/// A failed `increment` counted once or not at all, and not at all if it never reached the backend. One that the host
/// sent again counted once.
async fn increment_fails_wholly_or_not_at_all(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.increment("k", 10).await?;
    let increment = |slot| Op::Increment((slot, "k".into(), 5));
    fault(bench, Moment::Before).await?;
    match bucket.attempt(increment).await? {
        Ok(seen) => expect_eq("increment", seen, Seen::Number(15))?,
        Err(failure) => {
            failure.is("increment", &[Kind::Other])?;
            expect_eq("the counter", bucket.increment("k", 0).await?, 10)?;
        }
    }
    bucket.delete("k").await?;
    bucket.increment("k", 10).await?;
    fault(bench, Moment::After).await?;
    let told = bucket.attempt(increment).await?;
    let counter = bucket.increment("k", 0).await?;
    match told {
        Ok(seen) => expect_eq("increment and the counter", (seen, counter), (Seen::Number(15), 15)),
        Err(failure) => {
            failure.is("increment", &[Kind::Other])?;
            expect([10, 15].contains(&counter), "the counter", "10 or 15", counter)
        }
    }
}

/// A `swap` that did not reach the backend is `store-error`, not `cas-failed`, and wrote nothing.
async fn failed_swap_is_a_store_error(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    let cas = bucket.cas("k").await?;
    fault(bench, Moment::Before).await?;
    cas.fails("new").await?.is("swap", &[Kind::Other])?;
    bucket.expect("k", "old").await?;
    bucket.cas("k").await?.wins("new").await
}

/// A `swap` whose reply was lost is `store-error`; it took place or not.
async fn swap_whose_reply_was_lost_is_a_store_error(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    let cas = bucket.cas("k").await?;
    fault(bench, Moment::After).await?;
    cas.fails("new").await?.is("swap", &[Kind::Other])?;
    let value = bucket.get("k").await?;
    expect([Some(b"old".to_vec()), Some(b"new".to_vec())].contains(&value), "get", "old or new", &value)
}

/// A batch that did not reach the backend is an error; to write all of it again is safe.
async fn failed_batch_is_an_error(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    let pairs = vec![("k".to_owned(), b"v".to_vec()), ("l".to_owned(), b"w".to_vec())];
    fault(bench, Moment::Before).await?;
    bucket.fails(|slot| Op::SetMany((slot, pairs.clone()))).await?.is("set-many", &[Kind::Other])?;
    bucket.set_many(&pairs).await?;
    let keys = vec!["k".to_owned(), "l".to_owned()];
    fault(bench, Moment::Before).await?;
    bucket.fails(|slot| Op::DeleteMany((slot, keys.clone()))).await?.is("delete-many", &[Kind::Other])?;
    fault(bench, Moment::After).await?;
    bucket.fails(|slot| Op::GetMany((slot, keys.clone()))).await?.is("get-many", &[Kind::Other])?;
    bucket.expect("l", "w").await
}
