//! The same verdicts with an adapter as without one.

use crate::{
    program::{cli, code, err, events},
    support::pinned,
};
use cloud_conformance::{host::Altitude, language::Language};
use std::{collections::BTreeMap, fs, process::Output};
use tempfile::TempDir;

const MEMORY: &str = include_str!("../../hosts/memory.toml");

/// A host's file with this adapter, in a folder that goes with it.
pub struct File {
    _folder: TempDir,
    pub path: String,
}

impl File {
    /// `declaration` is the file without the table `launch`.
    pub fn new(declaration: &str, adapter: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("host.toml");
        fs::write(&path, format!("{declaration}\n[launch]\nadapter = {adapter:?}\n")).expect("written");
        Self { path: path.to_str().expect("UTF-8").to_owned(), _folder: folder }
    }
}

/// By id, the verdict of each case, and whether it is one that only tells what it saw.
pub fn verdicts(output: &Output) -> BTreeMap<String, (String, bool)> {
    let ended = events(output).into_iter().filter(|event| event["event"] == "ended" && event["check"] != true);
    let verdict = |record: serde_json::Value| {
        let text = |key: &str| record[key].as_str().expect(key).to_owned();
        (text("id"), (text("verdict"), record["observed"] == true))
    };
    ended.map(verdict).collect()
}

/// This test program as an adapter.
pub fn this(declaration: &str, role: &str, name: &str) -> File {
    let this = std::env::current_exe().expect("this program");
    File::new(declaration, &[this.to_str().expect("UTF-8"), role, name])
}

fn ours(host: &str) -> File {
    this(MEMORY, "--as-adapter", host)
}

pub fn run(host: &str, altitude: &str, more: &[&str]) -> Output {
    let fixed = ["run", "--host", host, "--altitude", altitude, "--lang", "rust", "--seed", "7", "--format", "json"];
    cli(&[&fixed, more].concat())
}

pub fn every_control() {
    let file = ours("memory");
    let through = run(&file.path, "command", &[]);
    assert_eq!(code(&through), 0, "{}", err(&through));
    let through = verdicts(&through);
    let passed = through.values().filter(|(verdict, _)| verdict == "pass").count();
    // As many as without an adapter, where every one passes: `tests/catalogue.rs` sees to that.
    assert_eq!((passed, through.len()), pinned("memory", Altitude::Embedded(Language::Rust)));
}

pub fn defect() {
    // No race: it fails the same cases each time.
    let mutant = "mutant:folds-case";
    let file = ours(mutant);
    let some = ["--run", "keyvalue/store/*"];
    let (through, without) = (run(&file.path, "command", &some), run(mutant, "embedded", &some));
    assert_eq!(code(&through), 1, "{}", err(&through));
    let through = verdicts(&through);
    assert!(through.values().any(|(verdict, _)| verdict == "fail"));
    assert_eq!(through, verdicts(&without));
}
