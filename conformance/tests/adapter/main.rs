//! Hosts behind an adapter: the verdicts are those of the same host without one, whoever wrote the adapter and in which language, and
//! an adapter that breaks its protocol, dies or hangs is told from a host that does.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod checkup;
mod mutant;
mod others;
mod ours;
#[path = "../program/mod.rs"]
mod program;
#[path = "../support/mod.rs"]
mod support;
mod verdicts;
mod work;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [first, host] = &*words
        && first.starts_with("--as-")
    {
        match &**first {
            "--as-adapter" => ours::serve(host),
            "--as-mutant" => mutant::serve(host),
            other => panic!("what is {other}?"),
        }
        return ExitCode::SUCCESS;
    }
    let trial = |name: &str, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let trials = vec![
        trial("every_control_gives_the_verdicts_that_it_gives_without_an_adapter", verdicts::every_control),
        trial("a_defect_behind_an_adapter_is_found_by_the_same_cases", verdicts::defect),
        trial("adapter_check_finds_each_defect_by_the_check_that_is_for_it", checkup::defects),
        trial("adapter_check_says_what_cannot_be_checked", checkup::usage),
        trial("an_adapter_that_dies_costs_the_cases_that_it_was_busy_with", work::dies),
        trial("an_adapter_that_does_not_answer_costs_one_case_and_may_answer_late", work::hangs),
        trial("what_is_no_line_of_the_protocol_is_shown", work::chats),
        trial("errors_are_told_apart", work::fails),
        others::trial("python", &["python3"]),
        // What its text calls, and a machine with Rust alone may lack.
        others::trial("sh", &["sh", "cat", "mkdir", "mkfifo", "mktemp", "mv", "rm", "sed", "tail", "tr"]),
        others::trial("go", &["go"]),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
