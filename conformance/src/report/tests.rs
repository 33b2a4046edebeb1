//! One made-up run with all nine verdicts, in every format.

use super::{Detail, Report, json::Json, junit, markdown, pretty::Pretty, tap, terse, whole::Whole};
use crate::{
    event::{Cited, Event, HostInfo, Inapplicable, Mismatch, Record, Started, Summary, Untested},
    host::HostCall,
    levels::{Level, Levels},
    outcome::Verdict,
    transcript::Entry,
};
use std::{collections::BTreeMap, time::Duration};

fn record(verdict: Verdict) -> Record {
    let id = format!("keyvalue/store/{}", verdict.word());
    Record {
        verdict,
        would_be: (verdict == Verdict::Provisional).then_some(Verdict::Fail),
        level: "core".into(),
        clauses: vec![Cited { id: "KV-STORE-05".into(), text: "`get` of an absent key returns `ok(none)`.".into() }],
        attempts: 1,
        millis: 3,
        seed: 99,
        repro: format!("cloud-conformance run --host memory --altitude direct --run '{id}' --seed 7"),
        ..Record::new(&id, "direct")
    }
}

fn records() -> Vec<Record> {
    let mut records: Vec<_> = Verdict::ALL.map(record).into();
    for record in &mut records {
        record.why = match record.verdict {
            Verdict::Pass | Verdict::Fail => None,
            Verdict::Skip => Some("the host does not declare `ttl`".into()),
            Verdict::Xfail => Some("the guest trapped: unreachable".into()),
            Verdict::Xpass => Some("it is listed as failing and passes: take it off the list".into()),
            Verdict::Flaky => Some("it failed 1 times and then passed".into()),
            Verdict::Unknown => Some("the checker gave up".into()),
            Verdict::Error => Some("the case panicked: a bug of ours".into()),
            Verdict::Provisional => Some("it would be `fail`: the guest trapped: unreachable".into()),
        };
        record.attempts = u32::from(record.verdict != Verdict::Skip);
    }
    let call = |number: u64| HostCall {
        at_us: 1_500 * number,
        capability: "keyvalue".into(),
        op: "get".into(),
        label: "default".into(),
        key: format!("key {number}\n"),
        outcome: if number == 12 { "timeout".into() } else { "ok".into() },
        took_us: 12,
    };
    records[1].calls = (1..=12).map(call).collect();
    records[1].mismatch =
        Some(Mismatch { what: "get of `a`".into(), expected: "None".into(), actual: "Some([1])".into() });
    let (op, seen) = ("{\"get\":[0,\"a\"]}".to_owned(), "{\"value\":[1]}".to_owned());
    records[1].transcript = vec![Entry { who: "keyvalue#0".into(), group: None, op, seen, at: Duration::ZERO }];
    records[0].leak = Some("unavailable: the store is gone".into());
    records
}

fn untested(clause: &str, reason: &str) -> Untested {
    Untested { clause: clause.into(), reason: reason.into() }
}

fn events() -> Vec<Event> {
    let host = HostInfo {
        name: "memory".into(),
        version: "0.1.0".into(),
        altitude: "direct".into(),
        notes: vec!["keyvalue from memory".into()],
        ..HostInfo::default()
    };
    let reason = "it is about guests".to_owned();
    let started = Started {
        suite: "0.1.0".into(),
        run: "cc00000001".into(),
        seed: 7,
        jobs: 2,
        hosts: vec![host],
        planned: 9,
        picked: false,
        inapplicable: vec![Inapplicable {
            id: "keyvalue/store/x".into(),
            altitude: "direct".into(),
            reason,
            level: "core".into(),
            lacking: false,
        }],
        untested: ["KV-WATCH-01", "KV-WATCH-02"].map(|clause| untested(clause, "no host delivers to watchers")).into(),
    };
    let verdicts: BTreeMap<_, _> = Verdict::ALL.into_iter().map(|verdict| (verdict, 1)).collect();
    let summary = Summary {
        planned: 9,
        executed: 7,
        verdicts,
        missing: vec!["keyvalue/store/error (direct)".into()],
        problems: vec!["1 of 9 planned cases were not judged".into()],
        levels: None,
        exempt: 0,
        leaks: 1,
        millis: 1234,
        conformant: false,
        exit: 3,
    };
    let ended = records().into_iter().map(|record| Event::Ended(Box::new(record)));
    [Event::Started(started)].into_iter().chain(ended).chain([Event::Finished(summary)]).collect()
}

