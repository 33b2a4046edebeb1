use crate::support::{Both, PATIENCE, Server, open};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use wasi_cloud_core::{
    Applied, Kind,
    escape::hostile,
    keyvalue::{Condition, KeyValue, PutOptions, Version},
};

crate::tests![
    values_are_plain_to_others,
    batches_are_one_round_trip,
    versions_never_come_back,
    a_lifetime_that_is_over_at_once_is_no_conflict,
    a_foreign_write_changes_the_version,
    conditions_hold_at_the_instant_of_the_write,
    a_lifetime_is_exact_and_cleared_by_set,
    counters_are_exact,
    what_is_no_string_is_left_alone,
    hostile_names_share_nothing,
    listings_are_complete_and_bounded,
    cursors_carry_what_a_page_had_no_room_for,
    foreign_names_are_skipped,
    full_memory_is_quota,
    forgotten_scripts_are_sent_again,
];

async fn store(server: &Server) -> Arc<dyn KeyValue> {
    let (store, _): Both = open(&server.url()).await.expect("opens");
    store
}

async fn set(store: &dyn KeyValue, key: &str, value: &[u8]) -> Version {
    store.put("b", key, value, &PutOptions::default()).await.expect("written")
}

fn when(condition: Condition) -> PutOptions {
    PutOptions { condition, ttl: None }
}

fn lasting(ttl: Duration) -> PutOptions {
    PutOptions { condition: Condition::Always, ttl: Some(ttl) }
}

async fn values_are_plain_to_others(server: Server) {
    let store = store(&server).await;
    set(&*store, "user:caf\u{e9}/1", b"hello").await;
    assert_eq!(server.cli(&["GET", "b:user:caf\u{e9}/1"]), "hello");
    store.increment("b", "n", 41).await.expect("a counter");
    assert_eq!(server.cli(&["INCR", "b:n"]), "42");
    assert_eq!(store.increment("b", "n", 0).await.expect("a counter"), 42);
    server.cli(&["SET", "b:theirs", "x"]);
    assert_eq!(store.get("b", "theirs").await.expect("an answer").as_deref(), Some(&b"x"[..]));
    store.delete("b", "theirs", &Condition::Always).await.expect("an answer");
    store.delete_many("b", &["user:caf\u{e9}/1".to_owned(), "n".to_owned()]).await.expect("deleted");
    assert_eq!(server.cli(&["DBSIZE"]), "0", "nothing stays behind");
}

async fn batches_are_one_round_trip(server: Server) {
    let store = store(&server).await;
    let pairs: Vec<_> = (0..1000).map(|i| (format!("k{i}"), format!("v{i}").into_bytes())).collect();
    let keys: Vec<_> = pairs.iter().map(|(key, _)| key.clone()).collect();
    // The first call of a script sends it.
    store.set_many("b", &pairs[..1]).await.expect("written");
    store.delete_many("b", &keys[..1]).await.expect("deleted");
    let before = server.calls("evalsha");
    store.set_many("b", &pairs).await.expect("written");
    assert_eq!(server.calls("evalsha") - before, 1);
    let values = store.get_many("b", &keys).await.expect("read");
    assert!(values.iter().zip(&pairs).all(|(value, (_, expected))| value.as_ref() == Some(expected)));
    assert_eq!((server.calls("mget"), server.calls("incr")), (1, 1001), "one INCR of each counter in the script");
    store.delete_many("b", &keys).await.expect("deleted");
    assert_eq!(server.calls("evalsha") - before, 2);
    assert_eq!(store.get_many("b", &keys).await.expect("read"), vec![None; 1000]);
    for empty in [store.set_many("b", &[]).await, store.delete_many("b", &[]).await] {
        empty.expect("nothing to do");
    }
    assert_eq!(store.get_many("b", &[]).await.expect("nothing to do"), Vec::<Option<Vec<u8>>>::new());
    let twice = [("t".to_owned(), b"1".to_vec()), ("t".to_owned(), b"2".to_vec())];
    store.set_many("b", &twice).await.expect("written");
    let twice = store.get_many("b", &["t".to_owned(), "absent".to_owned(), "t".to_owned()]).await.expect("read");
    assert_eq!(twice, [Some(b"2".to_vec()), None, Some(b"2".to_vec())]);
}

