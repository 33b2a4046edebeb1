use crate::{
    pingpong,
    redis::{Player, Redis},
    served::{PATIENCE, Served, Site},
};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::Instant,
};

/// Where it answers, once it serves.
fn address(served: &mut Served) -> SocketAddr {
    let line = served.logs("health and metrics are at http://");
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address").parse();
    served.logs("wasi-cloud.toml`");
    address.expect("an address")
}

fn get(address: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it answers");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    write!(stream, "{request} HTTP/1.1\r\nHost: x\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("read");
    answer
}

pub fn told() {
    let redis = Redis::start();
    let site = pingpong::site(&redis.url(1), &redis.url(0));
    let manifest = std::fs::read_to_string(site.at("wasi-cloud.toml")).expect("read");
    site.manifest(&format!("{manifest}\n[admin]\nlisten = \"127.0.0.1:0\"\n"));
    let mut served = site.serve();
    let at = address(&mut served);
    for (path, expected) in [("/healthz", "200 OK"), ("/readyz", "200 OK"), ("/secrets", "404 Not Found")] {
        assert!(get(at, &format!("GET {path}")).starts_with(&format!("HTTP/1.1 {expected}")), "{path}");
    }
    assert!(get(at, "POST /metrics").starts_with("HTTP/1.1 405"));
    let mut player = Player::at(&redis.url(0));
    player.ping(3);
    player.hear(3);
    let expected = [
        r#"wasi_cloud_messages_total{component="pingpong",label="default",outcome="handled"} 3"#,
        r#"wasi_cloud_message_seconds_count{component="pingpong",label="default"} 3"#,
        r#"wasi_cloud_messages_in_flight{component="pingpong",label="default"} 0"#,
        r#"wasi_cloud_calls_total{component="pingpong",capability="keyvalue",op="increment",label="default",outcome="ok"} 3"#,
        r#"wasi_cloud_calls_total{component="pingpong",capability="messaging",op="send",label="default",outcome="ok"} 3"#,
        r#"wasi_cloud_instances{component="pingpong"} 0"#,
    ];
    // The last pong is heard before its handler is done.
    let deadline = Instant::now() + PATIENCE;
    let metrics = loop {
        let metrics = get(at, "GET /metrics");
        if expected.iter().all(|line| metrics.lines().any(|told| told == *line)) {
            break metrics;
        }
        assert!(Instant::now() < deadline, "{metrics}");
    };
    assert!(metrics.contains("application/openmetrics-text") && metrics.ends_with("# EOF\n"), "{metrics}");
    served.stop();
}

pub fn moved() {
    let site = Site::new();
    let manifest = |port: u16| {
        let component = "[components.a]\nfile = \"app.wasm\"\nlinks = [\"messaging:default=memory\"]\n";
        format!("{component}grants = [\"messaging:default\"]\n[admin]\nlisten = \"127.0.0.1:{port}\"\n")
    };
    site.manifest(&manifest(0));
    let mut served = site.serve();
    let first = address(&mut served);
    // Taken: it stays where it is.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    site.manifest(&manifest(taken.local_addr().expect("an address").port()));
    served.logs("health and metrics stay where they were");
    served.logs("is in force");
    assert!(get(first, "GET /readyz").starts_with("HTTP/1.1 200"));
    site.manifest(&manifest(first.port()).replace("[admin]", "").replace(&format!("listen = \"{first}\""), ""));
    served.logs("is in force");
    let deadline = Instant::now() + PATIENCE;
    while TcpStream::connect(first).is_ok() {
        assert!(Instant::now() < deadline, "it answers still");
    }
    served.stop();
}
