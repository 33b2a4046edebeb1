//! What commands that run the whole catalogue on a host have in common.

use super::process::Timeouts;
use crate::{
    bench::Deadlines,
    catalogue::Case,
    clauses::Law,
    host::{Altitude, Host},
    plan::{self, Plan, Selection},
    subject::Target,
    today::today,
};
use anyhow::anyhow;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A plan for each altitude.
pub(super) fn plans(
    target: &Target,
    altitudes: &[Altitude],
    (cases, law): (&[Case], &Law),
    selection: &Selection,
    deadlines: Deadlines,
) -> anyhow::Result<Vec<Plan>> {
    let declaration = target.declaration(&plan::ids(cases))?;
    let plan = |altitude: &Altitude| {
        let host = target.at(*altitude, deadlines)?;
        plan::plan(host, cases, law, selection, Some(&declaration), &today()).map_err(|why| anyhow!(why))
    };
    altitudes.iter().map(plan).collect()
}

/// The plans of a host without a declaration, and of golden ones that run what it runs. Nothing is said of these.
pub(super) fn beside(
    host: &Arc<dyn Host>,
    golden: Vec<Plan>,
    (cases, law): (&[Case], &Law),
    selection: &Selection,
) -> anyhow::Result<Vec<Plan>> {
    let plan = plan::plan(host.clone(), cases, law, selection, None, &today()).map_err(|why| anyhow!(why))?;
    let entries = plan.entries.into_iter().filter(|entry| plan.own.contains(entry.case.capability())).collect();
    let plan = Plan { entries, ..plan };
    let runs: BTreeSet<_> = plan.entries.iter().filter(|entry| entry.skip.is_none()).map(|entry| &entry.id).collect();
    let golden = golden.into_iter().map(|golden| Plan {
        entries: golden.entries.into_iter().filter(|entry| runs.contains(&entry.id)).collect(),
        own: plan.own.clone(),
        inapplicable: Vec::new(),
        checks: Vec::new(),
        claims: BTreeMap::new(),
        edges: BTreeSet::new(),
        ..golden
    });
    let golden: Vec<Plan> = golden.collect();
    // First, since reports are headed by the first.
    Ok([plan].into_iter().chain(golden).collect())
}

/// What leads to the same subject with the same deadlines.
pub(super) fn command(subject: &str, timeouts: Timeouts) -> String {
    let mut command = subject.to_owned();
    let (given, default) = (timeouts.deadlines(), Deadlines::default());
    for (flag, given, default) in [("op", given.op, default.op), ("case", given.case, default.case)] {
        if given != default {
            command.push_str(&format!(" --{flag}-timeout {}", given.as_secs_f64()));
        }
    }
    command
}
