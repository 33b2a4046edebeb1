//! Starts `cloud-conformance` and reads what it says.

#![allow(dead_code, reason = "each test file uses what it needs")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use serde_json::Value;
use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_cloud-conformance");

pub fn cli(args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).output().expect("the program starts")
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("a signal ended it: {}", err(output)))
}

/// Exit code 3, and these words on stderr.
pub fn refused(output: &Output, words: &[&str]) {
    let said = err(output);
    assert_eq!(code(output), 3, "{said}");
    assert!(words.iter().all(|word| said.contains(word)), "{words:?} in: {said}");
    assert!(out(output).is_empty(), "nothing on stdout: {}", out(output));
}

pub fn events(output: &Output) -> Vec<Value> {
    out(output).lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
}

/// The records of cases with this verdict.
pub fn ended<'a>(events: &'a [Value], verdict: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == "ended" && event["verdict"] == verdict).collect()
}

pub fn ids(records: &[&Value]) -> BTreeSet<String> {
    records.iter().map(|record| record["id"].as_str().expect("an id").to_owned()).collect()
}

/// What `text`, as `run` prints it, tells of a known failure: these parts, what guests did and saw, and how to see it again.
pub fn explains(text: &str, id: &str, parts: &[&str]) {
    let (_, told) =
        text.split_once(&format!("\nxfail {id} (")).unwrap_or_else(|| panic!("nothing of {id} in:\n{text}"));
    let told = told.split("\n\n").next().expect("a beginning");
    let repro = format!("--run '{id}'");
    for part in [" > {", " < ", "\n  repro: cloud-conformance run", &repro].iter().chain(parts) {
        assert!(told.contains(part), "{part} of {id} in:\n{told}");
    }
}

/// Interrupts a run on `host` when its first case begins: it ends with 3 and says what did not run. Returns the first
/// event.
#[cfg(unix)]
pub fn interrupted(host: &str) -> Value {
    let args = ["run", "--host", host, "--altitude", "direct", "--jobs", "1", "--format", "json"];
    let mut child = Command::new(PROGRAM).args(args).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let mut read = || -> Option<Value> { lines.next().map(|line| serde_json::from_str(&line).expect("a JSON line")) };
    let started = read().expect("the first event");
    while read().expect("a case begins")["event"] != "begun" {}
    // The shell's own `kill`: not every machine has the program.
    let kill = Command::new("sh").args(["-c", "kill -INT $0", &child.id().to_string()]).status().expect("sh runs");
    assert!(kill.success());
    let last = std::iter::from_fn(read).last().expect("the last event");
    assert_eq!(child.wait().expect("it ends").code(), Some(3));
    assert!(last["problems"].to_string().contains("interrupted"), "{last}");
    assert!(last["missing"].as_array().is_some_and(|missing| !missing.is_empty()), "{last}");
    started
}
