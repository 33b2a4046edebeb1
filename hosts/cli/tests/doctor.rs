//! `wasi-cloud doctor` on machines that the tests make up.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(unix)]

use serde_json::Value;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A rustc whose sysroot is the machine's folder.
const RUSTC: (&str, &str) = ("rustc", "case $1 in --print) echo ${0%/*};; *) echo rustc 1.95.0;; esac");
const CARGO: (&str, &str) = ("cargo", "echo cargo 1.95.0");
const GO: (&str, &str) = ("go", "echo go1.26.8");

/// Asks on a machine that has these tools alone, each a script.
fn ask(tools: &[(&str, &str)], target: bool, args: &[&str]) -> Output {
    let machine = TempDir::new().expect("a folder");
    for (name, script) in tools {
        let path = machine.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
    }
    if target {
        fs::create_dir_all(machine.path().join("lib/rustlib/wasm32-wasip2/lib")).expect("made");
    }
    let mut program = Command::new(env!("CARGO_BIN_EXE_wasi-cloud"));
    program.env_remove("RUST_LOG").env("PATH", machine.path()).stdin(Stdio::null());
    program.arg("doctor").args(args).current_dir(machine.path()).output().expect("it starts")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The line of a check, and the one below it.
fn lines<'a>(report: &'a str, check: &str) -> (&'a str, &'a str) {
    let mut lines = report.lines().skip_while(|line| !line.get(9..).is_some_and(|rest| rest.starts_with(check)));
    (lines.next().unwrap_or_else(|| panic!("{check} in {report}")), lines.next().unwrap_or_default())
}

#[test]
fn a_bare_machine_is_told_what_to_install() {
    let bare = ask(&[], false, &[]);
    let report = text(&bare);
    assert_eq!(bare.status.code(), Some(1), "{report}");
    for (check, hint) in [
        ("rust ", "https://rustup.rs"),
        ("rust for wasm ", "`rustup target add wasm32-wasip2`"),
        ("c for wasm ", "`pip install ziglang`"),
        ("cc ", "`apt-get install gcc`"),
        ("go ", "https://go.dev/dl"),
    ] {
        let (line, below) = lines(&report, check);
        assert!(line.starts_with("missing") && below.contains(hint), "{check}: {report}");
    }
    assert!(lines(&report, "backends").0.starts_with("ok"), "{report}");
    assert!(report.contains("languages that build here: none") && !report.contains('\u{1b}'), "{report}");
}

#[test]
fn one_language_is_enough_unless_more_are_asked_for() {
    let tools = [RUSTC, CARGO];
    assert_eq!(ask(&tools, true, &[]).status.code(), Some(0));
    assert_eq!(ask(&tools, true, &["--lang", "rust"]).status.code(), Some(0));
    assert_eq!(ask(&tools, true, &["--lang", "rust", "--lang", "go"]).status.code(), Some(1));
    assert_eq!(ask(&tools, false, &[]).status.code(), Some(1), "without the target");
    assert_eq!(ask(&[RUSTC, CARGO, GO], true, &["--lang", "rust", "--lang", "go"]).status.code(), Some(0));
    assert_eq!(ask(&tools, true, &["--lang", "cobol"]).status.code(), Some(2));
}

#[test]
fn what_is_too_old_or_broken_is_missing() {
    let report = text(&ask(&[("go", "echo go1.25.3"), ("cc", "echo cc 1; exit 1"), ("clang", "exit 0")], false, &[]));
    assert!(lines(&report, "go ").0.contains("go1.25.3, which is too old"), "{report}");
    assert!(lines(&report, "cc ").0.starts_with("missing"), "{report}");
    assert!(lines(&report, "c for wasm ").0.starts_with("missing"), "{report}");
    // A clang without a C library for WebAssembly says its version all the same.
    let clang = ("clang", "case $1 in --version) echo clang 14;; *) exit 1;; esac");
    let zig = ("python3", "echo 0.17.0");
    assert!(lines(&text(&ask(&[clang], false, &[])), "c for wasm ").0.starts_with("missing"));
    assert!(lines(&text(&ask(&[clang, zig], false, &[])), "c for wasm ").0.contains("zig 0.17.0"));
    let new = ("clang", "case $1 in --version) echo clang 20;; *wasip1) ;; *) exit 1;; esac");
    assert!(lines(&text(&ask(&[new], false, &[])), "c for wasm ").0.contains("CC='clang --target=wasm32-wasip1'"));
}

#[test]
fn a_tool_that_hangs_is_given_up() {
    let began = Instant::now();
    let report = text(&ask(&[("go", "exec /usr/bin/tail -f /dev/null")], false, &["--timeout", "300ms"]));
    assert!(lines(&report, "go ").0.starts_with("missing"), "{report}");
    assert!(began.elapsed() < Duration::from_secs(60), "it waited for the tool");
}

#[test]
fn links_have_to_answer() {
    let linked = |links: &[&str]| {
        let links: Vec<_> = links.iter().flat_map(|link| ["--link", link]).collect();
        ask(&[GO], false, &links)
    };
    let good = linked(&["keyvalue:default=memory"]);
    assert_eq!(good.status.code(), Some(0), "{}", text(&good));
    assert!(lines(&text(&good), "keyvalue:default").0.starts_with("ok"));
    let bad = linked(&["keyvalue:a=memory", "messaging:b=redis://user:hunter2@127.0.0.1:1", "config:c=memory"]);
    let report = text(&bad);
    assert_eq!(bad.status.code(), Some(1), "{report}");
    assert!(lines(&report, "messaging:b").0.starts_with("missing"), "{report}");
    assert!(lines(&report, "config:c").0.contains("offers no config"), "{report}");
    assert!(!report.contains("hunter2") && !String::from_utf8_lossy(&bad.stderr).contains("hunter2"), "{report}");
    assert_eq!(linked(&["redis://user:hunter2@h"]).status.code(), Some(2));
}

#[test]
fn scripts_read_the_same() {
    let asked = ask(&[GO], false, &["--json"]);
    let found: Value = serde_json::from_str(&text(&asked)).expect("JSON");
    assert_eq!((&found["shape"], &found["ready"]), (&Value::from(1), &Value::from(true)), "{found}");
    let checks = found["checks"].as_array().expect("a list");
    let go = checks.iter().find(|check| check["name"] == "go").expect("Go");
    assert_eq!((&go["ok"], &go["found"], &go["hint"]), (&true.into(), &"go1.26.8".into(), &Value::Null));
    let cc = checks.iter().find(|check| check["name"] == "cc").expect("C");
    assert!(cc["ok"] == false && cc["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{cc}");
}
