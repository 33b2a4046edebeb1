//! `fuzz` as its users meet it: the exit code tells a host that differs from one that could not be tried.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod program;

use program::{cli, code, err, out, refused};
use serde_json::Value;
use std::fs;

#[test]
fn a_host_that_is_as_the_model_is_0() {
    let output = cli(&["fuzz", "--host", "memory", "--seed", "7", "--sequences", "30"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert_eq!(out(&output), "memory (direct): 30 sequences, no difference; seed 7\n");
}

#[test]
fn a_host_that_differs_is_1_and_the_find_is_a_case() {
    for handles in [&[][..], &["--one-handle"]] {
        let args = ["fuzz", "--host", "mutant:folds-case", "--seed", "7", "--json"];
        let output = cli(&[&args[..], handles].concat());
        assert_eq!(code(&output), 1, "{}", err(&output));
        let told: Value = serde_json::from_str(&out(&output)).expect("JSON");
        let case = told["find"]["case"].as_str().expect("a case");
        assert!(case.starts_with("async fn found_by_fuzz(bench: &mut Bench) -> Outcome {\n"), "{case}");
        assert_eq!(case.contains("handles[1]") || case.matches("guest.open").count() > 1, handles.is_empty(), "{case}");
        let text = cli(&[&args[..5], handles].concat());
        assert!(code(&text) == 1 && out(&text).contains(case), "{}", out(&text));
    }
}

/// Nothing was seen of it, so nothing is said against it.
#[test]
fn a_host_that_cannot_be_tried_is_3() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, program) = (folder.path().join("host.toml"), folder.path().join("no-such-program"));
    let text = format!(
        "name = \"gone\"\n[launch]\nargv = ['{}', '{{component}}']\n[capabilities.keyvalue]\n\
         features = ['cas-absent', 'counters', 'listing']\ndurability = 'process'\n",
        program.display()
    );
    fs::write(&file, text).expect("written");
    let output = cli(&["fuzz", "--host", file.to_str().expect("UTF-8"), "--sequences", "3"]);
    refused(&output, &["could not be tried", "no-such-program"]);
}
