//! `go_wasip1_wasm_exec` without Go: what it makes of its arguments and of `GOWASIRUNTIME`.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(unix)]

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

const RUNTIMES: [&str; 5] = ["wasi-cloud", "wasmtime", "wazero", "wasmedge", "wasmer"];

/// Calls the script where `stub` is the only runtime: a program that prints its arguments, one a line, and exits with 3.
fn call(stub: &str, variables: &[(&str, &str)], args: &[&str]) -> Output {
    let bin = TempDir::new().expect("a folder");
    if !stub.is_empty() {
        let path = bin.path().join(stub);
        fs::write(&path, "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 3\n").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
    }
    let mut script = Command::new("/bin/sh");
    script.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("exec/go_wasip1_wasm_exec")).args(args);
    script.env_clear().env("PATH", bin.path()).envs(variables.iter().copied());
    // What one has installed here must not be found.
    script.current_dir(PathBuf::from("/")).output().expect("sh runs")
}

fn lines(output: &Output) -> Vec<String> {
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn each_runtime_gets_the_module_its_arguments_and_the_surroundings() {
    for runtime in RUNTIMES {
        let variables = [("GOWASIRUNTIME", runtime), ("GOWASIRUNTIMEARGS", "--more *")];
        let output = call(runtime, &variables, &["m.wasm", "-test.v", "a b", ""]);
        assert_eq!(output.status.code(), Some(3), "the program's own");
        let lines = lines(&output);
        let at = lines.iter().position(|line| line == "m.wasm").expect("the module");
        assert_eq!(lines[at - 2..at], ["--more", "*"], "{runtime}");
        let rest = if lines[at + 1] == "--" { at + 2 } else { at + 1 };
        assert_eq!(lines[rest..], ["-test.v", "a b", ""], "{runtime}");
        assert!(lines.iter().any(|line| line == "PWD=/"), "{runtime}: {lines:?}");
        assert!(lines.iter().any(|line| line.starts_with("PATH=")), "{runtime}: {lines:?}");
        assert!(lines.iter().any(|line| matches!(&**line, "/" | "/:/")), "{runtime}: {lines:?}");
    }
}

#[test]
fn ours_is_the_default() {
    for variables in [&[][..], &[("GOWASIRUNTIME", "")]] {
        let lines = lines(&call("wasi-cloud", variables, &["m.wasm"]));
        assert_eq!((&*lines[0], &*lines[lines.len() - 2]), ("run", "m.wasm"), "{lines:?}");
    }
}

#[test]
fn one_that_is_not_installed_says_how_to_get_it() {
    let ways = ["cargo install --path hosts/cli", "wasmtime.dev", "go install ", "wasmedge.org", "wasmer.io"];
    for (runtime, way) in RUNTIMES.into_iter().zip(ways) {
        let output = call("", &[("GOWASIRUNTIME", runtime)], &["m.wasm"]);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(127), "{said}");
        assert!(said.contains(&format!("{runtime} is not installed")) && said.contains(way), "{said}");
    }
}

#[test]
fn an_unknown_one_is_told_which_there_are() {
    let output = call("v8", &[("GOWASIRUNTIME", "v8")], &["m.wasm"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("GOWASIRUNTIME=v8") && RUNTIMES.iter().all(|one| said.contains(one)), "{said}");
    assert_eq!(call("wasi-cloud", &[], &[]).status.code(), Some(2), "without a module");
}
