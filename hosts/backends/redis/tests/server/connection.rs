use crate::support::{PATIENCE, Server, impostor, open, open_with};
use futures::future::{join, join_all};
use std::{cell::Cell, time::Duration};
use tokio::{
    task::yield_now,
    time::{Instant, timeout},
};
use wasi_cloud_core::{
    Applied, Error, Kind,
    keyvalue::{Condition, KeyValue, PutOptions},
    messaging::{Messaging, Payload, Subscription},
    provider::Timing,
};

crate::tests![
    a_url_chooses_server_database_and_password,
    a_wrong_password_is_unavailable_and_never_shown,
    nobody_there_is_unavailable,
    after_a_restart_the_next_call_works,
    a_kill_under_load_loses_no_acknowledged_write,
    a_lost_answer_is_indefinite_for_a_write,
    nonsense_is_an_error_everywhere,
    calls_at_once_wait_for_one_timeout,
];

async fn a_url_chooses_server_database_and_password(server: Server) {
    for (url, db) in [(format!("{}/2", server.url()), "2"), (format!("{}?db=3", server.socket()), "3")] {
        let (store, _) = open(&url).await.expect("opens");
        store.put("b", "k", b"v", &PutOptions::default()).await.expect("written");
        assert_eq!(server.cli(&["-n", db, "GET", "b:k"]), "v");
    }
    server.cli(&["CONFIG", "SET", "requirepass", "hunter2"]);
    server.cli(&["-a", "hunter2", "ACL", "SETUSER", "us@er", "on", ">p/w", "~*", "&*", "+@all"]);
    let host = server.url().replace("redis://", "");
    for login in [
        format!("redis://:hunter2@{host}"),
        format!("redis://{host}?secret=NAME"),
        format!("redis://us%40er:p%2Fw@{host}"),
    ] {
        open(&login).await.expect("the password is right");
    }
}

fn refused(error: &Error) {
    assert_eq!((error.kind, error.applied), (Kind::Unavailable, Applied::No), "{error}");
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
}

async fn a_wrong_password_is_unavailable_and_never_shown(server: Server) {
    let (store, broker) = open(&server.url()).await.expect("opens");
    server.cli(&["CONFIG", "SET", "requirepass", "other"]);
    let host = server.url().replace("redis://", "");
    for url in [format!("redis://:hunter2@{host}"), format!("redis://{host}?secret=NAME"), server.url()] {
        refused(&open(&url).await.err().expect("refused"));
    }
    // Those that are logged in stay so, until they have to log in again.
    server.cli(&["-a", "other", "CLIENT", "KILL", "TYPE", "normal"]);
    let put = || async { store.put("b", "k", b"v", &PutOptions::default()).await };
    let deadline = Instant::now() + PATIENCE;
    while put().await.is_ok() {
        assert!(Instant::now() < deadline);
    }
    refused(&put().await.expect_err("refused"));
    refused(&broker.publish("s", "t", &Payload::default()).await.expect_err("refused"));
    server.cli(&["-a", "other", "ACL", "SETUSER", "reader", "on", ">p", "~*", "&*", "+@all", "-get", "-evalsha"]);
    let (store, _) = open(&format!("redis://reader:p@{host}")).await.expect("opens");
    refused(&store.get("b", "k").await.expect_err("not permitted"));
    refused(&store.increment("b", "k", 1).await.expect_err("not permitted"));
}

async fn nobody_there_is_unavailable(mut server: Server) {
    server.kill();
    for url in [server.url(), format!("{}-not", server.socket()), "redis://no-such-host.invalid".to_owned()] {
        refused(&open(&url).await.err().expect("nobody there"));
    }
}

fn sooner() -> Timing {
    Timing { response: Duration::from_millis(300), ..Timing::default() }
}

