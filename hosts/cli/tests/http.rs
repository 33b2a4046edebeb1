//! `wasi-cloud run --http`, over real connections.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(unix)]

mod service;

use service::{Service, program};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};
use wasi_cloud_componentize::{Componentize, World};

const SITE: &str = include_str!("site.wat");
const WIT: &str = include_str!("../../../bindgen-go/examples/http/wit/world.wit");

/// A handler that takes every message for handled.
const MESSAGES: &str = r#"(func (export "wasi:messaging/incoming-handler@0.2.0-draft#handle") (param i32) (result i32)
    (i32.const 256))"#;
const MESSAGES_WIT: &str = "package test:both;
    world messages { export wasi:messaging/incoming-handler@0.2.0-draft; }
    package wasi:messaging@0.2.0-draft {
        interface types {
            variant error { timeout, connection(string), permission-denied(string), other(string) }
            resource message {}
        }
        interface incoming-handler {
            use types.{message, error};
            handle: func(message: message) -> result<_, error>;
        }
    }";

/// The component of `site.wat`.
fn component() -> Vec<u8> {
    made(SITE, Componentize::new())
}

/// The same, and it handles messages too.
fn component_with_messages() -> Vec<u8> {
    let end = SITE.rfind(')').expect("the module's end");
    made(&format!("{}{MESSAGES})", &SITE[..end]), Componentize::new().world(World::text(MESSAGES_WIT)))
}

fn made(text: &str, tool: Componentize) -> Vec<u8> {
    let module = wat::parse_str(text).unwrap_or_else(|e| panic!("{e}"));
    tool.world(World::text(WIT)).run(&module).unwrap_or_else(|e| panic!("{e}"))
}

/// What the server answers to the request: all until it closes the connection.
fn exchange(service: &Service, request: &str) -> String {
    let mut connection = service.connect();
    connection.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    // A connection that is cut off may end with an error.
    let _ = connection.read_to_string(&mut answer);
    answer
}

/// What the server answers to one request for a path.
fn get(service: &Service, path: &str) -> String {
    exchange(service, &format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"))
}

#[test]
fn requests_are_answered_one_after_the_other_and_at_once() {
    let service = Service::start(&component(), &[]);
    let answer = get(&service, "/a?b");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("/a?b"), "{answer}");

    // One connection, two requests.
    let two =
        "GET /first HTTP/1.1\r\nHost: test\r\n\r\nGET /second HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    let answer = exchange(&service, two);
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 2, "{answer}");
    assert!(answer.contains("/first") && answer.contains("/second"), "{answer}");

    std::thread::scope(|threads| {
        let ask = |n: usize| {
            threads.spawn({
                let service = &service;
                move || get(service, &format!("/{n}/"))
            })
        };
        for (n, asked) in (0..100).map(|n| (n, ask(n))).collect::<Vec<_>>() {
            let answer = asked.join().expect("no panic");
            assert!(answer.starts_with("HTTP/1.1 200") && answer.contains(&format!("/{n}/")), "{n}: {answer}");
        }
    });
    let log = service.stop();
    assert!(!log.contains("WARN"), "{log}");
}

#[test]
fn what_a_guest_did_wrong_is_in_the_log_and_not_in_the_answer() {
    let service = Service::start(&component(), &["--deadline", "100ms"]);
    for (path, status, _) in WRONG {
        let answer = get(&service, path);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{path}: {answer}");
        assert!(!answer.contains("wasm") && !answer.contains("unreachable"), "{path}: {answer}");
    }
    assert!(get(&service, "/still-there").starts_with("HTTP/1.1 200"));
    let log = service.stop();
    for (path, _, logged) in WRONG {
        assert!(log.contains(logged), "{path}: {log}");
    }
}

const WRONG: [(&str, u16, &str); 4] = [
    ("/trap", 500, "trapped: "),
    ("/loop", 504, "executed past its deadline"),
    ("/nothing", 500, "without an answer"),
    ("/error", 500, "InternalError"),
];

#[test]
fn an_answer_that_broke_off_does_not_look_complete() {
    let service = Service::start(&component(), &[]);
    let answer = get(&service, "/half");
    // How much of it was under way is chance.
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(!answer.ends_with("0\r\n\r\n"), "{answer}");
    assert!(service.stop().contains("trapped: "));
}

#[test]
fn a_request_that_names_no_host_is_refused() {
    let service = Service::start(&component(), &[]);
    assert!(exchange(&service, "GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 400"));
    assert!(exchange(&service, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400"));
}

#[test]
fn a_slow_client_holds_an_instance_for_no_longer_than_it_may() {
    let service = Service::start(&component(), &["--request-timeout", "200ms", "--concurrency", "1"]);
    let head = "POST /wait HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\nConnection: close\r\n\r\n";
    assert!(exchange(&service, head).starts_with("HTTP/1.1 504"));
    assert!(exchange(&service, &format!("{head}!")).starts_with("HTTP/1.1 200"));
    assert!(service.stop().contains("it took longer than 200ms"));
}

#[test]
fn no_free_instance_is_said_so() {
    let service = Service::start(&component(), &["--timeout", "100ms", "--concurrency", "1"]);
    let mut slow = service.connect();
    slow.write_all(b"POST /wait HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\n").expect("sent");
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = get(&service, "/");
        if answer.starts_with("HTTP/1.1 503") {
            assert!(answer.contains("retry-after: 1"), "{answer}");
            break;
        }
        assert!(Instant::now() < until, "the slow request was never the first: {answer}");
    }
}

#[test]
fn what_is_in_flight_is_answered_before_it_stops() {
    let service = Service::start(&component(), &[]);
    let mut open = service.connect();
    open.write_all(b"POST /wait HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\n").expect("sent");
    // Connections are accepted in turn: once this one is answered, the other is in flight.
    assert!(get(&service, "/").starts_with("HTTP/1.1 200"));
    service.signal();
    let until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(service.address).is_ok() {
        assert!(Instant::now() < until, "it goes on accepting");
        std::thread::yield_now();
    }
    open.write_all(b"!").expect("sent");
    let mut answer = String::new();
    open.read_to_string(&mut answer).expect("answered, and closed");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("/wait"), "{answer}");
    service.stop();
}

#[test]
fn messages_and_requests_are_served_side_by_side() {
    let both = component_with_messages();
    let service = Service::start(&both, &["--link", "messaging:default=memory", "--grant-linked", "--topic", "ping"]);
    assert!(get(&service, "/both").contains("/both"));
    let log = service.stop();
    assert!(log.contains("handling messages of ping"), "{log}");
}

#[test]
fn what_cannot_be_served_is_said_with_the_way_out() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let (site, other) = (folder.path().join("site.wasm"), folder.path().join("other.wasm"));
    std::fs::write(&site, component()).expect("written");
    std::fs::write(&other, wat::parse_str("(component)").expect("assembles")).expect("written");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("bound").to_string();
    for (app, address, code, expected) in [
        (&site, &*address, 125, "choose another address with --http"),
        (&site, "localhost", 2, "127.0.0.1:8080"),
        (&other, "127.0.0.1:0", 125, "wasi:http/incoming-handler"),
    ] {
        let output = program().arg("run").arg(app).args(["--http", address]).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(expected), "{said}");
    }
}
