//! What a whole run is worth.

use super::Options;
use crate::{
    event::{Record, Summary},
    levels::{Levels, Verdicts, binds},
    outcome::Verdict,
    plan::{Plan, unexercised},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// What makes a run as a whole good or bad.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// A skip is a failure.
    pub deny_skip: bool,
    /// A flake is a failure.
    pub deny_flaky: bool,
    /// Words of which each must be true of some case that was executed: a capability, an altitude, a level, a need, or
    /// the host.
    pub require: Vec<String>,
    /// Whether every declared feature must have been exercised: when the user has not picked cases.
    pub whole: bool,
    /// Whether the plans are for every altitude and language: only then is a host called conformant.
    pub everywhere: bool,
    /// An altitude: a case that passes elsewhere must have done there what it does here.
    pub golden: Option<String>,
    /// Whether a check of the declaration counts as something executed: when the user picked it by name.
    pub checks_count: bool,
}

/// Counts what ended against what was planned.
pub(super) struct Tally {
    /// Planned and not judged so far, by altitude and id.
    pending: BTreeSet<(String, String)>,
    planned: usize,
    verdicts: BTreeMap<Verdict, usize>,
    /// Cases that were judged, by altitude and id.
    executed: BTreeSet<(String, String)>,
    checks: usize,
    /// All verdicts, by altitude and id.
    ended: Verdicts,
    leaks: usize,
    /// The edges of limits that cases went to, as `capability: edge`.
    edges: BTreeSet<String>,
    /// What bad verdicts say.
    told: Vec<String>,
}

impl Tally {
    pub fn new(plans: &[Plan]) -> Self {
        let mut pending = BTreeSet::new();
        for plan in plans {
            let altitude = plan.host.describe().altitude.to_string();
            let runnable = plan.entries.iter().filter(|entry| entry.skip.is_none()).map(|entry| &entry.id);
            pending.extend(runnable.chain(plan.checks.iter().map(|c| &c.id)).map(|id| (altitude.clone(), id.clone())));
        }
        Self {
            planned: pending.len(),
            pending,
            verdicts: BTreeMap::new(),
            executed: BTreeSet::new(),
            checks: 0,
            ended: Verdicts::new(),
            leaks: 0,
            edges: BTreeSet::new(),
            told: Vec::new(),
        }
    }

    pub fn count(&mut self, record: &Record) {
        *self.verdicts.entry(record.verdict).or_default() += 1;
        self.leaks += usize::from(record.leak.is_some());
        let seat = (record.altitude.clone(), record.id.clone());
        self.ended.insert(seat.clone(), record.verdict);
        self.told.extend(record.why.iter().chain(&record.leak).cloned());
        // What broke before it was judged stays pending, and what was skipped while planning never was.
        if record.verdict == Verdict::Error || !self.pending.remove(&seat) || record.verdict == Verdict::Skip {
            return;
        }
        if record.check {
            self.checks += 1;
        } else {
            let capability = record.id.split('/').next().unwrap_or_default();
            self.edges.extend(record.shown.iter().map(|edge| format!("{capability}: {edge}")));
            self.executed.insert(seat);
        }
    }

    pub fn finish(self, plans: &[Plan], options: &Options, took: Duration) -> Summary {
        let problems = self.problems(plans, options);
        let Rules { whole, everywhere, .. } = options.rules;
        let levels = whole.then(|| Levels::of(plans, std::slice::from_ref(&self.ended), everywhere));
        let mut summary = Summary {
            planned: self.planned,
            executed: self.executed.len() + self.checks,
            verdicts: self.verdicts,
            missing: self.pending.into_iter().map(|(altitude, id)| format!("{id} ({altitude})")).collect(),
            problems,
            levels,
            exempt: exempt(plans),
            leaks: self.leaks,
            millis: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            conformant: false,
            exit: 0,
        };
        summary.exit = exit(&summary);
        let keeps_core = summary.levels.as_ref().is_some_and(|levels| levels.core_missing == 0);
        let excused = summary.count(Verdict::Xfail) + summary.count(Verdict::Flaky) + summary.exempt;
        summary.conformant = summary.exit == 0 && everywhere && excused == 0 && keeps_core;
        summary
    }

