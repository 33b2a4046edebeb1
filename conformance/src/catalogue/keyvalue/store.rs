//! One key at a time: what a read sees of a write.

use crate::{
    bench::Bench,
    catalogue::{Case, Need, cases, deployment::*},
    outcome::{Outcome, expect_eq},
};

pub const CASES: &[Case] = cases! { "keyvalue/store";
    get_missing_key ["KV-STORE-05", "KV-STORE-10"] [];
    set_creates_key ["KV-STORE-06", "KV-STORE-04"] [];
    empty_value_is_a_value ["KV-STORE-S06", "KV-STORE-10"] [];
    overwrite_leaves_no_tail ["KV-STORE-07"] [];
    overwrite_grows_the_value ["KV-STORE-07"] [];
    delete_removes_key ["KV-STORE-08", "KV-STORE-10"] [];
    delete_missing_key_is_ok ["KV-STORE-09"] [];
    delete_spares_other_keys ["KV-STORE-08", "KV-STORE-20"] [];
    set_after_delete_creates_again ["KV-STORE-06", "KV-STORE-08"] [];
    exists_agrees_with_get ["KV-STORE-10"] [];
    reading_changes_nothing ["KV-STORE-04", "KV-STORE-12"] [];
    repeated_writes_are_ok ["KV-STORE-07", "KV-STORE-09"] [];
    reads_its_own_writes ["KV-STORE-17"] [Need::Feature("read-your-writes")];
    two_handles_are_one_client ["KV-STORE-18"] [Need::Feature("read-your-writes")];
    two_guests_share_a_bucket ["KV-STORE-18", "KV-STORE-S15"] [Need::Feature("read-your-writes"), Need::Guests];
    buckets_share_nothing ["KV-STORE-21", "KV-STORE-20"] [Need::Labels];
    nothing_expires_unasked ["KV-STORE-S13"] [Need::Time];
};

/// A key that nobody wrote is `none`, not an error.
async fn get_missing_key(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.expect_missing("k").await?;
    expect_eq("exists", bucket.exists("k").await?, false)
}

/// The first `set` of a key makes it, whatever keys are there that it begins or that begin it.
async fn set_creates_key(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for key in ["k", "k/1", "a/b/c", "a/b", "a", "kk"] {
        bucket.set(key, key).await?;
        bucket.expect(key, key).await?;
    }
    expect_eq("the number of keys", bucket.keys().await?.len(), 6)
}

/// An empty value is not the same as none.
async fn empty_value_is_a_value(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "").await?;
    bucket.expect("k", "").await?;
    expect_eq("exists", bucket.exists("k").await?, true)?;
    expect_eq("the listing", bucket.keys().await?, ["k".to_owned()].into())
}

/// A shorter value replaces a longer one wholly.
async fn overwrite_leaves_no_tail(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "a long old value").await?;
    for value in ["short", "s", ""] {
        bucket.set("k", value).await?;
        bucket.expect("k", value).await?;
    }
    Ok(())
}

/// A longer value replaces a shorter one wholly, and nothing is appended.
async fn overwrite_grows_the_value(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for value in ["", "s", "longer", "longer still"] {
        bucket.set("k", value).await?;
        bucket.expect("k", value).await?;
    }
    Ok(())
}

/// What was deleted is gone for every function.
async fn delete_removes_key(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "hello").await?;
    bucket.delete("k").await?;
    bucket.expect_missing("k").await?;
    expect_eq("exists", bucket.exists("k").await?, false)?;
    expect_eq("the listing", bucket.keys().await?, [].into())
}

/// To delete what is not there is no error, however often.
async fn delete_missing_key_is_ok(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.delete("k").await?;
    bucket.delete("k").await
}

/// `delete` removes the one key that it names, and no key that begins with it.
async fn delete_spares_other_keys(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for key in ["k", "kk", "k/1", "K", "l"] {
        bucket.set(key, key).await?;
    }
    bucket.delete("k").await?;
    for key in ["kk", "k/1", "K", "l"] {
        bucket.expect(key, key).await?;
    }
    bucket.expect_missing("k").await
}

