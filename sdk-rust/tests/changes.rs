//! What a test can do to its cloud while code runs.

use std::time::{Duration, Instant};
use wasi_cloud_sdk::{
    Applied, Kind, Result, config,
    keyvalue::{Bucket, Condition, PutOptions},
    messaging,
    testing::{Cloud, Fault},
};

fn kind<T>(result: Result<T>) -> Option<(Kind, Applied)> {
    result.err().map(|error| (error.kind, error.applied))
}

#[test]
fn grants_change_for_open_handles_too() -> Result<()> {
    let cloud = Cloud::builder().deny("keyvalue:secret").start()?;
    let (bucket, client) = (Bucket::open("default")?, messaging::Client::connect("default")?);
    cloud.grant(["keyvalue:default:read", "keyvalue:secret"])?;
    assert_eq!(bucket.get("key")?, None);
    assert_eq!(kind(bucket.set("key", "value")), Some((Kind::AccessDenied, Applied::No)));
    assert_eq!(kind(client.send("topic", messaging::Message::new(""))), Some((Kind::AccessDenied, Applied::No)));
    assert_eq!(kind(Bucket::open("secret")), Some((Kind::AccessDenied, Applied::No)));
    assert_eq!(kind(cloud.grant(["keyvalue"])), Some((Kind::Invalid, Applied::No)));
    assert!(bucket.exists("key").is_ok(), "a rule that cannot be read changes nothing");
    cloud.grant([""; 0])?;
    assert_eq!(kind(bucket.exists("key")), Some((Kind::AccessDenied, Applied::No)));
    cloud.grant(["keyvalue:*"])?;
    bucket.set("key", "value")
}

#[test]
fn a_list_of_links_is_whole() -> Result<()> {
    let _cloud =
        Cloud::builder().links(["keyvalue:one", "keyvalue:two", "config:default"]).unlink("keyvalue:two").start()?;
    Bucket::open("one")?.set("key", "value")?;
    assert_eq!(kind(Bucket::open("two")), Some((Kind::NotFound, Applied::No)));
    assert_eq!(kind(Bucket::open("default")), Some((Kind::NotFound, Applied::No)));
    assert_eq!(kind(messaging::Client::connect("default")), Some((Kind::Other, Applied::No)));
    assert_eq!(config::get("key")?, None);
    assert_eq!(kind(Cloud::builder().links(["kv:one"]).start()), Some((Kind::Invalid, Applied::No)));
    Ok(())
}

#[test]
fn a_switched_label_is_empty_and_remembers_no_version() -> Result<()> {
    let cloud = Cloud::builder().links(["keyvalue:1/a", "keyvalue:a"]).start()?;
    let (bucket, other) = (Bucket::open("a")?, Bucket::open("1/a")?);
    let version = bucket.put("key", "old", PutOptions::new())?;
    other.set("key", "other")?;
    cloud.switch("keyvalue:a")?;
    assert_eq!(bucket.get("key")?, None);
    assert_eq!(kind(bucket.delete_if("key", Condition::Version(version))), Some((Kind::Conflict, Applied::No)));
    bucket.set("key", "new")?;
    assert_eq!(other.get("key")?.as_deref(), Some(&b"other"[..]), "no label is another one's store");
    assert_eq!(Bucket::open("a")?.get("key")?.as_deref(), Some(&b"new"[..]));
    // One that nobody named yet, or that was linked to nothing, has a store after it.
    cloud.switch("keyvalue:late")?;
    Bucket::open("late")?.set("key", "value")?;
    for bad in ["keyvalue", "kv:a", "messaging:default", "config:default"] {
        assert_eq!(kind(cloud.switch(bad)), Some((Kind::Invalid, Applied::No)), "{bad}");
    }
    Ok(())
}

