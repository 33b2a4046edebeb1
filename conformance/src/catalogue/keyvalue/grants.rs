//! Who may do what: the absence of a grant is a denial, and says nothing of what exists.

use super::support::{READS, WRITES, all_fail, fill, set};
use crate::{
    bench::Bench,
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect, expect_eq, measured},
    wire::keyvalue::Op,
};
use wasi_cloud_core::Kind;

pub const CASES: &[Case] = cases! { "keyvalue/store";
    open_granted_label ["KV-STORE-01"] [Need::Labels];
    open_label_that_is_not_configured ["KV-STORE-02"] [];
    open_label_that_is_not_granted ["KV-STORE-03"] [Need::Labels];
    open_label_that_does_not_exist ["KV-STORE-03"] [];
    open_strange_labels ["KV-STORE-03", "KV-STORE-22"] [];
    open_empty_label ["KV-STORE-S16", "KV-STORE-22"] [];
    denied_open_leaves_other_handles_alone ["KV-STORE-03", "KV-STORE-01"] [Need::Labels];
    no_grant_at_all ["KV-STORE-03"] [Need::Grant, Need::Labels];
    grant_of_another_capability_does_not_help ["KV-STORE-03"] [Need::Grant];
    grant_of_another_label_does_not_help ["KV-STORE-03", "KV-STORE-01"] [Need::Grant, Need::Labels];
    grant_of_a_pattern_reaches_what_it_matches ["KV-STORE-01", "KV-STORE-02", "KV-STORE-03"]
        [Need::Grant, Need::Labels];
    grant_given_later_is_enough ["KV-STORE-01", "KV-STORE-03"] [Need::Grant, Need::Labels];
    revoked_while_open ["KV-STORE-03"] [Need::Grant];
    revoked_write_changes_nothing ["KV-STORE-03", "KV-STORE-20"] [Need::Grant];
    read_grant_refuses_writes ["KV-STORE-03"] [Need::Grant, Need::Guests];
    read_grant_refuses_atomics ["KV-STORE-03", "KV-ATOM-13"]
        [Need::Grant, Need::Interface("atomics"), Need::Interface("cas")];
    read_grant_refuses_batch_writes ["KV-STORE-03", "KV-BATCH-10"] [Need::Grant, Need::Interface("batch")];
    revoked_batches_are_denied ["KV-STORE-03", "KV-BATCH-10"] [Need::Grant, Need::Interface("batch")];
    write_grant_refuses_batch_reads ["KV-STORE-03", "KV-BATCH-10"] [Need::Grant, Need::Interface("batch")];
    write_grant_refuses_reads ["KV-STORE-03"] [Need::Grant];
    write_grant_refuses_snapshots ["KV-STORE-03"] [Need::Grant, Need::Interface("cas")];
};

/// A label with a grant and a link opens.
async fn open_granted_label(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    guest.open(DEFAULT).await?;
    guest.open(OTHER).await.map(drop)
}

/// With the grant and without a link: `no-such-store`.
async fn open_label_that_is_not_configured(bench: &mut Bench) -> Outcome {
    bench.keyvalue().await?.open_fails(MISSING).await?.is("open", &[Kind::NotFound])
}

/// With a link and without the grant: `access-denied`.
async fn open_label_that_is_not_granted(bench: &mut Bench) -> Outcome {
    bench.keyvalue().await?.open_fails(UNGRANTED).await?.is("open", &[Kind::AccessDenied])
}

/// Without either: `access-denied` as well, so that nobody learns which labels exist.
async fn open_label_that_does_not_exist(bench: &mut Bench) -> Outcome {
    bench.keyvalue().await?.open_fails("nowhere").await?.is("open", &[Kind::AccessDenied])
}

/// What only looks like a granted label is not granted.
async fn open_strange_labels(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    for label in
        ["Default", "default ", " default", "default\0", "defaul", "default/", "./default", "def*", "*", "other:"]
    {
        guest.open_fails(label).await?.is(&format!("open({label:?})"), &[Kind::AccessDenied])?;
    }
    guest.open_fails(&DEFAULT.repeat(10_000)).await?.is("open of 70,000 bytes", &[Kind::AccessDenied])?;
    guest.open(DEFAULT).await.map(drop)
}

