//! The native twin behaves as a host does, wherever it is called from.

use std::{sync::Arc, thread, time::Duration};
use wasi_cloud_sdk::{
    Applied, Error, Kind, Result, config, handlers,
    keyvalue::{Bucket, Cas, Condition, PutOptions, SwapError, Version},
    messaging::{self, Client, Handler, Message, RequestOptions},
    testing::Cloud,
};

fn kind<T>(result: Result<T>) -> Option<(Kind, Applied)> {
    result.err().map(|error| (error.kind, error.applied))
}

#[test]
fn a_test_without_a_cloud_has_one_of_its_own() -> Result<()> {
    Bucket::open("any label: at all")?.set("key", "value")?;
    assert!(Bucket::open("any label: at all")?.exists("key")?);
    assert!(!Bucket::open("another")?.exists("key")?);
    let elsewhere = thread::spawn(|| Bucket::open("any label: at all")?.exists("key")).join();
    assert!(matches!(elsewhere, Ok(Ok(false))));
    messaging::publish("topic", "data")
}

#[test]
fn clouds_are_apart_and_the_youngest_is_current() -> Result<()> {
    let outer = Cloud::new();
    Bucket::open("default")?.set("key", "outer")?;
    {
        let _inner = Cloud::new();
        assert_eq!(Bucket::open("default")?.get("key")?, None);
        let _entered = outer.enter();
        assert!(Bucket::open("default")?.exists("key")?);
    }
    assert!(Bucket::open("default")?.exists("key")?);
    drop(outer);
    assert_eq!(Bucket::open("default")?.get("key")?, None);
    Ok(())
}

#[test]
fn the_standard_functions() -> Result<()> {
    let bucket = Bucket::open("default")?;
    bucket.set("a", [0, 0x80, 0xff])?;
    assert_eq!(bucket.get("a")?, Some(vec![0, 0x80, 0xff]));
    bucket.set_many(&[("b", "1".to_owned()), ("c", String::new())])?;
    let found = bucket.get_many(&["c", "absent", "b"])?;
    assert_eq!(found, [Some(("c".to_owned(), vec![])), None, Some(("b".to_owned(), b"1".to_vec()))]);
    let mut keys = bucket.keys().collect::<Result<Vec<_>>>()?;
    keys.sort();
    assert_eq!(keys, ["a", "b", "c"]);
    bucket.delete_many(&["a", "absent"])?;
    bucket.delete("b")?;
    assert_eq!(bucket.list_page(None)?.keys, ["c"]);
    assert_eq!((bucket.increment("n", 5)?, bucket.increment("n", -7)?), (5, -2));
    assert_eq!(kind(bucket.increment("c", 1)), Some((Kind::Other, Applied::Maybe)));
    Ok(())
}

#[test]
fn a_swap_fails_once_and_then_succeeds() -> Result<()> {
    let bucket = Bucket::open("default")?;
    let cas = Cas::new(&bucket, "key")?;
    assert_eq!(cas.current()?, None);
    bucket.set("key", "theirs")?;
    let Err(SwapError::Failed(fresh)) = cas.swap("ours") else { return Err(Error::other("the swap went through")) };
    assert_eq!(fresh.current()?.as_deref(), Some(&b"theirs"[..]));
    assert!(fresh.swap("ours").is_ok());
    assert_eq!(bucket.get("key")?.as_deref(), Some(&b"ours"[..]));
    Ok(())
}

#[test]
fn updates_at_once_are_all_there() -> Result<()> {
    let cloud = Cloud::new();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let _entered = cloud.enter();
                for _ in 0..25 {
                    let appended = Bucket::open("default").and_then(|bucket| {
                        bucket.update("log", |old| Some([old.unwrap_or_default(), vec![b'x']].concat()))
                    });
                    assert!(appended.is_ok(), "{appended:?}");
                }
            });
        }
    });
    let bucket = Bucket::open("default")?;
    assert_eq!(bucket.get("log")?.map(|log| log.len()), Some(100));
    assert_eq!(bucket.update("log", |_| None)?, None);
    assert_eq!(bucket.try_update("log", |_| Err(Error::other("no"))).map_err(|e| e.message), Err("no".to_owned()));
    assert_eq!(bucket.get("log")?.map(|log| log.len()), Some(100));
    // A change that is always late.
    let mut calls = 0;
    let late = bucket.update("log", |_| {
        calls += 1;
        bucket.set("log", calls.to_string()).ok().map(|()| vec![])
    });
    assert_eq!((kind(late), calls), (Some((Kind::Conflict, Applied::No)), wasi_cloud_sdk::keyvalue::MAX_UPDATES));
    Ok(())
}