fn written(report: impl FnOnce(&mut Vec<u8>) -> Box<dyn Report + '_>) -> String {
    written_of(&events(), report)
}

fn written_of(events: &[Event], report: impl FnOnce(&mut Vec<u8>) -> Box<dyn Report + '_>) -> String {
    let mut out = Vec::new();
    let mut to = report(&mut out);
    events.iter().for_each(|event| to.event(event).expect("written"));
    drop(to);
    anstream::adapter::strip_str(&String::from_utf8(out).expect("UTF-8")).to_string()
}

#[test]
fn all_nine_verdicts() {
    insta::assert_snapshot!(written(|out| Box::new(Pretty::new(out, Detail::default()))));
}

#[test]
fn quiet_shows_what_needs_attention() {
    let quiet = Detail { quiet: true, trace: false };
    insta::assert_snapshot!(written(|out| Box::new(Pretty::new(out, quiet))));
}

#[test]
fn a_trace_shows_everything() {
    let trace = Detail { quiet: true, trace: true };
    let text = written(|out| Box::new(Pretty::new(out, trace)));
    for part in ["host calls (12 of 12)", "\"key 1\\n\" -> ok", "keyvalue#0 > {\"get\"", "keyvalue#0 < {\"value\""] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

/// What the host said last is the nearest to the failure.
#[test]
fn a_failure_shows_the_end_of_the_hosts_log() {
    let log = (1..=12).map(|number| format!("word {number}.")).collect();
    let events = [Event::Ended(Box::new(Record { log, ..record(Verdict::Fail) })), Event::Finished(Summary::default())];
    let shown = |detail| written_of(&events, |out| Box::new(Pretty::new(out, detail)));
    let text = shown(Detail::default());
    assert!(text.contains("log of the host (10 of 12; --trace shows all)"), "{text}");
    assert!(!text.contains("word 2.") && text.contains("    word 3.\n") && text.contains("    word 12.\n"), "{text}");
    assert!(shown(Detail { quiet: false, trace: true }).contains("    word 1.\n"));
    let json = |verdict| {
        let ended = Event::Ended(Box::new(Record { log: vec!["word".into()], ..record(verdict) }));
        written_of(&[ended], |out| Box::new(Json::new(out, Detail::default())))
    };
    assert!(json(Verdict::Fail).contains(r#""log":["word"]"#) && !json(Verdict::Pass).contains("log"));
}

/// The last word of a run that ended with 0.
fn last_word(altitudes: &[&str], picked: bool, xfail: usize, conformant: bool) -> String {
    let host = |altitude: &&str| HostInfo { altitude: (*altitude).to_owned(), ..HostInfo::default() };
    let started = Started { hosts: altitudes.iter().map(host).collect(), picked, ..Started::default() };
    let summary = Summary { verdicts: [(Verdict::Xfail, xfail)].into(), conformant, ..Summary::default() };
    let text = written_of(&[Event::Started(started), Event::Finished(summary)], |out| {
        Box::new(Pretty::new(out, Detail { quiet: true, trace: false }))
    });
    text.trim().split(';').next().unwrap_or_default().to_owned()
}

#[test]
fn only_a_whole_run_at_all_altitudes_without_known_failures_is_called_conformant() {
    let all = ["direct", "embedded-rust", "embedded-c"];
    assert_eq!(last_word(&all, false, 0, true), "conformant");
    assert_eq!(last_word(&all, true, 0, false), "the picked cases pass: no claim of conformance");
    assert_eq!(last_word(&["direct"], false, 0, false), "conforms at direct: no guest took part");
    assert_eq!(last_word(&["embedded-c"], false, 0, false), "conforms at embedded-c: no claim beyond it");
    let one_language = last_word(&["direct", "embedded-rust"], false, 0, false);
    assert_eq!(one_language, "conforms at direct, embedded-rust: no claim beyond it");
    let known = "as expected, with 2 known failures: no claim of conformance";
    assert_eq!(last_word(&all, false, 2, false), known);
}

/// What is new and passes is counted, and needs nobody's attention.
#[test]
fn what_is_provisional_is_told_where_it_would_not_pass() {
    let ended = |would_be| Event::Ended(Box::new(Record { would_be: Some(would_be), ..record(Verdict::Provisional) }));
    let summary = Summary { verdicts: [(Verdict::Provisional, 1)].into(), ..Summary::default() };
    let picked = Event::Started(Started { picked: true, ..Started::default() });
    let quiet = Detail { quiet: true, trace: false };
    for (would_be, is_told) in [(Verdict::Fail, true), (Verdict::Error, true), (Verdict::Pass, false)] {
        let events = [picked.clone(), ended(would_be), Event::Finished(summary.clone())];
        let text = written_of(&events, |out| Box::new(Pretty::new(out, quiet)));
        assert_eq!(text.contains("counts from the next minor version"), is_told, "{text}");
        assert!(
            text.contains("the picked cases that count pass: no claim") && text.contains("1 provisional"),
            "{text}"
        );
        let page = written_of(&events, |out| Box::new(Whole::new(out, markdown::render)));
        assert_eq!(page.contains("## Provisional"), is_told, "{page}");
    }
}

#[test]
fn what_was_observed_and_what_is_undeclared_are_told_also_in_short() {
    let mut record = Record { observed: true, level: "probe".into(), ..record(Verdict::Pass) };
    record.mismatch = Some(Mismatch { what: "get of `a`".into(), expected: "None".into(), actual: "Some".into() });
    record.warning = Some("undeclared capability: keyvalue: ttl".into());
    let events = [Event::Ended(Box::new(record)), Event::Finished(Summary::default())];
    let text = written_of(&events, |out| Box::new(Pretty::new(out, Detail { quiet: true, trace: false })));
    assert!(text.contains("observed keyvalue/store/pass (direct, probe): get of `a`: not None but Some"), "{text}");
    assert!(text.contains("warning keyvalue/store/pass (direct): undeclared capability: keyvalue: ttl"), "{text}");
    let json = written_of(&events, |out| Box::new(Json::new(out, Detail::default())));
    assert!(json.contains("\"observed\":true") && json.contains("\"warning\":\"undeclared"), "{json}");
}

/// Somebody is to mend it, and needs no less for that than of a failure that nobody knew.
#[test]
fn a_known_failure_is_explained_once_for_all_altitudes() {
    let failed = &records()[1];
    let known = |altitude: &str| {
        let (mismatch, transcript) = (failed.mismatch.clone(), failed.transcript.clone());
        let altitude = altitude.to_owned();
        Event::Ended(Box::new(Record { altitude, mismatch, transcript, ..record(Verdict::Xfail) }))
    };
    let events = [known("command-c"), known("command-rust"), Event::Finished(Summary::default())];
    let text = written_of(&events, |out| Box::new(Pretty::new(out, Detail::default())));
    for part in [
        "\nknown failures\n\nxfail keyvalue/store/xfail (command-c, core)\n  also at command-rust\n  KV-STORE-05: ",
        "get of `a`\n    expected: None\n      actual: Some([1])\n",
        "keyvalue#0 > {\"get\"",
        "keyvalue#0 < {\"value\"",
        "repro: cloud-conformance run",
    ] {
        assert_eq!(text.matches(part).count(), 1, "{part}\n{text}");
    }
    let short = written_of(&events, |out| Box::new(Pretty::new(out, Detail { quiet: true, trace: false })));
    assert!(!short.contains("keyvalue#0") && short.matches("xfail keyvalue/store/xfail").count() == 2, "{short}");
    let json = written_of(&events, |out| Box::new(Json::new(out, Detail::default())));
    assert!(json.matches("\"mismatch\"").count() == 2 && json.matches("\"transcript\"").count() == 2, "{json}");
}

/// A reader that counts cases would take the run for whole.
#[test]
fn what_cannot_be_put_to_the_host_is_a_skip_with_its_reason() {
    let case = |id: &str, lacking| Inapplicable {
        id: format!("keyvalue/store/{id}"),
        altitude: "direct".into(),
        reason: "nobody can switch its labels".into(),
        level: "core".into(),
        lacking,
    };
    let host = HostInfo { altitude: "direct".into(), ..HostInfo::default() };
    let inapplicable = vec![case("owed", true), case("of-guests", false)];
    let started = Started { hosts: vec![host], inapplicable, ..Started::default() };
    let levels = Some(Levels { overall: Level::None, core_missing: 1, capabilities: BTreeMap::new() });
    let summary = Summary { verdicts: [(Verdict::Pass, 1)].into(), levels, ..Summary::default() };
    let ended = Event::Ended(Box::new(record(Verdict::Pass)));
    let events = [Event::Started(started), ended, Event::Finished(summary)];
    let claim = "what ran conforms at direct, and 1 cases of core clauses did not: no claim of conformance";
    let why = "cannot be put to the host: nobody can switch its labels";

    let tap = written_of(&events, |out| Box::new(Whole::new(out, tap::render)));
    let points = format!("1..2\nok 1 - keyvalue/store/owed (direct) # SKIP {why}\nok 2 - ");
    assert!(tap.contains(&points) && tap.contains(&format!("\n# {claim}\n")), "{tap}");

    let terse = written_of(&events, |out| Box::new(Whole::new(out, terse::render)));
    assert!(terse.starts_with(&format!("skip    keyvalue/store/owed (direct): {why}\n")), "{terse}");
    assert!(terse.ends_with(&format!("\n{claim}; 1 pass, 1 skip; exit code 0; seed 0\n")), "{terse}");

    let junit = written_of(&events, |out| Box::new(Whole::new(out, junit::render)));
    let report = quick_junit::Report::deserialize_from_str(&junit).expect("JUnit's XML");
    let [suite, whole] = &report.test_suites[..] else { panic!("{junit}") };
    assert_eq!(suite.tests, 2, "{junit}");
    assert!(junit.contains("skipped=\"1\"") && junit.contains(&format!(">{why}</skipped>")), "{junit}");
    assert_eq!((whole.tests, whole.properties[0].value.as_str()), (0, claim));

    let pretty = written_of(&events, |out| Box::new(Pretty::new(out, Detail::default())));
    assert!(pretty.contains(claim), "{pretty}");
}

#[test]
fn altitudes_where_the_same_does_not_apply_share_a_line() {
    let case = |id: &str, altitude: &str, reason: &str| Inapplicable {
        id: id.into(),
        altitude: altitude.into(),
        reason: reason.into(),
        ..Inapplicable::default()
    };
    let [guests, foreign] = ["it is about guests", "no other program can write"];
    let inapplicable = ["direct", "embedded-c"].map(|altitude| ["a", "b"].map(|id| case(id, altitude, foreign)));
    let inapplicable = [vec![case("c", "direct", guests)], inapplicable.concat()].concat();
    let events = [Event::Started(Started { inapplicable, ..Started::default() }), Event::Finished(Summary::default())];
    let text = written_of(&events, |out| Box::new(Pretty::new(out, Detail::default())));
    let lines: Vec<_> = text.lines().filter(|line| line.contains("not applicable")).collect();
    let [one, other] = [format!("{guests}: c"), format!("{foreign}: 2 cases, such as a")];
    assert_eq!(
        lines,
        [format!("  not applicable at direct, embedded-c: {other}"), format!("  not applicable at direct: {one}"),]
    );
}

#[test]
fn a_skip_never_looks_like_a_pass() {
    let text = written(|out| Box::new(Pretty::new(out, Detail::default())));
    for line in text.lines().filter(|line| line.contains("store/skip")) {
        assert!(!line.contains("pass") && !line.contains("ok"), "{line}");
    }
}

#[test]
fn a_line_for_each_case() {
    insta::assert_snapshot!(written(|out| Box::new(Whole::new(out, terse::render))));
}

#[test]
fn tap_has_a_point_for_each_case() {
    let text = written(|out| Box::new(Whole::new(out, tap::render)));
    insta::assert_snapshot!(text);
    let points: Vec<_> = text.lines().filter(|line| line.starts_with("ok ") || line.starts_with("not ok ")).collect();
    assert_eq!(points.len(), 9);
    assert!(text.contains("\n1..9\n"));
    // As a reader of TAP counts: a directive excuses, and all else that is not ok has failed.
    let failed = |line: &&&str| line.starts_with("not ok") && !line.contains(" # TODO");
    assert_eq!(points.iter().filter(failed).count(), records().iter().filter(|record| record.is_bad()).count());
}

#[test]
fn junit_counts_what_needs_attention() {
    let text = written(|out| Box::new(Whole::new(out, junit::render)));
    insta::assert_snapshot!(text);
    let report = quick_junit::Report::deserialize_from_str(&text).expect("JUnit's XML");
    // The cases, and what is wrong with the run itself.
    assert_eq!((report.tests, report.failures, report.errors), (11, 2, 4));
}

#[test]
fn a_page_shows_failures_with_what_guests_did() {
    insta::assert_snapshot!(written(|out| Box::new(Whole::new(out, markdown::render))));
}

#[test]
fn what_a_host_says_cannot_end_a_point_or_a_table() {
    let mut records = [record(Verdict::Fail), record(Verdict::Skip)];
    let hostile = "a | b # TODO\nok 3 <script>]]>\u{1b}[31m\u{0}";
    records.iter_mut().for_each(|record| record.why = Some(hostile.into()));
    let ended = records.map(|record| Event::Ended(Box::new(record)));
    let events = [ended.to_vec(), vec![Event::Finished(Summary::default())]].concat();
    let text = written_of(&events, |out| Box::new(Whole::new(out, tap::render)));
    assert!(text.lines().all(|line| !line.starts_with("ok 3")), "{text}");
    let directives: usize =
        text.lines().filter(|line| !line.starts_with("  ")).map(|line| line.matches(" # ").count()).sum();
    assert_eq!(directives, 1, "{text}");
    let text = written_of(&events, |out| Box::new(Whole::new(out, junit::render)));
    quick_junit::Report::deserialize_from_str(&text).expect("JUnit's XML");
    let text = written_of(&events, |out| Box::new(Whole::new(out, markdown::render)));
    // Between its fences a text is no page.
    let hostile = "a\n```\n# Conformant\n````";
    let mut failed = Record { why: Some(hostile.into()), log: vec![hostile.into()], ..record(Verdict::Fail) };
    failed.mismatch = Some(Mismatch { what: hostile.into(), expected: hostile.into(), actual: hostile.into() });
    let page = [Event::Ended(Box::new(failed)), Event::Finished(Summary::default())];
    let page = written_of(&page, |out| Box::new(Whole::new(out, markdown::render)));
    let fences: Vec<_> = page.lines().filter(|line| line.starts_with("`````")).collect();
    assert_eq!(fences, ["`````text", "`````"], "{page}");
    let row = text.lines().find(|line| line.starts_with("| skipped")).expect("a row");
    assert!(!row.contains("<script>") && row.replace("\\|", "").matches('|').count() == 4, "{row}");
}

#[test]
fn json_lines_are_the_events() {
    let text = written(|out| Box::new(Json::new(out, Detail { trace: true, quiet: false })));
    let read: Vec<Event> = text.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    assert_eq!(read, events());
}

#[test]
fn json_carries_calls_of_failures_only_unless_asked() {
    let text = written(|out| Box::new(Json::new(out, Detail::default())));
    let with_calls: Vec<_> = text.lines().filter(|line| line.contains("\"calls\"")).collect();
    assert_eq!(with_calls.len(), 1);
    assert!(with_calls[0].contains("\"verdict\":\"fail\""));
}

#[test]
fn no_secret_survives_a_scrub() {
    let mut record = record(Verdict::Fail);
    let secret = || "before hunter2 after".to_owned();
    record.why = Some(secret());
    record.leak = Some(secret());
    record.mismatch = Some(Mismatch { what: secret(), expected: secret(), actual: secret() });
    record.transcript = vec![Entry { who: "a".into(), group: None, op: secret(), seen: secret(), at: Duration::ZERO }];
    record.calls = vec![HostCall { key: secret(), ..records()[1].calls[0].clone() }];
    record.scrub(|text| *text = text.replace("hunter2", "***"));
    let text = serde_json::to_string(&record).expect("JSON");
    assert!(!text.contains("hunter2"), "{text}");
    assert_eq!(text.matches("***").count(), 8);
}
