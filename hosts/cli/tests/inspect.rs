//! `wasi-cloud inspect`.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use wasi_cloud_componentize::{Componentize, World};

/// Handles messages and HTTP requests, and has to do with all capabilities. Its core module would trap at once.
const SERVICE: &str = r#"(component
    (import "wasi:keyvalue/store@0.2.0-draft2" (instance))
    (import "wasi-cloud:keyvalue/extension@0.1.0" (instance))
    (import "wasi:keyvalue/atomics@0.2.0-draft2" (instance))
    (import "wasi:messaging/types@0.2.0-draft" (instance))
    (import "wasi:messaging/producer@0.2.0-draft" (instance))
    (import "wasi:config/store@0.2.0-rc.1" (instance))
    (import "wasi:io/poll@0.2.6" (instance))
    (import "wasi:io/streams@0.2.6" (instance))
    (import "wasi:http/outgoing-handler@0.2.6" (instance))
    (core module $m (func (export "handle"))
        (@custom "wasi-cloud:topics" "ping\nnews/*\n")
        (@producers (language "Rust" "") (processed-by "rustc" "1.97.0") (sdk "wit-component" "0.254.2"))
        (func $start unreachable) (start $start))
    (core instance $i (instantiate $m))
    (func $handle (canon lift (core func $i "handle")))
    (instance $handler (export "handle" (func $handle)))
    (export "wasi:messaging/incoming-handler@0.2.0-draft" (instance $handler))
    (export "wasi:http/incoming-handler@0.2.6" (instance $handler)))"#;

/// Imports what this host has in another version, what it has in part, and what it has not.
const FOREIGN: &str = r#"(component
    (import "wasi:keyvalue/store@0.2.0-draft" (instance (export "f" (func))))
    (import "wasi:keyvalue/watcher@0.2.0-draft2" (instance (export "f" (func))))
    (import "wasi:clocks/wall-clock@0.2.0" (instance))
    (import "acme:billing/ledger@1.2.0" (instance (export "f" (func))))
    (instance $empty)
    (export "wasi:cli/run@0.2.0" (instance $empty)))"#;

const PROGRAM: &str = r#"(module
    (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
    (memory (export "memory") 1)
    (func (export "_start")))"#;

struct Inspected {
    code: Option<i32>,
    out: String,
    log: String,
}

/// A folder with the file `app.wasm`.
fn folder(wasm: &[u8]) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("app.wasm"), wasm).expect("written");
    folder
}

/// Runs the program in the folder.
fn wasi_cloud(folder: &TempDir, args: &[&str], color: bool) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_wasi-cloud"));
    for variable in ["RUST_LOG", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        program.env_remove(variable);
    }
    if color {
        program.env("CLICOLOR_FORCE", "1");
    }
    program.current_dir(folder.path()).stdin(Stdio::null()).args(args).output().expect("it starts")
}

/// Inspects bytes. Whatever comes out, it tells no path of this machine and has no colours.
fn inspect(wasm: &[u8], options: &[&str]) -> Inspected {
    let folder = folder(wasm);
    let output = wasi_cloud(&folder, &[&["inspect", "app.wasm"], options].concat(), false);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let (out, log) = (text(output.stdout), text(output.stderr));
    let path = folder.path().to_str().expect("UTF-8");
    assert!(!out.contains(path) && !log.contains(path) && !out.contains('\u{1b}'), "{out}{log}");
    Inspected { code: output.status.code(), out, log }
}

/// What is said of a file that can be read.
fn of(wasm: &[u8], options: &[&str]) -> String {
    let Inspected { code, out, log } = inspect(wasm, options);
    assert_eq!((code, &*log), (Some(0), ""), "{out}");
    out
}

fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|e| panic!("{e}"))
}

fn report(text: &str) -> String {
    of(&wasm(text), &["--format", "report"])
}

fn json(wasm: &[u8]) -> Value {
    serde_json::from_str(&of(wasm, &["--json"])).expect("JSON")
}

