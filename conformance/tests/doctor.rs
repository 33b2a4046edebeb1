//! `doctor` says what a run would stumble over, and what to do about it (F11).

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod program;

use program::{PROGRAM, cli, code, err, out, refused};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    process::{Command, Output},
};
use tempfile::TempDir;

/// The checks of `--json` by name, which agree with `ready` and the exit code.
fn checks(output: &Output) -> BTreeMap<String, Value> {
    let findings: Value = serde_json::from_str(&out(output)).unwrap_or_else(|_| panic!("{}", err(output)));
    let checks = findings["checks"].as_array().expect("checks").clone();
    let ready = checks.iter().all(|check| check["ok"] == true || check["needed"] == false);
    assert_eq!((findings["ready"].as_bool(), code(output)), (Some(ready), i32::from(!ready)));
    checks.into_iter().map(|check| (check["name"].as_str().expect("a name").to_owned(), check)).collect()
}

/// The check failed, and said these words.
fn lacks(output: &Output, name: &str, words: &[&str]) {
    let checks = checks(output);
    let check = checks.get(name).unwrap_or_else(|| panic!("no {name}: {checks:?}"));
    let said = check["said"].as_str().expect("words");
    assert_eq!((&check["ok"], &check["needed"]), (&false.into(), &true.into()), "{check}");
    assert!(words.iter().all(|word| said.contains(word)), "{words:?} in: {said}");
}

fn file(text: &str) -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let path: PathBuf = folder.path().join("host.toml");
    fs::write(&path, text).expect("written");
    (folder, path.to_str().expect("UTF-8").to_owned())
}

/// A host of somebody else that is this shell script, with configuration to offer.
fn script(script: &str) -> (TempDir, String) {
    file(&format!(
        "name = 'mine'\n[launch]\nargv = ['sh', '-c', '''{script}''', '{{component}}']\nversion = ['sh', '-c', 'echo mine 1.2']\n\
         [capabilities.config]\ndurability = 'durable'\n"
    ))
}

#[test]
fn without_servers_and_toolchains_our_own_host_is_ready() {
    let doctor = |args: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.arg("doctor").args(args).env("PATH", "/nonexistent").env_remove("KAFKA_HOME");
        command.output().expect("it starts")
    };
    let json = doctor(&["--json"]);
    assert_eq!(code(&json), 0, "{}", out(&json));
    let checks = checks(&json);
    for name in ["guests", "host", "guest in rust", "guest in c", "guest in go", "sqlite"] {
        assert_eq!(checks[name]["ok"], true, "{name}: {}", checks[name]);
    }
    for (name, words) in
        [("redis", "apt install redis-server"), ("wasmtime", "on the PATH"), ("build", "not needed to run")]
    {
        let check = &checks[name];
        let said = check["said"].as_str().expect("words");
        assert!(check["ok"] == false && check["needed"] == false && said.contains(words), "{check}");
    }
    let text = doctor(&[]);
    assert_eq!(code(&text), 0);
    for line in ["✓ guest in go", "- redis ", "\nready to run on `memory`"] {
        assert!(out(&text).contains(line), "{line} in: {}", out(&text));
    }
    assert_eq!(out(&text).lines().count(), checks.len() + 2);
    // What is asked for is needed.
    lacks(&doctor(&["--json", "--host", "redis"]), "host", &["apt install redis-server", "--url redis://"]);
    let text = doctor(&["--host", "redis"]);
    assert!(out(&text).contains("✗ host") && out(&text).contains("not ready to run on `redis`"), "{}", out(&text));
}

#[test]
fn a_server_that_does_not_answer_is_told_without_its_password() {
    let output = cli(&["doctor", "--json", "--host", "redis://me:hunter2@127.0.0.1:1"]);
    lacks(&output, "host", &["redis://127.0.0.1:1"]);
    let text = cli(&["doctor", "--host", "redis://me:hunter2@127.0.0.1:1"]);
    for said in [out(&output), err(&output), out(&text), err(&text)] {
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_file_is_read_its_program_is_found_and_a_guest_answers() {
    let doctor = |host: &str| cli(&["doctor", "--json", "--host", host]);
    lacks(&doctor("/nonexistent/host.toml"), "host", &["cannot be read", "cloud-conformance init"]);
    let (_folder, host) = file("name = 'mine'\n[launch]\nargv = ['mine']\n");
    lacks(&doctor(&host), "host", &["write {component}"]);
    let (_folder, host) = file("name = 'mine'\n[launch]\nargv = ['no-such-program', '{component}']\n");
    lacks(&doctor(&host), "host", &["`no-such-program` on the PATH: install it"]);
    let (_folder, host) = file("name = 'mine'\n[launch]\nargv = ['{here}/mine', '{component}']\n");
    lacks(&doctor(&host), "host", &["/mine`: install it, or say where it is"]);
    let (_folder, host) =
        file("name = 'mine'\n[launch]\nargv = ['sh', '{component}']\nversion = ['sh', '-c', 'exit 7']\n");
    lacks(&doctor(&host), "host", &["exited with 7"]);
    let (_folder, host) = file("name = 'mine'\n[launch]\nargv = ['sh', '{component}']\n");
    lacks(&doctor(&host), "guest in rust", &["write `[capabilities.keyvalue]`"]);
    let (_folder, host) = script("read -r line; echo no such flag >&2; exit 2");
    lacks(&doctor(&host), "guest in c", &["exited with 2: no such flag"]);
    let (_folder, host) = script("while read -r line; do echo \"$line\"; done");
    lacks(&doctor(&host), "guest in go", &["is no answer of a guest", "GetAll"]);
    let (_folder, host) = script("while read -r line; do echo '{\"Pairs\":[]}'; done");
    let output = doctor(&host);
    assert_eq!(code(&output), 0, "{}", out(&output));
    let checks = checks(&output);
    assert_eq!(checks["host"]["said"], "mine mine 1.2");
    assert!(checks["program"]["said"].as_str().is_some_and(|said| said.ends_with("/sh")), "{}", checks["program"]);
}

#[test]
fn a_host_that_does_not_answer_in_time_is_told_so() {
    let (_folder, host) = script("read -r line; read -r another");
    lacks(
        &cli(&["doctor", "--json", "--timeout", "0.5", "--host", &host]),
        "guest in rust",
        &["no answer within 500ms", "--timeout"],
    );
    refused(&cli(&["doctor", "--timeout", "0"]), &["--timeout"]);
}
