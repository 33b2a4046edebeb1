//! Each kind of failure that a backend can have, as guests are told of it.

use super::support::{READS, WRITES, refused};
use crate::{
    bench::{Bench, put},
    catalogue::{Axis, Case, Need, cases, deployment::*},
    outcome::Outcome,
    wire::keyvalue_ext::{Condition, Listing, Op},
};
use wasi_cloud_core::{
    Kind,
    layer::{FaultRule, Moment},
};

pub const CASES: &[Case] = cases! { "keyvalue/extension";
    failure_is_told_by_its_kind(KINDS)
        ["KVX-60", "KVX-61", "KVX-63", "KVX-65", "KVX-66", "KVX-67", "KVX-68", "KVX-69", "KVX-70", "KVX-71", "KVX-62",
         "KVX-72"]
        [Need::Fault];
    failure_is_one_of_three_of_the_standard(KINDS) ["KV-STORE-22", "KV-STORE-S19"] [Need::Fault];
};

/// What a backend can say. `access-denied` is the host's alone.
const KINDS: Axis<Kind> = &[
    ("not-found", Kind::NotFound),
    ("invalid", Kind::Invalid),
    ("conflict", Kind::Conflict),
    ("unsupported", Kind::Unsupported),
    ("quota", Kind::Quota),
    ("timeout", Kind::Timeout),
    ("unavailable", Kind::Unavailable),
    ("other", Kind::Other),
];

/// The next call fails before it reaches the backend.
async fn fail(bench: &Bench, kind: Kind) -> Outcome {
    let rule = FaultRule { capability: "keyvalue".into(), op: "*".into(), nth: 0, moment: Moment::Before };
    bench.fault_as(rule, kind).await
}

/// The extension tells all kinds apart, from every function, and says that nothing changed.
async fn failure_is_told_by_its_kind(bench: &mut Bench, kind: Kind) -> Outcome {
    let bucket = bench.ext_bucket(DEFAULT).await?;
    let version = bucket.put("k", "old", Condition::Always).await?;
    let ops: [fn(u32) -> Op; 4] = [
        |slot| Op::Get((slot, "k".into())),
        |slot| Op::Put((slot, put("k", "new", Condition::Always))),
        |slot| Op::Delete((slot, "k".into(), Condition::Always)),
        |slot| Op::ListKeys((slot, Listing { prefix: String::new(), cursor: None, limit: 10 })),
    ];
    for op in ops {
        fail(bench, kind).await?;
        refused(&bucket, op, kind).await?;
    }
    crate::outcome::expect_eq("the version", bucket.entry("k").await?.version, version)
}

/// The standard package has a case for a bucket that is gone, and `other` for the rest.
async fn failure_is_one_of_three_of_the_standard(bench: &mut Bench, kind: Kind) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    // A store that is gone may be `other`: `no-such-store` is preferred (KV-STORE-S19).
    let told: &[Kind] = if kind == Kind::NotFound { &[Kind::NotFound, Kind::Other] } else { &[Kind::Other] };
    for op in READS.iter().chain(WRITES) {
        fail(bench, kind).await?;
        bucket.fails(op).await?.is(&format!("{:?}", op(0)), told)?;
    }
    bucket.expect("k", "old").await
}
