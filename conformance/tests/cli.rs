//! The program as its users meet it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod program;

use cloud_conformance::{corpus::Corpus, language::Language};
use program::{PROGRAM, cli, code, err, events, out, refused};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    io::BufReader,
    process::{Command, Output, Stdio},
};

const CHEAP: &str = "config/store/get-*";

/// `run` on the memory backend, without guests.
fn run(args: &[&str]) -> Output {
    cli(&[&["run", "--host", "memory", "--altitude", "direct"], args].concat())
}

#[test]
fn help_and_version_are_no_failure() {
    let help = cli(&["--help"]);
    assert_eq!(code(&help), 0);
    for meaning in ["0  conformant", "1  a case failed", "2  ", "3  ", "4  ", "the first of 3, 1, 2, 4 counts"] {
        assert!(out(&help).contains(meaning), "{meaning}");
    }
    assert_eq!(code(&cli(&["--version"])), 0);
    for command in ["run", "list", "explain", "coverage", "init", "doctor"] {
        let help = cli(&[command, "--help"]);
        assert!(code(&help) == 0 && out(&help).contains("Examples:"), "{command}");
    }
}

#[test]
fn wrong_usage_is_3() {
    refused(&cli(&[]), &["Usage"]);
    refused(&cli(&["run"]), &["--host"]);
    refused(&run(&["--frobnicate"]), &["--frobnicate"]);
    refused(&run(&["--jobs", "0"]), &["--jobs"]);
    refused(&run(&["--jobs", "513"]), &["--jobs"]);
    refused(&run(&["--repeat", "0"]), &["--repeat"]);
    refused(&run(&["--op-timeout", "0"]), &["--op-timeout"]);
    refused(&run(&["--format", "xml"]), &["xml"]);
}

#[test]
fn a_host_that_does_not_exist_is_3_and_names_the_nearest() {
    refused(&cli(&["run", "--host", "memroy"]), &["memroy", "did you mean `memory`?"]);
    refused(&cli(&["run", "--host", "mutant:keep-tail"]), &["did you mean `keeps-tail`?"]);
    refused(&cli(&["run", "--host", "redis://["]), &["URL"]);
    refused(&cli(&["run", "--host", "carrier-pigeon://roof"]), &["carrier-pigeon", "memory, ", "redis"]);
    refused(&cli(&["run", "--host", "redis", "--url", "nonsense"]), &["--url"]);
    refused(&cli(&["run", "--host", "redis", "--url", "memory://"]), &["memory", "redis", "does not serve"]);
}

#[cfg(not(any(
    feature = "etcd",
    feature = "kafka",
    feature = "mqtt",
    feature = "nats",
    feature = "postgres",
    feature = "rabbitmq",
    feature = "zookeeper"
)))]
#[test]
fn a_host_that_was_left_out_of_the_build_is_3_and_says_how_to_have_it() {
    refused(&cli(&["run", "--host", "etcd"]), &["--features cloud-conformance/etcd"]);
    refused(&cli(&["run", "--host", "kafka"]), &["--features cloud-conformance/kafka"]);
    refused(&cli(&["run", "--host", "mqtt"]), &["--features cloud-conformance/mqtt"]);
    refused(&cli(&["run", "--host", "postgres"]), &["--features cloud-conformance/postgres"]);
    refused(&cli(&["run", "--host", "rabbitmq"]), &["--features cloud-conformance/rabbitmq"]);
    refused(&cli(&["run", "--host", "nats"]), &["--features cloud-conformance/nats"]);
    refused(&cli(&["run", "--host", "nats", "--url", "nats://localhost"]), &["--features cloud-conformance/nats"]);
}

#[test]
fn a_name_that_may_hold_a_password_is_not_repeated() {
    for host in ["user:hunter2@host", "hunter2@host", "mutant:hunter2@host", "redis://me:hunter2@["] {
        let output = cli(&["run", "--host", host]);
        refused(&output, &["error"]);
        assert!(!err(&output).contains("hunter2"), "{}", err(&output));
    }
}

