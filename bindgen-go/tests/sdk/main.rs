//! The Go SDK, which is `../go`: that it is what the generator makes, what Go's tools say of it, its tests, its examples and its
//! README. What needs `go` 1.26, or the program `wasi-cloud`, or Redis, is ignored without it; where `CLOUD_CONFORMANCE_REQUIRE`
//! lists the word it fails.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod examples;
mod generated;
mod readme;
#[path = "../../../sdk-c/tests/guests/redis.rs"]
mod redis;
mod tools;

use libtest_mimic::{Arguments, Completion, Trial};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// Something that is not here, and the word that requires it.
pub struct Lack {
    word: &'static str,
    why: String,
}

impl Lack {
    fn new(word: &'static str, why: impl Into<String>) -> Self {
        Self { word, why: why.into() }
    }

    /// Why there is no Go to test with.
    fn of_go() -> Option<Self> {
        let found = Command::new("go").args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local").output();
        let version = found.map(|found| String::from_utf8_lossy(&found.stdout).trim().to_owned()).unwrap_or_default();
        let minor: Option<u32> =
            version.strip_prefix("go1.").and_then(|rest| rest.split('.').next()).and_then(|minor| minor.parse().ok());
        minor.is_none_or(|minor| minor < 26).then(|| Self::new("go", "needs `go` 1.26 or newer on the PATH"))
    }

    /// Why there is no component to be made and run.
    fn of_host() -> Option<Self> {
        let none = !program().is_file();
        let host = || {
            Self::new("go", "needs the program `wasi-cloud` beside this one: `cargo build --bins`, in debug or release")
        };
        Self::of_go().or_else(|| none.then(host))
    }
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each compiles with all cores there are.
    arguments.test_threads = arguments.test_threads.or(Some(1));
    let trials = vec![
        trial("it_is_as_generated", || None, generated::it_is),
        trial("go_finds_nothing_to_complain_of", Lack::of_go, tools::vet),
        trial("packages_stay_apart", Lack::of_go, tools::imports),
        trial("its_tests_pass", Lack::of_go, tools::test),
        trial("its_tests_pass_in_wasm", Lack::of_host, tools::test_in_wasm),
        trial("staticcheck_finds_nothing_to_complain_of", tools::no_staticcheck, tools::staticcheck),
        trial("examples_import_what_they_call", Lack::of_host, examples::import),
        trial("a_command_runs", Lack::of_host, examples::counter),
        trial("a_program_has_its_own_wit_too", Lack::of_host, examples::together),
        trial("two_runtimes_are_refused_with_what_to_do", Lack::of_host, examples::two_runtimes),
        trial("readme/shows_the_example", || None, readme::shows_the_example),
        trial("readme/works", Lack::of_host, readme::works),
        trial("readme/runs", || Lack::of_host().or_else(redis::Server::lack), readme::runs),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(name: &'static str, lack: fn() -> Option<Lack>, test: fn()) -> Trial {
    Trial::ignorable_test(name, move || {
        match lack() {
            Some(Lack { word, why }) if !required(word) => return Ok(Completion::ignored_with(why)),
            Some(Lack { why, .. }) => return Err(why.into()),
            None => test(),
        }
        Ok(Completion::Completed)
    })
}

fn required(word: &str) -> bool {
    let words = env::var("CLOUD_CONFORMANCE_REQUIRE").unwrap_or_default();
    words.split(',').any(|listed| listed.trim() == word)
}

/// The SDK's folder.
fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("go")
}

/// The host, which cargo builds beside this test.
fn program() -> PathBuf {
    let beside = env::current_exe().expect("a path");
    beside.ancestors().nth(2).expect("two folders").join("wasi-cloud")
}

/// Go in a folder, without a network: nothing but the SDK is needed.
fn go(folder: &Path) -> Command {
    let mut go = Command::new("go");
    go.current_dir(folder);
    go.envs([("GOTOOLCHAIN", "local"), ("GOPROXY", "off"), ("GOWORK", "off"), ("GOFLAGS", "")]);
    go
}

/// Runs a command; both its outputs. It must succeed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let text = String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned();
    assert!(output.status.success(), "{command:?}: {text}");
    text
}