#[test]
fn the_extension_tells_more() -> Result<()> {
    let bucket = Bucket::open("default")?;
    let first = bucket.put("key", "1", PutOptions::new().if_absent())?;
    assert_eq!(bucket.get_entry("key")?.map(|e| (e.value, e.version)), Some((b"1".to_vec(), first.clone())));
    let second = bucket.put("key", "2", PutOptions::new().if_version(&first))?;
    let stale = PutOptions::new().if_version(&first);
    assert_eq!(kind(bucket.put("key", "3", stale)), Some((Kind::Conflict, Applied::No)));
    assert_eq!(kind(bucket.delete_if("key", Condition::Absent)), Some((Kind::Invalid, Applied::No)));
    assert!(kind(bucket.delete_if("key", Condition::Version(Version::new("never")))).is_some());
    assert_eq!(kind(bucket.put("key", "3", PutOptions::new().ttl(Duration::ZERO))), Some((Kind::Invalid, Applied::No)));
    assert_eq!(kind(bucket.list_page_prefix("", None, 0)), Some((Kind::Invalid, Applied::No)));
    assert_eq!(bucket.list_page_prefix("ke", None, 10)?.keys, ["key"]);
    assert!(bucket.list_page_prefix("x", None, 10)?.keys.is_empty());
    assert!(bucket.delete_if("key", Condition::Version(second))?);
    assert!(!bucket.delete_if("key", Condition::Always)?);
    Ok(())
}

#[test]
fn what_is_not_granted_or_not_linked_is_refused() -> Result<()> {
    let _cloud = Cloud::builder()
        .grants(["keyvalue:*", "keyvalue:default", "messaging:default", "config:default"])
        .deny("keyvalue:secret")
        .unlink("keyvalue:gone")
        .unlink("messaging:default")
        .unlink("config:default")
        .start()?;
    assert_eq!(kind(Bucket::open("secret")), Some((Kind::AccessDenied, Applied::No)));
    assert_eq!(kind(Bucket::open("gone")), Some((Kind::NotFound, Applied::No)));
    assert_eq!(kind(Client::connect("default")), Some((Kind::Other, Applied::No)));
    assert_eq!(kind(Client::connect("events")), Some((Kind::AccessDenied, Applied::No)));
    assert_eq!(kind(config::get("key")), Some((Kind::Other, Applied::No)));
    let _read_only = Cloud::builder().grants(["keyvalue:default:read"]).start()?;
    let bucket = Bucket::open("default")?;
    assert_eq!(bucket.get("key")?, None);
    assert_eq!(kind(bucket.set("key", "value")), Some((Kind::AccessDenied, Applied::No)));
    assert_eq!(kind(bucket.put("key", "v", PutOptions::new())), Some((Kind::AccessDenied, Applied::No)));
    for bad in ["keyvalue", "kv:default", "keyvalue:"] {
        assert_eq!(kind(Cloud::builder().deny(bad).start()), Some((Kind::Invalid, Applied::No)), "{bad}");
        assert_eq!(kind(Cloud::builder().grants([bad]).start()), Some((Kind::Invalid, Applied::No)), "{bad}");
    }
    Ok(())
}

#[test]
fn what_was_sent_is_seen_whole() -> Result<()> {
    let cloud = Cloud::new();
    let client = Client::connect("default")?;
    let mut message = Message::new("{}");
    message.set_content_type("application/json");
    message.set_metadata([("a", "1"), ("b", "2"), ("a", "3")]);
    message.add_metadata("c", "4");
    message.remove_metadata("b");
    client.send("topic", message)?;
    assert_eq!(kind(client.send("wild.*", Message::new(""))), Some((Kind::Other, Applied::Maybe)));
    client.disconnect()?;
    assert_eq!(kind(client.send("topic", Message::new(""))).map(|(kind, _)| kind), Some(Kind::Unavailable));
    let [sent] = &cloud.published()[..] else { return Err(Error::other("not one message")) };
    assert_eq!(
        (&*sent.topic, &*sent.data, sent.content_type.as_deref()),
        ("topic", &b"{}"[..], Some("application/json"))
    );
    let mut metadata = sent.metadata.clone();
    metadata.sort();
    assert_eq!(metadata, [("a".to_owned(), "3".to_owned()), ("c".to_owned(), "4".to_owned())]);
    Ok(())
}

#[test]
fn responders_answer_and_may_use_the_cloud() -> Result<()> {
    let cloud = Cloud::new();
    let client = Client::connect("default")?;
    let ask = |options| client.request("topic", &Message::new("?"), options);
    assert_eq!(kind(ask(RequestOptions::new())).map(|(kind, _)| kind), Some(Kind::Unavailable));
    for name in ["a", "b"] {
        cloud.reply_with("topic", move |question| {
            let asked = Bucket::open("default").and_then(|bucket| bucket.increment(name, 1));
            assert_eq!((question.topic().as_deref(), asked.is_ok()), (Some("topic"), true));
            Message::new(name)
        });
    }
    let mut replies: Vec<_> = ask(RequestOptions::new().expected_replies(2))?.iter().map(Message::data).collect();
    replies.sort();
    assert_eq!(replies, [b"a", b"b"]);
    assert_eq!(ask(RequestOptions::new())?.len(), 1);
    assert_eq!(cloud.published().len(), 2);
    Ok(())
}

