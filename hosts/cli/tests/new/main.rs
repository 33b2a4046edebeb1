//! `wasi-cloud new`: each template is made, and every command of its README is run. What a language needs has a word: `wasm`, the
//! target of Rust, `zig` and `go`. Where it is missing the tests are ignored; where `CLOUD_CONFORMANCE_REQUIRE` lists the word,
//! they fail.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg_attr(not(unix), allow(unused))]

mod made;
#[path = "../needs/mod.rs"]
mod needs;
#[path = "../pongs/mod.rs"]
mod pongs;
mod refused;

use libtest_mimic::{Arguments, Completion, Trial};
use made::Lack;
use std::process::ExitCode;

type Test = fn();
type Missing = fn() -> Option<Lack>;

/// By name, as filters have it.
const TESTS: &[(&str, Missing, Test)] = &[
    ("rust_pingpong", made::no_rust, || made::pingpong("rust")),
    ("rust_command", made::no_rust, || made::command("rust")),
    ("c_pingpong", made::no_c, || made::pingpong("c")),
    ("c_command", made::no_c, || made::command("c")),
    ("go_pingpong", made::no_go, || made::pingpong("go")),
    ("go_command", made::no_go, || made::command("go")),
];

const REFUSED: &[(&str, Test)] = &[
    ("what_is_there_stays_as_it_is", refused::there),
    ("a_name_that_is_none_is_wrong_usage", refused::name),
    ("what_is_no_clone_is_refused", refused::clone),
    ("without_a_clone_the_sdk_is_a_published_one", refused::published),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each compiles with all cores there are.
    arguments.test_threads = arguments.test_threads.or(Some(1));
    let made = TESTS.iter().map(|(name, lack, test)| {
        Trial::ignorable_test(*name, move || match lack() {
            Some(Lack { word, why }) if needs::required(word) => Err(why.into()),
            Some(Lack { why, .. }) => Ok(Completion::ignored_with(why)),
            None => {
                test();
                Ok(Completion::Completed)
            }
        })
    });
    let refused = REFUSED.iter().map(|(name, test)| needs::always(name, *test));
    let trials = if cfg!(unix) { made.chain(refused).collect() } else { Vec::new() };
    libtest_mimic::run(&arguments, trials).exit_code()
}
