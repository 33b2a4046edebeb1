//! What a host tells a collector of traces: of messages, requests and host calls, and nothing of what is in them.

use crate::{
    collector::{Collector, attribute},
    pingpong,
    redis::{Player, Redis},
    served::{PATIENCE, Served, Site},
};
use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
};
use wasi_cloud_componentize::{Componentize, World};
use wasi_cloud_core::messaging::Payload;

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
/// How often what there is is sent, in milliseconds.
const DELAY: &str = "OTEL_BSP_SCHEDULE_DELAY";
const OFTEN: (&str, &str) = (DELAY, "20");

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SENDER: &str = "00f067aa0ba902b7";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn served(site: &Site, env: &[(&str, &str)]) -> Served {
    let mut served = site.serve_with(env);
    served.logs("serving `wasi-cloud.toml`");
    served
}

fn assert_says(span: &Span, kind: SpanKind, said: &[(&str, Option<&str>)]) {
    assert_eq!(span.kind(), kind, "{span:#?}");
    for (name, value) in said {
        assert_eq!(attribute(span, name).as_deref(), *value, "{name} of {span:#?}");
    }
}

fn failed(span: &Span) -> Option<&str> {
    let status = span.status.as_ref().filter(|status| status.code() == StatusCode::Error)?;
    assert_eq!(attribute(span, "error.type").as_ref(), Some(&status.message));
    Some(&status.message)
}

fn assert_holds_no(bytes: &[u8], secrets: &[&str]) {
    for secret in secrets {
        let found = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        assert!(!found, "`{secret}` was sent: {}", String::from_utf8_lossy(bytes));
    }
}

/// All that is left is sent at the end; nothing was before.
pub fn traced() {
    let (redis, collector) = (Redis::start(), Collector::start());
    let site = pingpong::site(&redis.url(1), &redis.url(0));
    let url = collector.url().replace("//", "//me:hunter2@");
    let env = [(ENDPOINT, &*url), (DELAY, "3600000"), ("RUST_LOG", "info,wasi_cloud=debug")];
    let served = served(&site, &env);
    let mut player = Player::at(&redis.url(0));
    let sender = format!("00-{TRACE}-{SENDER}-01");
    let metadata = pairs(&[("traceparent", &sender), ("tracestate", "vendor=1"), ("authorization", "hunter2")]);
    player.send("ping", &Payload { data: b"ping".to_vec(), metadata, content_type: None });
    let pong = player.hear_message();
    assert_eq!((&*pong.data, &*pong.metadata), (&b"pong 1"[..], &[][..]), "it is as the guest sent it");
    assert_eq!(collector.connections(), 0);
    let log = served.stop();
    assert!(log.contains("sending traces to http://127.0.0.1:") && !log.contains("hunter2"), "{log}");
    for line in ["handling messages of ping", "component `pingpong` is started", "stopping once the handlers are done"]
    {
        assert!(log.contains(line), "{log}");
    }
    assert!(log.contains("DEBUG wasi_cloud::call: capability=\"keyvalue\""), "no span stands before it: {log}");

    let (paths, bytes) = collector.got();
    assert_eq!(paths, ["/v1/traces"]);
    assert_holds_no(&bytes, &["hunter2", "pong 1", "count", "traceparent", "redis+unix"]);
    assert!(collector.services().iter().all(|name| name == "wasi-cloud"));
    let spans = collector.spans();
    let (handler, calls) = spans.split_first().expect("spans");
    assert_eq!(handler.name, "process ping");
    assert_eq!((hex(&handler.trace_id), hex(&handler.parent_span_id)), (TRACE.to_owned(), SENDER.to_owned()));
    assert_says(
        handler,
        SpanKind::Consumer,
        &[
            ("messaging.system", Some("redis")),
            ("messaging.operation.type", Some("process")),
            ("messaging.destination.name", Some("ping")),
            ("wasi_cloud.component", Some("pingpong")),
            ("wasi_cloud.attempt", Some("1")),
            ("error.type", None),
        ],
    );
    for call in calls {
        assert_eq!((&call.trace_id, &call.parent_span_id), (&handler.trace_id, &handler.span_id), "{call:#?}");
    }
    for span in &spans {
        assert_eq!((&*span.trace_state, failed(span)), ("vendor=1", None));
    }
    let call = |name: &str| {
        let mut calls = calls.iter().filter(|call| call.name == name);
        let call = calls.next().unwrap_or_else(|| panic!("no call `{name}`: {spans:#?}"));
        assert!(calls.next().is_none(), "more than one call `{name}`");
        call
    };
    let counted = [
        ("wasi_cloud.capability", Some("keyvalue")),
        ("wasi_cloud.operation", Some("increment")),
        ("wasi_cloud.link", Some("default")),
        ("db.system.name", Some("redis")),
        ("messaging.system", None),
    ];
    assert_says(call("increment default"), SpanKind::Client, &counted);
    let sent = [
        ("wasi_cloud.capability", Some("messaging")),
        ("messaging.operation.type", Some("send")),
        ("messaging.destination.name", Some("pong")),
        ("messaging.system", Some("redis")),
    ];
    assert_says(call("send pong"), SpanKind::Producer, &sent);
}