async fn versions_never_come_back(server: Server) {
    let store = store(&server).await;
    let mut seen = Vec::new();
    for round in 0..20 {
        seen.push(set(&*store, "k", b"same").await);
        seen.push(set(&*store, "k", b"same").await);
        let entry = store.entry("b", "k").await.expect("an answer").expect("an entry");
        assert_eq!((&*entry.value, Some(&entry.version)), (&b"same"[..], seen.last()));
        assert_eq!(store.entry("b", "k").await.expect("an answer"), Some(entry), "reading changes nothing");
        match round % 3 {
            0 => assert!(store.delete("b", "k", &Condition::Always).await.expect("deleted")),
            1 => store.delete_many("b", &["k".to_owned()]).await.expect("deleted"),
            _ => {
                seen.push(store.put("b", "k", b"same", &lasting(Duration::from_millis(1))).await.expect("written"));
                gone(&*store, "k").await;
            }
        }
    }
    let all = seen.len();
    seen.sort_by(|a, b| a.0.cmp(&b.0));
    seen.dedup();
    assert_eq!(seen.len(), all);
}

async fn a_lifetime_that_is_over_at_once_is_no_conflict(server: Server) {
    let store = store(&server).await;
    // A machine that stands still in the middle of the step makes the same of every short one.
    let over = store.put("b", "k", b"v", &lasting(Duration::ZERO)).await.expect("written");
    gone(&*store, "k").await;
    assert_ne!(over, set(&*store, "k", b"v").await);
}

async fn gone(store: &dyn KeyValue, key: &str) {
    let deadline = Instant::now() + PATIENCE;
    while store.exists("b", key).await.expect("an answer") {
        assert!(Instant::now() < deadline, "{key} does not expire");
        tokio::task::yield_now().await;
    }
}

async fn a_foreign_write_changes_the_version(server: Server) {
    let store = store(&server).await;
    let ours = set(&*store, "k", b"1").await;
    server.cli(&["SET", "b:k", "2"]);
    let stale = store.put("b", "k", b"3", &when(Condition::Version(ours))).await.expect_err("written since");
    assert_eq!((stale.kind, stale.applied), (Kind::Conflict, Applied::No));
    let entry = store.entry("b", "k").await.expect("an answer").expect("an entry");
    assert_eq!(entry.value, b"2");
    store.put("b", "k", b"3", &when(Condition::Version(entry.version))).await.expect("undisturbed");
    server.cli(&["SET", "b:theirs", "x"]);
    let theirs = store.entry("b", "theirs").await.expect("an answer").expect("an entry").version;
    let next = store.put("b", "theirs", b"x", &when(Condition::Version(theirs.clone()))).await.expect("undisturbed");
    assert_ne!(theirs, next);
    server.cli(&["HSET", "{b:theirs}:version", "not", "a-counter"]);
    server.cli(&["SET", "{b:theirs}:version", "not a counter"]);
    assert_ne!(set(&*store, "theirs", b"x").await, next, "a broken companion mends");
}

async fn conditions_hold_at_the_instant_of_the_write(server: Server) {
    let store = store(&server).await;
    let old = store.put("b", "k", b"1", &when(Condition::Absent)).await.expect("it was absent");
    let present = store.put("b", "k", b"2", &when(Condition::Absent)).await.expect_err("it is present");
    let new = store.put("b", "k", b"1", &when(Condition::Version(old.clone()))).await.expect("undisturbed");
    let mut failed = vec![present];
    for never in [&old.0[..], "", "absent", "always", "0-", &new.0[..new.0.len() - 1]] {
        let never = Condition::Version(Version(never.to_owned()));
        failed.push(store.put("b", "k", b"2", &when(never.clone())).await.expect_err("no such version"));
        failed.push(store.delete("b", "k", &never).await.expect_err("no such version"));
        failed.push(store.put("b", "absent", b"2", &when(never.clone())).await.expect_err("absent"));
        failed.push(store.delete("b", "absent", &never).await.expect_err("absent"));
    }
    assert!(failed.iter().all(|e| (e.kind, e.applied) == (Kind::Conflict, Applied::No)));
    assert!(!store.exists("b", "absent").await.expect("an answer"));
    assert_eq!(store.entry("b", "k").await.expect("an answer").map(|e| e.version), Some(new.clone()));
    let (condition, mut won) = (when(Condition::Version(new)), 0);
    let race = (0..32).map(|_| store.put("b", "k", b"3", &condition));
    for put in futures::future::join_all(race).await {
        won += u32::from(put.is_ok());
    }
    assert_eq!(won, 1);
    assert!(!store.delete("b", "absent", &Condition::Always).await.expect("an answer"));
}

