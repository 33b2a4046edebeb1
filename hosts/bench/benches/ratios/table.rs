//! The table at the end, ready for a README: what criterion measured in this run, and the ratio.

use std::{
    fmt::Write,
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

/// Where criterion keeps what it measured.
pub const FOLDER: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/ratios");

/// A group with the functions `ours` and `peer`.
pub struct Row {
    pub id: String,
    pub what: String,
    pub peer: &'static str,
}

/// A group with the function `ours`, and what it should stay below.
pub struct Goal {
    pub id: String,
    pub what: String,
    pub goal: Duration,
}

pub struct Table {
    began: SystemTime,
    text: String,
}

impl Table {
    pub fn new() -> Self {
        let head = "| what | ours | beside it | | ratio |\n|---|---:|---|---:|---:|\n";
        Self { began: SystemTime::now(), text: head.to_owned() }
    }

    pub fn add(&mut self, row: Row) {
        if let (Some(ours), Some(peer)) = (self.median(&row.id, "ours"), self.median(&row.id, "peer")) {
            self.line(&row.what, ours, row.peer, peer);
        }
    }

    pub fn goal(&mut self, row: Goal) {
        if let Some(ours) = self.median(&row.id, "ours") {
            self.line(&row.what, ours, "the goal", row.goal);
        }
    }

    /// A row that could not be measured here.
    pub fn skip(&mut self, what: &str, why: &str) {
        let _ = writeln!(self.text, "| {what} | not run: {why} | | | |");
    }

    fn line(&mut self, what: &str, ours: Duration, peer: &str, theirs: Duration) {
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        let _ = writeln!(self.text, "| {what} | {} | {peer} | {} | {ratio:.2} |", shown(ours), shown(theirs));
    }

    /// The median of what was measured in this run; a filter may have left it out.
    fn median(&self, group: &str, function: &str) -> Option<Duration> {
        let path = Path::new(FOLDER).join(group).join(function).join("new/estimates.json");
        fs::metadata(&path).and_then(|file| file.modified()).ok().filter(|written| *written >= self.began)?;
        let estimates: serde_json::Value = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        let nanoseconds = estimates["median"]["point_estimate"].as_f64()?;
        Some(Duration::from_secs_f64(nanoseconds / 1e9))
    }

    pub fn print(&self) {
        println!("\n{}", self.text);
    }
}

/// Three digits, and a unit that suits them.
fn shown(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let (value, unit) = match seconds {
        s if s < 1e-6 => (s * 1e9, "ns"),
        s if s < 1e-3 => (s * 1e6, "µs"),
        s if s < 1.0 => (s * 1e3, "ms"),
        s => (s, "s"),
    };
    let decimals = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.decimals$} {unit}")
}
