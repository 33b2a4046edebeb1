//! Hosts that switch a label wrongly.

use crate::{catalogue::deployment::LINKS, host::stage::Tamper, mutants::Row};
use std::sync::Arc;

pub(in crate::mutants) fn rows() -> Vec<Row> {
    vec![
        Row {
            name: "switch-moves-all",
            bug: "To switch one label switches all.",
            clauses: &["KV-STORE-21"],
            tamper: Arc::new(MovesAll),
        },
        Row {
            name: "switch-does-nothing",
            bug: "A switch is taken and not made.",
            clauses: &["KVX-17", "KVX-25", "KVX-48"],
            tamper: Arc::new(DoesNothing),
        },
    ]
}

struct MovesAll;
impl Tamper for MovesAll {
    fn switched(&self, _: &str) -> Vec<String> {
        LINKS.iter().filter(|(word, _)| *word == "keyvalue").map(|(_, label)| (*label).to_owned()).collect()
    }
}

struct DoesNothing;
impl Tamper for DoesNothing {
    fn switched(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}