async fn a_lifetime_is_exact_and_cleared_by_set(server: Server) {
    let store = store(&server).await;
    let ttl = Duration::from_secs(1000);
    store.put("b", "k", b"1", &lasting(ttl)).await.expect("written");
    let both = || (server.cli(&["PEXPIRETIME", "b:k"]), server.cli(&["PEXPIRETIME", "{b:k}:version"]));
    let (value, companion) = both();
    assert_eq!(value, companion);
    let left: u64 = server.cli(&["PTTL", "b:k"]).parse().expect("a number");
    assert!((900_000..=1_000_000).contains(&left), "{left}");
    assert_eq!(store.increment("b", "k", 1).await.expect("a counter"), 2);
    assert_eq!(both(), (value.clone(), value), "increment keeps the lifetime");
    set(&*store, "k", b"1").await;
    assert_eq!(both(), ("-1".to_owned(), "-1".to_owned()));
    store.put("b", "k", b"1", &lasting(ttl)).await.expect("written");
    store.set_many("b", &[("k".to_owned(), b"1".to_vec())]).await.expect("written");
    assert_eq!(both(), ("-1".to_owned(), "-1".to_owned()));
    server.cli(&["SET", "b:theirs", "1", "PX", "500000"]);
    store.increment("b", "theirs", 1).await.expect("a counter");
    assert_ne!(server.cli(&["PTTL", "{b:theirs}:version"]), "-1", "the companion does not outlive a foreign lifetime");
    let start = Instant::now();
    store.put("b", "short", b"1", &lasting(Duration::from_millis(40))).await.expect("written");
    gone(&*store, "short").await;
    assert!(start.elapsed() >= Duration::from_millis(40), "never early");
    store.put("b", "short", b"2", &when(Condition::Absent)).await.expect("expired is absent");
    let endless = store.put("b", "k", b"2", &lasting(Duration::MAX)).await.expect_err("too long");
    assert_eq!(endless.kind, Kind::Quota);
    store.put("b", "k", b"2", &lasting(Duration::from_millis(1 << 52))).await.expect("long, and kept");
    assert_eq!(store.get("b", "k").await.expect("an answer").as_deref(), Some(&b"2"[..]));
}

async fn counters_are_exact(server: Server) {
    let store = store(&server).await;
    assert_eq!(store.increment("b", "k", 0).await.expect("created"), 0);
    assert_eq!(store.increment("b", "k", i64::MAX).await.expect("exact"), i64::MAX);
    let version = store.entry("b", "k").await.expect("an answer").expect("there").version;
    let over = store.increment("b", "k", 1).await.expect_err("past the range");
    assert_eq!((over.kind, over.applied), (Kind::Other, Applied::No));
    let entry = store.entry("b", "k").await.expect("an answer").expect("there");
    assert_eq!((entry.value, entry.version), (i64::MAX.to_string().into_bytes(), version.clone()));
    assert_eq!(store.increment("b", "k", -1).await.expect("exact"), i64::MAX - 1);
    assert_ne!(store.entry("b", "k").await.expect("an answer").expect("there").version, version);
    assert_eq!(store.increment("b", "m", i64::MIN).await.expect("exact"), i64::MIN);
    assert_eq!(store.increment("b", "m", 0).await.expect("exact"), i64::MIN);
    for bad in [&b""[..], b"+1", b" 1", b"1 ", b"01", b"-0", b"1.0", b"9223372036854775808", b"\xff", b"one", b"1\0"] {
        set(&*store, "bad", bad).await;
        let refused = store.increment("b", "bad", 1).await.expect_err("no counter");
        assert_eq!((refused.kind, refused.applied), (Kind::Other, Applied::No), "{bad:?}");
        assert_eq!(store.get("b", "bad").await.expect("an answer").as_deref(), Some(bad));
    }
    let all = futures::future::join_all((0..100).map(|_| store.increment("b", "c", 1))).await;
    let mut all: Vec<_> = all.into_iter().map(|n| n.expect("counted")).collect();
    all.sort_unstable();
    assert_eq!(all, (1..=100).collect::<Vec<_>>());
}

