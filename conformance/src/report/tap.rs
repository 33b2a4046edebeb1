//! The Test Anything Protocol, version 14.

use super::{junit::why, whole::Run};
use crate::outcome::Verdict;
use std::io::{self, Write};

/// Writes the run, a test point for each case at each altitude. A known failure is a TODO; an unexpected pass is not ok.
///
/// # Errors
/// What cannot be written.
pub fn render(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    let told = run.told();
    writeln!(out, "TAP version 14\n1..{}", told.len())?;
    for (number, record) in (1..).zip(&told) {
        let why = why(record);
        let (ok, directive) = match record.verdict {
            Verdict::Pass | Verdict::Flaky => ("ok", String::new()),
            Verdict::Skip => ("ok", format!(" # SKIP {}", escaped(&why))),
            Verdict::Provisional => ("ok", format!(" # SKIP provisional: {}", escaped(&why))),
            Verdict::Xfail => ("not ok", format!(" # TODO known failure: {}", escaped(&why))),
            Verdict::Fail | Verdict::Xpass | Verdict::Unknown | Verdict::Error => ("not ok", String::new()),
        };
        writeln!(out, "{ok} {number} - {} ({}){directive}", escaped(&record.id), record.altitude)?;
        if !matches!(record.verdict, Verdict::Pass | Verdict::Skip) {
            // JSON is YAML.
            let text = |text: &str| serde_json::to_string(text).map_err(io::Error::other);
            writeln!(out, "  ---\n  verdict: {}\n  message: {}", record.verdict.word(), text(&why)?)?;
            writeln!(out, "  repro: {}\n  ...", text(&record.repro)?)?;
        }
    }
    writeln!(out, "# {}", run.claim())?;
    let wrong = run.summary.missing.iter().chain(&run.summary.problems);
    if run.summary.exit > 1 || (run.summary.exit == 1 && run.records.iter().all(|record| !record.is_bad())) {
        let said: Vec<_> = wrong.map(String::as_str).collect();
        let said = if said.is_empty() { format!("exit code {}", run.summary.exit) } else { said.join("; ") };
        writeln!(out, "Bail out! {}", escaped(&said))?;
    }
    Ok(())
}

/// A `#` would begin a directive.
fn escaped(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('\\', "\\\\").replace('#', "\\#")
}
