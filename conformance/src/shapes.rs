//! Which cases meet each operation in which situation: `shapes.toml`. The operations are read off the law, and
//! `tests/shapes.rs` holds every row against what its cases really did.

use crate::clauses::Law;
use anyhow::{Context, ensure};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const WRITTEN: &str = include_str!("../shapes.toml");

/// The situations in which every operation is to be met.
pub const SHAPES: [&str; 7] = ["happy", "missing", "denied", "limits", "hostile", "repeat", "concurrent"];

/// A reason of fewer words says nothing.
const FEWEST_WORDS: usize = 5;

/// The table.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shapes {
    operations: BTreeMap<String, BTreeMap<String, Cell>>,
}

/// One operation in one situation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// The cases that meet it.
    Cases(Vec<String>),
    /// Why none has to.
    None(String),
}

/// One line of the table, for every operation of the law.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Where it stands in the law: `wasi:keyvalue/store bucket.get`.
    pub operation: String,
    /// The capability word.
    pub capability: String,
    /// By situation; what is not here is a gap.
    pub shapes: BTreeMap<String, Cell>,
}

impl Line {
    /// The situations in which nothing meets the operation, without a reason.
    #[must_use]
    pub fn gaps(&self) -> Vec<&'static str> {
        SHAPES.into_iter().filter(|shape| !self.shapes.contains_key(*shape)).collect()
    }
}

impl Shapes {
    /// Those of this build.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn embedded() -> anyhow::Result<Self> {
        Self::parse(WRITTEN).context("conformance/shapes.toml")
    }

    /// Reads `shapes.toml`.
    ///
    /// # Errors
    /// What is not such a file, a situation that there is not, no case, a reason of a few words.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let this: Self = toml::from_str(text)?;
        for (operation, shapes) in &this.operations {
            for (shape, cell) in shapes {
                ensure!(SHAPES.contains(&&**shape), "{operation}: there is no shape `{shape}`");
                match cell {
                    Cell::Cases(ids) => ensure!(!ids.is_empty(), "{operation}: `{shape}` has no case: give a reason"),
                    Cell::None(reason) => {
                        let words = reason.split_whitespace().count();
                        ensure!(
                            words >= FEWEST_WORDS,
                            "{operation}: `{reason}` is no reason: use {FEWEST_WORDS} words"
                        );
                    }
                }
            }
        }
        Ok(this)
    }

    /// A line for every operation of the law.
    ///
    /// # Errors
    /// A row about what the law does not know.
    pub fn lines(&self, law: &Law) -> anyhow::Result<Vec<Line>> {
        let known = law.operations();
        let unknown = self.operations.keys().find(|operation| !known.contains(*operation));
        ensure!(unknown.is_none(), "shapes.toml: the law has no operation {unknown:?}");
        let line = |operation: &String| Line {
            operation: operation.clone(),
            capability: crate::clauses::word(operation).to_owned(),
            shapes: self.operations.get(operation).cloned().unwrap_or_default(),
        };
        Ok(known.iter().map(line).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_known_shapes_with_cases_or_reasons() {
        let row = |cell: &str| Shapes::parse(&format!("[operations.\"wasi:config/store get\"]\n{cell}"));
        assert!(row("happy = [\"config/store/x\"]\nmissing = \"there is nothing that could miss\"").is_ok());
        for bad in ["happy = []", "happy = \"none\"", "gloomy = [\"config/store/x\"]", "happy = 1"] {
            assert!(row(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_operation_has_a_line_and_what_is_not_said_is_a_gap() {
        let law = Law::embedded().expect("the law reads");
        let lines = |text: &str| Shapes::parse(text).expect("a table").lines(&law);
        let all = lines("[operations.\"wasi:config/store get\"]\nhappy = [\"x\"]").expect("lines");
        let find = |name: &str| all.iter().find(|line| line.operation == name).expect(name);
        assert_eq!(find("wasi:config/store get").gaps(), SHAPES[1..]);
        assert_eq!(find("wasi-cloud:keyvalue/extension put").gaps(), SHAPES);
        assert_eq!(find("wasi:keyvalue/atomics cas.new").capability, "keyvalue");
        assert!(lines("[operations.\"wasi:config/store forget\"]\nhappy = [\"x\"]").is_err());
    }
}
