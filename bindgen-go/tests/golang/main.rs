//! What Go makes of the generated code, and what that does in a component: needs `go` 1.26. Without it the tests are ignored;
//! where `CLOUD_CONFORMANCE_REQUIRE` lists `go` they fail.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test")]

mod async_calls;
mod async_flows;
mod async_host;
mod async_pair;
mod async_streams;
mod checks;
mod command;
mod echo;
mod guest;
mod random;
mod readme;
mod resources;
mod rust;
mod streams;
mod stress;
mod values;

use std::env;
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Completion, Trial};

type Test = fn() -> wasmtime::Result<()>;

/// By name, as filters have it.
const TESTS: &[(&str, Test)] = &[
    ("generated_code_is_clean", checks::clean),
    ("generated_code_links", checks::links),
    ("handlers_are_tested_natively", checks::native),
    ("the_readme_works", readme::works),
    ("echo_scalars", echo::scalars),
    ("echo_lists", echo::lists),
    ("echo_compound", echo::compound),
    ("echo_more", echo::more),
    ("echo_as_in_rust", rust::same_answers),
    ("random_worlds", random::worlds),
    ("two_packages_share_one_runtime", echo::two_packages),
    ("resources_both_ways", resources::both_ways),
    ("misuse_is_an_error", resources::misuse),
    ("streams_of_wasi_io", streams::both_ways),
    ("a_command_runs", command::runs),
    ("handlers_may_wait", resources::goroutines),
    ("async_natively", async_calls::natively),
    ("async_signatures", async_calls::signatures),
    ("async_calls_at_once", async_calls::at_once),
    ("async_mutex", async_calls::mutex),
    ("async_between_calls", async_calls::between_calls),
    ("async_timers", async_calls::timers),
    ("async_cancelled", async_calls::cancelled),
    ("async_cancelled_by_the_caller", async_pair::cancelled),
    ("async_polling", async_calls::polling),
    ("async_nothing_is_left", async_calls::nothing_is_left),
    ("stream_imports", async_streams::imports),
    ("stream_drops", async_streams::drops),
    ("stream_echo", async_streams::echo),
    ("stream_elements", async_streams::elements),
    ("stream_futures", async_streams::futures),
    ("stream_nothing_is_left", async_streams::nothing_is_left),
    ("small_calls_leave_nothing_behind", stress::small),
    ("a_long_call_leaves_nothing_behind", stress::long),
    ("large_calls_leave_nothing_behind", stress::large),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each compiles with all cores there are.
    arguments.test_threads = arguments.test_threads.or(Some(1));
    let missing = missing();
    let trials = TESTS.iter().map(|(name, test)| {
        let missing = missing.clone().or_else(|| rust_missing(name));
        Trial::ignorable_test(*name, move || match missing {
            Some(reason) => Ok(Completion::ignored_with(reason)),
            None => test().map(|()| Completion::Completed).map_err(|e| format!("{e:?}").into()),
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Why what is needed besides Go is not here.
fn rust_missing(test: &str) -> Option<String> {
    if test == "echo_as_in_rust" && !required() { rust::missing() } else { None }
}

fn required() -> bool {
    let words = env::var("CLOUD_CONFORMANCE_REQUIRE").unwrap_or_default();
    words.split(',').any(|word| word.trim() == "go")
}

/// Why there is no Go to test with.
fn missing() -> Option<String> {
    if required() {
        return None;
    }
    let found = Command::new(guest::go("go")).args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local").output();
    let version = found.ok().map(|found| String::from_utf8_lossy(&found.stdout).trim().to_owned()).unwrap_or_default();
    let minor = version
        .strip_prefix("go1.")
        .and_then(|rest| rest.split('.').next())
        .and_then(|minor| minor.parse::<u32>().ok());
    minor.is_none_or(|minor| minor < 26).then(|| "needs `go` 1.26 or newer on the PATH, or in BINDGEN_GO_GO".to_owned())
}