/// `recorder`, whose messages are delivered twice at most.
pub fn told_what_failed() {
    let (redis, collector) = (Redis::start(), Collector::start());
    let site = Site::new();
    site.guest("recorder");
    site.manifest(&format!(
        r#"
        [components.recorder]
        file = "recorder.wasm"
        links = ["messaging:default={}"]
        grants = ["messaging:default:read"]
        subscriptions = [{{ topics = ["ping"], group = "players", max-deliveries = 2, dead-letter = "dead" }}]
        "#,
        redis.url(0)
    ));
    let served = served(&site, &[(ENDPOINT, &collector.url()), OFTEN, ("OTEL_SERVICE_NAME", "players")]);
    let mut heir = Player::hearing(&redis.url(0), "dead");
    // What nobody collects by the sender's word, and what is no trace's name.
    let unwatched = format!("00-{TRACE}-{SENDER}-00");
    for (script, sender) in [("ok", &*unwatched), ("err", "hunter2"), ("trap", "00-hunter2")] {
        let metadata = pairs(&[("script", script), ("traceparent", sender)]);
        heir.send("ping", &Payload { metadata, ..Payload::default() });
        if script != "ok" {
            heir.hear_message();
        }
    }
    redis.until_none_pending(0);
    let spans = collector.wait("process ping", 4);
    served.stop();
    assert_eq!(
        collector.spans().iter().filter(|span| span.name == "process ping").count(),
        4,
        "the first was not asked for"
    );
    assert!(collector.services().iter().all(|name| name == "players"));
    assert_holds_no(&collector.got().1, &["hunter2", "script", TRACE, "the script says so"]);
    let handled: Vec<_> = spans.iter().filter(|span| span.name == "process ping").collect();
    let outcomes: Vec<_> = handled
        .iter()
        .map(|span| (failed(span).unwrap_or_default(), attribute(span, "wasi_cloud.attempt").unwrap_or_default()))
        .collect();
    let expected = [("error", "1"), ("error", "2"), ("trapped", "1"), ("trapped", "2")];
    assert_eq!(outcomes, expected.map(|(why, attempt)| (why, attempt.to_owned())));
    assert!(handled.iter().all(|span| span.parent_span_id.is_empty()), "traces of their own: {handled:#?}");
    let letters = collector.wait("dead-letter dead", 2);
    for (letter, last) in letters.iter().filter(|span| span.name == "dead-letter dead").zip([handled[1], handled[3]]) {
        assert_eq!((letter.kind(), &letter.parent_span_id), (SpanKind::Producer, &last.span_id), "{letter:#?}");
    }
}

