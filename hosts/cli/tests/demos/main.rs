//! The Go demos, by the commands of their READMEs, and `go run` and `go test` with our `go_wasip1_wasm_exec`: needs `go` 1.26.
//! Without it the tests are ignored; where `CLOUD_CONFORMANCE_REQUIRE` lists `go` they fail. The edge demo has the words
//! `fastly`, for the SDK from Go's module proxy, and `viceroy`.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg_attr(not(unix), allow(unused))]

mod edge;
mod example;
mod exec;
mod http;
#[path = "../needs/mod.rs"]
mod needs;
#[path = "../service/mod.rs"]
mod service;

use libtest_mimic::{Arguments, Completion, Trial};
use needs::{no_go, required};
use std::process::{Command, ExitCode, Stdio};

/// What a test returns is why it could not run.
type Test = fn() -> Result<(), String>;

/// By name, as filters have it.
const TESTS: &[(&str, Test)] = &[
    ("hello_greets", || example::works("hello")),
    ("export_is_called", || example::works("export")),
    ("http_answers", http::answers),
    ("edge_is_built", edge::built),
    ("edge_answers_on_its_local_server", edge::answers),
    ("a_core_module_has_arguments_input_and_folders", exec::core_module),
    ("go_run_has_the_programs_exit_code", exec::go_run),
    ("go_test_finds_testdata_and_fails_where_a_test_does", || exec::go_test("wasi-cloud")),
    ("go_test_runs_on_wazero", exec::on_wazero),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each compiles with all cores there are.
    arguments.test_threads = arguments.test_threads.or(Some(1));
    let missing = if required("go") { None } else { no_go() };
    let trials = TESTS.iter().map(|(name, test)| {
        let missing = missing.clone();
        Trial::ignorable_test(*name, move || match missing.map_or_else(test, Err) {
            Ok(()) => Ok(Completion::Completed),
            Err(reason) => Ok(Completion::ignored_with(reason)),
        })
    });
    let trials = if cfg!(unix) { trials.collect() } else { Vec::new() };
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Why a test that needs something cannot run; it panics where that is required.
fn lacking(word: &str, reason: &str) -> Result<(), String> {
    assert!(!required(word), "{reason}");
    Err(reason.to_owned())
}

/// Whether there is a program of that name.
fn has(program: &str) -> bool {
    let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).stdout(Stdio::null()).status();
    found.is_ok_and(|found| found.success())
}
