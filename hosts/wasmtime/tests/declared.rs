//! Topics that a core module tells: what may go wrong with it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use wasi_cloud_wasmtime::runtime::{declared_topics, record_topics, recorded_topics};

fn module(fields: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {fields})")).expect("assembles")
}

/// A module that answers with `address`; at 8 stands where the text is, and at 16 the text.
fn telling(address: &str, start: &str, length: &str, more: &str) -> Vec<u8> {
    module(&format!(
        r#"(memory (export "memory") 1) (data (i32.const 8) "{start}{length}") (data (i32.const 16) "pong\nping\n\nping\n\ff")
        (func (export "wasi-cloud:topics") (result i32) (i32.const {address})) {more}"#
    ))
}

#[test]
fn topics_are_told_and_recorded() {
    let told = telling("8", r"\10\00\00\00", r"\10\00\00\00", "");
    let topics = declared_topics(&told).expect("told");
    assert_eq!(topics, ["ping", "pong"]);
    let recorded = record_topics(told.clone(), &topics);
    assert!(recorded.starts_with(&told) && recorded_topics(&told).is_empty());
    assert_eq!(recorded_topics(&recorded), topics);
    assert_eq!(record_topics(told.clone(), &[]), told);
    assert_eq!(declared_topics(&telling("8", r"\00\00\00\00", r"\00\00\00\00", "")).ok(), Some(Vec::new()));
}

#[test]
fn what_tells_nothing_is_not_run() {
    let endless = module(r#"(func $f (export "_initialize") (loop (br 0))) (start $f)"#);
    let component = wat::parse_str("(component)").expect("assembles");
    for wasm in [&endless[..], &component, b"no wasm", b"", b"\0asm\x01\0\0\0\x07\x05"] {
        assert_eq!(declared_topics(wasm).ok(), Some(Vec::new()));
    }
}

#[test]
fn what_goes_wrong_is_one_line() {
    let good = (r"\10\00\00\00", r"\10\00\00\00");
    let starts = |body: &str| telling("8", good.0, good.1, &format!(r#"(func (export "_initialize") {body})"#));
    let calls = r#"(module (import "a:b/c" "d" (func $d))
        (func (export "_initialize") (call $d)) (func (export "wasi-cloud:topics") (result i32) (i32.const 0)))"#;
    let tells = |body: &str| module(&format!(r#"(func (export "wasi-cloud:topics") {body})"#));
    let cases = [
        (telling("65533", good.0, good.1, ""), "is no text"),
        (telling("-1", good.0, good.1, ""), "is no text"),
        (telling("8", r"\ff\ff\00\00", good.1, ""), "is no text"),
        (telling("8", good.0, r"\ff\ff\ff\ff", ""), "is no text"),
        // Not UTF-8.
        (telling("8", good.0, r"\11\00\00\00", ""), "is no text"),
        (tells("(result i32) (i32.const 0)"), "no memory"),
        (tells("(param i32) (result i32) (i32.const 0)"), "wasi-cloud:topics"),
        (starts("unreachable"), "unreachable"),
        (starts("(param i32)"), "_initialize"),
        (wat::parse_str(calls).expect("assembles"), "it calls the host while it starts: `a:b/c#d`"),
        (module(r#"(memory 5000) (func (export "wasi-cloud:topics") (result i32) (i32.const 0))"#), "memory"),
    ];
    for (wasm, expected) in cases {
        let error = format!("{:#}", declared_topics(&wasm).expect_err(expected));
        assert!(error.contains(expected) && !error.contains('\n'), "{expected}: {error}");
    }
}
