//! What runs, what does not, and why: all of it is decided before the first case.

mod declaration;
mod negotiate;

pub use declaration::{Declaration, Exemption};

use crate::{
    catalogue::Case,
    clauses::Law,
    event::{Cited, Inapplicable},
    host::Host,
    outcome::Outcome,
    pattern::Patterns,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What a user picked.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only these; all where there are none.
    pub run: Patterns,
    /// Not these.
    pub skip: Patterns,
    /// A failure of these is expected, a pass is not.
    pub failing: Patterns,
    /// These may fail and then pass.
    pub flaky: Patterns,
}

impl Selection {
    /// Whether every case may run.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.run.is_empty() && self.skip.is_empty()
    }

    fn picks(&self, id: &str) -> bool {
        (self.run.is_empty() || self.run.matches(id)) && !self.skip.matches(id)
    }

    pub(crate) fn expects(&self, id: &str) -> Expect {
        match (self.failing.matches(id), self.flaky.matches(id)) {
            (true, _) => Expect::Failure,
            (false, true) => Expect::Flake,
            (false, false) => Expect::Pass,
        }
    }
}

/// What the user's lists say of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// It passes.
    Pass,
    /// It fails.
    Failure,
    /// It may fail and then pass.
    Flake,
}

/// A case in a plan.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The case.
    pub case: Case,
    /// Its id.
    pub id: String,
    /// The level of its first clause.
    pub level: String,
    /// Its clauses and their sentences.
    pub clauses: Vec<Cited>,
    /// What is expected of it.
    pub expect: Expect,
    /// Why it does not run, if it does not.
    pub skip: Option<String>,
}

/// A check of the host's declaration: it looks like a case in every report and is decided while planning.
#[derive(Debug, Clone)]
pub struct Check {
    /// `negotiation/<capability>/...`.
    pub id: String,
    /// How it ended.
    pub outcome: Outcome,
    /// What is expected of it.
    pub expect: Expect,
}

/// All that a run does on one host at one altitude.
#[derive(Clone)]
pub struct Plan {
    /// The host.
    pub host: Arc<dyn Host>,
    /// The cases that were picked and apply.
    pub entries: Vec<Entry>,
    /// The cases that were picked and do not apply.
    pub inapplicable: Vec<Inapplicable>,
    /// The checks of the declaration.
    pub checks: Vec<Check>,
    /// What the host declares, as `capability: feature`, and the cases that would show it. Features that only show at
    /// another altitude are not among it.
    pub claims: BTreeMap<String, BTreeSet<String>>,
}

impl Plan {
    /// How many cases are to run.
    #[must_use]
    pub fn runnable(&self) -> usize {
        self.entries.iter().filter(|entry| entry.skip.is_none()).count()
    }
}

/// Plans a run.
///
/// # Errors
/// A case that cites no clause of the law, and an exemption from a core clause.
pub fn plan(
    host: Arc<dyn Host>,
    cases: &[Case],
    law: &Law,
    selection: &Selection,
    declaration: Option<&Declaration>,
    today: &str,
) -> Result<Plan, String> {
    let mut plan = Plan {
        claims: negotiate::claims(cases, host.describe(), law),
        checks: Vec::new(),
        entries: Vec::new(),
        inapplicable: Vec::new(),
        host: host.clone(),
    };
    if let Some(declaration) = declaration {
        plan.checks = declaration.checks(host.describe(), today, selection);
    }
    for case in cases {
        let id = case.id();
        if !selection.picks(&id) {
            continue;
        }
        let clauses = cited(case, law)?;
        let level = law.get(case.clauses[0]).map(|clause| clause.level.clone()).ok_or("a clause vanished")?;
        let mut skip = match negotiate::decide(case, host.describe()) {
            negotiate::Decision::Run => None,
            negotiate::Decision::Skip(why) => Some(why),
            negotiate::Decision::Inapplicable(reason) => {
                let altitude = host.describe().altitude.to_string();
                plan.inapplicable.push(Inapplicable { id, altitude, reason });
                continue;
            }
        };
        if let Some(why) = declaration.and_then(|d| d.exempts(&id, &level, today).transpose()) {
            skip = Some(why?);
        }
        plan.entries.push(Entry {
            expect: selection.expects(&id),
            level: level.to_string(),
            case: *case,
            id,
            clauses,
            skip,
        });
    }
    Ok(plan)
}

fn cited(case: &Case, law: &Law) -> Result<Vec<Cited>, String> {
    let cite = |id: &&'static str| {
        let clause = law.get(id).ok_or_else(|| format!("{} cites {id}, which is not in the law", case.id()))?;
        Ok(Cited { id: clause.id.clone(), text: clause.text.clone() })
    };
    let clauses: Vec<_> = case.clauses.iter().map(cite).collect::<Result<_, String>>()?;
    if clauses.is_empty() { Err(format!("{} cites no clause", case.id())) } else { Ok(clauses) }
}

/// The ids that patterns may name: cases and the checks of every capability.
#[must_use]
pub fn ids(cases: &[Case]) -> BTreeSet<String> {
    let checks = wasi_cloud_core::CAPABILITIES.iter().map(|word| declaration::check_id(word));
    cases.iter().map(Case::id).chain(checks).collect()
}