/// A deleted key can be written again, and holds only what was written then.
async fn set_after_delete_creates_again(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for value in ["first value", "second"] {
        bucket.set("k", value).await?;
        bucket.expect("k", value).await?;
        bucket.delete("k").await?;
        bucket.expect_missing("k").await?;
    }
    Ok(())
}

/// `exists` is true exactly when `get` has a value, also for an empty one and for another key's prefix.
async fn exists_agrees_with_get(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("present", "v").await?;
    bucket.set("empty", "").await?;
    bucket.set("deleted", "v").await?;
    bucket.delete("deleted").await?;
    for key in ["present", "empty", "deleted", "absent", "pres", "present-not", "PRESENT"] {
        let read = bucket.get(key).await?.is_some();
        expect_eq(&format!("exists({key:?})"), bucket.exists(key).await?, read)?;
        expect_eq(&format!("whether {key:?} is there"), read, ["present", "empty"].contains(&key))?;
    }
    Ok(())
}

/// Reading creates nothing and changes nothing.
async fn reading_changes_nothing(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "v").await?;
    for _ in 0..3 {
        bucket.expect("k", "v").await?;
        bucket.expect_missing("absent").await?;
        expect_eq("exists", bucket.exists("absent").await?, false)?;
        expect_eq("the listing", bucket.keys().await?, ["k".to_owned()].into())?;
    }
    Ok(())
}

/// The same `set` or `delete` twice has the effect of one.
async fn repeated_writes_are_ok(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for _ in 0..3 {
        bucket.set("k", "v").await?;
    }
    bucket.expect("k", "v").await?;
    for _ in 0..3 {
        bucket.delete("k").await?;
    }
    bucket.expect_missing("k").await
}

/// A client sees its own write at once, every time.
async fn reads_its_own_writes(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    for round in 0..30_u8 {
        bucket.set("k", [round]).await?;
        bucket.expect("k", [round]).await?;
        expect_eq("exists", bucket.exists("k").await?, true)?;
        bucket.delete("k").await?;
        expect_eq("exists", bucket.exists("k").await?, false)?;
        bucket.expect_missing("k").await?;
    }
    Ok(())
}

/// Two handles that one guest opened with one label show the same data at once.
async fn two_handles_are_one_client(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let (one, two) = (guest.open(DEFAULT).await?, guest.open(DEFAULT).await?);
    for round in 0..10_u8 {
        one.set("k", [round]).await?;
        two.expect("k", [round]).await?;
        two.delete("k").await?;
        one.expect_missing("k").await?;
    }
    Ok(())
}

/// Two instances of one component are one client: each sees at once what the other wrote.
async fn two_guests_share_a_bucket(bench: &mut Bench) -> Outcome {
    let (one, two) = (bench.bucket(DEFAULT).await?, bench.bucket(DEFAULT).await?);
    for round in 0..10_u8 {
        one.set("k", [round]).await?;
        two.expect("k", [round]).await?;
        two.set("k", [round, round]).await?;
        one.expect("k", [round, round]).await?;
    }
    one.delete("k").await?;
    two.expect_missing("k").await
}

/// What is written or deleted in one bucket does not show in another.
async fn buckets_share_nothing(bench: &mut Bench) -> Outcome {
    let guest = bench.keyvalue().await?;
    let (one, two) = (guest.open(DEFAULT).await?, guest.open(OTHER).await?);
    one.set("k", "one").await?;
    two.expect_missing("k").await?;
    expect_eq("exists", two.exists("k").await?, false)?;
    two.set("k", "two").await?;
    one.expect("k", "one").await?;
    two.delete("k").await?;
    one.expect("k", "one").await
}

/// A value without a lifetime stays.
async fn nothing_expires_unasked(bench: &mut Bench) -> Outcome {
    let bucket = bench.bucket(DEFAULT).await?;
    bucket.set("k", "v").await?;
    bench.advance(std::time::Duration::from_millis(1200)).await?;
    bucket.expect("k", "v").await
}
