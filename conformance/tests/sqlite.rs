//! The suite on SQLite: transcripts equal to memory's, in private files and on a user's, and nothing left behind.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod compare;
mod program;
mod support;
mod transcripts;

use compare::as_memory;
use program::{PROGRAM, cli, code, err};
use std::{
    fs,
    process::{Command, Stdio},
};
use tempfile::TempDir;

#[test]
fn transcripts_are_equal() {
    as_memory("sqlite").unwrap_or_else(|why| panic!("{why:?}"));
}

/// What is about writers that meet; lifetimes would pass on the machine's clock here.
const SHARED: [&str; 8] =
    ["--altitude", "direct", "--jobs", "2", "--run", "keyvalue/{atomics,batch}/**", "--op-timeout", "60"];

/// A user's file, with as much patience as the suite has.
fn users(folder: &TempDir) -> String {
    let path = folder.path().join("it's mine.db");
    format!("sqlite://{}?busy-timeout=60000", path.to_str().expect("UTF-8").replace(' ', "%20"))
}

#[test]
fn a_users_file_is_tested_and_left_empty() {
    let folder = TempDir::new().expect("a folder");
    let url = users(&folder);
    // Data that is left behind would be exit code 3.
    for host in [&["--host", &url][..], &["--host", "sqlite", "--url", &url]] {
        let output = cli(&[&["run"], host, &SHARED[..]].concat());
        assert_eq!(code(&output), 0, "{}{}", program::out(&output), err(&output));
    }
    assert!(folder.path().join("it's mine.db").is_file());
}

#[test]
fn hosts_that_are_processes_share_a_file() {
    let folder = TempDir::new().expect("a folder");
    let url = users(&folder);
    let hosts = ["1", "2", "3"].map(|seed| {
        let mut host = Command::new(PROGRAM);
        host.args(["run", "--host", &url, "--seed", seed]).args(SHARED);
        host.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts")
    });
    for host in hosts {
        let output = host.wait_with_output().expect("it ends");
        assert_eq!(code(&output), 0, "{}{}", program::out(&output), err(&output));
    }
}

#[test]
fn memory_of_sqlite_is_a_host_of_its_own() {
    let output = cli(&["run", "--host", "sqlite::memory:", "--altitude", "direct"]);
    assert_eq!(code(&output), 0, "{}{}", program::out(&output), err(&output));
}

#[test]
fn private_files_are_gone_after_the_run() {
    let folder = TempDir::new().expect("a folder");
    let output = Command::new(PROGRAM)
        .args(["run", "--host", "sqlite", "--altitude", "direct", "--run", "keyvalue/store/get-*"])
        .env("TMPDIR", folder.path())
        .output()
        .expect("it starts");
    assert_eq!(code(&output), 0, "{}", err(&output));
    let left: Vec<_> = fs::read_dir(folder.path()).expect("the folder").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_file_of_another_program_is_no_host() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("notes.txt");
    fs::write(&path, "not a database. ".repeat(100)).expect("written");
    let output = cli(&["run", "--host", &format!("sqlite://{}", path.to_str().expect("UTF-8"))]);
    assert_eq!(code(&output), 3);
    assert!(err(&output).contains("no database"), "{}", err(&output));
}