fn ask(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it answers");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    write!(stream, "{request}\r\nHost: x\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

pub fn requests() {
    let (site, collector) = (Site::new(), Collector::start());
    let module = wat::parse_str(include_str!("../site.wat")).expect("assembles");
    let world = World::text(include_str!("../../../../bindgen-go/examples/http/wit/world.wit"));
    site.write("site.wasm", &Componentize::new().world(world).run(&module).expect("a component"));
    site.manifest("[components.site]\nfile = \"site.wasm\"\nhttp = \"127.0.0.1:0\"\n");
    let traces = format!("{}/mine", collector.url());
    let mut served = site.serve_with(&[("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", &*traces), (ENDPOINT, "nowhere"), OFTEN]);
    let line = served.logs("answering HTTP at http://");
    let address = line.split("http://").nth(1).expect("an address").trim().parse().expect("an address");
    served.logs("serving `wasi-cloud.toml`");
    let sender = format!("Traceparent: 00-{TRACE}-{SENDER}-01");
    assert!(ask(address, &format!("GET /a?hunter2 HTTP/1.1\r\n{sender}")).starts_with("HTTP/1.1 200"));
    assert!(ask(address, "POST /t HTTP/1.1").starts_with("HTTP/1.1 500"));
    assert!(ask(address, "BREW /n HTTP/1.1").starts_with("HTTP/1.1 500"));
    ask(address, "PUT /h HTTP/1.1");
    served.stop();
    let (paths, bytes) = collector.got();
    assert_eq!(paths, ["/mine"]);
    assert_holds_no(&bytes, &["hunter2"]);
    let spans = collector.spans();
    let expected = [
        ("GET", "GET", "/a", "200", None),
        ("POST", "POST", "/t", "500", Some("trapped")),
        ("HTTP", "_OTHER", "/n", "500", Some("500")),
        ("PUT", "PUT", "/h", "200", Some("trapped")),
    ];
    assert_eq!(spans.len(), expected.len(), "{spans:#?}");
    for (span, (name, method, path, status, why)) in spans.iter().zip(expected) {
        let said = [
            ("http.request.method", Some(method)),
            ("url.path", Some(path)),
            ("http.response.status_code", Some(status)),
            ("wasi_cloud.component", Some("site")),
        ];
        assert_says(span, SpanKind::Server, &said);
        assert_eq!((&*span.name, failed(span)), (name, why), "{span:#?}");
    }
    assert_eq!((hex(&spans[0].trace_id), hex(&spans[0].parent_span_id)), (TRACE.to_owned(), SENDER.to_owned()));
    assert_ne!(hex(&spans[1].trace_id), TRACE);
}

/// A collector that refuses, one that is not there, and one that never answers.
pub fn unreachable() {
    let redis = Redis::start();
    let (collector, silent) = (Collector::start(), TcpListener::bind("127.0.0.1:0").expect("a port"));
    let nobody = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port");
    let site = pingpong::site(&redis.url(1), &redis.url(0));
    let mut player = Player::at(&redis.url(0));

    collector.refuse(true);
    let mut host = served(&site, &[(ENDPOINT, &collector.url()), OFTEN]);
    player.ping(10);
    player.hear(10);
    host.logs("traces are lost until this is mended; nothing else is: the collector answers 503");
    player.ping(10);
    player.hear(10);
    collector.refuse(false);
    player.ping(1);
    player.hear(1);
    host.logs("traces are sent again");
    host.stop();

    let mut host = served(&site, &[(ENDPOINT, &format!("http://{nobody}")), OFTEN]);
    player.ping(10);
    player.hear(10);
    host.logs("traces are lost until this is mended");
    player.ping(10);
    player.hear(10);
    let log = host.stop();
    assert_eq!(log.matches("traces are lost").count(), 1, "{log}");

    let host = served(&site, &[(ENDPOINT, &format!("http://{}", silent.local_addr().expect("an address"))), OFTEN]);
    player.ping(50);
    player.hear(50);
    let log = host.stop();
    assert!(log.contains("some of the last traces could not be sent"), "{log}");
    player.assert_heard(91);
}

pub fn off() {
    let redis = Redis::start();
    let collector = Collector::start();
    let site = pingpong::site(&redis.url(1), &redis.url(0));
    let mut player = Player::at(&redis.url(0));
    let (url, disabled, none) = (collector.url(), ("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none"));
    for (at, env) in [vec![], vec![(ENDPOINT, "")], vec![(ENDPOINT, &*url), disabled], vec![(ENDPOINT, &*url), none]]
        .into_iter()
        .enumerate()
    {
        let host = served(&site, &env);
        player.ping(1);
        player.hear(1);
        let log = host.stop();
        assert!(!log.contains("traces") && log.contains("handling messages of ping"), "{at}: {log}");
    }
    assert_eq!(collector.connections(), 0);
}

/// The program starts all the same, and says what is wrong without the value.
pub fn wrong() {
    let site = Site::new();
    site.manifest(
        "[components.a]\nfile = \"app.wasm\"\nlinks = [\"messaging:default=memory\"]\ngrants = [\"messaging:default\"]\n",
    );
    for bad in ["hunter2:4318", "hunter2", "http://", "ftp://me:hunter2@h", "/hunter2"] {
        let mut host = site.serve_with(&[(ENDPOINT, bad)]);
        host.logs(
            "no traces are sent: `OTEL_EXPORTER_OTLP_ENDPOINT` is no URL of a collector; write `http://host:4318`",
        );
        host.logs("serving `wasi-cloud.toml`");
        let log = host.stop();
        assert!(!log.contains("hunter2"), "{log}");
    }
    let url = Collector::start().url();
    let mut host = site.serve_with(&[(ENDPOINT, &*url), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]);
    host.logs("`OTEL_EXPORTER_OTLP_PROTOCOL` asks for what this host does not speak");
    host.logs("serving `wasi-cloud.toml`");
    host.stop();
}
