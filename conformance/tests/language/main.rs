//! A language that the suite does not know, added by a script: WebAssembly text, with one driver that carries a part of its
//! capability. This program is also its assembler.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "../program/mod.rs"]
mod program;

use libtest_mimic::{Arguments, Trial};
use program::{PROGRAM, code, ended, err, events, ids, refused};
use serde_json::Value;
use std::{
    fs,
    os::unix::fs::symlink,
    path::Path,
    process::{Command, ExitCode, Output},
};
use tempfile::TempDir;
use wasi_cloud_componentize::{Componentize, World};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/language");

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--version"] => println!("the test `language`"),
        ["--assemble", wit, world, text, wasm] => assemble(wit, world, text, wasm),
        ["--validate", wasm] => {
            Componentize::new().run(&fs::read(wasm).expect("a file")).expect("a component");
        }
        _ => return libtest_mimic::run(&Arguments::from_args(), trials()).exit_code(),
    }
    ExitCode::SUCCESS
}

fn assemble(wit: &str, world: &str, text: &str, wasm: &str) {
    let module = wat::parse_file(text).expect("WebAssembly text");
    let component = Componentize::new().world(World::path(wit).named(world)).run(&module).expect("it fits its world");
    fs::write(wasm, component).expect("written");
}

fn trials() -> Vec<Trial> {
    let trial = |name: &str, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    vec![
        trial("what_it_carries_passes_and_what_it_lacks_is_missing", passes),
        trial("a_driver_with_a_bug_fails", mutants),
        trial("a_verb_that_fails_is_named_with_what_it_said", verbs),
        trial("what_is_no_script_is_refused", nothing),
    ]
}

fn judge(script: &Path, variables: &[(&str, &str)], more: &[&str]) -> Output {
    let assembler = std::env::current_exe().expect("this program");
    let mut run = Command::new(PROGRAM);
    run.args(["run", "--format", "json", "--sdk"]).arg(script).args(more);
    run.env("ASSEMBLER", assembler).envs(variables.iter().copied()).output().expect("the program starts")
}

fn passes() {
    let output = judge(&Path::new(FOLDER).join("wat.sh"), &[], &[]);
    assert!(err(&output).is_empty(), "{}", err(&output));
    let events = events(&output);
    let bad: Vec<_> = events.iter().filter(|event| event["event"] == "ended" && event["verdict"] != "pass").collect();
    assert_eq!((code(&output), bad), (0, Vec::<&Value>::new()));
    let passed: Vec<_> = ended(&events, "pass").into_iter().filter(|event| event["altitude"] == "sdk").collect();
    assert!(passed.len() > 150, "{}", passed.len());
    let missing: Vec<_> = events[0]["inapplicable"].as_array().expect("a list").iter().collect();
    let has = |records: &[&Value], suite: &str| ids(records).iter().any(|id| id.starts_with(suite));
    assert!(has(&passed, "keyvalue/store/"));
    for suite in ["keyvalue/atomics/", "keyvalue/batch/", "keyvalue/extension/", "config/", "messaging/"] {
        assert_eq!((has(&passed, suite), has(&missing, suite)), (false, true), "{suite}");
    }
    // What ran is as in every other language, and that is all that is claimed.
    let last = events.last().expect("the last event");
    assert_eq!((&last["conformant"], &last["levels"]["overall"]), (&false.into(), &"none".into()), "{last}");
    let levels = last["levels"]["capabilities"].to_string();
    for why in ["builds no driver for `config`", "builds no driver for `messaging`", "does not carry `atomics`"] {
        assert!(levels.contains(why), "{why} in: {levels}");
    }
}

/// A bug by what it changes in the text, a case that it fails, and what the case then finds.
const BUGS: [(&str, &str, &str, &str); 4] = [
    // A call is another one.
    ("(call $bucket.delete (local", "(call $bucket.exists (local", "delete-removes-key", "get("),
    // A call is left out.
    ("(call $bucket.drop (i32.load (local.get $slot)))", "", "handles-that-were-dropped-make-room", "Op::Open("),
    // A call is made twice, which no guest can see.
    (
        "(call $bucket.exists (local.get $bucket)",
        "(call $bucket.exists (local.get $bucket) (local.get $a) (local.get $b) (global.get $answer))
         (call $bucket.exists (local.get $bucket)",
        "exists-agrees-with-get",
        "what guests asked of the host, line ",
    ),
    // A write that may have been applied is said not to have been.
    (
        "(i32.and (local.get $other) (local.get $write))",
        "(i32.const 0)",
        "write-that-never-began-changes-nothing",
        "what guests saw, line ",
    ),
];

fn mutants() {
    let text = fs::read_to_string(Path::new(FOLDER).join("keyvalue.wat")).expect("the driver");
    for (from, to, case, what) in BUGS {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        let folder = TempDir::new().expect("a folder");
        symlink(Path::new(FOLDER).join("wat.sh"), folder.path().join("wat.sh")).expect("linked");
        fs::write(folder.path().join("keyvalue.wat"), text.replace(from, to)).expect("written");
        let id = format!("keyvalue/store/{case}");
        let output = judge(&folder.path().join("wat.sh"), &[], &["--run", &id]);
        let events = events(&output);
        let [found] = &ended(&events, "fail")[..] else { panic!("{case} does not fail alone: {}", err(&output)) };
        assert_eq!((code(&output), &found["altitude"]), (1, &"sdk".into()), "{found}");
        assert!(found["mismatch"]["what"].as_str().is_some_and(|text| text.starts_with(what)), "{found}");
    }
}

fn verbs() {
    let script = Path::new(FOLDER).join("fails.sh");
    let called = |verb: &str, code: u8| format!("`fails.sh {verb}` exited with {code}");
    let see = "see docs/certify-your-sdk.md";
    for (verb, does, words) in [
        ("prepare", "echo no assembler >&2; exit 1", [&*called("prepare", 1), "toolchain", "no assembler"]),
        ("bindgen", "echo what world >&2; exit 2", [&*called("bindgen", 2), see, "what world"]),
        ("compile", "echo line 7 >&2; exit 2", [&*called("compile keyvalue", 2), "exit with 77", "line 7"]),
        ("compile", "exit 0", ["`fails.sh compile keyvalue` succeeded and wrote nothing", "write the component", ""]),
        (
            "compile",
            ": > \"$4\"; echo cass",
            ["`fails.sh compile keyvalue` printed `cass`", "atomics, batch", "standard error"],
        ),
        (
            "compile verify",
            "[ $1 = verify ] || : > \"$4\"",
            ["fails.sh compile keyvalue` is no driver", see, "(keyvalue)"],
        ),
        ("compile", "exit 77", ["`fails.sh` builds no driver at all", see, ""]),
        ("verify", "exit 1", [&*called("verify keyvalue", 1), "refuses the component", "nothing"]),
    ] {
        refused(&judge(&script, &[("FAILS", verb), ("DOES", does)], &[]), &words);
    }
}

fn nothing() {
    let output = judge(&Path::new(FOLDER).join("keyvalue.wat"), &[], &[]);
    refused(&output, &["is no component, so it has to be a script that is executable"]);
}
