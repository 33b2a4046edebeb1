//! `wasi-cloud run` of core modules for WASI preview 1, and the folders that a guest may use.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// A program whose main function is `body`.
fn program(body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "args_sizes_get" (func $args (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "path_create_directory" (func $create (param i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "path_filestat_get"
                (func $stat (param i32 i32 i32 i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 0) "\10\00\00\00\06\00\00\00")
            (data (i32.const 16) "hello\n" "made" "../in")
            (func (export "_start") {body}))"#
    );
    wat::parse_str(text).unwrap_or_else(|e| panic!("{e}"))
}

/// The exit code and both outputs of the program, in a folder that has a folder `in`.
fn run(body: &str, options: &[&str], within: &Path) -> (Option<i32>, String, String) {
    std::fs::create_dir_all(within.join("in")).expect("made");
    std::fs::write(within.join("app.wasm"), program(body)).expect("written");
    let mut run = Command::new(env!("CARGO_BIN_EXE_wasi-cloud"));
    run.env_remove("RUST_LOG").stdin(Stdio::null()).current_dir(within).args(["run", "app.wasm"]).args(options);
    let output = run.output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn code(body: &str, options: &[&str]) -> Option<i32> {
    run(body, options, TempDir::new().expect("a folder").path()).0
}

/// Exits with 1 unless the function says 0.
fn checked(call: &str) -> String {
    format!("(if {call} (then (call $exit (i32.const 1))))")
}

#[test]
fn a_core_module_runs_as_it_is() {
    let hello = "(drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))";
    let folder = TempDir::new().expect("a folder");
    assert_eq!(run(hello, &[], folder.path()), (Some(0), "hello\n".to_owned(), String::new()));
    let three = "(drop (call $args (i32.const 64) (i32.const 68)))
        (if (i32.ne (i32.load (i32.const 64)) (i32.const 3)) (then unreachable))";
    assert_eq!(code(three, &["--", "a", "b"]), Some(0));
}

#[test]
fn its_exit_code_is_its_own() {
    for left in [0, 1, 3] {
        assert_eq!(code(&format!("(call $exit (i32.const {left}))"), &[]), Some(left));
    }
    assert_eq!(code("unreachable", &[]), Some(134));
    assert_eq!(code("(loop (br 0))", &["--deadline", "50ms"]), Some(124));
    let greedy = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable";
    assert_eq!(code(greedy, &["--memory", "1"]), Some(137));
}

#[test]
fn it_has_the_folders_that_it_was_given() {
    let create = checked("(call $create (i32.const 3) (i32.const 22) (i32.const 4))");
    let folder = TempDir::new().expect("a folder");
    let made = folder.path().join("in/made");
    for refused in [&[][..], &["--dir-ro", "in"]] {
        let (code, _, log) = run(&create, refused, folder.path());
        assert!(code == Some(1) && !made.exists(), "{refused:?}: {log}");
    }
    assert_eq!(run(&create, &["--dir", "in"], folder.path()).0, Some(0));
    assert!(made.is_dir());

    let look = |at: u8, length: u8| {
        checked(&format!(
            "(call $stat (i32.const 3) (i32.const 0) (i32.const {at}) (i32.const {length}) (i32.const 64))"
        ))
    };
    let (inside, outside) = (look(22, 4), look(26, 5));
    assert_eq!(run(&inside, &["--dir-ro", "in::/in"], folder.path()).0, Some(0));
    assert_eq!(run(&outside, &["--dir", "in::/in"], folder.path()).0, Some(1), "nothing above it");
}

#[test]
fn it_has_no_capabilities() {
    for option in [["--link", "keyvalue:default=memory"], ["--http", "127.0.0.1:0"], ["--topic", "t"]] {
        let (code, _, said) = run("", &option, TempDir::new().expect("a folder").path());
        assert!(code == Some(125) && said.contains("`wasi-cloud componentize`"), "{said}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_said_so() {
    for option in ["--dir", "--dir-ro"] {
        let folder = TempDir::new().expect("a folder");
        let (code, _, said) = run("", &[option, "nowhere"], folder.path());
        assert!(code == Some(125) && said.contains("`nowhere` is not a folder"), "{said}");
        assert_eq!(run("", &[option, "in::"], folder.path()).0, Some(2));
    }
}
