//! The least that a vendor writes in Rust (F13).

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod program;

use program::{PROGRAM, code, err, out};
use std::{path::Path, process::Command};

const EXAMPLE: &str = include_str!("../examples/minimal-host.rs");

#[test]
fn a_whole_harness_has_forty_lines_at_most() {
    let code = EXAMPLE.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//"));
    assert!(code.count() <= 40);
}

#[test]
fn it_is_a_program_that_judges() {
    // Cargo builds examples with tests, and gives no name to where they are.
    let examples = Path::new(PROGRAM).parent().expect("a folder").join("examples");
    let run = |args: &[&str]| Command::new(examples.join("minimal-host")).args(args).output().expect("it starts");
    let judged = run(&["--seed", "7"]);
    assert_eq!(code(&judged), 0, "{}\n{}", out(&judged), err(&judged));
    assert!(out(&judged).contains("host      minimal 1.0"), "{}", out(&judged));
    // Nothing is claimed of a host in which no guest ran.
    assert!(out(&judged).contains("config  none: no guest took part"), "{}", out(&judged));
    assert!(!out(&judged).contains("\nconformant;"), "{}", out(&judged));
    let picked = run(&["--run", "config/store/get-*", "--format", "json"]);
    assert!(code(&picked) == 0 && out(&picked).contains("\"verdict\":\"pass\""), "{}", err(&picked));
    assert_eq!(code(&run(&["--run", "no/such/case"])), 3);
}
