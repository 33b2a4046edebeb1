//! What runs, what does not, and why: all of it is decided before the first case.

mod claims;
mod declaration;
mod negotiate;

pub use claims::unexercised;
pub use declaration::{Declaration, Exemption};

use crate::{
    catalogue::Case,
    clauses::{Law, Level},
    event::{Cited, Inapplicable, Untested},
    host::{Host, HostDescription},
    outcome::Outcome,
    pattern::Patterns,
    waivers::Waivers,
};
use negotiate::Decision;
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
    /// What binds the host of all that it cites.
    pub binding: Binding,
    /// What is expected of it.
    pub expect: Expect,
    /// The clause that it breaks, where the host's declaration says that it fails.
    pub breaks: Option<String>,
    /// Why it does not run, if it does not.
    pub skip: Option<String>,
    /// Whether it does not run because the host's declaration says so.
    pub exempt: bool,
}

/// What binds a host of all that a case cites: the strongest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Binding {
    /// Nothing: the case only measures.
    Nothing,
    /// A profile that the host declares.
    Declared,
    /// A core clause. Wherever the case cites it, no declaration takes it away.
    Core,
}

impl Binding {
    fn of(levels: &[Level], case: &Case, host: &HostDescription) -> Self {
        let one = |level: &Level| match level {
            Level::Core => Self::Core,
            Level::Profile(name) if host.declares(case.capability(), name) => Self::Declared,
            Level::Profile(_) | Level::Probe | Level::May => Self::Nothing,
        };
        levels.iter().map(one).max().unwrap_or(Self::Nothing)
    }
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
    /// The capabilities that it is tested for. Others come from elsewhere, so that guests have all that they import.
    pub own: BTreeSet<String>,
    /// The cases that were picked and apply.
    pub entries: Vec<Entry>,
    /// The cases that were picked and do not apply.
    pub inapplicable: Vec<Inapplicable>,
    /// The clauses of the host's capabilities that no case proves. Empty where cases were picked.
    pub untested: Vec<Untested>,
    /// The checks of the declaration.
    pub checks: Vec<Check>,
    /// What the host declares, as `capability: feature`, and the cases that would show it. Features that only show at
    /// another altitude are not among it.
    pub claims: BTreeMap<String, BTreeSet<String>>,
    /// The edges of the limits that the host declares, as `capability: edge`.
    pub edges: BTreeSet<String>,
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
/// A case that cites no clause of the law, an exemption from a core clause, and waivers that cannot be read.
pub fn plan(
    host: Arc<dyn Host>,
    cases: &[Case],
    law: &Law,
    selection: &Selection,
    declaration: Option<&Declaration>,
    today: &str,
) -> Result<Plan, String> {
    let description = host.describe();
    let mut plan = Plan {
        own: declaration
            .map_or(&description.capabilities, |declaration| &declaration.capabilities)
            .keys()
            .cloned()
            .collect(),
        claims: negotiate::claims(cases, description, law),
        edges: negotiate::edges(description),
        checks: declaration.map(|d| d.checks(description, today, selection)).unwrap_or_default(),
        entries: Vec::new(),
        inapplicable: Vec::new(),
        untested: if selection.is_whole() { untested(description, law)? } else { Vec::new() },
        host: host.clone(),
    };
    for case in cases.iter().filter(|case| selection.picks(&case.id())) {
        let (clauses, levels) = cited(case, law)?;
        let level = levels.first().map(Level::to_string).ok_or_else(|| format!("{} cites no clause", case.id()))?;
        let binding = Binding::of(&levels, case, description);
        let id = case.id();
        let mut skip = match negotiate::decide(case, description) {
            Decision::Run => None,
            Decision::Skip(why) => Some(why),
            Decision::Inapplicable { reason, lacking } => {
                let altitude = description.altitude.to_string();
                plan.inapplicable.push(Inapplicable { id, altitude, reason, level, lacking });
                continue;
            }
        };
        let exemption = declaration.map_or(Ok(None), |declaration| declaration.exempts(&id, binding, today))?;
        let exempt = exemption.is_some();
        skip = exemption.or(skip);
        let mut expect = selection.expects(&id);
        let breaks = declaration.map_or(Ok(None), |declaration| declaration.fails(&id, &clauses, today))?;
        if breaks.is_some() {
            expect = Expect::Failure;
        }
        plan.entries.push(Entry { case: *case, id, level, clauses, binding, expect, breaks, skip, exempt });
    }
    Ok(plan)
}

/// What binds the host and is tested by nothing, so that no report passes over it.
fn untested(host: &HostDescription, law: &Law) -> Result<Vec<Untested>, String> {
    let waivers = Waivers::embedded().map_err(|why| format!("{why:#}"))?;
    let binding = law.iter().filter(|clause| matches!(clause.level, Level::Core | Level::Profile(_)));
    let here = binding.filter(|clause| host.capabilities.contains_key(clause.capability()));
    let reason = |id: &str| waivers.untested(id).map(str::to_owned);
    Ok(here.filter_map(|clause| Some(Untested { reason: reason(&clause.id)?, clause: clause.id.clone() })).collect())
}

/// What a case cites, and the levels of it.
fn cited(case: &Case, law: &Law) -> Result<(Vec<Cited>, Vec<Level>), String> {
    let find =
        |id: &&'static str| law.get(id).ok_or_else(|| format!("{} cites {id}, which is not in the law", case.id()));
    let clauses: Vec<_> = case.clauses.iter().map(find).collect::<Result<_, String>>()?;
    Ok(clauses.into_iter().map(|c| (Cited { id: c.id.clone(), text: c.text.clone() }, c.level.clone())).unzip())
}

/// The ids that patterns may name: cases and the checks of every capability.
#[must_use]
pub fn ids(cases: &[Case]) -> BTreeSet<String> {
    let checks = wasi_cloud_core::CAPABILITIES.iter().map(|word| declaration::check_id(word));
    cases.iter().map(Case::id).chain(checks).chain([declaration::EXEMPTIONS.to_owned()]).collect()
}
