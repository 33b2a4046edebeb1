//! `pingpong`: the same bytes on every pair of hosts.

#![allow(clippy::expect_used, reason = "a test")]

mod program;
mod support;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use program::{cli, code, err, out, refused};
use serde_json::Value;
use std::process::{ExitCode, Output};
use support::missing;

/// The cases of the scenario.
const CASES: u64 = 7;

fn main() -> ExitCode {
    let trial = |name: &str, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let on_servers = Trial::ignorable_test("redis_is_one_of_a_pair_like_any_other", || {
        if let Some(why) = missing("redis", "redis-server") {
            return Ok(Completion::ignored_with(why));
        }
        all_pass("memory,redis,sqlite", 6).map(|()| Completion::Completed)
    });
    let trials = vec![
        Trial::test("every_language_passes_on_every_pair", || all_pass("memory,sqlite", 2)),
        on_servers,
        trial("a_defect_shows_in_its_place_alone", a_defect_shows),
        trial("what_cannot_run_is_said", what_cannot_run_is_said),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn pairs(output: &Output) -> Vec<Value> {
    let shown: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    shown["pairs"].as_array().expect("pairs").clone()
}

fn all_pass(hosts: &str, count: usize) -> Result<(), Failed> {
    let output = cli(&["pingpong", "--json", "--host", hosts]);
    let pairs = pairs(&output);
    let whole = pairs.iter().all(|pair| pair["passed"] == CASES && pair["skipped"] == 0);
    if code(&output) != 0 || pairs.len() != count * 3 || !whole {
        return Err(format!("{} pairs: {}\n{}", pairs.len(), out(&output), err(&output)).into());
    }
    Ok(())
}

/// The key-value of a defective store is no worse for the messages of its host, and the other way round.
fn a_defect_shows() {
    let output = cli(&["pingpong", "--json", "--lang", "rust", "--host", "memory,mutant:loses-increment"]);
    assert_eq!(code(&output), 1, "{}", err(&output));
    for pair in pairs(&output) {
        let lost = pair["keyvalue"] == "mutant:loses-increment";
        assert_eq!(pair["failed"].as_object().is_some_and(|failed| !failed.is_empty()), lost, "{pair}");
    }
}

fn what_cannot_run_is_said() {
    refused(&cli(&["pingpong", "--host", "sqlite"]), &["no pair", "--host memory"]);
    refused(&cli(&["pingpong", "--host", "memory,memroy"]), &["did you mean `memory`?"]);
    refused(&cli(&["pingpong", "--host", "memory,mutant:sdk-put-unconditional"]), &["mutant of a backend"]);
}