#[test]
fn a_stray_argument_is_not_repeated() {
    for stray in [&["hunter2"][..], &["--ulr=hunter2"], &["--x:hunter2"], &["--", "hunter2"]] {
        let output = cli(&[&["run", "--host", "memory"], stray].concat());
        refused(&output, &["error"]);
        assert!(!err(&output).contains("hunter2"), "{stray:?}: {}", err(&output));
    }
    let output = cli(&["redis://me:hunter2@host"]);
    refused(&output, &["error"]);
    assert!(!err(&output).contains("hunter2"), "{}", err(&output));
    refused(&run(&["--frobnicate"]), &["--frobnicate"]);
}

/// Whether anybody reads the report changes neither the verdict nor the bundle.
#[test]
fn a_reader_that_leaves_early_does_not_change_the_exit_code() {
    let dir = tempfile::tempdir().expect("a folder");
    for format in ["pretty", "json"] {
        let bundle = dir.path().join(format);
        let mut command = Command::new(PROGRAM);
        command.args(["run", "--host", "mutant:keeps-tail", "--altitude", "direct", "--run", "keyvalue/store/**"]);
        command.args(["--format", format, "--bundle", bundle.to_str().expect("UTF-8")]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        drop(child.stdout.take());
        assert_eq!(child.wait().expect("it ends").code(), Some(1), "{format}");
        assert!(bundle.is_file(), "{format}");
    }
}

#[test]
fn the_last_line_claims_no_more_than_was_tested() {
    let last = |output: &Output| out(output).lines().last().expect("a last line").to_owned();
    let picked = run(&["--run", CHEAP]);
    assert!(last(&picked).starts_with("the picked cases pass: no claim of conformance"), "{}", last(&picked));
    let known = "keyvalue/store/empty-value-is-a-value";
    let args = ["run", "--host", "mutant:empty-is-missing", "--altitude", "direct", "--run", known];
    let failing = cli(&[&args[..], &["--known-failing", known]].concat());
    assert!(last(&failing).starts_with("as expected, with 1 known failure: no claim"), "{}", last(&failing));
    let json = run(&["--run", CHEAP, "--format", "json"]);
    assert_eq!(events(&json).last().expect("the last event")["conformant"], false);
}

#[test]
fn repeated_runs_each_have_an_order_of_their_own() {
    let output = run(&["--run", CHEAP, "--repeat", "3", "--seed", "7", "--format", "json"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let started: Vec<_> = events(&output).into_iter().filter(|event| event["event"] == "started").collect();
    let seeds: Vec<_> = started.iter().map(|event| event["seed"].as_u64()).collect();
    assert_eq!(seeds, [Some(7), Some(8), Some(9)]);
    assert_ne!(started[0]["run"], started[1]["run"], "no run finds the data of another");
    assert!(err(&output).contains("run 3 of 3, --seed 9: exit code 0"), "{}", err(&output));
    let failing = cli(&[
        "run",
        "--host",
        "mutant:keeps-tail",
        "--altitude",
        "direct",
        "--run",
        "keyvalue/store/**",
        "--repeat",
        "2",
    ]);
    assert_eq!(code(&failing), 1, "the same failures twice are no difference: {}", err(&failing));
    assert!(err(&failing).contains("run 2 of 2"), "{}", err(&failing));
}

/// A run that fails is what its report is for, whatever comes after it.
#[test]
fn a_repeated_run_keeps_its_failure_in_the_report() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("run.json");
    let report = format!("json={}", path.display());
    for (host, kept) in [("mutant:keeps-tail", 7), ("memory", 8)] {
        let cases = ["--altitude", "direct", "--run", "keyvalue/store/*", "--repeat", "2", "--seed", "7"];
        let output = cli(&[&["run", "--host", host, "--quiet", "--report", &report][..], &cases].concat());
        assert!(err(&output).contains("run 2 of 2, --seed 8"), "{}", err(&output));
        let text = std::fs::read_to_string(&path).expect("the report");
        let seeds: Vec<_> = text.matches("\"event\":\"started\"").collect();
        let first: Value = serde_json::from_str(text.lines().next().expect("a line")).expect("JSON");
        assert_eq!((seeds.len(), &first["seed"]), (1, &kept.into()), "{host}");
    }
}

#[test]
fn a_file_without_patterns_picks_nothing_by_accident() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let at = format!("@{}", file.path().display());
    refused(&run(&["--run", &at]), &["--run", "no pattern"]);
    refused(&cli(&["list", &at]), &["no pattern"]);
    assert_eq!(code(&run(&["--run", CHEAP, "--known-failing", &at])), 0, "an empty list of failures is a good one");
}

#[test]
fn an_unknown_id_says_where_the_known_ones_are() {
    refused(&cli(&["explain", "KV-STORE-99"]), &["(see `cloud-conformance list`)"]);
    refused(&run(&["--run", "zzz"]), &["(see `cloud-conformance list`)"]);
    refused(&cli(&["run", "--host", "mutant:zzz"]), &["(see `cloud-conformance list --mutants`)"]);
    assert!(out(&cli(&["list", "--mutants"])).contains("keeps-tail: "));
}

#[test]
fn a_backend_that_does_not_answer_is_3_and_keeps_its_password_to_itself() {
    let output = cli(&["run", "--host", "redis://me:hunter2@127.0.0.1:1", "--altitude", "direct"]);
    refused(&output, &["redis://127.0.0.1:1"]);
    assert!(!err(&output).contains("hunter2"), "{}", err(&output));
}

#[test]
fn without_a_redis_server_the_program_says_what_to_install() {
    let mut command = Command::new(PROGRAM);
    let output = command.args(["run", "--host", "redis"]).env("PATH", "/nonexistent").output().expect("it starts");
    refused(&output, &["apt install redis-server", "brew install redis", "--url redis://"]);
}

#[test]
fn a_pattern_that_matches_nothing_is_3_and_names_the_nearest() {
    for flag in ["--run", "--skip", "--known-failing", "--known-flaky"] {
        refused(&run(&[flag, "config/store/get-mising-key"]), &[flag, "did you mean `config/store/get-missing-key`?"]);
    }
    refused(&run(&["--run", "@/no/such/list"]), &["/no/such/list"]);
    refused(&cli(&["list", "zzz/**"]), &["zzz"]);
}

#[test]
fn exit_codes() {
    assert_eq!(code(&run(&["--run", CHEAP])), 0);
    let defect = [
        "run",
        "--host",
        "mutant:empty-is-missing",
        "--altitude",
        "direct",
        "--run",
        "keyvalue/store/empty-value-is-a-value",
    ];
    assert_eq!(code(&cli(&defect)), 1);
    assert_eq!(code(&cli(&[&defect[..], &["--known-failing", "keyvalue/store/empty-value-is-a-value"]].concat())), 0);
    assert_eq!(code(&run(&["--run", CHEAP, "--known-failing", CHEAP])), 4);
    let nothing = run(&["--run", CHEAP, "--skip", CHEAP]);
    assert_eq!(code(&nothing), 3);
    assert!(out(&nothing).contains("no case was executed"), "{}", out(&nothing));
    assert_eq!(code(&run(&["--run", "negotiation/keyvalue/declaration"])), 0);
    assert_eq!(code(&run(&["--run", CHEAP, "--require", "config"])), 0);
    assert_eq!(code(&run(&["--run", CHEAP, "--require", "embedded"])), 3);
}

/// A defect of one language's SDK fails there and in no other language, and its line brings it back.
#[test]
fn languages_are_told_apart() {
    refused(&run(&["--lang", "rust"]), &["--altitude direct", "--lang"]);
    refused(&cli(&["run", "--host", "memory", "--lang", "cobol"]), &["cobol", "rust, c, go"]);
    let case = "keyvalue/store/empty-value-is-a-value";
    let of_rust = ["run", "--host", "mutant:sdk-empty-is-missing", "--altitude", "embedded", "--run", case];
    let known = Corpus::languages().expect("a corpus");
    for language in Language::ALL {
        let (lang, altitude) = (language.name(), format!("embedded-{language}"));
        let output = cli(&[&of_rust[..], &["--lang", lang, "--require", &altitude]].concat());
        if language == Language::Rust {
            assert_eq!(code(&output), 1, "{}", err(&output));
            let text = out(&output);
            assert!(text.contains(&format!("fail {case} (embedded-rust, core)")), "{text}");
            let repro =
                text.lines().find_map(|line| line.trim().strip_prefix("repro: cloud-conformance ")).expect("a line");
            assert!(repro.contains("--altitude embedded --lang rust"), "{repro}");
            let words: Vec<_> = repro.split(' ').map(|word| word.trim_matches('\'')).collect();
            assert_eq!(code(&cli(&words)), 1);
        } else if known.contains(&language) {
            assert_eq!(code(&output), 0, "{}{}", out(&output), err(&output));
        } else {
            refused(&output, &[&format!("no guests in {language}"), "--lang rust"]);
        }
    }
    let other = cli(&[&of_rust[..], &["--lang", "rust", "--require", "embedded-c"]].concat());
    assert!(code(&other) == 3 && out(&other).contains("--require embedded-c: no executed case"), "{}", out(&other));
}

#[test]
fn json_and_text_agree() {
    let args = ["--run", "config/**", "--run", "keyvalue/store/*", "--seed", "7"];
    let (text, json) = (run(&args), run(&[&args[..], &["--format", "json"]].concat()));
    assert_eq!((code(&text), code(&json)), (0, 0));
    let events = events(&json);
    let mut counted: BTreeMap<String, u64> = BTreeMap::new();
    for event in events.iter().filter(|event| event["event"] == "ended") {
        *counted.entry(event["verdict"].as_str().expect("a verdict").to_owned()).or_default() += 1;
    }
    let (first, last) = (&events[0], &events[events.len() - 1]);
    assert_eq!((&first["event"], &last["event"]), (&"started".into(), &"finished".into()));
    assert_eq!(first["seed"], 7);
    assert_eq!(last["verdicts"], serde_json::to_value(&counted).expect("JSON"));
    let text = out(&text);
    let sum = text.lines().last().expect("a last line");
    for (verdict, count) in &counted {
        assert!(sum.contains(&format!("{count} {verdict}")), "{sum}");
    }
    assert!(sum.contains(&format!("{} of {} executed", last["executed"], last["planned"])), "{sum}");
    assert!(sum.contains("seed 7"), "{sum}");
}

#[test]
fn the_line_that_a_failure_prints_replays_it() {
    let args = ["run", "--host", "mutant:keeps-tail", "--altitude", "direct", "--run", "keyvalue/store/**", "--quiet"];
    let first = cli(&args);
    assert_eq!(code(&first), 1);
    let text = out(&first);
    let failed: Vec<_> = text.lines().filter(|line| line.starts_with("fail ")).collect();
    let line = text.lines().find_map(|line| line.trim().strip_prefix("repro: cloud-conformance ")).expect("a line");
    assert!(text.contains("expected: ") && text.contains("host calls (") && text.contains("KV-STORE-"), "{text}");
    let words: Vec<_> = line.split(' ').map(|word| word.trim_matches('\'')).collect();
    let again = cli(&[&words[..], &["--quiet"]].concat());
    assert_eq!(code(&again), 1);
    let failed_again: Vec<_> =
        out(&again).lines().filter(|line| line.starts_with("fail ")).map(str::to_owned).collect();
    assert_eq!(failed_again, failed[..1]);
}

#[test]
fn colours_are_for_terminals_unless_they_are_asked_for() {
    let coloured = |args: &[&str]| out(&run(&[&["--run", CHEAP], args].concat())).contains('\u{1b}');
    assert!(!coloured(&[]));
    assert!(!coloured(&["--color", "never"]));
    assert!(coloured(&["--color", "always"]));
}

#[test]
fn a_list_has_the_same_rows_in_both_forms() {
    let (text, json) = (cli(&["list"]), cli(&["list", "--json"]));
    assert_eq!((code(&text), code(&json)), (0, 0));
    let rows: Vec<BTreeMap<String, Value>> = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(out(&text).lines().count(), rows.len());
    for (row, line) in rows.iter().zip(out(&text).lines()) {
        let keys: Vec<_> = row.keys().map(String::as_str).collect();
        assert_eq!(keys, ["about", "clauses", "id", "level", "needs"]);
        assert!(line.starts_with(row["id"].as_str().expect("an id")), "{line}");
        assert!(line.contains(row["clauses"][0].as_str().expect("a clause")), "{line}");
    }
    let one = cli(&["list", "config/store/get-missing-key"]);
    insta::assert_snapshot!(out(&one), @"config/store/get-missing-key  core  CFG-STORE-02");
}

#[test]
fn coverage_names_what_is_missing_and_its_exit_code_says_whether_there_is_a_gap() {
    let (text, json) = (cli(&["coverage", "keyvalue"]), cli(&["coverage", "keyvalue", "--json"]));
    let parsed: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    let part = parsed["capabilities"]["keyvalue"].as_object().expect("the one that was asked for");
    let lacks: Vec<_> = part.values().filter_map(Value::as_array).flatten().collect();
    let gaps = lacks.iter().filter(|lack| lack["reason"].is_null()).count();
    let stale = parsed["stale"].as_array().expect("a list").len();
    assert_eq!((code(&text), code(&json)), (i32::from(gaps + stale > 0), i32::from(gaps + stale > 0)));
    assert_eq!(out(&text).matches("  GAP").count(), gaps);
    assert!(
        out(&text).contains("KV-ATOM-S06  ") && out(&text).contains("not tested: a guest cannot tell contention"),
        "{}",
        out(&text)
    );
    let shape = cli(&["coverage", "--shape", "config"]);
    assert_eq!(code(&shape), i32::from(out(&shape).contains("GAP")));
    assert!(out(&shape).contains("wasi:config/store get-all") && !out(&shape).contains("wasi:keyvalue"));
    refused(&cli(&["coverage", "keyvalu"]), &["did you mean `keyvalue`?"]);
}

#[test]
fn explain_knows_cases_and_clauses() {
    let clause = out(&cli(&["explain", "KV-STORE-05"]));
    assert!(clause.starts_with("KV-STORE-05 (core) of wasi:keyvalue/store bucket.get"), "{clause}");
    assert!(clause.contains("keyvalue/store/get-missing-key"), "{clause}");
    let case = out(&cli(&["explain", "keyvalue/store/get-missing-key"]));
    assert!(case.contains("KV-STORE-05"), "{case}");
    refused(&cli(&["explain", "keyvalue/store/get-mising-key"]), &["did you mean"]);
}

#[test]
fn a_bundle_holds_the_events_and_what_every_case_did() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("bundle.tar.xz");
    let output = run(&["--run", CHEAP, "--bundle", path.to_str().expect("UTF-8"), "--format", "json"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    let file = std::fs::File::open(&path).expect("the bundle");
    let mut tar = tar::Archive::new(lzma_rust2::XzReader::new(BufReader::new(file), false));
    let mut files = BTreeMap::new();
    for entry in tar.entries().expect("a tar") {
        let mut entry = entry.expect("an entry");
        let name = entry.path().expect("a path").to_str().expect("UTF-8").to_owned();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut entry, &mut text).expect("UTF-8");
        files.insert(name, text);
    }
    assert_eq!(files["events.jsonl"].lines().count(), events(&output).len());
    let about: Value = serde_json::from_str(&files["run.json"]).expect("JSON");
    assert_eq!(about["command"], "cloud-conformance run --host memory");
    assert_eq!(about["guests"]["go/keyvalue"].as_str().map(str::len), Some(64), "{about}");
    assert_eq!(files["host.toml"], include_str!("../hosts/memory.toml"));
    let case = "cases/direct/config/store/get-missing-key";
    assert!(files[&format!("{case}/transcript.jsonl")].contains("\"op\""), "{:?}", files.keys());
    assert!(files[&format!("{case}/calls.jsonl")].contains("\"op\":\"get\""));
    let nowhere = run(&["--run", CHEAP, "--bundle", "/nonexistent/bundle.tar.xz"]);
    assert!(code(&nowhere) == 3 && err(&nowhere).contains("/nonexistent/bundle.tar.xz"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_the_run_and_says_what_did_not_run() {
    program::interrupted("memory");
}
