//! What is accepted as a component, and what is said of the rest.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod guests;

use wasi_cloud_wasmtime::runtime::{Limits, Runtime, recorded_topics};

fn runtime() -> Runtime {
    Runtime::new(Limits { instances: 10, ..Limits::default() }).expect("a runtime")
}

#[test]
fn a_truncated_component_is_one_clear_error() {
    let (runtime, whole) = (runtime(), guests::handler());
    runtime.compile(&whole).expect("the whole one compiles");
    for end in [0, 4, 7, 9, whole.len() / 3, whole.len() / 2, whole.len() - 1] {
        let error = format!("{:#}", runtime.compile(&whole[..end]).expect_err("a part of it does not"));
        assert!(error.contains("component") && !error.contains('\n'), "{end}: {error}");
    }
}

#[test]
fn a_core_module_gets_the_advice_to_componentize() {
    let error = runtime().compile(&guests::assemble("(module)")).expect_err("a module");
    assert!(error.to_string().contains("componentize"), "{error}");
}

#[test]
fn an_unknown_import_is_named() {
    let stranger = guests::assemble(r#"(component (import "some:other/thing@1.0.0" (instance (export "f" (func)))))"#);
    let error = format!("{:#}", runtime().compile(&stranger).expect_err("not linked"));
    assert!(error.contains("some:other/thing"), "{error}");
}

#[test]
fn imports_and_exports_are_told_apart() {
    let runtime = runtime();
    let handler = runtime.compile(&guests::handler()).expect("compiles");
    assert!(handler.exports_handler() && !handler.exports_run());
    assert_eq!(handler.imports(), ["wasi:messaging/types@0.2.0-draft"]);
    let command = runtime.compile(&guests::command("(i32.const 0)")).expect("compiles");
    assert!(command.exports_run() && !command.exports_handler());
}

#[test]
fn recorded_topics_are_found_wherever_they_are() {
    let wasm = guests::assemble(
        r#"(component
            (core module (@custom "wasi-cloud:topics" "ping\npong\n") (@custom "wasi-cloud:topics" "ping"))
            (@custom "wasi-cloud:other" "not this")
            (component (core module (@custom "wasi-cloud:topics" "d\c3\a9j\c3\a0 vu"))))"#,
    );
    assert_eq!(recorded_topics(&wasm), ["déjà vu", "ping", "pong"]);
    assert_eq!(recorded_topics(&guests::assemble("(component)")), [""; 0]);
    assert_eq!(recorded_topics(b"garbage"), [""; 0]);
}
