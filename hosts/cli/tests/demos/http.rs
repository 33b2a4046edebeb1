//! The HTTP demo, served.

use crate::{example, service::Service};
use std::io::{Read, Write};

fn exchange(service: &Service, request: &[u8]) -> String {
    let mut connection = service.connect();
    connection.write_all(request).expect("sent");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).expect("answered");
    answer
}

fn get(service: &Service, path: &str) -> String {
    exchange(service, format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").as_bytes())
}

pub fn answers() -> Result<(), String> {
    let folder = example::demo("http");
    let component = std::fs::read(folder.at("site.wasm")).expect("it was made");
    let service = Service::start(&component, &[]);

    let answer = get(&service, "/");
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("Hello, World!\n"), "{answer}");
    assert!(answer.contains("content-type: text/plain; charset=utf-8"), "{answer}");
    let answer = get(&service, "/hello/Ada?x=y");
    assert!(answer.contains("Hello, Ada!\n"), "{answer}");
    assert!(get(&service, "/nowhere").starts_with("HTTP/1.1 404 "));

    // More than one call takes, there and back.
    let sent = "0123456789abcdef".repeat(1 << 12);
    let head = format!(
        "POST /echo HTTP/1.1\r\nHost: test\r\nConnection: close\r\nContent-Type: text/x\r\nContent-Length: {}\r\n\r\n",
        sent.len()
    );
    let answer = exchange(&service, &[head.as_bytes(), sent.as_bytes()].concat());
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("content-type: text/x"));
    assert_eq!(unchunked(&answer), sent);

    std::thread::scope(|threads| {
        let service = &service;
        let asked: Vec<_> = (0..100).map(|n| threads.spawn(move || get(service, &format!("/hello/{n}")))).collect();
        for (n, asked) in asked.into_iter().enumerate() {
            let answer = asked.join().expect("no panic");
            assert!(answer.contains(&format!("Hello, {n}!\n")), "{answer}");
        }
    });
    let log = service.stop();
    assert!(!log.contains("WARN"), "{log}");
    Ok(())
}

/// The body of a chunked answer.
fn unchunked(answer: &str) -> String {
    let (head, mut rest) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a size");
        body += &after[..size];
        rest = after[size..].strip_prefix("\r\n").expect("the chunk's end");
        if size == 0 {
            break;
        }
    }
    body
}
