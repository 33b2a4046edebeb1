//! `matrix` and `diff` of real runs, and that page and the one of `registry` in a real browser, as narrow as a phone.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod program;
mod support;

use cloud_conformance::certificate::{
    badge,
    registry::{Entry, render},
    statement::Certificate,
};
use libtest_mimic::{Arguments, Completion, Trial};
use program::{cli, code, err, out};
use serde_json::{Value, json};
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
            registry();
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
        Trial::ignorable_test("the_pages_fit_a_phone", chromium),
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

fn page() {
    let runs = Runs::new();
    // As wide as ours: twelve hosts.
    let honest = fs::read_to_string(runs.file("honest")).expect("a run");
    let files: Vec<_> = (1..=11).map(|number| runs.file(&format!("memory-{number}"))).collect();
    for file in &files {
        let name = file.rsplit('/').next().expect("a name");
        fs::write(file, honest.replace("\"name\":\"memory\"", &format!("\"name\":\"{name}\""))).expect("written");
    }
    let broken = runs.file("broken");
    let args = ["matrix", "--format", "html", &broken].into_iter().chain(files.iter().map(String::as_str));
    let output = cli(&args.collect::<Vec<_>>());
    assert_eq!(code(&output), 0, "{}", err(&output));
    let page = out(&output);
    assert!(page.contains("memory-11") && !page.contains("http"), "it needs nothing else");
    let told = looked_at(&page, "broken: page.querySelectorAll('td .broken').length");
    assert!(told["rows"].as_u64() > Some(20) && told["broken"].as_u64() > Some(0), "{told}");
}

/// What `registry` makes, and what `badge` does: a picture that is no XML would have no width.
fn registry() {
    let level = json!({ "level": "full", "missing": [] });
    let long = "a-very-long-name-without-any-space ".repeat(4).replace(' ', "-");
    let certificate: Certificate = serde_json::from_value(json!({
        "version": 1, "suite": "0.1.0", "issued": "2026-12-01T12:00:00Z", "expires": "2027-12-01T12:00:00Z",
        "command": "", "declaration": "", "runs": [], "not-proven": [],
        "hosts": [{ "name": format!("{long}<&\u{1b}"), "version": long, "altitude": "command-c", "capabilities": {}, "notes": [] }],
        "levels": { "overall": "full", "core-missing": 0,
            "capabilities": { "config": level, "keyvalue": level, "messaging": level } },
    }))
    .expect("a certificate");
    let held = Entry { file: "held.json".into(), found: Ok((certificate.clone(), "k".repeat(43))) };
    let refused = Entry { file: format!("{long}.json"), found: Err(format!("not signed by {}", "k".repeat(43))) };
    let page = render(&[held, refused], "2026-12-02");
    assert!(!page.contains("http"), "it needs nothing else");
    let folder = tempfile::tempdir().expect("a folder");
    let picture = folder.path().join("badge.svg");
    fs::write(&picture, badge::svg(&certificate)).expect("written");
    let picture = format!("<img style=\"max-width: 100%\" src=\"file://{}\"></body>", picture.display());
    let told = looked_at(&page.replace("</body>", &picture), "picture: page.images[0].naturalWidth");
    assert_eq!(told["rows"], 2, "{told}");
    assert!(told["picture"].as_u64() > Some(300), "{told}");
}

/// What a browser as narrow as a phone makes of a page. No window of a browser is as narrow, so the page is in a frame that is;
/// a script around it, with `page` for its document, tells how wide it is and what it has.
fn looked_at(page: &str, more: &str) -> Value {
    assert!(!page.contains("<script"), "it needs none");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("page.html");
    let quoted = page.replace('&', "&amp;").replace('"', "&quot;");
    let frame = format!(
        "<iframe style=\"width: 390px; height: 844px\" srcdoc=\"{quoted}\"></iframe><script>onload = () => {{ \
         const page = frames[0].document; document.title = JSON.stringify({{ wide: page.documentElement.scrollWidth, \
         window: frames[0].innerWidth, rows: page.querySelectorAll('tbody tr').length, {more} }}) }}</script>"
    );
    fs::write(&file, frame).expect("written");
    let mut chromium = Command::new("chromium");
    chromium.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--dump-dom"]);
    let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
    let output = chromium.arg(profile).arg(format!("file://{}", file.display())).output().expect("it starts");
    let dom = out(&output);
    let (_, title) = dom.split_once("<title>").unwrap_or_else(|| panic!("no page: {}", err(&output)));
    let told: Value = serde_json::from_str(title.split("</title>").next().expect("an end")).expect("what it is like");
    let number = |name: &str| told[name].as_u64().unwrap_or_else(|| panic!("{name} in {told}"));
    assert_eq!(number("window"), 390);
    assert!(number("wide") <= 390, "the page itself must not scroll: {told}");
    told
}
