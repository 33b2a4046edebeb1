//! Hosts that are deployed: our own, and wasmtime's, with the guests that `export` writes. What is deployed is judged as what runs
//! in this process is, and a way to it that lies is found out.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod deployed;
mod program;
mod support;

use deployed::{Front, Ports, Site, TOKEN, scope};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use program::{PROGRAM, cli, code, err, events, out};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitCode, Output, Stdio},
    sync::LazyLock,
};
use support::{missing, workers};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use wasi_cloud_core::keyvalue::PutOptions;

const MEMORY: &str = include_str!("../hosts/memory.toml");
const WASMTIME: &str = include_str!("../hosts/wasmtime.toml");
const DRIVERS: [&str; 3] = ["config", "keyvalue", "keyvalue-ext"];
/// One case that reads what it wrote.
const ONE: [&str; 2] = ["--run", "keyvalue/store/two-handles-are-one-client"];

static WORKERS: LazyLock<Runtime> = LazyLock::new(workers);

fn main() -> ExitCode {
    let trial = |name, test: fn()| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    };
    let wasmtime = || match missing("wasmtime", "wasmtime") {
        Some(why) => Ok::<_, Failed>(Completion::ignored_with(why)),
        None => {
            wasmtime();
            Ok(Completion::Completed)
        }
    };
    let trials = vec![
        trial("what_is_deployed_is_judged_as_what_runs_here", verdicts),
        trial("guests_in_c_and_go_see_the_same_there", languages),
        trial("a_front_that_lies_is_found_out", lies),
        trial("a_wrong_token_is_told_and_none_is_shown", tokens),
        trial("what_is_not_the_suites_is_not_deleted", foreign),
        Trial::ignorable_test("wasmtime_serve_has_the_verdict_of_wasmtime_run", wasmtime),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn export(folder: &Path, lang: &str, args: &[&str]) {
    let folder = folder.to_str().expect("UTF-8");
    let output = cli(&[&["export", "--lang", lang, "-o", folder], args].concat());
    assert_eq!(code(&output), 0, "{}", err(&output));
}

/// Our own host, deployed with guests in a language, behind a front.
fn site(lang: &str) -> (Site, TempDir, u16) {
    let folder = TempDir::new().expect("a folder");
    export(folder.path(), lang, &[]);
    let guests = DRIVERS.map(|driver| format!("{lang}/{driver}"));
    let (site, port) = WORKERS.block_on(async {
        let site = Site::deploy(folder.path(), &guests).await;
        let port = Front::Honest.stand(site.ports.clone()).await;
        (site, port)
    });
    (site, folder, port)
}

/// Runs the suite on what is deployed behind the port. `rest` is the host's file from its capabilities on.
fn judge(port: u16, token: &str, more: &str, rest: &str, args: &[&str]) -> Output {
    judge_in("rust", port, token, more, rest, args)
}

fn judge_in(lang: &str, port: u16, token: &str, more: &str, rest: &str, args: &[&str]) -> Output {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("site.toml");
    let url = format!("http://127.0.0.1:{port}/{{lang}}/{{driver}}");
    let launch = format!("[launch]\nurl = \"{url}\"\ntoken = {{ env = \"SITE_TOKEN\" }}\n{more}");
    fs::write(&file, format!("name = \"site\"\n{launch}\n{rest}")).expect("written");
    let mut run = Command::new(PROGRAM);
    run.args(["run", "--host", file.to_str().expect("UTF-8"), "--lang", lang, "--format", "json"]).args(args);
    run.env("SITE_TOKEN", token).output().expect("the program starts")
}

/// What a file of the suite declares, from its capabilities on and without messages.
fn declared(file: &str) -> &str {
    let (_, rest) = file.split_once("\n[capabilities").expect("capabilities");
    let rest = &file[file.len() - rest.len() - "[capabilities".len()..];
    rest.split("[capabilities.messaging]").next().unwrap_or(rest)
}

/// The verdicts of what was executed.
fn executed(output: &Output) -> BTreeMap<String, String> {
    let word = |event: &Value, key: &str| event[key].as_str().expect("a word").to_owned();
    let events = events(output);
    let ended = events.iter().filter(|event| event["event"] == "ended" && event["check"] != true);
    let ended = ended.map(|event| (word(event, "id"), word(event, "verdict")));
    ended.filter(|(_, verdict)| verdict != "skip").collect()
}

fn verdicts() {
    let (site, _folder, port) = site("rust");
    let picked = ["--run", "keyvalue/**", "--run", "config/**"];
    let output = judge(port, TOKEN, "", declared(MEMORY), &picked);
    assert_eq!(code(&output), 0, "{}\n{}", err(&output), out(&output));
    let over_http = executed(&output);
    let here = cli(&[
        &["run", "--host", "memory", "--altitude", "embedded", "--lang", "rust"],
        &picked[..],
        &["--format", "json"],
    ]
    .concat());
    let here = executed(&here);
    assert!(over_http.iter().all(|(id, verdict)| here.get(id) == Some(verdict)), "{over_http:?}\n{here:?}");
    // What needs no control. More is a reason to raise the number, fewer a reason to look.
    assert_eq!(over_http.len(), 306);
    let notes = events(&output)[0]["hosts"][0]["notes"].to_string();
    assert!(notes.contains(&format!("over HTTP at http://127.0.0.1:{port}")), "{notes}");
    WORKERS.block_on(site.stop());
}

/// Every type goes over the line there.
fn languages() {
    let picked = ["--run", "config/**", "--run", "keyvalue/batch/**", "--run", "keyvalue/extension/put-*"];
    let [rust, c, go] = ["rust", "c", "go"].map(|lang| {
        let (site, _folder, port) = site(lang);
        let output = judge_in(lang, port, TOKEN, "", declared(MEMORY), &picked);
        assert_eq!(code(&output), 0, "{lang}: {}\n{}", err(&output), out(&output));
        WORKERS.block_on(site.stop());
        executed(&output)
    });
    assert!(rust.len() > 30 && c == rust && go == rust, "{rust:?}\n{c:?}\n{go:?}");
}

fn lies() {
    let (site, _folder, honest) = site("rust");
    let judge = |port| judge(port, TOKEN, "", declared(MEMORY), &[&ONE[..], &["--op-timeout", "2"]].concat());
    let output = judge(honest);
    assert_eq!(code(&output), 0, "{}\n{}", err(&output), out(&output));
    for (front, words) in [
        (Front::Mute, "no answer within 2s"),
        (Front::Edits, "\"mismatch\":{"),
        (Front::Cuts, "while the host goes on answering"),
    ] {
        let output = judge(WORKERS.block_on(front.stand(site.ports.clone())));
        assert!(executed(&output).values().all(|verdict| verdict == "fail"), "{front:?}: {}", out(&output));
        assert!(out(&output).contains(words), "{front:?}: {}", out(&output));
    }
    let nobody = judge(WORKERS.block_on(Front::Honest.stand(Ports::new())));
    assert_eq!(code(&nobody), 3);
    assert!(out(&nobody).contains("404 Not Found: not here"), "{}", out(&nobody));
    WORKERS.block_on(site.stop());
}

fn tokens() {
    let (site, _folder, port) = site("rust");
    let judge = |token| judge(port, token, "", declared(MEMORY), &ONE);
    let output = judge("a-token-that-is-another");
    assert_eq!(code(&output), 3, "{}", out(&output));
    for text in [out(&output), err(&output)] {
        assert!(!text.contains("a-token-that-is-another") && !text.contains(TOKEN), "{text}");
    }
    assert!(out(&output).contains("401 Unauthorized: this is not the token"), "{}", out(&output));
    let output = judge("");
    assert_eq!(code(&output), 3);
    assert!(err(&output).contains("`SITE_TOKEN` is not set"), "{}", err(&output));
    WORKERS.block_on(site.stop());
}

fn foreign() {
    let (site, _folder, port) = site("rust");
    let store = site.services.keyvalue.clone().expect("key-value");
    let scope = scope("default");
    WORKERS.block_on(store.put(&scope, "of-somebody", b"mine", &PutOptions::default())).expect("written");
    let output = judge(port, TOKEN, "", declared(MEMORY), &ONE);
    assert_eq!(code(&output), 3, "{}", out(&output));
    assert!(out(&output).contains("1 keys in the store `default` before the case has begun"), "{}", out(&output));
    let left = WORKERS.block_on(store.get(&scope, "of-somebody")).expect("an answer");
    assert!(left.is_some(), "it was deleted");
    WORKERS.block_on(site.stop());
}

/// `wasmtime serve`, which ends with the test.
struct Serve(Child);

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn serve(wasm: &Path) -> (Serve, u16) {
    let mut serve = Command::new("wasmtime");
    serve.args(["serve", "--addr", "127.0.0.1:0", "-Scli", "-Skeyvalue", "--env"]);
    serve.arg(format!("CLOUD_CONFORMANCE_TOKEN={TOKEN}")).arg(wasm).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut serve = Serve(serve.spawn().expect("it starts"));
    let mut lines = BufReader::new(serve.0.stderr.take().expect("piped")).lines().map_while(Result::ok);
    let port = lines.find_map(|line| line.rsplit_once(':')?.1.trim_end_matches('/').parse().ok()).expect("its port");
    // It never waits for its reader.
    std::thread::spawn(move || lines.for_each(drop));
    (serve, port)
}

fn wasmtime() {
    let folder = TempDir::new().expect("a folder");
    export(folder.path(), "rust", &["--driver", "keyvalue", "--dialect", "wasi:keyvalue@0.2.0-draft"]);
    let (_serve, port) = serve(&folder.path().join("rust/keyvalue.wasm"));
    let ports = [("rust/keyvalue".to_owned(), port)].into();
    let port = WORKERS.block_on(Front::Honest.stand(ports));
    let (_, launch) = WASMTIME.split_once("dialects").expect("dialects");
    let launch = format!("dialects{}", launch.split("\n[").next().unwrap_or_default());
    let picked = ["--run", "keyvalue/store/**"];
    let output = judge(port, TOKEN, &launch, declared(WASMTIME), &picked);
    assert_eq!(code(&output), 0, "{}\n{}", err(&output), out(&output));
    let run = cli(&[&["run", "--host", "wasmtime", "--lang", "rust", "--format", "json"], &picked[..]].concat());
    let (over_http, run) = (executed(&output), executed(&run));
    assert_eq!(over_http, run);
    assert_eq!(over_http.values().filter(|verdict| *verdict == "xfail").count(), 4);
}
