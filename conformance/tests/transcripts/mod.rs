//! What must be equal between two runs of the catalogue, and where it is not.

#![allow(dead_code, reason = "each test file uses what it needs")]

use cloud_conformance::{
    event::Record,
    outcome::Verdict,
    transcript::{
        normal::{Rules, normalise},
        open::{OF_GUESTS, OPEN},
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// The records of cases, by id.
pub type Transcripts = BTreeMap<String, Record>;

/// The cases that passed and have one transcript.
///
/// # Errors
/// If `whole`, a case of [`OPEN`] that neither passed nor was skipped.
pub fn comparable(records: Vec<Record>, whole: bool) -> Result<Transcripts, String> {
    let is_skip = |record: &&Record| record.verdict == Verdict::Skip;
    let skipped: BTreeSet<_> = records.iter().filter(is_skip).map(|record| record.id.clone()).collect();
    let passed = records.into_iter().filter(|record| record.ended() == Verdict::Pass && !record.check);
    let mut passed: Transcripts = passed.map(|record| (record.id.clone(), record)).collect();
    for open in OPEN {
        if passed.remove(open).is_none() && whole && !skipped.contains(open) {
            return Err(format!("{open} is no case that passes: the list is stale"));
        }
    }
    passed.remove(OF_GUESTS);
    Ok(passed)
}

/// Where the two differ, under these rules.
pub fn differences(one: &Transcripts, other: &Transcripts, rules: Rules) -> Vec<String> {
    let both = one.iter().filter_map(|(id, record)| Some((id, record, other.get(id)?)));
    let lines =
        |record: &Record| normalise(&record.transcript, rules).into_iter().map(without_repeats).collect::<Vec<_>>();
    let normal = both.map(|(id, a, b)| (id, lines(a), lines(b)));
    normal.filter(|(_, a, b)| a != b).map(|(id, a, b)| format!("{id}\n{}", first_difference(&a, &b))).collect()
}

/// How often a listing repeats a key is left to the host (KV-STORE-S11); one that promises none has cases for it.
fn without_repeats(line: String) -> String {
    line.rsplit_once(",\"repeats\":").map_or_else(|| line.clone(), |(rest, _)| rest.to_owned())
}

fn first_difference(one: &[String], other: &[String]) -> String {
    let at = one.iter().zip(other).position(|(a, b)| a != b).unwrap_or(one.len().min(other.len()));
    let shown = |lines: &[String]| lines.get(at).map_or("(ended)".into(), |l| l.chars().take(300).collect::<String>());
    format!("  line {at}\n    {}\n    {}", shown(one), shown(other))
}
