//! A line for each case, for `grep` and for eyes that know what they look for.

use super::{junit::why, whole::Run};
use crate::outcome::Verdict;
use std::io::{self, Write};

/// Writes `verdict id (altitude)` for each case, with the reason where it is no plain pass, and the sum.
///
/// # Errors
/// What cannot be written.
pub fn render(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    for record in &run.records {
        write!(out, "{:7} {} ({})", record.verdict.word(), record.id, record.altitude)?;
        match record.verdict {
            Verdict::Pass => writeln!(out)?,
            _ => writeln!(out, ": {}", why(record).replace('\n', " "))?,
        }
    }
    for wrong in run.summary.missing.iter().chain(&run.summary.problems) {
        writeln!(out, "problem {}", wrong.replace('\n', " "))?;
    }
    let counts: Vec<_> = run.summary.verdicts.iter().filter(|(_, count)| **count > 0).collect();
    let counts: Vec<_> = counts.iter().map(|(verdict, count)| format!("{count} {}", verdict.word())).collect();
    writeln!(out, "{}; exit code {}; seed {}", counts.join(", "), run.summary.exit, run.started.seed)
}
