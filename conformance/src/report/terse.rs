//! A line for each case, for `grep` and for eyes that know what they look for.

use super::{junit::why, whole::Run};
use crate::outcome::Verdict;
use std::io::{self, Write};

/// Writes `verdict id (altitude)` for each case, with the reason where it is no plain pass, and the sum.
///
/// # Errors
/// What cannot be written.
pub fn render(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let told = run.told();
    for record in &told {
        write!(out, "{:7} {} ({})", record.verdict.word(), record.id, record.altitude)?;
        match record.verdict {
            Verdict::Pass => writeln!(out)?,
            _ => writeln!(out, ": {}", why(record).replace('\n', " "))?,
        }
    }
    for wrong in run.summary.missing.iter().chain(&run.summary.problems) {
        writeln!(out, "problem {}", wrong.replace('\n', " "))?;
    }
    let mut verdicts = run.summary.verdicts.clone();
    *verdicts.entry(Verdict::Skip).or_default() += told.len() - run.records.len();
    let counts: Vec<_> = verdicts.iter().filter(|(_, count)| **count > 0).collect();
    let counts: Vec<_> = counts.iter().map(|(verdict, count)| format!("{count} {}", verdict.word())).collect();
    let (exit, seed) = (run.summary.exit, run.started.seed);
    writeln!(out, "{}; {}; exit code {exit}; seed {seed}", run.claim(), counts.join(", "))
}
