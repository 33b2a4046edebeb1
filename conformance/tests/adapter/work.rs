//! What a run makes of an adapter that fails at work: one case sets a key, which brings the defect out, and the other does not.

use super::{
    program::{code, err, events},
    verdicts::{File, run, this},
};
use serde_json::Value;

const DECLARED: &str = r#"
name = "small"
[capabilities.keyvalue]
features = ["cas-absent", "counters", "listing", "read-your-writes"]
durability = "process"
"#;

const HARMED: &str = "keyvalue/store/two-guests-share-a-bucket";
const OTHER: &str = "keyvalue/store/get-missing-key";

/// The exit code, and the records of the two cases.
fn cases(defect: &str) -> (i32, Value, Value) {
    let file: File = this(DECLARED, "--as-mutant", defect);
    let output = run(&file.path, "command", &["--jobs", "1", "--op-timeout", "2", "--run", HARMED, "--run", OTHER]);
    let events = events(&output);
    let find = |id: &str| {
        let found = events.iter().find(|event| event["event"] == "ended" && event["id"] == id);
        found.unwrap_or_else(|| panic!("{id} has no verdict: {}", err(&output))).clone()
    };
    (code(&output), find(HARMED), find(OTHER))
}

/// The verdict of the harmed case with these words; the other one passes, as both do without a defect.
fn harmed(defect: &str, verdict: &str, words: &[&str]) -> Value {
    let (exit, harmed, other) = cases(defect);
    assert_eq!(other["verdict"], "pass", "{defect}: {other}");
    assert_eq!(harmed["verdict"], verdict, "{defect}: {harmed}");
    let why = harmed["why"].as_str().unwrap_or_default();
    assert!(words.iter().all(|word| why.contains(word)), "{words:?} in: {why}");
    assert_eq!(exit, if verdict == "fail" { 1 } else { 3 }, "{defect}");
    harmed
}

pub fn dies() {
    let (exit, harmed, other) = cases("none");
    assert_eq!((exit, &harmed["verdict"], &other["verdict"]), (0, &"pass".into(), &"pass".into()));
    assert!(harmed["log"].is_null());
    // It can no longer clean, which is a problem of the run.
    let (exit, harmed, other) = cases("dies-at-work");
    assert_eq!((exit, &harmed["verdict"], &other["verdict"]), (3, &"fail".into(), &"pass".into()));
    let why = harmed["why"].as_str().unwrap_or_default();
    assert!(why.contains("the host died") && why.contains("exited with 9: out of ideas"), "{why}");
    assert_eq!(harmed["log"], serde_json::json!(["out of ideas"]));
}

pub fn hangs() {
    harmed("hangs-at-work", "fail", &["no answer within 2s"]);
}

pub fn chats() {
    harmed("chats-at-work", "error", &["wrote setting a key: no JSON object"]);
}

pub fn fails() {
    harmed("traps-at-work", "fail", &["the guest trapped: a mutant's"]);
    harmed("fails-as-nobody-else", "error", &["the kind is of another version"]);
}
