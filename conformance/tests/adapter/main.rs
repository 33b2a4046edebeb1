//! Hosts behind an adapter: the verdicts are those of the same host without one, whoever wrote the adapter and in which language, and
//! an adapter that breaks its protocol, dies or hangs is told from a host that does.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod ours;
#[path = "../program/mod.rs"]
mod program;
#[path = "../support/mod.rs"]
mod support;
mod verdicts;

use libtest_mimic::{Arguments, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [first, host] = &*words
        && first == "--as-adapter"
    {
        ours::serve(host);
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
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
