//! What `init` writes runs at once, and lacks nothing but what is not implemented (F10).

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod program;
mod support;

use libtest_mimic::{Arguments, Completion, Trial};
use program::{PROGRAM, cli, code, err, events, out, refused};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, ExitCode, Output},
};
use support::missing;
use tempfile::TempDir;

/// Few and of two interfaces.
const CASES: [&str; 4] = ["--run", "config/**", "--run", "keyvalue/store/get-*"];
/// What an adapter keeps that starts no guest.
const KEPT: [&str; 6] = ["hello", "ids", "slow-line", "unknown-request", "malformed", "truncated"];
const TODO: &str = "not implemented: fill in `";

fn main() -> ExitCode {
    let trial = |name: &str, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let adapter = |kind: &'static str, tool: &'static str| {
        Trial::ignorable_test(format!("an_adapter_in_{kind}_is_not_implemented_and_says_where"), move || {
            if let Some(why) = missing(kind, tool) {
                return Ok(Completion::ignored_with(why));
            }
            skeleton(kind);
            Ok(Completion::Completed)
        })
    };
    let trials = vec![
        trial("a_command_line_needs_one_file_and_a_program", command_line),
        trial("nothing_is_written_over", nothing_over),
        trial("a_name_that_means_something_else_is_refused", names),
        adapter("sh", "sh"),
        adapter("python", "python3"),
        adapter("go", "go"),
        trial("a_host_in_rust_is_not_implemented_and_says_where", rust),
        trial("its_project_depends_on_this_suite", manifest),
        trial("adapters_in_python_have_one_half_in_common", halves),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// `init` in a folder that is not there yet, and the names of what it wrote.
fn init(kind: &str, at: &Path) -> Vec<String> {
    let output = cli(&["init", "--kind", kind, "--name", "cloud-of-mine", text(at)]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let next: Vec<_> = out(&output).lines().filter(|line| line.starts_with("  ")).map(str::to_owned).collect();
    assert!(next.len() == 2 && next.iter().all(|line| line.contains(text(at))), "{}", out(&output));
    let mut files: Vec<_> = fs::read_dir(at)
        .expect("written")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    files.sort();
    files
}

fn command_line() {
    let folder = folder();
    let at = folder.path().join("a/new/one");
    assert_eq!(init("argv", &at), ["host.toml"]);
    let file = at.join("host.toml");
    // Which it is until it is installed.
    refused(&cli(&["run", "--host", text(&file)]), &["there is no program `cloud-of-mine`", "install it"]);
}

fn nothing_over() {
    let folder = folder();
    let mine = folder.path().join("host.py");
    fs::write(&mine, "mine").expect("written");
    let again = || cli(&["init", "--kind", "python", text(folder.path())]);
    refused(&again(), &["host.py` is there already", "another folder"]);
    assert_eq!(fs::read_to_string(&mine).expect("a file"), "mine");
    assert!(!folder.path().join("host.toml").exists(), "all or nothing");
    fs::remove_file(&mine).expect("removed");
    assert_eq!(code(&again()), 0);
    refused(&again(), &["host.toml`, `", "host.py`, `", "adapter.py` is there already"]);
}

fn names() {
    for name in ["memory", "wasmtime", "two words", "Upper", "x\"y"] {
        refused(&cli(&["init", "--name", name, "/nonexistent"]), &["--name"]);
    }
    refused(&cli(&["init", "--kind", "cobol"]), &["argv, sh, python, go, rust"]);
}

fn skeleton(kind: &str) {
    let folder = folder();
    let at = folder.path().join("new");
    let files = init(kind, &at);
    assert!(files.iter().any(|file| file.starts_with("host.")) && files.contains(&"host.toml".to_owned()), "{files:?}");
    let host = at.join("host.toml");
    // Go compiles it the first time.
    let checked = cli(&["adapter-check", "--timeout", "120", "--json", "--host", text(&host)]);
    assert_eq!(code(&checked), 1, "{}", err(&checked));
    let (failed, others): (Vec<Value>, Vec<Value>) =
        events(&checked).into_iter().partition(|row| row["verdict"] == "fail");
    for check in &failed {
        assert!(check["why"].as_str().is_some_and(|why| why.contains(TODO)), "{check}");
    }
    let kept: Vec<_> = others.iter().map(|check| check["check"].as_str().expect("a name")).collect();
    assert_eq!(kept, KEPT, "{kind}");
    let args = ["run", "--host", text(&host), "--lang", "rust", "--format", "json"];
    not_implemented(&cli(&[&args[..], &CASES].concat()));
}

/// No case is judged, each for that reason, and the run proves nothing.
fn not_implemented(output: &Output) {
    assert_eq!(code(output), 3, "{}", err(output));
    let events = events(output);
    assert_eq!(events.last().expect("the last event")["event"], "finished");
    // What a host says of itself can be looked at without guests.
    let ended = events.iter().filter(|event| event["event"] == "ended" && event["check"] != true);
    let ended: Vec<_> = ended.filter(|record| record["verdict"] != "skip").collect();
    assert!(ended.len() >= 10, "{} cases", ended.len());
    for record in ended {
        let why = record["why"].as_str().unwrap_or_default();
        assert!(record["verdict"] == "error" && why.contains(TODO), "{record}");
    }
}

fn rust() {
    let folder = folder();
    assert_eq!(init("rust", &folder.path().join("new")), ["Cargo.toml", "src"]);
    // The same text is an example, so it is compiled with this test. Cargo gives no name to where examples are.
    let example = Path::new(PROGRAM).parent().expect("a folder").join("examples/new-host");
    let output = Command::new(example).args(["--format", "json"]).args(CASES).output();
    let output = output.expect("it is built: `cargo build --example new-host`, or all tests");
    not_implemented(&output);
    assert!(err(&output).is_empty(), "{}", err(&output));
}

fn manifest() {
    let folder = folder();
    init("rust", folder.path().join("new").as_path());
    let read = |path: &Path| -> toml::Table { fs::read_to_string(path).expect("a file").parse().expect("TOML") };
    let written = read(&folder.path().join("new/Cargo.toml"));
    let dependencies = written["dependencies"].as_table().expect("a table");
    assert_eq!(dependencies["cloud-conformance"].as_str(), Some(env!("CARGO_PKG_VERSION")));
    // What the text uses besides has to be what the suite is built with.
    let ours = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml"));
    let ours = &ours["workspace"]["dependencies"]["async-trait"];
    assert_eq!(dependencies["async-trait"].as_str(), ours.as_str());
    assert_eq!(dependencies.len(), 2);
    assert_eq!(written["package"]["edition"].as_str(), Some("2024"));
}

/// That of the toy host is in a folder of its own, which is to be copied whole.
fn halves() {
    let [ours, toy] = ["adapters/python/adapter.py", "examples/toy-host/adapter.py"]
        .map(|file| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect("a file"));
    assert_eq!(ours, toy);
}
