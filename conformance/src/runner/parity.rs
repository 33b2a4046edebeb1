//! Whether a case did the same at two altitudes: what guests saw, and what they asked of their host (F43).

use crate::{
    event::{Mismatch, Record},
    outcome::Verdict,
    transcript::{
        calls::canonical,
        normal::{Rules, normalise},
        open::is_open,
    },
};
use std::collections::BTreeMap;

/// Holds records back until the golden one of the same case is there.
pub(super) struct Parity<'a> {
    golden: Option<&'a str>,
    known: BTreeMap<String, Record>,
    waiting: BTreeMap<String, Vec<Record>>,
}

impl<'a> Parity<'a> {
    /// Without a golden altitude all pass through.
    pub fn new(golden: Option<&'a str>) -> Self {
        Self { golden, known: BTreeMap::new(), waiting: BTreeMap::new() }
    }

    /// The records that can be told now.
    pub fn judge(&mut self, record: Record) -> Vec<Record> {
        let Some(golden) = self.golden else { return vec![record] };
        let id = record.id.clone();
        if record.altitude == golden {
            let held = self.waiting.remove(&id).unwrap_or_default().into_iter().map(|held| compared(held, &record));
            let told = [record.clone()].into_iter().chain(held).collect();
            self.known.insert(id, record);
            return told;
        }
        match self.known.get(&id) {
            Some(golden) => vec![compared(record, golden)],
            None => {
                self.waiting.entry(id).or_default().push(record);
                Vec::new()
            }
        }
    }

    /// Those of cases that have no golden record.
    pub fn rest(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.waiting).into_values().flatten().collect()
    }
}

/// What passed in both places has to be the same.
fn compared(mut record: Record, golden: &Record) -> Record {
    let passed = |record: &Record| record.verdict == Verdict::Pass && !record.check;
    if !passed(&record) || !passed(golden) || is_open(&record.id) {
        return record;
    }
    let at_once = golden.transcript.iter().any(|entry| entry.group.is_some());
    let seen = |record: &Record| normalise(&record.transcript, Rules::ALL);
    let asked = |record: &Record| canonical(&record.calls, at_once);
    let different = difference("what guests saw", &seen(golden), &seen(&record))
        .or_else(|| difference("what guests asked of the host", &asked(golden), &asked(&record)));
    if different.is_some() {
        record.verdict = Verdict::Fail;
        record.mismatch = different;
    }
    record
}

/// The first line in which the two differ.
fn difference(what: &str, expected: &[String], actual: &[String]) -> Option<Mismatch> {
    let line = |lines: &[String], at: usize| lines.get(at).cloned().unwrap_or_else(|| "nothing more".into());
    let at = (0..expected.len().max(actual.len())).find(|at| expected.get(*at) != actual.get(*at))?;
    let what = format!("{what}, line {} (as without an SDK)", at + 1);
    Some(Mismatch { what, expected: line(expected, at), actual: line(actual, at) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{host::HostCall, transcript::Entry};
    use std::time::Duration;

    fn record(altitude: &str, ops: &[&str], seen: &str) -> Record {
        let call = |op: &&str| HostCall {
            at_us: 0,
            capability: "keyvalue".into(),
            op: (*op).to_owned(),
            label: "default".into(),
            key: String::new(),
            outcome: "ok".into(),
            took_us: 0,
        };
        let entry =
            Entry { who: "keyvalue#0".into(), group: None, op: "1".into(), seen: seen.into(), at: Duration::ZERO };
        Record {
            calls: ops.iter().map(call).collect(),
            transcript: vec![entry],
            level: "core".into(),
            attempts: 1,
            ..Record::new("keyvalue/store/x", altitude)
        }
    }

    #[test]
    fn what_differs_from_the_golden_record_fails_whichever_comes_first() {
        let golden = || record("direct", &["open", "get"], "1");
        for (other, what) in [
            (record("sdk", &["open", "get"], "1"), None),
            (record("sdk", &["open", "receive", "get"], "1"), None),
            (record("sdk", &["open", "get", "get"], "1"), Some("what guests asked of the host, line 3")),
            (record("sdk", &["open"], "1"), Some("what guests asked of the host, line 2")),
            (record("sdk", &["open", "get"], "2"), Some("what guests saw, line 1")),
        ] {
            let mut parity = Parity::new(Some("direct"));
            let first = [parity.judge(golden()), parity.judge(other.clone()), parity.rest()].concat();
            let mut parity = Parity::new(Some("direct"));
            let last = [parity.judge(other.clone()), parity.judge(golden()), parity.rest()].concat();
            assert_eq!(first, last);
            let judged = &first[1];
            assert_eq!(judged.verdict == Verdict::Fail, what.is_some(), "{what:?}");
            assert!(
                what.is_none_or(|what| judged.mismatch.as_ref().is_some_and(|m| m.what.starts_with(what))),
                "{judged:?}"
            );
        }
    }

    #[test]
    fn without_a_golden_altitude_nothing_is_held_back() {
        let mut parity = Parity::new(None);
        assert_eq!(parity.judge(record("sdk", &[], "1")).len(), 1);
        // Of a case that is nowhere else nothing is said.
        let mut parity = Parity::new(Some("direct"));
        assert!(parity.judge(record("sdk", &[], "1")).is_empty() && parity.rest().len() == 1);
    }
}
