//! `run --sdk`: drivers on an SDK, held to what is seen and asked without any. Ours, in every language, and some with a bug.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod program;

use cloud_conformance::{corpus::Corpus, host::Driver, language::Language};
use program::{cli, code, err, events, out, refused};
use serde_json::Value;
use std::{fs, path::Path};
use tempfile::TempDir;

/// Takes a component out of the corpus.
fn file(folder: &Path, name: &str) -> String {
    let path = folder.join(format!("{}.wasm", name.replace('/', "-")));
    fs::write(&path, Corpus::load().expect("the corpus").guest(name).expect("a guest")).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

fn run(drivers: &[String]) -> (i32, Vec<Value>) {
    let drivers: Vec<&str> = drivers.iter().map(String::as_str).collect();
    let output = cli(&[&["run", "--format", "json", "--sdk"][..], &drivers].concat());
    assert!(err(&output).is_empty(), "{}", err(&output));
    (code(&output), events(&output))
}

#[test]
fn our_sdks_do_in_every_language_what_is_done_without_one() {
    let folder = TempDir::new().expect("a folder");
    for language in Language::ALL {
        let all = Driver::ALL.map(|driver| file(folder.path(), &format!("{language}/{}", driver.name())));
        let (code, events) = run(&all);
        let bad = |event: &&Value| event["event"] == "ended" && event["verdict"] != "pass";
        let bad: Vec<_> =
            events.iter().filter(bad).map(|e| format!("{}: {} {}", e["id"], e["verdict"], e["mismatch"])).collect();
        assert_eq!((code, bad), (0, Vec::<String>::new()), "{language}");
        let last = events.last().expect("the last event");
        assert_eq!((&last["conformant"], &last["levels"]["overall"]), (&true.into(), &"core".into()), "{last}");
        let altitudes: Vec<_> =
            events[0]["hosts"].as_array().expect("hosts").iter().map(|host| &host["altitude"]).collect();
        assert_eq!(altitudes, ["sdk", "direct"]);
    }
}

#[test]
fn an_sdk_with_a_bug_fails_and_the_line_that_replays_it_fails_too() {
    let folder = TempDir::new().expect("a folder");
    for mutant in ["swap-always-ok", "go-cursor-dropped", "c-one-reply-only"] {
        let driver = file(folder.path(), &format!("mutant/{mutant}"));
        let (code, events) = run(&[driver]);
        assert_eq!(code, 1, "{mutant}");
        let failed = events.iter().find(|e| e["event"] == "ended" && e["verdict"] == "fail").expect("a failure");
        assert_eq!(failed["altitude"], "sdk", "{failed}");
        let repro = failed["repro"].as_str().expect("a line").strip_prefix("cloud-conformance ").expect("ours");
        let words: Vec<_> = repro.split(' ').map(|word| word.trim_matches('\'')).collect();
        assert_eq!(program::code(&cli(&words)), 1, "{repro}");
    }
}

#[test]
fn drivers_that_are_none_or_not_enough_are_refused() {
    let folder = TempDir::new().expect("a folder");
    let [recorder, ext, config] =
        ["rust/recorder", "rust/keyvalue-ext", "rust/config"].map(|name| file(folder.path(), name));
    refused(&cli(&["run", "--sdk", &recorder]), &["is no driver", "certify-your-sdk.md"]);
    refused(&cli(&["run", "--sdk", &ext]), &["none for `keyvalue`"]);
    refused(&cli(&["run", "--sdk", &config, &config]), &["two components drive `config`"]);
    refused(&cli(&["run", "--sdk", "nowhere.wasm"]), &["`nowhere.wasm` cannot be read"]);
    refused(&cli(&["run", "--sdk", &config, "--host", "memory"]), &["cannot be used with"]);
    // Part of an SDK is judged as that part.
    let output = cli(&["run", "--sdk", &config]);
    assert_eq!(code(&output), 0, "{}", out(&output));
    assert!(out(&output).contains("config  core") && !out(&output).contains("keyvalue"), "{}", out(&output));
}