    fn problems(&self, plans: &[Plan], options: &Options) -> Vec<String> {
        let rules = &options.rules;
        let mut problems = Vec::new();
        let stopped = *options.stop.borrow();
        if stopped {
            problems.push("the run was interrupted".to_owned());
        }
        if !self.pending.is_empty() {
            let (all, rest) = (self.planned, self.pending.len());
            problems.push(format!("{rest} of {all} planned cases were not judged"));
        }
        if self.executed.is_empty() && !(rules.checks_count && self.checks > 0) {
            problems.push("no case was executed, and nothing proves nothing".to_owned());
        }
        for word in rules.require.iter().filter(|word| !self.fulfils(word, plans)) {
            problems.push(format!("--require {word}: no executed case has to do with it"));
        }
        if self.leaks > 0 {
            problems.push(format!("left data behind: {} cases could not clean up", self.leaks));
        }
        for place in options.panics.untold(&self.told) {
            problems.push(format!("a task panicked at {place}, and no verdict tells of it"));
        }
        // An interrupted run has said why already.
        if rules.whole && !stopped {
            problems.extend(self.unexercised(plans));
        }
        problems
    }

    fn unexercised(&self, plans: &[Plan]) -> Vec<String> {
        let executed = self.executed.iter().map(|(_, id)| id.clone()).collect();
        unexercised(plans, &executed, &self.edges)
    }

    fn fulfils(&self, word: &str, plans: &[Plan]) -> bool {
        plans.iter().any(|plan| {
            let host = plan.host.describe();
            let altitude = host.altitude.to_string();
            let ran = |id: &str| self.executed.contains(&(altitude.clone(), id.to_owned()));
            let about = |entry: &crate::plan::Entry| {
                entry.case.capability() == word
                    || host.altitude.is_called(word)
                    || host.name == word
                    || entry.level == word
                    || entry.case.needs.iter().any(|need| need.word() == word)
            };
            plan.entries.iter().any(|entry| about(entry) && ran(&entry.id))
        })
    }
}

/// Cases that the host owes, and that its declaration keeps from running.
fn exempt(plans: &[Plan]) -> usize {
    let of = |plan: &Plan| {
        let host = plan.host.describe();
        plan.entries.iter().filter(|entry| entry.exempt && binds(&entry.case, host)).count()
    };
    plans.iter().map(of).sum()
}

/// The first that is true: 3 nothing is proven, 1 failed, 2 undecided, 4 a list is stale, 0 all is as expected.
fn exit(summary: &Summary) -> u8 {
    if !summary.problems.is_empty() || summary.count(Verdict::Error) > 0 {
        3
    } else if summary.count(Verdict::Fail) > 0 {
        1
    } else if summary.count(Verdict::Unknown) > 0 {
        2
    } else if summary.count(Verdict::Xpass) > 0 {
        4
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F5: what ends without a record is missed, whoever lost it.
    #[test]
    fn what_is_planned_and_never_judged_is_a_problem() {
        let summary = |done: &[&str]| {
            let mut tally = Tally::new(&[]);
            tally.planned = 2;
            tally.pending = ["a", "b"].map(|id| ("direct".to_owned(), id.to_owned())).into();
            for id in done {
                tally.pending.remove(&("direct".to_owned(), (*id).to_owned()));
                tally.executed.insert(("direct".to_owned(), (*id).to_owned()));
            }
            let (_going_on, stop) = tokio::sync::watch::channel(false);
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            let options = Options {
                run: String::new(),
                seed: 0,
                jobs: 1,
                deadlines: crate::bench::Deadlines::default(),
                deployment: |_| crate::host::Deployment::default(),
                command: String::new(),
                stop,
                cases: runtime.handle().clone(),
                rules: Rules::default(),
                panics: crate::runner::Panics::default(),
            };
            tally.finish(&[], &options, Duration::ZERO)
        };
        assert_eq!(summary(&["a", "b"]).exit, 0);
        let short = summary(&["a"]);
        assert_eq!((short.exit, short.missing), (3, vec!["b (direct)".to_owned()]));
        assert_eq!(summary(&[]).exit, 3);
    }

    #[test]
    fn the_worst_news_decides_the_exit_code() {
        let mut summary = Summary::default();
        let mut codes = vec![exit(&summary)];
        for verdict in [Verdict::Skip, Verdict::Xfail, Verdict::Flaky, Verdict::Xpass, Verdict::Unknown, Verdict::Fail]
        {
            summary.verdicts.insert(verdict, 1);
            codes.push(exit(&summary));
        }
        summary.verdicts.insert(Verdict::Error, 1);
        codes.push(exit(&summary));
        summary.verdicts.clear();
        summary.problems.push("no case was executed".to_owned());
        codes.push(exit(&summary));
        assert_eq!(codes, [0, 0, 0, 0, 4, 2, 1, 3, 3]);
    }
}
