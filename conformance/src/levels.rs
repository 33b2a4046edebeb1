//! What a host may be called for what runs have shown of it. Computed here and nowhere else; no host claims a level.
//!
//! | level | a capability has it when |
//! |---|---|
//! | `core` | with the guests of at least one language, every case passed that is about a core clause and binds the host, and none failed that cites one |
//! | `full` | with and without guests, in every language, every case of what the host declares passed at once, with at least [`SEEDS`] seeds |
//!
//! A case that could not be put to the host, because its dialect has no words for it or the suite lacks a control, has not
//! passed. What the host does not declare it does not owe, nor a case that is provisional. As a whole a host has the lowest level of its capabilities.
//! `resilient`, for faults and consistency, is not offered by this version: cases that inject faults belong to it, so they
//! count only where the suite can inject any.

use crate::{
    catalogue::{Case, Need},
    host::{Control, HostDescription},
    outcome::Verdict,
    plan::{Binding, Plan},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// How many seeds `full` takes: cases run in another order and with other values.
pub const SEEDS: usize = 3;

/// How much was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Less than `core`.
    None,
    /// What binds every host.
    Core,
    /// All that the host declares.
    Full,
}

impl Level {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Core => "core",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// The level of a capability, and what is missing for the next one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Attained {
    /// The level.
    pub level: Level,
    /// What is missing for the next one, a sentence each.
    pub missing: Vec<String>,
}

/// The levels of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Levels {
    /// The lowest of its capabilities'.
    pub overall: Level,
    /// By capability word.
    pub capabilities: BTreeMap<String, Attained>,
    /// Cases of core clauses that bind the host and did not pass, at all altitudes.
    pub core_missing: usize,
}

/// Verdicts by altitude and id: one run.
pub type Verdicts = BTreeMap<(String, String), Verdict>;

impl Levels {
    /// What whole runs of these plans have shown. `everywhere`: the plans are for all altitudes and languages.
    #[must_use]
    pub fn of(plans: &[Plan], runs: &[Verdicts], everywhere: bool) -> Self {
        let words: BTreeSet<&String> = plans.iter().flat_map(|plan| &plan.own).collect();
        let gaps = |word: &String| -> Vec<Gap> { plans.iter().flat_map(|plan| gaps(plan, word, runs)).collect() };
        let gaps: BTreeMap<&String, Vec<Gap>> = words.into_iter().map(|word| (word, gaps(word))).collect();
        let core_missing = gaps.values().flatten().filter(|gap| gap.core).count();
        let attained = |found: &Vec<Gap>| attained(plans, found, runs.len(), everywhere);
        let capabilities: BTreeMap<String, Attained> =
            gaps.iter().map(|(word, found)| ((*word).clone(), attained(found))).collect();
        let overall = capabilities.values().map(|attained| attained.level).min().unwrap_or(Level::None);
        Self { overall, capabilities, core_missing }
    }
}

/// A case that binds the host and did not pass.
struct Gap {
    altitude: String,
    core: bool,
    why: String,
}

fn gaps(plan: &Plan, capability: &str, runs: &[Verdicts]) -> Vec<Gap> {
    let host = plan.host.describe();
    let altitude = host.altitude.to_string();
    let gap = |core: bool, why: String| Gap { altitude: altitude.clone(), core, why };
    let seat = |id: &str| (altitude.clone(), id.to_owned());
    let failed = |id: &str| worst(runs.iter().map(|run| run.get(&seat(id)).copied()));
    let resilient = |case: &Case| case.needs.contains(&Need::Fault) && !host.controls.contains(&Control::Fault);
    let owed = plan
        .entries
        .iter()
        .filter(|entry| entry.case.capability() == capability && binds(&entry.case, host) && !resilient(&entry.case));
    let cases = owed.filter_map(|entry| {
        let worst = failed(&entry.id)?;
        let ran = worst != Verdict::Skip;
        // One that is about something else, and does not run, leaves its core clauses to the cases that are about them.
        let core = entry.level == "core" || (entry.binding == Binding::Core && ran);
        let why = entry.skip.as_deref().filter(|_| !ran).unwrap_or_else(|| standing(worst).1);
        Some(gap(core, why.to_owned()))
    });
    let lacking = plan.inapplicable.iter().filter(|case| case.lacking && case.id.split('/').next() == Some(capability));
    let lacking = lacking.map(|case| gap(case.level == "core", case.reason.clone()));
    let checks =
        plan.checks.iter().filter(|check| [Some(capability), Some("host")].contains(&check.id.split('/').nth(1)));
    let checks = checks.filter_map(|check| failed(&check.id));
    let checks = checks.map(|worst| gap(true, format!("its declaration: {}", standing(worst).1)));
    cases.chain(lacking).chain(checks).collect()
}

