//! The command line of wasmtime as a host of somebody else, with guests in every language: what it keeps, what it breaks, and
//! that a wrapper around it which lies is found out.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod program;
mod support;

use cloud_conformance::corpus::Corpus;
use libtest_mimic::{Arguments, Completion, Trial};
use program::{cli, code, ended, err, events, explains, ids, out};
use std::{
    fs,
    process::{Command, ExitCode},
};
use support::{beside, missing, unbuilt};

/// The release that the suite's file is about.
const RELEASE: &str = "wasmtime 48.";
const FILE: &str = include_str!("../hosts/wasmtime.toml");

const BRIDGED: &str = "what_a_user_has_bridged_runs";

fn main() -> ExitCode {
    let trial = |name, test: fn()| {
        let lacks = move || match name {
            BRIDGED => missing("wasmtime", "wasmtime").or_else(|| unbuilt("wasi-cloud")),
            _ => missing("wasmtime", "wasmtime"),
        };
        Trial::ignorable_test(name, move || match lacks() {
            Some(why) => Ok(Completion::ignored_with(why)),
            None => {
                test();
                Ok(Completion::Completed)
            }
        })
    };
    let trials = vec![
        trial("its_verdict_is_as_known_in_every_language", verdict),
        trial("what_it_breaks_is_shown_by_what_guests_did", explained),
        #[cfg(unix)]
        trial("a_wrapper_that_lies_is_found_out", lies),
        trial("a_list_that_is_stale_is_told", stale),
        trial("a_trap_is_told_from_a_host_that_died", ends),
        trial(BRIDGED, bridged),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn verdict() {
    let output = cli(&["run", "--host", "wasmtime", "--format", "json"]);
    assert_eq!(code(&output), 0, "{}\n{}", err(&output), out(&output));
    let events = events(&output);
    let version = events[0]["hosts"][0]["version"].as_str().expect("a version");
    assert!(version.starts_with(RELEASE), "the suite's file is about {RELEASE}x, here is {version}");
    let altitudes = events[0]["hosts"].as_array().expect("hosts").len();
    assert_eq!(ids(&ended(&events, "xfail")), BROKEN.map(|(id, _)| id.to_owned()).into());
    for record in ended(&events, "xfail") {
        let (_, clause) = BROKEN.iter().find(|(id, _)| record["id"] == *id).expect("one of them");
        assert_eq!(record["breaks"], *clause);
        assert!(record["transcript"].is_array(), "{record}");
    }
    // As many in one language as in another; more is a reason to raise the number, fewer a reason to look.
    assert_eq!(ended(&events, "pass").len(), 115 * altitudes);
    assert_eq!(ended(&events, "xfail").len(), 4 * altitudes);
    let summary = events.last().expect("the last event");
    assert_eq!(summary["conformant"], false);
}

/// The suite's file without its list of what is known to fail.
fn as_if_unknown() -> String {
    FILE.split("[[known-failing]]").next().expect("a beginning").to_owned()
}

fn run_file(text: &str, more: &[&str]) -> std::process::Output {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("host.toml");
    fs::write(&file, text).expect("written");
    cli(&[&["run", "--host", file.to_str().expect("UTF-8"), "--lang", "rust"], more].concat())
}

/// What is known to fail, and the clause that the file names. The maintainers could take each as it is told for a bug report.
const BROKEN: [(&str, &str); 4] = [
    ("keyvalue/store/dropping-a-handle-keeps-the-data", "KV-STORE-23"),
    ("keyvalue/store/open-label-that-does-not-exist", "KV-STORE-03"),
    ("keyvalue/store/open-strange-labels", "KV-STORE-03"),
    ("keyvalue/store/two-handles-are-one-client", "KV-STORE-18"),
];

fn explained() {
    let picked: Vec<_> = BROKEN.iter().flat_map(|(id, _)| ["--run", id]).collect();
    let output = cli(&[&["run", "--host", "wasmtime", "--lang", "rust"], &picked[..]].concat());
    assert_eq!(code(&output), 0, "{}\n{}", err(&output), out(&output));
    let text = out(&output);
    assert!(text.contains("via bridge: wasi:keyvalue@0.2.0-draft"), "{text}");
    for (id, clause) in BROKEN {
        explains(&text, id, &[clause, "expected: ", "actual: ", r#" > {"Open":["#]);
    }
    explains(&text, "keyvalue/store/two-handles-are-one-client", &["actual: None", r#"> {"Open":[1,""]}"#]);
}

/// Every `exists` of a key that is there says no.
#[cfg(unix)]
fn lies() {
    let honest = r#"    "{prepared}",
]"#;
    assert!(FILE.contains(honest));
    let lying = as_if_unknown().replacen("argv = [", r#"argv = ["sh", "-c", "\"$0\" \"$@\" | while read -r seen; do case $seen in '{\"Flag\":true}') echo '{\"Flag\":false}';; *) printf '%s\\n' \"$seen\";; esac; done","#, 1);
    let output = run_file(&lying, &["--run", "keyvalue/store/exists-*", "--format", "json"]);
    assert_eq!(code(&output), 1, "{}\n{}", err(&output), out(&output));
    let events = events(&output);
    let failed = ended(&events, "fail");
    assert!(!failed.is_empty());
    assert!(failed.iter().all(|record| record["clauses"].to_string().contains("KV-STORE-")));
}

/// In the place of a guest, one that traps, and one that wants what wasmtime does not have.
fn ends() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = |guest: &str| {
        let path = folder.path().join("guest.wat");
        fs::write(&path, guest).expect("written");
        let argv = format!("argv = ['wasmtime', 'run', '{}', '{{component}}']", path.display());
        let text = format!(
            "name = 'x'\n[launch]\n{argv}\ntrap-exit-codes = [134]\n[capabilities.config]\ndurability = 'durable'\n"
        );
        let output = run_file(&text, &["--run", "config/store/get-missing-key", "--format", "json"]);
        let events = events(&output);
        let record = events.iter().find(|event| event["event"] == "ended").expect("a record");
        assert_eq!(record["verdict"], "fail", "{record}");
        record["why"].as_str().expect("why").to_owned()
    };
    let trapped = ended("(module (func (export \"_start\") unreachable))");
    assert!(trapped.starts_with("the guest trapped") && trapped.contains("wasm backtrace"), "{trapped}");
    let died = ended("(module (import \"no\" \"where\" (func)) (func (export \"_start\")))");
    assert!(!died.contains("trapped") && died.contains("unknown import"), "{died}");
}

/// `wasi-cloud bridge`, and then wasmtime by itself: a component that was built for our packages writes and reads.
fn bridged() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let guest = Corpus::load().expect("the corpus").composed("rust", "keyvalue").expect("a program");
    fs::write(path("app.wasm"), guest).expect("written");
    let bridge = ["bridge", "app.wasm", "--to", "wasmtime", "-o", "bridged.wasm"];
    let output = Command::new(beside("wasi-cloud")).args(bridge).current_dir(&folder).output().expect("it starts");
    assert_eq!(code(&output), 0, "{}", err(&output));
    let lines = [r#"{"Open":[0,""]}"#, r#"{"Set":[0,"k",[1,2]]}"#, r#"{"Get":[0,"k"]}"#, r#"{"Get":[0,"other"]}"#];
    fs::write(path("lines"), lines.join("\n") + "\n").expect("written");
    let mut wasmtime = Command::new("wasmtime");
    wasmtime.args(["run", "-Skeyvalue"]).arg(path("bridged.wasm"));
    let output = wasmtime.stdin(fs::File::open(path("lines")).expect("lines")).output().expect("it starts");
    let answers = "\"Done\"\n\"Done\"\n{\"Value\":[1,2]}\n{\"Value\":null}\n";
    assert_eq!((code(&output), &*out(&output)), (0, answers), "{}", err(&output));
}

/// An entry for what passes makes the exit code 4, one that is over a failure, and one that names another clause no run at all.
fn stale() {
    let entry = |cases: &str, clause: &str, expires: &str| {
        let entry =
            format!("cases = '{cases}'\nclause = '{clause}'\nreason = 'r'\nlink = 'l'\nexpires = '{expires}'\n");
        format!("{}\n[[known-failing]]\n{entry}", as_if_unknown())
    };
    let picked = ["--run", "keyvalue/store/get-missing-key", "--run", "negotiation/**"];
    let case = "keyvalue/store/get-missing-key";
    let output = run_file(&entry(case, "KV-STORE-05", "9999-12-31"), &picked);
    assert_eq!(code(&output), 4, "{}\n{}", err(&output), out(&output));
    let output = run_file(&entry(case, "KV-STORE-05", "2020-01-01"), &picked);
    assert_eq!(code(&output), 1, "{}\n{}", err(&output), out(&output));
    assert!(out(&output).contains("negotiation/host/exemptions"), "{}", out(&output));
    let output = run_file(&entry(case, "KV-STORE-18", "9999-12-31"), &picked);
    assert_eq!(code(&output), 3);
    assert!(err(&output).contains("does not cite KV-STORE-18"), "{}", err(&output));
}
