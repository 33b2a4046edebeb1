//! Registries: a real one, `crane registry serve`, and some that misbehave, which the tests play. Without `crane` its tests are
//! ignored; where `CLOUD_CONFORMANCE_REQUIRE` lists `oci` they fail.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod hostile;
#[path = "../needs/mod.rs"]
mod needs;
mod played;
mod real;

use libtest_mimic::Arguments;
use needs::{always, required, trial};
use std::{
    path::Path,
    process::{Command, ExitCode, Stdio},
};

/// By name, as filters have it.
const ON_CRANE: &[(&str, fn())] = &[
    ("what_is_pushed_is_pulled_and_run", real::there_and_back),
    ("what_is_pushed_has_the_layout_that_others_read", real::layout),
    ("what_is_not_there_is_told", real::missing),
];

const PLAYED: &[(&str, fn())] = &[
    ("an_artifact_is_pulled_through_a_redirect", hostile::good),
    ("a_layer_of_other_bytes_is_refused", hostile::other_layer),
    ("a_manifest_of_other_bytes_is_refused", hostile::other_manifest),
    ("a_layer_without_end_is_cut_off", hostile::endless_layer),
    ("a_short_layer_is_refused", hostile::short_layer),
    ("a_manifest_without_end_is_given_up", hostile::endless_manifest),
    ("redirects_without_end_are_given_up", hostile::circle),
    ("what_is_no_component_is_refused_unread", hostile::no_component),
    ("credentials_are_asked_for_and_shown_to_nobody", hostile::credentials),
    ("a_token_that_cannot_be_sent_is_refused", hostile::token),
    ("a_registry_that_refuses_a_push_says_why", hostile::refused_push),
    ("nobody_there_is_told", hostile::nobody),
];

fn main() -> ExitCode {
    let real = ON_CRANE.iter().map(|(name, test)| trial(name, missing, *test));
    let played = PLAYED.iter().map(|(name, test)| always(name, *test));
    libtest_mimic::run(&Arguments::from_args(), real.chain(played).collect()).exit_code()
}

/// Why there is no real registry to test with.
fn missing() -> Option<String> {
    let found = Command::new("crane").arg("version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let missing = !required("oci") && !found.is_ok_and(|found| found.success());
    missing.then(|| {
        "needs `crane` on the PATH: go install github.com/google/go-containerregistry/cmd/crane@latest".to_owned()
    })
}

/// What the program printed, and what it said.
struct Said {
    code: Option<i32>,
    out: String,
    log: String,
}

impl Said {
    /// That it failed in one line, which holds these words.
    fn failed(&self, words: &[&str]) {
        assert_eq!(self.code, Some(125), "{}{}", self.out, self.log);
        let errors: Vec<_> = self.log.lines().filter(|line| line.starts_with("error: ")).collect();
        assert!(errors.len() == 1 && !self.log.contains("panicked"), "{}", self.log);
        assert!(words.iter().all(|word| errors[0].contains(word)), "{words:?}: {}", self.log);
    }

    fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.log);
        self
    }
}

/// Runs the program in a folder, where nobody is logged in.
fn wasi_cloud(folder: &Path, args: &[&str], variables: &[(&str, &str)]) -> Said {
    let mut program = Command::new(env!("CARGO_BIN_EXE_wasi-cloud"));
    for name in ["RUST_LOG", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        program.env_remove(name);
    }
    program.env("DOCKER_CONFIG", folder).envs(variables.iter().copied()).stdin(Stdio::null());
    let output = program.args(args).current_dir(folder).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code(), out: text(&output.stdout), log: text(&output.stderr) }
}

/// A command that ends with this code.
fn command(code: u8) -> Vec<u8> {
    let text = format!(
        r#"(component
            (core module $m (func (export "run") (result i32) (i32.const {code})))
            (core instance $i (instantiate $m))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $exported (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $exported)))"#
    );
    wat::parse_str(text).expect("assembles")
}
