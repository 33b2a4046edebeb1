//! What the suite does not prove, and why: `waivers.toml`. Nothing else excepts a clause or a case, and what is no
//! longer needed there is a gap like what is missing.

use crate::{catalogue::Case, matrix::Matrix};
use anyhow::{Context, ensure};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const WRITTEN: &str = include_str!("../waivers.toml");

/// A reason of fewer words says nothing.
const FEWEST_WORDS: usize = 5;

/// The exceptions: ids and reasons.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Waivers {
    /// Clauses that no case proves. They are not tested, and nothing may say that they are.
    pub clauses_without_a_case: BTreeMap<String, String>,
    /// Core clauses whose cases no mutant puts to the test.
    pub clauses_without_a_mutant: BTreeMap<String, String>,
    /// Cases that fail on no mutant.
    pub cases_without_a_mutant: BTreeMap<String, String>,
    /// Cases in which guests race, and the mutants that they kill whatever the timing.
    pub races: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    clauses_without_a_case: Vec<Group>,
    #[serde(default)]
    clauses_without_a_mutant: Vec<Group>,
    cases_without_a_mutant: Vec<Group>,
    races: BTreeMap<String, Vec<String>>,
}

/// What one reason is true of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    reason: String,
    ids: Vec<String>,
}

impl Waivers {
    /// Those of this build.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn embedded() -> anyhow::Result<Self> {
        Self::parse(WRITTEN).context("conformance/waivers.toml")
    }

    /// Reads `waivers.toml`.
    ///
    /// # Errors
    /// What is not such a file, a pattern in the place of an id, an id that stands twice, a reason of a few words.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let file: File = toml::from_str(text)?;
        Ok(Self {
            clauses_without_a_case: flat(file.clauses_without_a_case)?,
            clauses_without_a_mutant: flat(file.clauses_without_a_mutant)?,
            cases_without_a_mutant: flat(file.cases_without_a_mutant)?,
            races: file.races,
        })
    }

    /// Why nothing tests the clause, if nothing does.
    #[must_use]
    pub fn untested(&self, clause: &str) -> Option<&str> {
        self.clauses_without_a_case.get(clause).map(String::as_str)
    }

    /// Whether what a race kills is left to chance: a kill that no run can count on.
    #[must_use]
    pub fn is_chance(&self, mutant: &str, case: &str) -> bool {
        self.races.get(case).is_some_and(|sure| !sure.iter().any(|name| name == mutant))
    }

    /// Whether the case kills nothing and nothing says why.
    #[must_use]
    pub fn is_owed(&self, case: &str, matrix: &Matrix) -> bool {
        matrix.kills(case) == 0 && !self.cases_without_a_mutant.contains_key(case)
    }

    /// What is said of cases and no longer true: a waiver of one that kills, a race that spares what it is said to kill,
    /// an id that no case has.
    #[must_use]
    pub fn stale(&self, cases: &[Case], matrix: &Matrix) -> Vec<String> {
        let ids: BTreeSet<_> = cases.iter().map(Case::id).collect();
        let listed = self.cases_without_a_mutant.keys().chain(self.races.keys());
        let unknown = listed.filter(|id| !ids.contains(*id)).map(|id| format!("no case is `{id}`"));
        let kills = |id: &String| (matrix.kills(id) > 0).then(|| format!("{id} has a waiver and kills: take it away"));
        let sure = self.races.iter().flat_map(|(case, names)| names.iter().map(move |name| (case, name)));
        let spared = sure.filter(|(case, name)| !matrix.has(name, case));
        let spared =
            spared.map(|(case, name)| format!("{case} is said to kill {name} whatever the timing, and did not"));
        unknown.chain(self.cases_without_a_mutant.keys().filter_map(kills)).chain(spared).collect()
    }
}

fn flat(groups: Vec<Group>) -> anyhow::Result<BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for Group { reason, ids } in groups {
        let words = reason.split_whitespace().count();
        ensure!(words >= FEWEST_WORDS, "`{reason}` is no reason: say it in {FEWEST_WORDS} words or more");
        ensure!(!ids.is_empty(), "`{reason}` is the reason of nothing");
        for id in ids {
            ensure!(!id.contains(['*', '?', '[', '{']), "`{id}` is a pattern: name each");
            ensure!(all.insert(id.clone(), reason.clone()).is_none(), "`{id}` stands twice");
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
clauses-without-a-case = []
clauses-without-a-mutant = []
[[cases-without-a-mutant]]
reason = "it measures what hosts may choose"
ids = ["a/one"]
[races]
"a/two" = ["loses"]
"#;

    fn case(function: &'static str) -> Case {
        Case { suite: "a", function, ..crate::catalogue::all()[0] }
    }

    #[test]
    fn a_waiver_names_cases_and_a_reason() {
        assert!(Waivers::parse(GOOD).is_ok());
        for (from, to) in [
            ("it measures what hosts may choose", "it is fine"),
            ("a/one", "a/*"),
            (r#"["a/one"]"#, "[]"),
            (r#"["a/one"]"#, r#"["a/one", "a/one"]"#),
            ("reason", "because"),
        ] {
            assert!(Waivers::parse(&GOOD.replace(from, to)).is_err(), "{to}");
        }
    }

    #[test]
    fn a_waiver_is_owed_and_no_longer_owed() {
        let waivers = Waivers::parse(GOOD).expect("waivers");
        let kills = Matrix::parse("loses x\n  a/two\n");
        assert!(waivers.is_owed("a/three", &kills));
        assert!(!waivers.is_owed("a/one", &kills) && !waivers.is_owed("a/two", &kills));
        let stale = |cases: &[Case], matrix: &str| waivers.stale(cases, &Matrix::parse(matrix)).join("; ");
        let cases = [case("one"), case("two")];
        assert_eq!(stale(&cases, "loses x\n  a/two\n"), "");
        assert!(stale(&cases, "loses x\n  a/one\n  a/two\n").contains("a/one has a waiver and kills"));
        assert!(stale(&cases, "other x\n  a/two\n").contains("a/two is said to kill loses"));
        assert!(stale(&cases[1..], "loses x\n  a/two\n").contains("no case is `a/one`"));
    }

    #[test]
    fn a_race_keeps_only_what_it_kills_for_sure() {
        let waivers = Waivers::parse(GOOD).expect("waivers");
        assert!(waivers.is_chance("other", "a/two"));
        assert!(!waivers.is_chance("loses", "a/two") && !waivers.is_chance("other", "a/one"));
    }
}