/// The empty label is an error that has a name, or a bucket.
async fn open_empty_label(bench: &mut Bench) -> Outcome {
    match bench.keyvalue().await?.try_open("").await? {
        Ok(_) => measured(expect(false, "open(\"\")", "an error", "a bucket")),
        Err(failure) => failure.is("open(\"\")", &[Kind::AccessDenied, Kind::NotFound, Kind::Other]),
    }
}

/// To be denied one label costs nothing of another.
async fn denied_open_leaves_other_handles_alone(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let bucket = guest.open(DEFAULT).await?;
    guest.open_fails(UNGRANTED).await?;
    guest.open_fails(MISSING).await?;
    bucket.set("k", "v").await?;
    bucket.expect("k", "v").await
}

/// Without any grant every label is denied, configured or not.
async fn no_grant_at_all(bench: &mut Bench) -> Outcome {
    bench.grant(&[]).await?;
    let guest = bench.keyvalue().await?;
    for label in [DEFAULT, OTHER, UNGRANTED, MISSING, "nowhere"] {
        guest.open_fails(label).await?.is(&format!("open({label:?})"), &[Kind::AccessDenied])?;
    }
    Ok(())
}

/// A grant belongs to one capability.
async fn grant_of_another_capability_does_not_help(bench: &mut Bench) -> Outcome {
    bench.grant(&["messaging:default", "config:default", "messaging:*"]).await?;
    bench.keyvalue().await?.open_fails(DEFAULT).await?.is("open", &[Kind::AccessDenied])
}

/// A grant belongs to one label.
async fn grant_of_another_label_does_not_help(bench: &mut Bench) -> Outcome {
    bench.grant(&["keyvalue:other"]).await?;
    let guest = bench.keyvalue().await?;
    guest.open_fails(DEFAULT).await?.is("open", &[Kind::AccessDenied])?;
    guest.open(OTHER).await.map(drop)
}

/// A grant with a pattern reaches every label that matches, and no other.
async fn grant_of_a_pattern_reaches_what_it_matches(bench: &mut Bench) -> Outcome {
    bench.grant(&["keyvalue:??*ing*", "keyvalue:un*"]).await?;
    let guest = bench.keyvalue().await?;
    guest.open(UNGRANTED).await?;
    guest.open_fails(MISSING).await?.is("open", &[Kind::NotFound])?;
    guest.open_fails(DEFAULT).await?.is("open", &[Kind::AccessDenied])
}

/// A grant that is given while the guest runs counts.
async fn grant_given_later_is_enough(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    guest.open_fails(UNGRANTED).await?.is("open", &[Kind::AccessDenied])?;
    bench.grant(&["keyvalue:ungranted"]).await?;
    let bucket = guest.open(UNGRANTED).await?;
    bucket.set("k", "v").await?;
    bucket.expect("k", "v").await
}

/// A handle that is open does not outlive its grant, and works again with it.
async fn revoked_while_open(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    bench.grant(&["keyvalue:other"]).await?;
    all_fail(&bucket, READS, Kind::AccessDenied).await?;
    all_fail(&bucket, WRITES, Kind::AccessDenied).await?;
    bench.grant(GRANTS).await?;
    bucket.expect("k", "old").await
}

/// What was denied did not happen.
async fn revoked_write_changes_nothing(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill(&bucket, &["k", "l"]).await?;
    bench.grant(&[]).await?;
    all_fail(&bucket, WRITES, Kind::AccessDenied).await?;
    let new = |slot| Op::Set((slot, "new".into(), vec![]));
    bucket.fails(new).await?.is("set", &[Kind::AccessDenied])?;
    bench.grant(GRANTS).await?;
    bucket.expect("k", "k").await?;
    expect_eq("the listing", bucket.keys().await?, set(["k", "l"]))
}

