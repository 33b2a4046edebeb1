//! The edge demo: it needs Fastly's SDK, and to run it needs Fastly's host functions.

use crate::{example, has, lacking};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The demo, built.
fn demo() -> Result<example::Folder, String> {
    let fetched = example::fetched("edge");
    if !fetched {
        lacking("fastly", "Fastly's SDK can be had neither from Go's module cache nor from its proxy")?;
    }
    Ok(example::demo("edge"))
}

pub fn built() -> Result<(), String> {
    let wasm = std::fs::read(demo()?.at("edge.wasm")).expect("it was made");
    assert!(wasm.windows(15).any(|name| name == b"fastly_http_req"), "it imports what only Fastly has");
    Ok(())
}

pub fn answers() -> Result<(), String> {
    if !has("viceroy") {
        lacking("viceroy", "needs `viceroy` on the PATH, Fastly's local server")?;
    }
    let folder = demo()?;
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let mut viceroy = Command::new("viceroy");
    viceroy.arg("--addr").arg(free.to_string()).arg(folder.at("edge.wasm")).stdout(Stdio::null());
    let _running = Running(viceroy.spawn().expect("it starts"));
    let until = Instant::now() + Duration::from_secs(60);
    let mut connection = loop {
        match TcpStream::connect(free) {
            Ok(connection) => break connection,
            Err(e) => assert!(Instant::now() < until, "it never listens: {e}"),
        }
    };
    connection.write_all(b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("answered");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("Hello, edge!"), "{answer}");
    Ok(())
}

/// Ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
