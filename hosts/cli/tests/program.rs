//! The program as its users meet it: exit codes, and what it says.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

const OPENER: &str = include_str!("opener.wat");
const HANDLER: &str = include_str!("handler.wat");
const LINK: [&str; 2] = ["--link", "keyvalue:default=memory"];

/// A command without imports whose `run` is `body`; it leaves 0 for ok or 1 for an error.
fn command(body: &str) -> String {
    format!(
        r#"(component
            (core module $m (memory 1) (func (export "run") (result i32) {body}))
            (core instance $i (instantiate $m))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $exported (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $exported)))"#
    )
}

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_wasi-cloud"));
    program.env_remove("RUST_LOG").stdin(Stdio::null());
    program
}

fn output(args: &[&str]) -> Output {
    program().args(args).output().expect("it starts")
}

/// Runs bytes as a component.
fn run_bytes(wasm: &[u8], args: &[&str]) -> (Option<i32>, String) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("app.wasm");
    std::fs::write(&path, wasm).expect("written");
    let path = path.to_str().expect("UTF-8");
    let output = output(&[&["run", path], args].concat());
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn run(text: &str, args: &[&str]) -> (Option<i32>, String) {
    run_bytes(&wat::parse_str(text).unwrap_or_else(|e| panic!("{e}")), args)
}

#[test]
fn a_commands_exit_code_is_ours() {
    assert_eq!(run(&command("(i32.const 0)"), &[]).0, Some(0));
    assert_eq!(run(&command("(i32.const 1)"), &[]).0, Some(1));
}

#[test]
fn a_guest_that_is_ended_has_a_code_of_its_own() {
    assert_eq!(run(&command("unreachable"), &[]).0, Some(134));
    assert_eq!(run(&command("(loop (br 0)) (i32.const 0)"), &["--deadline", "50ms"]).0, Some(124));
    let greedy = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable";
    assert_eq!(run(&command(greedy), &["--memory", "1"]).0, Some(137));
}

#[test]
fn nothing_is_allowed_without_a_grant_and_the_log_names_it() {
    let (code, log) = run(OPENER, &LINK);
    assert_eq!(code, Some(1));
    assert!(log.contains("`keyvalue:default`"), "{log}");
    assert_eq!(run(OPENER, &[LINK[0], LINK[1], "--grant", "keyvalue:default"]).0, Some(0));
    assert_eq!(run(OPENER, &[LINK[0], LINK[1], "--grant-linked"]).0, Some(0));
    assert_eq!(run(OPENER, &["--grant-linked"]).0, Some(1), "what is not linked is not granted");
}

#[test]
fn keyvalue_without_a_url_is_kept_in_the_current_folder() {
    let folder = TempDir::new().expect("a folder");
    std::fs::write(folder.path().join("app.wasm"), wat::parse_str(OPENER).expect("assembles")).expect("written");
    let kept = folder.path().join(".wasi-cloud");
    for _ in 0..2 {
        let run = ["run", "app.wasm", "--link", "keyvalue:default", "--grant-linked"];
        let output = program().args(run).current_dir(folder.path()).output().expect("it starts");
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{log}");
        assert_eq!(log.lines().filter(|line| line.contains(".wasi-cloud/keyvalue.db")).count(), 1, "{log}");
        assert!(kept.join("keyvalue.db").is_file());
        assert_eq!(std::fs::read_to_string(kept.join(".gitignore")).expect("a file"), "*\n");
    }
    let quiet = command("(i32.const 0)");
    let (code, said) = run(&quiet, &["--link", "messaging:default"]);
    assert!(code == Some(2) && said.contains("`messaging` without a URL"), "{said}");
}

#[test]
fn our_own_failures_are_one_line_with_the_way_out() {
    let damaged = &wat::parse_str(OPENER).expect("assembles")[..100];
    let quiet = command("(i32.const 0)");
    let failures = [
        (run_bytes(damaged, &[]), "damaged"),
        (run_bytes(b"\0asm\x01\0\0\0", &[]), "wasi-cloud componentize"),
        (run(&quiet, &["--link", "keyvalue:a=pigeon://x"]), "memory"),
        (run(&quiet, &["--link", "config:a=memory"]), "offers no config"),
        (run(HANDLER, &["--link", "messaging:default=memory"]), "`--grant messaging:default:read`"),
        (run("(component)", &[]), "incoming-handler"),
    ];
    for ((code, said), expected) in failures {
        assert_eq!(code, Some(125), "{said}");
        let errors: Vec<_> = said.lines().filter(|line| line.starts_with("error: ")).collect();
        assert!(errors.len() == 1 && errors[0].contains(expected), "{expected}: {said}");
    }
    assert_eq!(output(&["run", "no-such-file.wasm"]).status.code(), Some(125));
}

