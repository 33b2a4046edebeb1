//! What `shapes.toml` says is what happened: each case that it names performs that operation, in that situation as far
//! as a transcript shows it, in a run on the memory host.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use cloud_conformance::{
    catalogue::{self, Case},
    clauses::Law,
    event::Record,
    host::Altitude,
    pattern::Patterns,
    shapes::{Cell, Line, Shapes},
    transcript::Entry,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use support::{judge, ready, workers};

/// The capabilities whose tables are to be whole.
const WHOLE: [&str; 3] = ["config", "keyvalue", "messaging"];

/// What no transcript names: it is part of a request.
const UNSEEN: [&str; 1] = ["wasi:messaging/request-reply request-options"];

fn lines() -> Vec<Line> {
    let law = Law::embedded().expect("the law reads");
    let lines = Shapes::embedded().and_then(|shapes| shapes.lines(&law)).expect("the table reads");
    lines.into_iter().filter(|line| WHOLE.contains(&&*line.capability)).collect()
}

/// The operation of the law behind a line of a transcript, if it is of one of these capabilities.
fn operation(entry: &Entry) -> Option<String> {
    let driver = entry.who.split('#').next()?;
    if driver == "recorder" {
        return Some("wasi:messaging/incoming-handler handle".to_owned());
    }
    if driver == "watcher" {
        let told: Value = serde_json::from_str(&entry.seen).ok()?;
        return Some(format!("wasi:keyvalue/watcher on-{}", told["change"].as_str()?));
    }
    let op: Value = serde_json::from_str(&entry.op).ok()?;
    let name = op.as_str().or_else(|| op.as_object()?.keys().next().map(String::as_str))?;
    let place = match (driver, name.strip_prefix("Plain").unwrap_or(name)) {
        ("config", "Get") => "wasi:config/store get",
        ("config", "GetAll") => "wasi:config/store get-all",
        ("keyvalue-ext", "Get") if name == "Get" => "wasi-cloud:keyvalue/extension get",
        ("keyvalue-ext", "Put") => "wasi-cloud:keyvalue/extension put",
        ("keyvalue-ext", "Delete") if name == "Delete" => "wasi-cloud:keyvalue/extension delete",
        ("keyvalue-ext", "ListKeys") => "wasi-cloud:keyvalue/extension list-keys",
        ("messaging", own) => match own {
            "Connect" => "wasi:messaging/types client.connect",
            "Disconnect" => "wasi:messaging/types client.disconnect",
            "Message" => "wasi:messaging/types message",
            "Topic" => "wasi:messaging/types message.topic",
            "ContentType" => "wasi:messaging/types message.content-type",
            "SetContentType" => "wasi:messaging/types message.set-content-type",
            "Data" => "wasi:messaging/types message.data",
            "SetData" => "wasi:messaging/types message.set-data",
            "Metadata" => "wasi:messaging/types message.metadata",
            "AddMetadata" => "wasi:messaging/types message.add-metadata",
            "SetMetadata" => "wasi:messaging/types message.set-metadata",
            "RemoveMetadata" => "wasi:messaging/types message.remove-metadata",
            "Send" => "wasi:messaging/producer send",
            "Request" => "wasi:messaging/request-reply request",
            "Reply" => "wasi:messaging/request-reply reply",
            _ => return None,
        },
        ("keyvalue" | "keyvalue-ext", plain) => match plain {
            "Open" => "wasi:keyvalue/store open",
            "Get" => "wasi:keyvalue/store bucket.get",
            "Set" => "wasi:keyvalue/store bucket.set",
            "Delete" => "wasi:keyvalue/store bucket.delete",
            "Exists" => "wasi:keyvalue/store bucket.exists",
            "ListKeys" | "AllKeys" => "wasi:keyvalue/store bucket.list-keys",
            "Increment" => "wasi:keyvalue/atomics increment",
            "CasNew" => "wasi:keyvalue/atomics cas.new",
            "CasCurrent" => "wasi:keyvalue/atomics cas.current",
            "CasSwap" => "wasi:keyvalue/atomics swap",
            "GetMany" => "wasi:keyvalue/batch get-many",
            "SetMany" => "wasi:keyvalue/batch set-many",
            "DeleteMany" => "wasi:keyvalue/batch delete-many",
            _ => return None,
        },
        _ => return None,
    };
    Some(place.to_owned())
}