/// `keyvalue:default:read` opens and reads, and refuses `set` and `delete`.
async fn read_grant_refuses_writes(bench: &mut Bench) -> Outcome {
    bench.bucket(DEFAULT).await?.set("k", "old").await?;
    bench.grant(&["keyvalue:default:read"]).await?;
    let bucket = bench.bucket(DEFAULT).await?;
    all_fail(&bucket, WRITES, Kind::AccessDenied).await?;
    bucket.expect("k", "old").await?;
    expect_eq("exists", bucket.exists("k").await?, true)?;
    expect_eq("the listing", bucket.keys().await?, set(["k"]))
}

/// To count and to swap is to write; `swap` says so as `store-error`.
async fn read_grant_refuses_atomics(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.increment("k", 1).await?;
    let cas = bucket.cas("k").await?;
    bench.grant(&["keyvalue:default:read"]).await?;
    bucket.fails(|slot| Op::Increment((slot, "k".into(), 1))).await?.is("increment", &[Kind::AccessDenied])?;
    cas.fails("new").await?.is("swap", &[Kind::AccessDenied])?;
    bench.grant(GRANTS).await?;
    expect_eq("the counter", bucket.increment("k", 0).await?, 1)
}

/// Batches need the grants of what they do.
async fn read_grant_refuses_batch_writes(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    bench.grant(&["keyvalue:default:read"]).await?;
    let pairs = vec![("k".to_owned(), b"new".to_vec())];
    bucket.fails(|slot| Op::SetMany((slot, pairs))).await?.is("set-many", &[Kind::AccessDenied])?;
    let keys = vec!["k".to_owned()];
    bucket.fails(|slot| Op::DeleteMany((slot, keys))).await?.is("delete-many", &[Kind::AccessDenied])?;
    expect_eq("get-many", bucket.get_many(&["k"]).await?, vec![Some(("k".into(), b"old".to_vec()))])
}

/// A batch on a handle whose grant is gone is denied, and does nothing.
async fn revoked_batches_are_denied(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    fill(&bucket, &["k", "l"]).await?;
    bench.grant(&["keyvalue:other"]).await?;
    let (keys, pairs) = (vec!["k".to_owned(), "l".to_owned()], vec![("k".to_owned(), b"new".to_vec())]);
    bucket.fails(|slot| Op::GetMany((slot, keys.clone()))).await?.is("get-many", &[Kind::AccessDenied])?;
    bucket.fails(|slot| Op::SetMany((slot, pairs))).await?.is("set-many", &[Kind::AccessDenied])?;
    bucket.fails(|slot| Op::DeleteMany((slot, keys))).await?.is("delete-many", &[Kind::AccessDenied])?;
    bench.grant(GRANTS).await?;
    bucket.expect("k", "k").await?;
    bucket.expect("l", "l").await
}

/// To write many keys is no right to read them.
async fn write_grant_refuses_batch_reads(bench: &mut Bench) -> Outcome {
    bench.grant(&["keyvalue:default:write"]).await?;
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set_many(&[("k", "v"), ("l", "v")]).await?;
    bucket.delete_many(&["l"]).await?;
    let keys = vec!["k".to_owned()];
    bucket.fails(|slot| Op::GetMany((slot, keys))).await?.is("get-many", &[Kind::AccessDenied])?;
    bench.grant(GRANTS).await?;
    expect_eq("the listing", bucket.keys().await?, set(["k"]))
}

/// `keyvalue:default:write` opens and writes, and refuses to tell anything.
async fn write_grant_refuses_reads(bench: &mut Bench) -> Outcome {
    bench.grant(&["keyvalue:default:write"]).await?;
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "v").await?;
    bucket.delete("l").await?;
    all_fail(&bucket, READS, Kind::AccessDenied).await?;
    bench.grant(GRANTS).await?;
    bucket.expect("k", "v").await
}

/// To take a snapshot is to read, of an absent key too.
async fn write_grant_refuses_snapshots(bench: &mut Bench) -> Outcome {
    bench.grant(&["keyvalue:default:write"]).await?;
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "old").await?;
    for key in ["k", "absent"] {
        bucket.fails(|slot| Op::CasNew((1_000, slot, key.into()))).await?.is("cas.new", &[Kind::AccessDenied])?;
    }
    bucket.set("k", "new").await?;
    bench.grant(GRANTS).await?;
    bucket.expect("k", "new").await
}