/// How a case ended in the worst of the runs; `None` if it passed in all. One that a run has no verdict of was judged as little
/// as one that is provisional, which by the catalogue does not come here.
fn worst(verdicts: impl Iterator<Item = Option<Verdict>>) -> Option<Verdict> {
    let verdicts = verdicts.map(|verdict| verdict.unwrap_or(Verdict::Provisional));
    verdicts.min_by_key(|verdict| standing(*verdict).0).filter(|verdict| *verdict != Verdict::Pass)
}

/// Its rank, from the worst, and what is said of it.
const fn standing(verdict: Verdict) -> (u8, &'static str) {
    match verdict {
        Verdict::Provisional => (0, "were not judged"),
        Verdict::Error | Verdict::Unknown => (1, "could not be decided"),
        Verdict::Fail => (2, "failed"),
        Verdict::Xfail => (3, "fail, and are known to"),
        Verdict::Xpass => (4, "pass, and are listed as failing"),
        Verdict::Skip => (5, "found while they ran that they could not be decided"),
        Verdict::Flaky => (6, "passed only when they ran again"),
        Verdict::Pass => (7, "passed"),
    }
}

/// Whether the host owes it that the case passes: of what it does not offer or declare it claims nothing, and what is
/// provisional counts for nothing.
#[must_use]
pub fn binds(case: &Case, host: &HostDescription) -> bool {
    let undeclared = |name: &str| !host.declares(case.capability(), name);
    !case.is_provisional()
        && host.capabilities.contains_key(case.capability())
        && !case.needs.iter().any(|need| matches!(need, Need::Feature(name) if undeclared(name)))
}

fn attained(plans: &[Plan], gaps: &[Gap], seeds: usize, everywhere: bool) -> Attained {
    let altitudes = plans.iter().map(|plan| plan.host.describe().altitude);
    let guests: Vec<String> = altitudes.filter(|altitude| altitude.has_guests()).map(|a| a.to_string()).collect();
    let keeps_core = |altitude: &String| !gaps.iter().any(|gap| gap.core && gap.altitude == *altitude);
    if seeds == 0 || !guests.iter().any(keeps_core) {
        let none = guests.is_empty().then(|| "no guest took part".to_owned());
        return Attained { level: Level::None, missing: none.into_iter().chain(told(gaps, true)).collect() };
    }
    let few = (seeds < SEEDS).then(|| format!("it ran with {seeds} of {SEEDS} seeds: `certify` runs them all"));
    let part = (!everywhere).then(|| "it did not run at all altitudes and in all languages".to_owned());
    let missing: Vec<String> = told(gaps, false).into_iter().chain(part).chain(few).collect();
    Attained { level: if missing.is_empty() { Level::Full } else { Level::Core }, missing }
}

/// Gaps of a kind in one sentence.
fn told(gaps: &[Gap], core_only: bool) -> Vec<String> {
    let mut kinds: BTreeMap<(&str, bool), BTreeMap<&str, usize>> = BTreeMap::new();
    for gap in gaps.iter().filter(|gap| gap.core || !core_only) {
        *kinds.entry((&gap.why, gap.core)).or_default().entry(&gap.altitude).or_default() += 1;
    }
    let sentence = |((why, core), places): (&(&str, bool), &BTreeMap<&str, usize>)| {
        let (most, of) = (places.values().max().unwrap_or(&0), if *core { " of core clauses" } else { "" });
        let places = places.keys().copied().collect::<Vec<_>>().join(", ");
        let cases = if *most == 1 { "case" } else { "cases" };
        format!("{most} {cases}{of} at {places}: {why}")
    };
    kinds.iter().map(sentence).collect()
}

#[cfg(test)]
mod tests;
