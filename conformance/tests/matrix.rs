//! `matrix` and `diff` of real runs, and the page in a real browser, as narrow as a phone.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod program;
mod support;

use libtest_mimic::{Arguments, Completion, Trial};
use program::{cli, code, err, out};
use serde_json::Value;
use std::{
    fs,
    process::{Command, ExitCode},
};
use support::missing;
use tempfile::TempDir;

fn main() -> ExitCode {
    let chromium = || match missing("chromium", "chromium") {
        Some(why) => Ok(Completion::ignored_with(why)),
        None => {
            page();
            Ok(Completion::Completed)
        }
    };
    let trials = vec![
        Trial::test("runs_stand_side_by_side_and_what_got_worse_is_told", || {
            side_by_side();
            Ok(())
        }),
        Trial::test("what_is_no_finished_run_is_refused", || {
            refused();
            Ok(())
        }),
        Trial::ignorable_test("the_page_fits_a_phone", chromium),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Runs of an honest host and of one that takes `a` and `A` for the same key.
struct Runs(TempDir);

impl Runs {
    fn new() -> Self {
        let runs = Self(tempfile::tempdir().expect("a folder"));
        for (name, host, exit) in [("honest", "memory", 0), ("broken", "mutant:folds-case", 1)] {
            let report = format!("json={}", runs.file(name));
            let picked = ["--altitude", "direct", "--run", "keyvalue/store/**", "--seed", "7"];
            let output = cli(&[&["run", "--host", host, "--quiet", "--report", &report], &picked[..]].concat());
            assert_eq!(code(&output), exit, "{}", err(&output));
        }
        runs
    }

    fn file(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    fn matrix(&self, format: &str) -> String {
        let output = cli(&["matrix", &self.file("honest"), &self.file("broken"), "--format", format]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        out(&output)
    }
}

fn side_by_side() {
    let runs = Runs::new();
    let text = runs.matrix("markdown");
    let row = |clause: &str| text.lines().find(|line| line.starts_with(&format!("| {clause} "))).expect("a row");
    assert!(row("KV-STORE-05").contains("| holds | holds |"), "{}", row("KV-STORE-05"));
    assert!(text.contains("| core | holds | FAILS |"), "{text}");
    let (honest, broken) = (runs.file("honest"), runs.file("broken"));
    let worse = cli(&["diff", &honest, &broken, "--json"]);
    assert_eq!(code(&worse), 1);
    let changes: Vec<Value> = serde_json::from_str(&out(&worse)).expect("JSON");
    assert!(!changes.is_empty() && changes.iter().all(|change| change["was"] == "pass" && change["is"] == "fail"));
    let better = cli(&["diff", &broken, &honest]);
    assert_eq!(code(&better), 0);
    assert!(out(&better).ends_with(&format!("{} changed, 0 for the worse\n", changes.len())), "{}", out(&better));
    assert_eq!(out(&cli(&["diff", &honest, &honest])), "0 changed, 0 for the worse\n");
}

fn refused() {
    let runs = Runs::new();
    let text = fs::read_to_string(runs.file("honest")).expect("a run");
    let cut: String = text.lines().take(5).map(|line| format!("{line}\n")).collect();
    fs::write(runs.file("cut"), cut).expect("written");
    fs::write(runs.file("other"), "{\"event\": 1}\n").expect("written");
    for (name, words) in [("cut", "did not end"), ("other", "1 is no event of a run"), ("nowhere", "cannot be read")] {
        program::refused(&cli(&["matrix", &runs.file(name)]), &[words]);
    }
}

/// A script that only the test adds tells how wide the page is and what it has.
fn page() {
    let runs = Runs::new();
    let page = runs.matrix("html");
    assert!(!page.contains("<script") && !page.contains("http"), "it needs nothing else");
    let probe = "<script>document.title = JSON.stringify({ wide: document.documentElement.scrollWidth, \
        window: innerWidth, rows: document.querySelectorAll('tbody tr[id]').length, \
        broken: document.querySelectorAll('td .broken').length })</script></body>";
    fs::write(runs.file("page.html"), page.replace("</body>", probe)).expect("written");
    let mut chromium = Command::new("chromium");
    chromium.args(["--headless", "--no-sandbox", "--disable-gpu", "--window-size=390,844", "--dump-dom"]);
    let profile = format!("--user-data-dir={}", runs.file("profile"));
    let output = chromium.arg(profile).arg(format!("file://{}", runs.file("page.html"))).output().expect("it starts");
    let dom = out(&output);
    let (_, title) = dom.split_once("<title>").unwrap_or_else(|| panic!("no page: {}", err(&output)));
    let told: Value = serde_json::from_str(title.split("</title>").next().expect("an end")).expect("what it is like");
    let number = |name: &str| told[name].as_u64().unwrap_or_else(|| panic!("{name} in {told}"));
    assert!(number("wide") <= number("window"), "the page itself must not scroll: {told}");
    assert!(number("rows") > 20 && number("broken") > 0, "{told}");
}