async fn after_a_restart_the_next_call_works(mut server: Server) {
    let (store, broker) = open(&server.url()).await.expect("opens");
    let subscription = |group: Option<&str>| Subscription {
        topics: vec!["t".to_owned()],
        group: group.map(str::to_owned),
        max_deliveries: 2,
        dead_letter: None,
    };
    let mut inboxes = [
        broker.subscribe("s", &subscription(Some("g"))).await.expect("subscribed"),
        broker.subscribe("s", &subscription(None)).await.expect("subscribed"),
    ];
    store.put("b", "k", b"v", &PutOptions::default()).await.expect("written");
    server.kill();
    for _ in 0..3 {
        let put = timeout(PATIENCE, store.put("b", "k", b"v", &PutOptions::default())).await.expect("in time");
        assert_eq!(put.expect_err("nobody there").kind, Kind::Unavailable);
        assert_eq!(store.get("b", "k").await.expect_err("nobody there").kind, Kind::Unavailable);
    }
    for inbox in &mut inboxes {
        let next = timeout(PATIENCE, inbox.next()).await.expect("in time");
        assert_eq!(next.expect_err("nobody there").kind, Kind::Unavailable);
    }
    server.restart();
    store.put("b", "k", b"v", &PutOptions::default()).await.expect("the first call works");
    broker.publish("s", "t", &Payload { data: b"after".to_vec(), ..Payload::default() }).await.expect("published");
    for inbox in &mut inboxes {
        let next = timeout(PATIENCE, inbox.next()).await.expect("in time").expect("a message");
        assert_eq!(next.payload.data, b"after");
    }
    // A server that went away and came back while nobody called.
    server.restart();
    let deadline = Instant::now() + PATIENCE;
    while server.cli(&["PING"]) != "PONG" {
        assert!(Instant::now() < deadline);
    }
    // The runtime hears of the closed connection.
    while let Err(error) = store.put("b", "k", b"v", &PutOptions::default()).await {
        assert!(Instant::now() < deadline && error.kind == Kind::Unavailable, "{error}");
    }
}

/// What one counter's writer knows.
#[derive(Default)]
struct Told {
    done: Cell<i64>,
    maybe: Cell<i64>,
    refused: Cell<i64>,
}

/// Counts up until there is enough, whatever fails in between.
async fn count(store: &dyn KeyValue, key: &str, told: &Told, enough: &Cell<bool>) {
    let mut last = 0;
    while !enough.get() {
        match store.increment("b", key, 1).await {
            Ok(sum) => {
                assert!(sum > last, "{key} went back from {last} to {sum}");
                last = sum;
                told.done.set(told.done.get() + 1);
            }
            Err(error) => {
                assert!(error.is_transient(), "{error}");
                let counter = if error.applied == Applied::Maybe { &told.maybe } else { &told.refused };
                counter.set(counter.get() + 1);
            }
        }
        yield_now().await;
    }
}

/// The server is killed in the middle of a load, and started again on what it wrote down: those who call have their
/// connections back by themselves, nothing acknowledged is lost, and nothing happens later that was refused for good.
async fn a_kill_under_load_loses_no_acknowledged_write(_: Server) {
    let mut server = Server::start(&["--appendonly", "yes"]);
    let (store, _) = open_with(&server.url(), sooner()).await.expect("opens");
    let counters: Vec<(String, Told)> = (0..8).map(|i| (format!("k{i}"), Told::default())).collect();
    let enough = Cell::new(false);
    let writing = join_all(counters.iter().map(|(key, told)| count(&*store, key, told, &enough)));
    let killing = async {
        let until = async |what: fn(&Told) -> i64, more: i64| {
            let now: Vec<_> = counters.iter().map(|(_, told)| what(told)).collect();
            while counters.iter().zip(&now).any(|((_, told), now)| what(told) < now + more) {
                yield_now().await;
            }
        };
        for _ in 0..5 {
            timeout(PATIENCE, until(|told| told.done.get(), 20)).await.expect("all go on");
            server.kill();
            timeout(PATIENCE, until(|told| told.refused.get(), 3)).await.expect("all are told");
            server.restart();
        }
        timeout(PATIENCE, until(|told| told.done.get(), 20)).await.expect("all go on");
        enough.set(true);
    };
    join(writing, killing).await;
    for (key, Told { done, maybe, .. }) in &counters {
        let value: i64 = server.cli(&["GET", &format!("b:{key}")]).parse().expect("a number");
        assert!((done.get()..=done.get() + maybe.get()).contains(&value), "{key}: {value}, {done:?} and {maybe:?}");
    }
}