async fn what_is_no_string_is_left_alone(server: Server) {
    let store = store(&server).await;
    server.cli(&["RPUSH", "b:list", "a"]);
    let keys = ["list".to_owned(), "other".to_owned()];
    let pairs = [("other".to_owned(), b"1".to_vec()), ("list".to_owned(), b"1".to_vec())];
    let errors = [
        store.get("b", "list").await.map(drop),
        store.entry("b", "list").await.map(drop),
        store.exists("b", "list").await.map(drop),
        store.put("b", "list", b"1", &PutOptions::default()).await.map(drop),
        store.put("b", "list", b"1", &when(Condition::Absent)).await.map(drop),
        store.delete("b", "list", &Condition::Always).await.map(drop),
        store.increment("b", "list", 1).await.map(drop),
        store.set_many("b", &pairs).await,
        store.delete_many("b", &keys).await,
    ];
    for (i, error) in errors.into_iter().enumerate() {
        let error = error.expect_err("no string");
        assert_eq!((error.kind, error.applied), (Kind::Other, Applied::No), "{i}: {error}");
    }
    assert_eq!(server.cli(&["LRANGE", "b:list", "0", "-1"]), "a");
    assert_eq!(server.cli(&["DBSIZE"]), "1");
    assert_eq!(store.list("b", "", None, None).await.expect("a page").keys, Vec::<String>::new());
}

async fn hostile_names_share_nothing(server: Server) {
    let store = store(&server).await;
    let names: Vec<_> = hostile().into_iter().map(|h| h.text).collect();
    for bucket in &names {
        let pairs: Vec<_> = names.iter().map(|key| (key.clone(), format!("{bucket}/{key}").into_bytes())).collect();
        store.set_many(bucket, &pairs).await.expect("written");
    }
    for bucket in &names {
        for (key, value) in names.iter().zip(store.get_many(bucket, &names).await.expect("read")) {
            assert_eq!(value, Some(format!("{bucket}/{key}").into_bytes()));
        }
        let mut listed = all(&*store, bucket, "", Some(7)).await;
        let mut expected = names.clone();
        listed.sort();
        expected.sort();
        assert_eq!(listed, expected, "{bucket}");
    }
    for prefix in &names {
        let mut listed = all(&*store, "*?[a-z]", prefix, None).await;
        let mut expected: Vec<_> = names.iter().filter(|key| key.starts_with(prefix)).cloned().collect();
        listed.sort();
        expected.sort();
        assert_eq!(listed, expected, "{prefix}");
    }
}

async fn all(store: &dyn KeyValue, bucket: &str, prefix: &str, limit: Option<usize>) -> Vec<String> {
    let (mut keys, mut cursor) = (Vec::new(), None);
    loop {
        let page = store.list(bucket, prefix, cursor.as_deref(), limit).await.expect("a page");
        assert!(limit.is_none_or(|limit| page.keys.len() <= limit));
        keys.extend(page.keys);
        cursor = page.cursor;
        if cursor.is_none() {
            return keys;
        }
    }
}