/// Whether these lines, all of one operation, show the situation. Of what a transcript cannot show it is enough that the
/// operation was performed.
fn shows(shape: &str, entries: &[&Entry]) -> bool {
    let seen = |entry: &&Entry| serde_json::from_str::<Value>(&entry.seen).unwrap_or_default();
    let failed = |entry: &&Entry| seen(entry)["Failed"].as_object().is_some();
    // Config has no kind for it: a missing grant is `upstream`, which reads as `other`.
    let denied = |entry: &&Entry| {
        let kind = &seen(entry)["Failed"]["kind"];
        kind == "AccessDenied" || (entry.who.starts_with("config") && kind == "Other")
    };
    match shape {
        "happy" => entries.iter().any(|entry| !failed(entry)),
        "denied" => entries.iter().any(denied),
        "repeat" => entries.len() > 1,
        "concurrent" => entries.iter().any(|entry| entry.group.is_some()),
        _ => !entries.is_empty(),
    }
}

#[test]
fn the_cases_of_the_table_do_what_it_says() {
    let workers = workers();
    let host = ready(&workers, "memory", None).expect("a host");
    let ran =
        judge(&workers, &host, Altitude::Direct, &["config/**", "keyvalue/**", "messaging/**"], |_| ()).expect("a run");
    let records: BTreeMap<&str, &Record> = ran.records.iter().map(|record| (&*record.id, record)).collect();
    let ids: Vec<_> = catalogue::all().iter().map(Case::id).collect();
    let mut wrong = Vec::new();
    for line in lines() {
        for (shape, cell) in &line.shapes {
            let Cell::Cases(globs) = cell else { continue };
            for glob in globs {
                let pattern = Patterns::read(std::slice::from_ref(glob), ids.iter().map(String::as_str));
                let pattern = pattern.unwrap_or_else(|why| panic!("{}: {shape}: {why}", line.operation));
                for id in ids.iter().filter(|id| pattern.matches(id)) {
                    let transcript = records.get(&**id).map(|record| &record.transcript[..]).unwrap_or_default();
                    let of_it = |entry: &&Entry| operation(entry).as_deref() == Some(&*line.operation);
                    let entries: Vec<_> = transcript.iter().filter(of_it).collect();
                    if !shows(shape, &entries) {
                        wrong.push(format!("{id} does not show `{shape}` of {}", line.operation));
                    }
                }
            }
        }
    }
    let performed: BTreeSet<_> =
        ran.records.iter().flat_map(|record| &record.transcript).filter_map(operation).collect();
    let known = lines()
        .into_iter()
        .map(|line| line.operation)
        .filter(|name| !UNSEEN.iter().any(|place| name.starts_with(place)));
    wrong.extend(known.filter(|name| !performed.contains(name)).map(|name| format!("no case performs {name}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_tables_of_all_capabilities_are_whole() {
    let gaps: Vec<_> = lines()
        .iter()
        .flat_map(|line| {
            line.gaps().into_iter().map(|shape| format!("{}: {shape}", line.operation)).collect::<Vec<_>>()
        })
        .collect();
    assert!(gaps.is_empty(), "no case and no reason:\n{}", gaps.join("\n"));
}

#[test]
fn a_transcript_shows_what_was_denied_repeated_and_concurrent() {
    let entry = |group, seen: &str| Entry {
        who: "keyvalue#0".into(),
        group,
        op: "{\"Get\":[0,\"k\"]}".into(),
        seen: seen.into(),
        at: std::time::Duration::ZERO,
    };
    let answer = entry(None, "{\"Value\":null}");
    let denied = entry(Some(1), "{\"Failed\":{\"kind\":\"AccessDenied\",\"applied\":\"No\",\"message\":\"\"}}");
    assert_eq!(operation(&answer).as_deref(), Some("wasi:keyvalue/store bucket.get"));
    for (shape, entries, shown) in [
        ("happy", vec![&answer], true),
        ("happy", vec![&denied], false),
        ("denied", vec![&answer], false),
        ("denied", vec![&denied], true),
        ("repeat", vec![&answer], false),
        ("repeat", vec![&answer, &answer], true),
        ("concurrent", vec![&answer], false),
        ("concurrent", vec![&denied], true),
        ("hostile", vec![], false),
    ] {
        assert_eq!(shows(shape, &entries), shown, "{shape}");
    }
}