#[test]
fn a_service_is_told_with_its_grants() {
    insta::assert_snapshot!("service", report(SERVICE));
    insta::assert_snapshot!("service_json", of(&wasm(SERVICE), &["--json"]));
    assert_eq!(
        json(&wasm(SERVICE)),
        serde_json::from_str::<Value>(&of(&wasm(SERVICE), &["--format", "json"])).expect("JSON")
    );
}

#[test]
fn what_this_host_has_not_is_told_with_what_to_do() {
    insta::assert_snapshot!("foreign", report(FOREIGN));
    insta::assert_snapshot!("foreign_json", of(&wasm(FOREIGN), &["--json"]));
}

#[test]
fn core_modules_are_told_apart() {
    insta::assert_snapshot!("program", report(PROGRAM));
    insta::assert_snapshot!("module", report(r#"(module (import "env" "f" (func)) (func (export "g")))"#));
    // What `run` would say of it.
    let unknown = report(r#"(module (import "wasi_snapshot_preview1" "nothing" (func)) (func (export "_start")))"#);
    assert!(unknown.contains("does not run here") && unknown.contains("nothing"), "{unknown}");
}

#[test]
fn functions_are_told_with_their_types() {
    let world = World::text("package a:b; world w { export add: func(a: u32, b: u32) -> u32; export none: func(); }");
    let module =
        wasm(r#"(module (func (export "add") (param i32 i32) (result i32) (i32.const 1)) (func (export "none")))"#);
    let component = Componentize::new().world(world).run(&module).expect("encodes");
    let said = json(&component);
    assert_eq!(said["functions"], serde_json::json!(["add(a: u32, b: u32) -> u32", "none()"]));
    assert_eq!(said["runs"], serde_json::json!(["functions"]));
    assert!(of(&component, &["--format", "report"]).contains("--invoke 'add(...)'"));
}

#[test]
fn functions_that_nobody_can_call_are_left_out_and_long_ones_cut() {
    let cases: Vec<_> = (0..200).map(|at| format!("case-{at}")).collect();
    let world = format!(
        "package a:b; world w {{ enum e {{ {} }} export long: func(e: e);
         export api: interface {{ resource r; take: func(r: r); }} }}",
        cases.join(",")
    );
    let module = wasm(r#"(module (func (export "long") (param i32)) (func (export "api#take") (param i32)))"#);
    let component = Componentize::new().world(World::text(world)).run(&module).expect("encodes");
    let said = json(&component);
    let functions = said["functions"].as_array().expect("a list");
    let [long] = &functions[..] else { panic!("{functions:?}") };
    let long = long.as_str().expect("text");
    assert!(long.starts_with("long(e: enum { case-0") && long.ends_with('…'), "{long}");
    assert_eq!(long.chars().count(), 501);
    // The world's enum is an import, but nothing that a host has to have.
    assert_eq!(said["imports"], serde_json::json!([]));
}

/// What only has the names of what `run` calls is nothing that `run` would do.
#[test]
fn an_empty_export_does_not_run() {
    let empty = wasm(r#"(component (instance $e) (export "wasi:cli/run@0.2.0" (instance $e)))"#);
    assert_eq!(json(&empty)["runs"], serde_json::json!([]));
    assert!(of(&empty, &["--format", "report"]).contains("nothing to run"));
}

#[test]
fn a_file_that_begins_with_a_dash_is_no_option() {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("-dash.wasm"), wasm(PROGRAM)).expect("written");
    let output = wasi_cloud(&folder, &["inspect", "--format", "report", "--", "-dash.wasm"], false);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.ends_with("  wasi-cloud run ./-dash.wasm\n"), "{said}");
}

/// Its shape is a promise to scripts.
#[test]
fn lines_are_for_scripts() {
    let expected = "import wasi:keyvalue/store@0.2.0-draft2
import wasi-cloud:keyvalue/extension@0.1.0
import wasi:keyvalue/atomics@0.2.0-draft2
import wasi:messaging/types@0.2.0-draft
import wasi:messaging/producer@0.2.0-draft
import wasi:config/store@0.2.0-rc.1
import wasi:io/poll@0.2.6
import wasi:io/streams@0.2.6
import wasi:http/outgoing-handler@0.2.6
export wasi:messaging/incoming-handler@0.2.0-draft
export wasi:http/incoming-handler@0.2.6
topic news/*
topic ping
";
    let bytes = wasm(SERVICE);
    let expected = format!("size {}\n{expected}", bytes.len());
    assert_eq!(of(&bytes, &[]), report(SERVICE));
    assert_eq!(of(&bytes, &["--format", "lines"]), expected);
}

#[test]
fn the_grants_are_enough() {
    let opener = wasm(include_str!("opener.wat"));
    let folder = folder(&opener);
    let said = json(&opener);
    let run = |grants: &[&str]| {
        let link = ["run", "app.wasm", "--link", "keyvalue:default=memory"];
        wasi_cloud(&folder, &[&link[..], grants].concat(), false).status.code()
    };
    let grants = said["grants"].as_array().expect("a list").iter();
    let grants: Vec<_> = grants.flat_map(|one| ["--grant", one["grant"].as_str().expect("a grant")]).collect();
    assert_eq!((run(&grants), run(&[])), (Some(0), Some(1)), "{grants:?}");
}

#[test]
fn colours_are_for_who_can_show_them() {
    let folder = folder(&wasm(SERVICE));
    let output = wasi_cloud(&folder, &["inspect", "app.wasm", "--format", "report"], true);
    assert!(String::from_utf8_lossy(&output.stdout).contains("\u{1b}[1mimports\u{1b}[0m"));
}

#[test]
fn names_cannot_forge_a_line_or_move_the_cursor() {
    let name = "a\u{1b}[2J\nexport b\u{202e}\u{200f}\u{61c}\u{9b}\u{7f}";
    let odd = ['\u{1b}', '\u{202e}', '\u{200f}', '\u{61c}', '\u{9b}', '\u{7f}'];
    let module = wasm(&format!(r#"(module (import {name:?} "f" (func)))"#));
    for format in ["lines", "report", "json"] {
        let said = of(&module, &["--format", format]);
        assert!(!said.contains(odd) && !said.contains("\nexport b"), "{said:?}");
    }
    assert_eq!(json(&module)["imports"], serde_json::json!([name]));
    // The error tells the name as well.
    let twice = wasm(&format!(r#"(module (func (export {name:?})) (func (export {name:?})))"#));
    let Inspected { code, log, .. } = inspect(&twice, &[]);
    assert_eq!(code, Some(125));
    assert!(log.contains("export b") && !log.contains(odd) && log.lines().count() == 1, "{log:?}");
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let whole = wasm(SERVICE);
    let mut wrong = whole.clone();
    wrong[30] ^= 0xff;
    let cases: [(&[u8], &str); 6] = [
        (b"", "not WebAssembly"),
        (b"#!/bin/sh\n", "not WebAssembly"),
        (b" (component)", "text format"),
        (b"\0asm", "damaged"),
        (&whole[..whole.len() - 3], "damaged"),
        (&wrong, "damaged"),
    ];
    for (bytes, why) in cases {
        let Inspected { code, out, log } = inspect(bytes, &["--json"]);
        assert_eq!((code, &*out), (Some(125), ""), "{log}");
        assert!(log.starts_with("error: `app.wasm`: ") && log.contains(why), "{log}");
    }
    let empty = TempDir::new().expect("a folder");
    for (name, why) in [("nowhere.wasm", "cannot read `nowhere.wasm`"), (".", "not a regular file")] {
        let output = wasi_cloud(&empty, &["inspect", name], false);
        assert_eq!(output.status.code(), Some(125));
        assert!(String::from_utf8_lossy(&output.stderr).contains(why));
    }
    assert_eq!(wasi_cloud(&empty, &["inspect", "a.wasm", "--json", "--format", "lines"], false).status.code(), Some(2));
}
