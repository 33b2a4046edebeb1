//! The kill matrix: which case fails on which mutant. `tests/mutants.rs` measures it; the program carries what was
//! measured last, since to measure it anew takes minutes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// Kept by insta, so that a case that got weaker shows in review.
const MEASURED: &str = include_str!("../mutants/kills.snap");

/// Each mutant, and the cases that it fails.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matrix {
    rows: BTreeMap<String, Row>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Row {
    about: String,
    cases: BTreeSet<String>,
}

impl Matrix {
    /// What was measured last.
    #[must_use]
    pub fn embedded() -> Self {
        Self::parse(MEASURED)
    }

    /// Reads what [`Display`](fmt::Display) writes, with or without the header of a snapshot.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text =
            text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).map_or(text, |(_, body)| body);
        let mut matrix = Self::default();
        let mut row: Option<String> = None;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            if let (Some(case), Some(name)) = (line.strip_prefix("  "), &row) {
                matrix.insert(name, "", [case.to_owned()]);
            } else {
                let (name, about) = line.split_once(' ').unwrap_or((line, ""));
                matrix.insert(name, about, []);
                row = Some(name.to_owned());
            }
        }
        matrix
    }

    /// Adds what is known of a mutant: a few words about it, where there are any, and cases that it fails.
    pub fn insert(&mut self, mutant: &str, about: &str, cases: impl IntoIterator<Item = String>) {
        let row = self.rows.entry(mutant.to_owned()).or_default();
        row.cases.extend(cases);
        if !about.is_empty() {
            about.clone_into(&mut row.about);
        }
    }

    /// The mutants in it.
    pub fn mutants(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// What was said of the mutant when it was measured.
    #[must_use]
    pub fn about(&self, mutant: &str) -> Option<&str> {
        self.rows.get(mutant).map(|row| &*row.about)
    }

    /// Whether the mutant fails the case.
    #[must_use]
    pub fn has(&self, mutant: &str, case: &str) -> bool {
        self.rows.get(mutant).is_some_and(|row| row.cases.contains(case))
    }

    /// How many mutants fail the case.
    #[must_use]
    pub fn kills(&self, case: &str) -> usize {
        self.rows.values().filter(|row| row.cases.contains(case)).count()
    }

    /// The mutants that fail the case: first those that fail little else.
    #[must_use]
    pub fn found_by(&self, case: &str) -> Vec<&str> {
        let mut rows: Vec<_> = self.rows.iter().filter(|(_, row)| row.cases.contains(case)).collect();
        rows.sort_by_key(|(_, row)| row.cases.len());
        rows.into_iter().map(|(name, _)| &**name).collect()
    }

    /// The matrix without what `keep` refuses, by mutant and case.
    #[must_use]
    pub fn filtered(mut self, keep: impl Fn(&str, &str) -> bool) -> Self {
        for (mutant, row) in &mut self.rows {
            row.cases.retain(|case| keep(mutant, case));
        }
        self
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (mutant, row)) in self.rows.iter().enumerate() {
            let gap = if number == 0 { "" } else { "\n" };
            writeln!(f, "{gap}{mutant} {}", row.about)?;
            row.cases.iter().try_for_each(|case| writeln!(f, "  {case}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let text = "cuts (Backend): A value is cut.\n  a/b\n  a/c\n\nhangs (Glue): Nothing comes.\n";
        let matrix = Matrix::parse(text);
        assert_eq!(matrix.to_string(), text);
        assert_eq!(Matrix::parse(&format!("---\nsource: x\n---\n{text}")), matrix);
        assert!(matrix.has("cuts", "a/c") && !matrix.has("hangs", "a/c") && !matrix.has("none", "a/c"));
        assert_eq!((matrix.kills("a/b"), matrix.kills("a/d"), matrix.mutants().count()), (1, 0, 2));
        assert_eq!(matrix.filtered(|_, case| case != "a/b").kills("a/b"), 0);
    }

    #[test]
    fn the_measured_matrix_is_no_empty_one() {
        let matrix = Matrix::embedded();
        assert!(matrix.mutants().count() > 50);
        assert!(matrix.has("loses-increment", "keyvalue/atomics/concurrent-increments-all-count"));
    }
}