#[test]
fn a_fault_strikes_the_call_that_it_fits() -> Result<()> {
    let cloud = Cloud::new();
    cloud.inject(Fault::before("keyvalue:default").op("set").skip(1))?;
    let (bucket, other) = (Bucket::open("default")?, Bucket::open("other")?);
    bucket.set("key", "1")?;
    other.set("key", "1")?;
    assert_eq!(bucket.get("key")?.as_deref(), Some(&b"1"[..]));
    assert_eq!(kind(bucket.set("key", "2")), Some((Kind::Other, Applied::Maybe)));
    bucket.set("key", "3")?;
    cloud.inject(Fault::before("keyvalue:*"))?;
    assert_eq!(kind(other.get("key")), Some((Kind::Other, Applied::No)));
    assert_eq!(other.get("key")?.as_deref(), Some(&b"1"[..]));
    cloud.inject(Fault::after("messaging:default").op("send"))?;
    assert_eq!(kind(messaging::publish("topic", "data")), Some((Kind::Unavailable, Applied::Maybe)));
    assert_eq!(cloud.published().len(), 1, "it was sent all the same");
    cloud.inject(Fault::before("config:default"))?;
    assert_eq!(kind(config::get("key")), Some((Kind::Unavailable, Applied::No)));
    Ok(())
}

#[test]
fn the_extension_shows_the_kind_of_a_fault_and_whether_it_was_applied() -> Result<()> {
    let cloud = Cloud::new();
    let bucket = Bucket::open("default")?;
    let kinds = [
        Kind::NotFound,
        Kind::AccessDenied,
        Kind::Invalid,
        Kind::Conflict,
        Kind::Unsupported,
        Kind::Quota,
        Kind::Timeout,
        Kind::Unavailable,
        Kind::Other,
    ];
    for (number, of) in (0..).zip(kinds) {
        let put = || bucket.put("key", "value", PutOptions::new());
        cloud.inject(Fault::before("keyvalue:default").op("put").kind(of))?;
        assert_eq!(kind(put()), Some((of, Applied::No)));
        cloud.inject(Fault::after("keyvalue:default").op("put").kind(of))?;
        assert_eq!(kind(put()), Some((of, Applied::Maybe)));
        assert_eq!(bucket.increment("count", 1)?, number + 1);
    }
    Ok(())
}

#[test]
fn what_did_not_strike_is_counted_and_taken_back() -> Result<()> {
    let cloud = Cloud::new();
    cloud.inject(Fault::before("keyvalue:default").op("sett"))?;
    cloud.inject(Fault::before("keyvalue:*").op("delete"))?;
    let bucket = Bucket::open("default")?;
    bucket.set("key", "value")?;
    assert_eq!(cloud.heal(), 2);
    assert_eq!(cloud.heal(), 0);
    bucket.delete("key")?;
    assert_eq!(kind(cloud.inject(Fault::before("keyvalue"))), Some((Kind::Invalid, Applied::No)));
    Ok(())
}

#[test]
fn late_is_no_failure_and_no_answer_ends_with_the_call_timeout() -> Result<()> {
    let limit = Duration::from_millis(200);
    let cloud = Cloud::builder().call_timeout(limit).start()?;
    let bucket = Bucket::open("default")?;
    let late = Duration::from_millis(20);
    cloud.inject(Fault::delay("keyvalue:default", late))?;
    let began = Instant::now();
    bucket.set("key", "value")?;
    assert!(began.elapsed() >= late);
    cloud.inject(Fault::hang("keyvalue:default"))?;
    cloud.inject(Fault::hang("keyvalue:default").op("put").skip(1))?;
    let began = Instant::now();
    assert_eq!(kind(bucket.get("key")), Some((Kind::Other, Applied::No)), "the standard has no `timeout`");
    bucket.put("key", "1", PutOptions::new())?;
    assert_eq!(kind(bucket.put("key", "2", PutOptions::new())), Some((Kind::Timeout, Applied::Maybe)));
    assert!(began.elapsed() >= limit * 2);
    Ok(())
}
