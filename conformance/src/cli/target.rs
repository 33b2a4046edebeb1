//! What commands that run the whole catalogue on a host have in common.

use super::process::Timeouts;
use crate::{
    bench::Deadlines,
    catalogue::Case,
    clauses::Law,
    host::Altitude,
    plan::{self, Plan, Selection},
    subject::Target,
    today::today,
};
use anyhow::anyhow;

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

/// What leads to the same host with the same deadlines.
pub(super) fn command(target: &Target, timeouts: Timeouts) -> String {
    let mut command = format!("cloud-conformance run --host {}", target.spelled());
    let (given, default) = (timeouts.deadlines(), Deadlines::default());
    for (flag, given, default) in [("op", given.op, default.op), ("case", given.case, default.case)] {
        if given != default {
            command.push_str(&format!(" --{flag}-timeout {}", given.as_secs_f64()));
        }
    }
    command
}