async fn a_lost_answer_is_indefinite_for_a_write(server: Server) {
    let (store, broker) = open_with(&server.url(), sooner()).await.expect("opens");
    server.cli(&["CLIENT", "PAUSE", "60000", "WRITE"]);
    let put = store.put("b", "k", b"v", &PutOptions::default()).await.expect_err("no answer");
    assert_eq!((put.kind, put.applied), (Kind::Timeout, Applied::Maybe));
    let publish = broker.publish("s", "t", &Payload::default()).await.expect_err("no answer");
    assert_eq!((publish.kind, publish.applied), (Kind::Timeout, Applied::Maybe));
    server.cli(&["CLIENT", "UNPAUSE"]);
    store.put("b", "k", b"v", &PutOptions::default()).await.expect("the pause is over");
    server.cli(&["CLIENT", "PAUSE", "60000", "ALL"]);
    let get = store.get("b", "k").await.expect_err("no answer");
    assert_eq!((get.kind, get.applied), (Kind::Timeout, Applied::No));
}

async fn nonsense_is_an_error_everywhere(_: Server) {
    // What no command can be answered with, and what happens to make sense to some.
    let never: [&'static [u8]; 7] = [
        b"",
        b"hello\r\n",
        b"$5\r\nab",
        b"$99999999999999999999\r\n",
        b"*99999999999999999999\r\n",
        b"-NONSENSE \xff\r\n",
        b"-\r\n",
    ];
    let sometimes: [&'static [u8]; 9] = [
        b"+PONG\r\n",
        b"+\xff\r\n",
        b":-1\r\n",
        b"$-1\r\n",
        b"$-7\r\n",
        b"*-7\r\n",
        b"_\r\n",
        b"*0\r\n",
        b"*2\r\n:1\r\n*1\r\n$1\r\nx\r\n",
    ];
    for (answer, never) in never.map(|a| (a, true)).into_iter().chain(sometimes.map(|a| (a, false))) {
        let shown = String::from_utf8_lossy(answer).into_owned();
        let (store, broker) = open_with(&impostor(answer), sooner()).await.expect("it greets as it should");
        let all = timeout(PATIENCE, everything(&*store, &*broker)).await;
        for (op, result) in all.unwrap_or_else(|_| panic!("hangs at {shown:?}")) {
            let Err(error) = result else {
                // It greeted a moment ago, and nothing has failed since.
                assert!(!never || op == "open", "{op} takes {shown:?} for an answer");
                continue;
            };
            let reads = ["open", "get", "entry", "exists", "list", "get-many", "connect"];
            assert!(!reads.contains(&op) || error.applied == Applied::No, "{op}: {error}");
            assert!(
                [Kind::Other, Kind::Timeout, Kind::Unavailable, Kind::Conflict].contains(&error.kind),
                "{op}: {error}"
            );
        }
    }
}

/// Runs every operation.
async fn everything(store: &dyn KeyValue, broker: &dyn Messaging) -> Vec<(&'static str, Result<(), Error>)> {
    let (key, pair, message) = (["k".to_owned()], [("k".to_owned(), Vec::new())], Payload::default());
    let subscription = |group| Subscription { topics: key.to_vec(), group, max_deliveries: 1, dead_letter: None };
    vec![
        ("open", store.open("b").await),
        ("get", store.get("b", "k").await.map(drop)),
        ("entry", store.entry("b", "k").await.map(drop)),
        ("exists", store.exists("b", "k").await.map(drop)),
        ("list", store.list("b", "", None, Some(2)).await.map(drop)),
        ("get-many", store.get_many("b", &key).await.map(drop)),
        ("put", store.put("b", "k", b"v", &PutOptions::default()).await.map(drop)),
        ("delete", store.delete("b", "k", &Condition::Always).await.map(drop)),
        ("increment", store.increment("b", "k", 1).await.map(drop)),
        ("set-many", store.set_many("b", &pair).await),
        ("delete-many", store.delete_many("b", &key).await),
        ("connect", broker.connect("s").await),
        ("publish", broker.publish("s", "t", &message).await),
        ("request", broker.request("s", "t", &message).await.map(drop)),
        ("reply", broker.reply("s", "r", &message).await),
        ("subscribe", broker.subscribe("s", &subscription(None)).await.map(drop)),
        ("subscribe-group", broker.subscribe("s", &subscription(Some("g".to_owned()))).await.map(drop)),
    ]
}

async fn calls_at_once_wait_for_one_timeout(server: Server) {
    let (store, _) = open_with(&server.url(), sooner()).await.expect("opens");
    server.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
    server.cli(&["CLIENT", "PAUSE", "60000", "ALL"]);
    // One after the other this would take 100 times 2 s, which is more than the patience.
    let all = join_all((0..100).map(|_| store.get("b", "k")));
    for answer in timeout(PATIENCE, all).await.expect("in time") {
        assert!(answer.expect_err("no answer").is_transient());
    }
}