#[test]
fn what_cannot_be_a_component_is_not_read() {
    let folder = TempDir::new().expect("a folder");
    let large = folder.path().join("large.wasm");
    std::fs::File::create(&large).and_then(|file| file.set_len((256 << 20) + 1)).expect("a sparse file");
    for (path, expected) in [(&*large, "larger than 256 MiB"), (folder.path(), "not a regular file")] {
        let refused = output(&["run", path.to_str().expect("UTF-8")]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(125), "{said}");
        assert!(said.lines().count() == 1 && said.contains(expected), "{said}");
    }
}

#[cfg(not(feature = "oci"))]
#[test]
fn a_build_without_registries_says_how_to_have_them() {
    let app = "oci://localhost:1/app";
    for args in [&["run", app][..], &["inspect", app], &["pull", app], &["push", "app.wasm", app]] {
        let refused = output(args);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(125), "{said}");
        assert!(said.lines().count() == 1 && said.contains("--features oci"), "{said}");
    }
}

#[test]
fn a_wrong_argument_does_not_show_the_secret_in_it() {
    let wrong = [
        ("--link", "keyvalue=redis://user:hunter2@h", "capability:label=url"),
        ("--link", "redis://user:hunter2@h", "capability:label=url"),
        ("--config", "hunter2", "key=value"),
        ("--env", "=hunter2", "empty"),
    ];
    for (flag, value, expected) in wrong {
        let refused = output(&["run", "a.wasm", flag, value]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains(flag) && said.contains(expected) && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn wrong_usage_is_told_apart() {
    let unreachable = ["--link", "keyvalue:a=redis://localhost:1"];
    let bad_grant = &[&["run", "a.wasm"][..], &unreachable, &["--grant", "kv:a"]].concat()[..];
    let bad_link = &["run", "a.wasm", "--link", "memory"];
    for args in [&["run"][..], &["fly"], bad_link, bad_grant, &["run", "a.wasm", "--timeout", "0s"]] {
        assert_eq!(output(args).status.code(), Some(2), "{args:?}");
    }
    let help = output(&["--help"]);
    let help = String::from_utf8_lossy(&help.stdout);
    assert!(help.contains("Examples:") && help.contains("Exit codes:"), "{help}");
    assert!(!help.contains('\u{1b}'), "no colours in a pipe");
}

#[cfg(unix)]
#[test]
fn a_service_handles_the_recorded_topics_until_it_is_told_to_stop() {
    let folder = TempDir::new().expect("a folder");
    let app = folder.path().join("app.wasm");
    std::fs::write(&app, wat::parse_str(HANDLER).expect("assembles")).expect("written");
    let mut service = program()
        .arg("run")
        .arg(&app)
        .args(["--link", "messaging:default=memory", "--grant-linked"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut log = BufReader::new(service.stderr.take().expect("piped")).lines().map_while(Result::ok);
    assert!(log.any(|line| line.contains("handling messages of ping")), "it says what it does");
    // The shell's own `kill`: not every machine has the program.
    let signalled = Command::new("sh").args(["-c", "kill $0", &service.id().to_string()]).status().expect("sh runs");
    assert!(signalled.success());
    assert_eq!(log.last().as_deref().map(|line| line.contains("stopping")), Some(true));
    assert_eq!(service.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_core_module_becomes_a_component_that_runs() {
    let folder = TempDir::new().expect("a folder");
    let at = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let module = wat::parse_str(r#"(module (func (export "wasi:cli/run@0.2.0#run") (result i32) (i32.const 0)))"#);
    std::fs::write(at("module.wasm"), module.expect("assembles")).expect("written");
    let wit = "package a:b; world w { export wasi:cli/run@0.2.0; }
        package wasi:cli@0.2.0 { interface run { run: func() -> result; } }";
    std::fs::write(at("world.wit"), wit).expect("written");
    let made = output(&["componentize", &at("module.wasm"), "--wit", &at("world.wit"), "-o", &at("app.wasm")]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert_eq!(output(&["run", &at("app.wasm")]).status.code(), Some(0));
    let wrong = output(&["componentize", &at("world.wit"), "-o", &at("no.wasm")]);
    assert_eq!(wrong.status.code(), Some(125));
}
