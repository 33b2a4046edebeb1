//! jco on Node as a host of somebody else: what its bindings keep, what they break, and that a trap is told from a host that
//! died.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod program;
mod support;

use libtest_mimic::{Arguments, Completion, Trial};
use program::{cli, code, ended, err, events, explains, ids, out};
use std::{
    fs,
    path::Path,
    process::{Command, ExitCode, Output},
};
use support::{missing, required};

/// The releases that the file is about.
const RELEASE: &str = "jco-transpile 0.15.0, preview2-shim 0.26.1, node v";
const HOST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/hosts/jco.toml");
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/hosts/jco");

/// A machine that does other things as well takes minutes for ten thousand handles.
const PATIENT: [&str; 4] = ["--op-timeout", "60", "--case-timeout", "600"];

/// What is seen where a key begins with U+FEFF, and the clause that the file names.
const BROKEN: [(&str, &str); 9] = [
    ("keyvalue/batch/set-many-keeps-strange-keys-apart", "KV-STORE-S05"),
    ("keyvalue/extension/empty-prefix-lists-all", "KVX-40"),
    ("keyvalue/extension/prefix-is-no-pattern", "KVX-40"),
    ("keyvalue/extension/strange-keys-and-values-are-kept", "KVX-01"),
    ("keyvalue/extension/strange-keys-are-deleted-alone", "KV-STORE-S05"),
    ("keyvalue/store/no-two-keys-are-one", "KV-STORE-S05"),
    ("keyvalue/store/strange-keys-are-counters", "KV-STORE-S05"),
    ("keyvalue/store/strange-keys-are-listed-as-written", "KV-STORE-S05"),
    ("keyvalue/store/twins-are-two-keys/byte-order-mark", "KV-STORE-S05"),
];

fn main() -> ExitCode {
    let trial = |name, test: fn()| {
        Trial::ignorable_test(name, move || match absent() {
            Some(why) => Ok(Completion::ignored_with(why)),
            None => {
                test();
                Ok(Completion::Completed)
            }
        })
    };
    let trials = vec![
        trial("its_verdict_is_as_known", verdict),
        trial("guests_in_c_and_go_see_the_same", languages),
        trial("what_it_breaks_is_shown_by_what_guests_did", explained),
        trial("a_trap_is_told_from_a_host_that_died", ends),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn absent() -> Option<String> {
    if required("jco") {
        return None;
    }
    let installed = Path::new(FOLDER).join("node_modules").is_dir();
    missing("jco", "node").or_else(|| (!installed).then(|| "jco is not installed: `bash .ci/servers jco`".to_owned()))
}

fn verdict() {
    let output = cli(&[&["run", "--host", HOST, "--lang", "rust", "--format", "json"], &PATIENT[..]].concat());
    assert_eq!(code(&output), 0, "{}\n{}", err(&output), out(&output));
    let events = events(&output);
    let version = events[0]["hosts"][0]["version"].as_str().expect("a version");
    assert!(version.starts_with(RELEASE), "the file is about {RELEASE}, here is {version}");
    assert_eq!(ids(&ended(&events, "xfail")), BROKEN.map(|(id, _)| id.to_owned()).into());
    // More is a reason to raise the number, fewer a reason to look.
    assert_eq!(ended(&events, "pass").len(), 245);
    assert_eq!(events.last().expect("the last event")["conformant"], false);
}

/// A whole run takes a minute in each language, so of the others it is what bindings differ by: every type goes over the line
/// there.
fn languages() {
    let picked = ["--run", "config/**", "--run", "keyvalue/atomics/**", "--run", "keyvalue/batch/**"];
    let args = ["run", "--host", HOST, "--lang", "c", "--lang", "go", "--format", "json"];
    let output = cli(&[&args[..], &picked].concat());
    assert_eq!(code(&output), 0, "{}\n{}", err(&output), out(&output));
    let events = events(&output);
    let altitudes = events[0]["hosts"].as_array().expect("hosts").len();
    assert_eq!(ended(&events, "pass").len(), 73 * altitudes);
    assert_eq!(ended(&events, "xfail").len(), altitudes);
}

fn explained() {
    let picked: Vec<_> = BROKEN.iter().flat_map(|(id, _)| ["--run", id]).collect();
    let output = cli(&[&["run", "--host", HOST, "--lang", "rust"], &PATIENT[..], &picked].concat());
    assert_eq!(code(&output), 0, "{}\n{}", err(&output), out(&output));
    let text = out(&output);
    for (id, clause) in BROKEN {
        explains(&text, id, &[clause, "expected: ", "actual: "]);
    }
    explains(&text, "keyvalue/store/twins-are-two-keys/byte-order-mark", &[r#"> {"Get":[0,"k"]}"#, "actual: Some"]);
}

fn node(script: &str, args: &[&Path]) -> Output {
    Command::new("node").arg(Path::new(FOLDER).join(script)).args(args).output().expect("node starts")
}

/// A command whose `run` is this.
fn prepared(folder: &Path, body: &str) -> Output {
    let text = format!(
        r#"(component
            (core module $m (func (export "run") (result i32) {body}))
            (core instance $i (instantiate $m))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $interface (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $interface)))"#
    );
    let component = folder.join("command.wasm");
    fs::write(&component, wat::parse_str(text).expect("a component")).expect("written");
    let made = folder.join("command");
    let output = node("prepare.mjs", &[&component, &made]);
    assert!(output.status.success(), "{}", err(&output));
    node("run.mjs", &[&made])
}

fn ends() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(code(&prepared(folder.path(), "(i32.const 0)")), 0);
    let trapped = prepared(folder.path(), "unreachable");
    assert_eq!(code(&trapped), 134, "{}", err(&trapped));
    assert!(err(&trapped).contains("unreachable"), "{}", err(&trapped));
    // One that cannot start its guest did not see it trap.
    assert_eq!(code(&node("run.mjs", &[&folder.path().join("nothing")])), 1);
}