async fn listings_are_complete_and_bounded(server: Server) {
    let store = store(&server).await;
    assert_eq!(all(&*store, "b", "", None).await, Vec::<String>::new());
    let pairs: Vec<_> = (0..3000).map(|i| (format!("k{i:04}"), Vec::new())).collect();
    store.set_many("b", &pairs).await.expect("written");
    store.set_many("other", &pairs).await.expect("written");
    let expected: Vec<_> = pairs.iter().map(|(key, _)| key.clone()).collect();
    for limit in [None, Some(1000), Some(999), Some(100), Some(33)] {
        let mut listed = all(&*store, "b", "k", limit).await;
        listed.sort();
        listed.dedup();
        assert_eq!(listed, expected, "{limit:?}");
    }
    let page = store.list("b", "", None, None).await.expect("a page");
    assert!(page.keys.len() < 3000 && page.cursor.is_some(), "paged");
    let mut few = all(&*store, "b", "k000", Some(3)).await;
    few.sort();
    few.dedup();
    assert_eq!(few, expected[..10]);
    for garbage in ["", "0", "garbage", "e30"] {
        let error = store.list("b", "", Some(garbage), None).await.expect_err(garbage);
        assert_eq!(error.kind, Kind::Invalid);
    }
}

async fn cursors_carry_what_a_page_had_no_room_for(server: Server) {
    let store = store(&server).await;
    let pairs: Vec<_> = (0..50).map(|i| (format!("k{i:02}"), Vec::new())).collect();
    store.set_many("b", &pairs).await.expect("written");
    let first = store.list("b", "", None, Some(10)).await.expect("a page");
    assert_eq!(first.keys.len(), 10);
    let cursor = first.cursor.as_deref();
    store.delete_many("b", &first.keys).await.expect("deleted");
    let second = store.list("b", "", cursor, Some(10)).await.expect("a page");
    store.delete_many("b", &second.keys[..5]).await.expect("deleted");
    let again = store.list("b", "", cursor, Some(40)).await.expect("a page");
    assert_eq!(again.keys.len(), 35, "what was deleted meanwhile is not listed");
    assert!(again.keys.starts_with(&second.keys[5..]));
    let elsewhere = store.list("c", "", cursor, None).await.expect_err("another bucket");
    assert_eq!(elsewhere.kind, Kind::Invalid);
    let narrower = store.list("b", "k4", cursor, Some(40)).await.expect("a page");
    assert!(narrower.keys.iter().all(|key| key.starts_with("k4")));
}

async fn foreign_names_are_skipped(server: Server) {
    let store = store(&server).await;
    for foreign in ["b:a%2Fb", "b:{x}", "b:%", "bb:k", "{b:k}:stream"] {
        server.cli(&["SET", foreign, "x"]);
    }
    server.cli(&["EVAL", "return redis.call('SET', 'b:\\255', 'x')", "0"]);
    server.cli(&["SET", &format!("b:{}", "x".repeat(1025)), "x"]);
    server.cli(&["SET", "b:fine", "x"]);
    assert_eq!(all(&*store, "b", "", None).await, ["fine"]);
}

async fn full_memory_is_quota(server: Server) {
    let (store, broker) = open(&server.url()).await.expect("opens");
    set(&*store, "k", b"1").await;
    let version = store.entry("b", "k").await.expect("an answer");
    server.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    let errors = [
        store.put("b", "k", b"2", &PutOptions::default()).await.map(drop),
        store.put("b", "new", b"2", &lasting(Duration::from_secs(9))).await.map(drop),
        store.increment("b", "k", 1).await.map(drop),
        store.set_many("b", &[("k".to_owned(), b"2".to_vec())]).await,
        broker.publish("s", "t", &Default::default()).await,
    ];
    for (i, error) in errors.into_iter().enumerate() {
        let error = error.expect_err("no memory");
        assert_eq!((error.kind, error.applied), (Kind::Quota, Applied::No), "{i}: {error}");
    }
    assert_eq!(store.entry("b", "k").await.expect("an answer"), version);
    assert_eq!(server.cli(&["DBSIZE"]), "2");
}

async fn forgotten_scripts_are_sent_again(server: Server) {
    let store = store(&server).await;
    for i in 0..3 {
        server.cli(&["SCRIPT", "FLUSH"]);
        assert_eq!(store.increment("b", "k", 1).await.expect("counted once"), i + 1);
    }
}