#[test]
fn a_responder_that_panics_is_an_error() -> Result<()> {
    let cloud = Cloud::new();
    cloud.reply_with("topic", |_| panic!("on purpose"));
    let answer = Client::connect("default")?.request("topic", &Message::new("?"), RequestOptions::new());
    assert_eq!(kind(answer), Some((Kind::Other, Applied::Maybe)));
    Ok(())
}

#[handlers]
mod topics {
    use wasi_cloud_sdk::{Error, Kind, Result, messaging::Message};

    #[on_message("own")]
    fn own(_: Message) -> Result<()> {
        Err(Error::new(Kind::Quota, "full"))
    }

    #[on_message("foreign")]
    fn foreign(message: Message) -> Result<(), std::str::Utf8Error> {
        std::str::from_utf8(&message.data()).map(drop)
    }

    #[on_message("boxed")]
    fn boxed(message: Message) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        if message.metadata().is_none() { Err("no metadata".into()) } else { Ok(()) }
    }
}

#[test]
fn a_dispatcher_dispatches_and_keeps_errors() -> Result<()> {
    let cloud = Cloud::new();
    let deliver = |topic, data: &[u8]| cloud.deliver(topic, topics::Handlers::handle, data).map_err(|e| e.to_string());
    assert_eq!(deliver("own", b""), Err("quota: full".to_owned()));
    assert_eq!(deliver("foreign", b"text"), Ok(()));
    assert!(deliver("foreign", b"\xff").is_err_and(|text| text.contains("utf-8")));
    assert_eq!(deliver("boxed", b""), Err("other: no metadata".to_owned()));
    let mut message = Message::new("");
    message.add_metadata("a", "b");
    cloud.deliver_message("boxed", topics::Handlers::handle, message)?;
    assert!(deliver("nobody's", b"").is_err_and(|text| text.contains("nobody's")));
    assert_eq!(kind(topics::Handlers::handle(Message::new(""))), Some((Kind::Invalid, Applied::No)));
    Ok(())
}

#[test]
fn replies_reach_the_one_who_asked() -> Result<()> {
    let cloud = Cloud::new();
    let twice = |message: Message| -> Result<()> {
        let mut reply = Message::new("1");
        reply.set_content_type("text/plain");
        message.reply(reply)?;
        message.reply(Message::new("2"))
    };
    let replies = cloud.ask("topic", twice, Message::new("?"))?;
    assert_eq!(replies.iter().map(Message::data).collect::<Vec<_>>(), [b"1", b"2"]);
    assert_eq!(replies[0].content_type().as_deref(), Some("text/plain"));
    assert!(replies.iter().all(|reply| reply.topic().is_none() && reply.metadata().is_none()));
    // Who did not ask gets none, and that is no error.
    cloud.deliver("topic", twice, "?")
}

#[tokio::test(flavor = "current_thread")]
async fn it_works_inside_of_a_runtime() -> Result<()> {
    let cloud = Arc::new(Cloud::new());
    Bucket::open("default")?.set("key", "value")?;
    let other = cloud.clone();
    let read = tokio::task::spawn_blocking(move || {
        let _entered = other.enter();
        Bucket::open("default")?.get("key")
    });
    assert_eq!(read.await.map_err(Error::other)??.as_deref(), Some(&b"value"[..]));
    Ok(())
}

#[test]
fn json_comes_back_and_what_is_none_is_an_error() -> Result<()> {
    let bucket = Bucket::open("default")?;
    bucket.set_json("key", &vec![1, 2])?;
    assert_eq!(bucket.get("key")?.as_deref(), Some(&b"[1,2]"[..]));
    assert_eq!(bucket.get_json::<Vec<u8>>("key")?, Some(vec![1, 2]));
    assert_eq!(bucket.get_json::<Vec<u8>>("absent")?, None);
    assert_eq!(kind(bucket.get_json::<String>("key")), Some((Kind::Other, Applied::No)));
    let unwritable = std::collections::BTreeMap::from([(vec![1], 1)]);
    assert_eq!(kind(bucket.set_json("key", &unwritable)), Some((Kind::Invalid, Applied::No)));
    Ok(())
}

#[test]
fn configuration_is_what_was_given() -> Result<()> {
    let _cloud = Cloud::builder().config("a", "1").config("empty", "").start()?;
    assert_eq!(config::get("empty")?.as_deref(), Some(""));
    assert_eq!(config::get("absent")?, None);
    assert_eq!(config::get_all()?, [("a".to_owned(), "1".to_owned()), ("empty".to_owned(), String::new())]);
    Ok(())
}
