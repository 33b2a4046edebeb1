//! The backend away: what the extension says of a write that may have happened.

use super::support::{fault, refused, speaks};
use crate::{
    bench::{Bench, ExtBucket, Failure, put},
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq},
    wire::keyvalue_ext::{Condition, Listing, Op},
};
use wasi_cloud_core::{
    Applied, Kind,
    layer::{FaultRule, Moment},
};

pub const CASES: &[Case] = cases! { "keyvalue/extension";
    write_that_never_began_is_definite ["KVX-61", "KVX-70", "KVX-60", "KVX-72"] [Need::Fault];
    write_whose_reply_was_lost_is_maybe ["KVX-62", "KVX-61", "KVX-70", "KVX-60"] [Need::Fault, Need::Guests];
    failed_read_is_definite ["KVX-62", "KVX-70"] [Need::Fault];
    conditional_write_whose_reply_was_lost_can_be_found_out ["KVX-62", "KVX-05"] [Need::Fault];
    backend_that_never_answers_is_a_timeout ["KVX-69", "KVX-62"] [Need::Fault, Need::Guests];
};

fn writes() -> [fn(u32) -> Op; 2] {
    [
        |slot| Op::Put((slot, put("k", "new", Condition::Always))),
        |slot| Op::Delete((slot, "k".into(), Condition::Always)),
    ]
}

fn reads() -> [fn(u32) -> Op; 2] {
    [
        |slot| Op::Get((slot, "k".into())),
        |slot| Op::ListKeys((slot, Listing { prefix: String::new(), cursor: None, limit: 10 })),
    ]
}

/// Fails unless the failure is of this kind and leaves open whether the write took place.
fn open_ended(what: &str, failure: &Failure, kind: Kind) -> Outcome {
    failure.is(what, &[kind])?;
    expect_eq(&format!("{what}: applied"), failure.applied, Applied::Maybe)?;
    speaks(what, failure)
}

async fn old(bench: &Bench) -> Outcome<(ExtBucket, String)> {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let version = bucket.put("k", "old", Condition::Always).await?;
    Ok((bucket, version))
}

/// A write that did not reach the backend is `unavailable` with `applied: no`, and the version is as before.
async fn write_that_never_began_is_definite(bench: &mut Bench) -> Outcome {
    let (bucket, version) = old(bench).await?;
    for write in writes() {
        fault(bench, Moment::Before).await?;
        refused(&bucket, write, Kind::Unavailable).await?;
        expect_eq("the version", bucket.entry("k").await?.version, version.clone())?;
    }
    Ok(())
}

/// A write whose reply was lost is `applied: maybe`, and the key is as before or as written.
async fn write_whose_reply_was_lost_is_maybe(bench: &mut Bench) -> Outcome {
    for (write, after) in writes().into_iter().zip([Some(b"new".to_vec()), None]) {
        let (bucket, _) = old(bench).await?;
        fault(bench, Moment::After).await?;
        open_ended(&format!("{:?}", write(0)), &bucket.fails(write).await?, Kind::Unavailable)?;
        let value = bucket.get("k").await?.map(|entry| entry.value);
        expect([Some(b"old".to_vec()), after].contains(&value), "get", "the old value or the new one", &value)?;
    }
    Ok(())
}

/// A read changes nothing, so its failure never says `maybe`, whenever it struck.
async fn failed_read_is_definite(bench: &mut Bench) -> Outcome {
    let (bucket, version) = old(bench).await?;
    for moment in [Moment::Before, Moment::After] {
        for read in reads() {
            fault(bench, moment).await?;
            refused(&bucket, read, Kind::Unavailable).await?;
        }
    }
    expect_eq("the version", bucket.entry("k").await?.version, version)
}

/// Whoever wrote with a version can tell from the version what became of it.
async fn conditional_write_whose_reply_was_lost_can_be_found_out(bench: &mut Bench) -> Outcome {
    let (bucket, version) = old(bench).await?;
    let op = put("k", "old", Condition::Version(version.clone()));
    fault(bench, Moment::After).await?;
    open_ended("put", &bucket.fails(|slot| Op::Put((slot, op.clone()))).await?, Kind::Unavailable)?;
    let changed = bucket.entry("k").await?.version != version;
    let again = bucket.attempt(|slot| Op::Put((slot, op))).await?;
    expect(again.is_err() == changed, "the put again", "ok exactly if it had not happened", (changed, again))
}

/// The host does not wait for ever: `timeout`, definite for a read and open for a write.
async fn backend_that_never_answers_is_a_timeout(bench: &mut Bench) -> Outcome {
    let (bucket, _) = old(bench).await?;
    let other = bench.ext_bucket(DEFAULT).await?;
    for op in ["get", "put"] {
        let rule = FaultRule { capability: "keyvalue".into(), op: op.into(), nth: 0, moment: Moment::Hang };
        bench.fault(rule).await?;
    }
    let ends = bench
        .concurrently([(bucket, reads()[0]), (other, writes()[0])].map(|(b, op)| async move { b.fails(op).await }));
    let [read, write] = &ends.await?[..] else { return expect(false, "the ends", "two", ()) };
    read.is("get", &[Kind::Timeout])?;
    read.is_definite("get")?;
    open_ended("put", write, Kind::Timeout)
}
