//! The normal form of a transcript: what must be equal between hosts, altitudes and languages.
//!
//! Exactly five things are taken away, each by one rule:
//! a listing loop becomes its set of keys and the number of repeats; versions and cursors become numbers by first
//! appearance; error texts are dropped, kinds kept; concurrent operations become a multiset; times vanish.

use super::Entry;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Which rules apply. A test turns each off in turn and must then see a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// A listing loop is a set of keys and a number of repeats. Which keys an unfinished loop has seen is the host's
    /// choice, so of it only that much is kept.
    pub listings: bool,
    /// Versions and cursors are numbered by first appearance.
    pub tokens: bool,
    /// Error texts are dropped.
    pub texts: bool,
    /// Concurrent operations have no order and no guest.
    pub concurrency: bool,
    /// Times vanish.
    pub times: bool,
}

impl Rules {
    /// All five.
    pub const ALL: Self = Self { listings: true, tokens: true, texts: true, concurrency: true, times: true };
}

/// One line of the normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    who: String,
    group: Option<u32>,
    op: Value,
    seen: Value,
    at: Option<u128>,
}

/// The transcript under these rules, a line per operation.
#[must_use]
pub fn normalise(entries: &[Entry], rules: Rules) -> Vec<String> {
    let mut lines: Vec<Line> = entries.iter().map(|entry| parse(entry, rules)).collect();
    if rules.listings {
        lines = merge_listings(lines);
        lines.iter_mut().for_each(sort_all_keys);
    }
    if rules.concurrency {
        sort_groups(&mut lines);
    }
    if rules.tokens {
        number_tokens(&mut lines);
    }
    lines.iter().map(print).collect()
}

fn parse(entry: &Entry, rules: Rules) -> Line {
    let json = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    let mut seen = json(&entry.seen);
    if rules.texts {
        drop_text(&mut seen);
    }
    Line {
        who: entry.who.clone(),
        group: entry.group,
        op: json(&entry.op),
        seen,
        at: (!rules.times).then_some(entry.at.as_nanos()),
    }
}

fn print(line: &Line) -> String {
    let at = line.at.map(|at| format!(" @{at}")).unwrap_or_default();
    format!("{} {} -> {}{at}", line.who, line.op, line.seen)
}

/// `{"Failed":{"kind":..,"applied":..,"message":..}}` loses its message; how a guest broke keeps its first words.
fn drop_text(seen: &mut Value) {
    if let Some(failure) = seen.get_mut("Failed").and_then(Value::as_object_mut) {
        failure.remove("message");
    } else if let Some(text) = seen.as_str() {
        *seen = Value::from(text.split(':').next().unwrap_or_default());
    }
}

/// The slot and the cursor of a listing operation, and the operation without the cursor.
fn listing(op: &Value) -> Option<(Option<String>, Value)> {
    let arguments = op.get("ListKeys")?.as_array()?;
    let (slot, second) = (arguments.first()?, arguments.get(1)?);
    let text = |value: &Value| value.as_str().map(Into::into);
    Some(match second.as_object() {
        None => (text(second), json!({ "ListKeys": [slot] })),
        Some(options) => {
            let cursor = options.get("cursor").and_then(text);
            let rest: Map<_, _> =
                options.iter().filter(|(name, _)| *name != "cursor").map(|(k, v)| (k.clone(), v.clone())).collect();
            (cursor, json!({ "ListKeys": [slot, rest] }))
        }
    })
}

#[derive(Default)]
struct Loop {
    keys: BTreeSet<String>,
    repeats: usize,
}

/// Follows cursors from page to page, also past other operations in between, and keeps the loop where it began.
fn merge_listings(lines: Vec<Line>) -> Vec<Line> {
    let mut merged: Vec<Line> = Vec::new();
    // By cursor alone: a listing may go on in another handle or guest.
    let mut open: BTreeMap<String, (usize, Loop)> = BTreeMap::new();
    for line in lines {
        let page = line.seen.get("Page").cloned();
        let (Some((cursor, op)), Some(page)) = (listing(&line.op), page) else {
            merged.push(line);
            continue;
        };
        let (at, mut so_far) = cursor.and_then(|cursor| open.remove(&cursor)).unwrap_or_else(|| {
            merged.push(Line { op: op.clone(), ..line.clone() });
            (merged.len() - 1, Loop::default())
        });
        for key in page["keys"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            so_far.repeats += usize::from(!so_far.keys.insert(key.to_owned()));
        }
        match page["cursor"].as_str() {
            None => merged[at].seen = json!({ "keys": so_far.keys, "repeats": so_far.repeats }),
            Some(next) => {
                merged[at].seen = json!("unfinished listing");
                open.insert(next.to_owned(), (at, so_far));
            }
        }
    }
    merged
}

/// The SDK's iterator hides the loop; what it yields is a set as well.
fn sort_all_keys(line: &mut Line) {
    let Some(keys) = line.seen.get("Keys").and_then(Value::as_array) else { return };
    let set: BTreeSet<_> = keys.iter().filter_map(Value::as_str).collect();
    line.seen = json!({ "keys": set, "repeats": keys.len() - set.len() });
}

fn sort_groups(lines: &mut [Line]) {
    for group in lines.chunk_by_mut(|a, b| a.group.is_some() && a.group == b.group) {
        if group[0].group.is_some() {
            for line in &mut *group {
                line.who = "concurrently".into();
            }
            group.sort_by_cached_key(|line| (masked(&line.op), masked(&line.seen)));
        }
    }
}

fn masked(value: &Value) -> String {
    let mut value = value.clone();
    each_token(&mut value, &mut |_| "?".into());
    value.to_string()
}

fn number_tokens(lines: &mut [Line]) {
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut number = |token: &str| {
        let next = numbers.len() + 1;
        format!("#{}", *numbers.entry(token.to_owned()).or_insert(next))
    };
    for line in lines {
        each_token(&mut line.op, &mut number);
        each_token(&mut line.seen, &mut number);
    }
}

/// Visits every version and cursor: they have names, but for the cursor of `wasi:keyvalue`'s `list-keys`.
fn each_token(value: &mut Value, visit: &mut impl FnMut(&str) -> String) {
    match value {
        Value::Object(object) => {
            for (name, inner) in object {
                match (name.as_str(), &mut *inner) {
                    ("version" | "Version" | "cursor", Value::String(token)) => *token = visit(token),
                    ("ListKeys", Value::Array(arguments)) => match arguments.get_mut(1) {
                        Some(Value::String(cursor)) => *cursor = visit(cursor),
                        Some(options) => each_token(options, visit),
                        None => {}
                    },
                    (_, inner) => each_token(inner, visit),
                }
            }
        }
        Value::Array(array) => array.iter_mut().for_each(|inner| each_token(inner, visit)),
        _ => {}
    }
}
