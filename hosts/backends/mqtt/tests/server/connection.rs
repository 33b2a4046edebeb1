//! Servers that are away, come back, or are none.

use crate::{
    support::{LASTING, LONG, OPEN, Server, next, open, send, subscribed, text},
    tests,
};
use std::{
    io::{Read, Write},
    net::TcpListener,
    time::Instant,
};
use tokio::time::timeout;
use wasi_cloud_core::{Applied, Kind, messaging::Disposition};

tests![
    what_is_being_handled_is_not_repeated_when_the_server_comes_back,
    a_session_that_the_server_lost_is_told_and_made_anew,
    what_waits_for_replies_ends_with_the_connection,
    who_may_not_connect_is_told_so,
    what_is_no_server_is_unavailable,
    a_message_that_is_too_large_for_the_server_is_refused,
];

async fn what_is_being_handled_is_not_repeated_when_the_server_comes_back() {
    let mut server = Server::start(LASTING);
    let host = server.host().await;
    let mut inbox = subscribed(&host, "t", Some("g")).await;
    for data in ["1", "2"] {
        send(&host, "t", data).await;
    }
    let (one, two) = (next(&mut *inbox, "1").await, next(&mut *inbox, "2").await);
    server.stop();
    // While nobody listens.
    two.settle.settle(Disposition::Ack).await.expect("kept for later");
    server.go_on();
    // Of a group it knows nobody again before that.
    server.says("Sending SUBACK", 2).await;
    send(&host, "t", "3").await;
    let three = next(&mut *inbox, "3").await;
    for settled in [one, three] {
        settled.settle.settle(Disposition::Ack).await.expect("settled");
    }
    server.says("Received PUBACK", 3).await;
    server.stop();
    server.go_on();
    server.says("Sending SUBACK", 2).await;
    send(&host, "t", "4").await;
    next(&mut *inbox, "4").await;
}

async fn a_session_that_the_server_lost_is_told_and_made_anew() {
    let mut server = Server::start(OPEN);
    let host = server.host().await;
    let mut inbox = subscribed(&host, "t", None).await;
    send(&host, "t", "1").await;
    let held = next(&mut *inbox, "1").await;
    server.stop();
    let failed = host.publish("s", "t", &text("lost")).await.expect_err("nobody is there");
    assert_eq!(failed.kind, Kind::Unavailable);
    // By now that is known before anything is sent.
    let began = Instant::now();
    let failed = host.publish("s", "t", &text("lost")).await.expect_err("nobody is there");
    assert_eq!((failed.kind, failed.applied), (Kind::Unavailable, Applied::No));
    assert!(began.elapsed() < LONG / 2, "it waits for its deadline");
    server.go_on();
    let told = timeout(LONG, inbox.next()).await.expect("told").expect_err("it is lost");
    assert_eq!(told.kind, Kind::Unavailable);
    held.settle.settle(Disposition::Ack).await.expect("there is nothing to tell");
    // The subscription is made anew when that was told, or soon after: what is sent before is not for it.
    let came = timeout(LONG, async {
        loop {
            send(&host, "t", "2").await;
            if let Ok(next) = timeout(LONG / 100, inbox.next()).await {
                return next.expect("a message");
            }
        }
    });
    assert_eq!(came.await.expect("a message").payload, text("2"));
}

async fn what_waits_for_replies_ends_with_the_connection() {
    let mut server = Server::start(OPEN);
    let host = server.host().await;
    let _inbox = subscribed(&host, "t", None).await;
    let mut replies = host.request("s", "t", &text("?")).await.expect("asked");
    server.stop();
    let ended = timeout(LONG, replies.next()).await.expect("ended").expect_err("no reply");
    assert_eq!(ended.kind, Kind::Unavailable);
}

async fn who_may_not_connect_is_told_so() {
    let server = Server::start("allow_anonymous false");
    let url = server.url().replace("mqtt://", "mqtt://me:hunter2@");
    let refused = open(&url).await.err().expect("refused");
    assert_eq!(refused.kind, Kind::Unavailable);
    assert!(refused.message.contains("NotAuthorized") && !refused.message.contains("hunter2"), "{refused}");
}

async fn what_is_no_server_is_unavailable() {
    let (free, silent, other) = (listener(), listener(), listener());
    let url = |listener: &TcpListener| format!("mqtt://{}", listener.local_addr().expect("an address"));
    let urls = [url(&free), url(&silent), url(&other)];
    drop(free);
    std::thread::spawn(move || {
        for mut stream in other.incoming().flatten() {
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    for url in urls {
        let failed = timeout(LONG, open(&url)).await.expect("an end").err().expect("no server");
        assert_eq!((failed.kind, failed.applied), (Kind::Unavailable, Applied::No), "{failed}");
    }
    drop(silent);
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("a port")
}

async fn a_message_that_is_too_large_for_the_server_is_refused() {
    let server = Server::start(&format!("{OPEN}\nmax_packet_size 2000"));
    let host = server.host().await;
    let mut inbox = subscribed(&host, "t", None).await;
    let large = host.publish("s", "t", &text(&"x".repeat(2000))).await.expect_err("too large");
    assert_eq!((large.kind, large.applied), (Kind::Quota, Applied::No));
    send(&host, "t", "small").await;
    next(&mut *inbox, "small").await;
}
