//! Hosts whose labels and grants have one defect each.

use super::Row;
use crate::host::stage::Tamper;
use std::sync::Arc;

pub(super) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "denied-is-allowed",
            bug: "Every key-value label is granted.",
            clauses: &["KV-STORE-03"],
            tamper: Arc::new(DeniedIsAllowed),
        },
        Row {
            name: "read-grant-writes",
            bug: "A grant to read is a grant to write.",
            clauses: &["KV-STORE-03"],
            tamper: Arc::new(ReadGrantWrites),
        },
        Row {
            name: "open-handles-keep-rights",
            bug: "A changed grant or link does not reach handles that are open.",
            clauses: &["KV-STORE-03", "KVX-48"],
            tamper: Arc::new(HandlesKeepRights),
        },
        Row {
            name: "labels-share-data",
            bug: "All labels lead to one bucket.",
            clauses: &["KV-STORE-21"],
            tamper: Arc::new(LabelsShareData),
        },
    ]
}

struct DeniedIsAllowed;
impl Tamper for DeniedIsAllowed {
    fn grants(&self, mut honest: Vec<String>) -> Vec<String> {
        honest.push("keyvalue:*".into());
        honest
    }
}

struct ReadGrantWrites;
impl Tamper for ReadGrantWrites {
    fn grants(&self, honest: Vec<String>) -> Vec<String> {
        honest.iter().map(|rule| rule.trim_end_matches(":read").to_owned()).collect()
    }
}

struct HandlesKeepRights;
impl Tamper for HandlesKeepRights {
    fn controls_reach_guests(&self) -> bool {
        false
    }
}

struct LabelsShareData;
impl Tamper for LabelsShareData {
    fn scope(&self, deployment: &str, _: &str) -> String {
        format!("{deployment}-all")
    }
}
