//! Several finished runs side by side: what each host makes of each clause, and what changed between two.

pub mod html;
pub mod table;

use crate::{
    catalogue::{Case, MINOR},
    clauses::{Clause, Law},
    event::{Event, HostInfo, Record, Summary},
    outcome::Verdict,
    report::whole::Run,
};
use anyhow::{Context, Result, ensure};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::Path,
};

/// Reads what `run --format json` printed.
///
/// # Errors
/// If it cannot be read, is something else, holds no run from its beginning to its end, or more than one: of several runs none
/// could be told apart.
pub fn read(path: &Path) -> Result<Run> {
    let text = fs::read_to_string(path);
    let text = text.with_context(|| format!("`{}` cannot be read", path.display()))?;
    let (mut run, mut seats) = (Run::default(), BTreeSet::new());
    let (mut is_begun, mut is_whole) = (false, false);
    for (number, line) in (1..).zip(text.lines()) {
        let at = format!("{}:{number}", path.display());
        let mut event: Event = serde_json::from_str(line)
            .with_context(|| format!("{at} is no event of a run: write one with `run --format json`"))?;
        // Whoever wrote the file may not have been this program.
        event.make_plain();
        let again = match &event {
            Event::Started(_) => is_begun,
            Event::Ended(record) => !seats.insert((record.id.clone(), record.altitude.clone())),
            Event::Begun { .. } | Event::Finished(_) => false,
        };
        ensure!(
            !again && !is_whole,
            "{at}: here is more than one run: write each to a file of its own, without `--repeat`"
        );
        is_begun |= matches!(event, Event::Started(_));
        ensure!(is_begun, "{at}: the run began before this file");
        is_whole = matches!(event, Event::Finished(_));
        run.take(event);
    }
    ensure!(is_whole, "{}: the run did not end", path.display());
    Ok(run)
}

/// What a host makes of a clause, from the worst to what says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// A case that proves the clause failed, or nobody can tell.
    Broken,
    /// A case fails that is known to.
    Known,
    /// A case passed only when it ran again.
    Flaky,
    /// A case fails that does not count yet.
    Provisional,
    /// Nothing is known against it, and not all that proves it passed: some did not run, or breaks another clause.
    Partly,
    /// All passed.
    Holds,
    /// Cases were skipped, and none ran.
    Skipped,
    /// It cannot be put to this host.
    Inapplicable,
    /// No case proves it, or none was picked.
    Untested,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Broken,
        Self::Known,
        Self::Flaky,
        Self::Provisional,
        Self::Partly,
        Self::Holds,
        Self::Skipped,
        Self::Inapplicable,
        Self::Untested,
    ];

    /// The word that tables print.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Broken => "FAILS",
            Self::Known => "fails, known",
            Self::Flaky => "flaky",
            Self::Provisional => "fails, provisional",
            Self::Partly => "in part",
            Self::Holds => "holds",
            Self::Skipped => "skipped",
            Self::Inapplicable => "n/a",
            Self::Untested => "no case",
        }
    }

    fn of(record: &Record) -> Self {
        match record.verdict {
            Verdict::Provisional if record.is_bad_for_now() => Self::Provisional,
            Verdict::Pass | Verdict::Provisional => Self::Holds,
            Verdict::Flaky => Self::Flaky,
            Verdict::Xfail => Self::Known,
            Verdict::Skip => Self::Skipped,
            Verdict::Fail | Verdict::Xpass | Verdict::Unknown | Verdict::Error => Self::Broken,
        }
    }
}

/// A host, as a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub host: String,
    /// Its version.
    pub version: String,
    /// What a reader has to know.
    pub notes: Vec<String>,
    /// Whether the run called it conformant.
    pub conformant: bool,
    /// How much was executed, of how much.
    pub executed: (usize, usize),
}

/// What one host makes of one clause, at each altitude.
pub type Cell = BTreeMap<String, Standing>;

/// A clause, and a cell for each column.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// The clause.
    pub clause: &'a Clause,
    /// In the order of the columns.
    pub cells: Vec<Cell>,
}

/// Hosts by clauses.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    /// The hosts.
    pub columns: Vec<Column>,
    /// The clauses that bind hosts, of the capabilities that one of the hosts has.
    pub rows: Vec<Row<'a>>,
}

impl<'a> Field<'a> {
    /// Puts runs side by side. Which cases prove a clause is what this version of the catalogue says.
    ///
    /// # Errors
    /// A run of another minor version, which has other cases.
    pub fn of(runs: &[Run], cases: &[Case], law: &'a Law) -> Result<Self> {
        for started in runs.iter().map(|run| &run.started) {
            let (host, suite) = (started.hosts.first().map_or("", |host| &host.name), &started.suite);
            ensure!(
                suite.strip_prefix(MINOR).is_some_and(|rest| rest.starts_with('.')),
                "the run of {host:?} is of the suite {suite:?}, and this is {}, which has other cases: run it again with this one",
                env!("CARGO_PKG_VERSION")
            );
        }
        let mut proving: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for case in cases {
            for clause in case.clauses {
                proving.entry(clause).or_default().insert(case.id());
            }
        }
        let standings: Vec<_> = runs.iter().map(Standings::of).collect();
        let none = BTreeSet::new();
        let row = |clause: &'a Clause| {
            let ids = proving.get(&*clause.id).unwrap_or(&none);
            Row { clause, cells: standings.iter().map(|standings| standings.cell(&clause.id, ids)).collect() }
        };
        let has =
            |clause: &&Clause| standings.iter().any(|standings| standings.capabilities.contains(clause.capability()));
        Ok(Self { columns: runs.iter().map(column).collect(), rows: law.iter().filter(has).map(row).collect() })
    }
}

/// What of a run decides cells.
struct Standings {
    altitudes: Vec<String>,
    capabilities: BTreeSet<String>,
    ran: BTreeMap<(String, String), Seat>,
}

/// What a case says of the clauses that it cites.
struct Seat {
    standing: Standing,
    /// The only one that it is known to break.
    breaks: Option<String>,
    /// Whether the host owes it, though it cannot be put to it.
    lacking: bool,
}

impl Seat {
    /// What it says of this clause.
    fn of(&self, clause: &str) -> Standing {
        let is_another = self.breaks.as_ref().is_some_and(|broken| broken != clause);
        if self.standing == Standing::Known && is_another { Standing::Partly } else { self.standing }
    }

    /// Whether it leaves open what it should have shown.
    fn is_open(&self) -> bool {
        self.lacking || self.standing == Standing::Skipped
    }
}

impl Standings {
    fn of(run: &Run) -> Self {
        let ran = run.records.iter().map(|record| {
            let seat = Seat { standing: Standing::of(record), breaks: record.breaks.clone(), lacking: false };
            ((record.id.clone(), record.altitude.clone()), seat)
        });
        let inapplicable = run.started.inapplicable.iter().map(|case| {
            let seat = Seat { standing: Standing::Inapplicable, breaks: None, lacking: case.lacking };
            ((case.id.clone(), case.altitude.clone()), seat)
        });
        Self {
            altitudes: run.started.hosts.iter().map(|host| host.altitude.clone()).collect(),
            capabilities: run.started.hosts.iter().flat_map(|host| host.capabilities.keys().cloned()).collect(),
            ran: inapplicable.chain(ran).collect(),
        }
    }

    /// The worst of all cases, at each altitude. A clause does not hold of which a case was skipped, cannot be put to the host
    /// that owes it, or was not picked, or the run ended before it. What belongs to another altitude is no matter here.
    fn cell(&self, clause: &str, ids: &BTreeSet<String>) -> Cell {
        let worst = |altitude: &String| {
            let found: Vec<_> = ids.iter().filter_map(|id| self.ran.get(&(id.clone(), altitude.clone()))).collect();
            let is_whole = found.len() == ids.len() && !found.iter().any(|seat| seat.is_open());
            let standing = match found.iter().map(|seat| seat.of(clause)).min() {
                Some(Standing::Holds) if !is_whole => Standing::Partly,
                worst => worst.unwrap_or(Standing::Untested),
            };
            (altitude.clone(), standing)
        };
        self.altitudes.iter().map(worst).collect()
    }
}

fn column(run: &Run) -> Column {
    let HostInfo { name, version, mut notes, .. } = run.started.hosts.first().cloned().unwrap_or_default();
    if run.started.picked {
        notes.insert(0, "only cases that were picked".to_owned());
    }
    let executed = (run.summary.executed, run.summary.planned);
    Column { host: name, version, notes, conformant: run.summary.conformant, executed }
}

/// A cell in short: what all altitudes agree on, and where one differs, the altitudes by what they say.
#[must_use]
pub fn short(cell: &Cell) -> Vec<(Standing, Vec<&str>)> {
    let mut by: BTreeMap<Standing, Vec<&str>> = BTreeMap::new();
    for (altitude, standing) in cell {
        by.entry(*standing).or_default().push(altitude);
    }
    // Where guests are needed, a place without them says nothing.
    if by.len() > 1 {
        by.remove(&Standing::Inapplicable);
    }
    by.into_iter().collect()
}

/// What changed from one run to another.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// The case.
    pub id: String,
    /// Where the suite stood.
    pub altitude: String,
    /// How it ended in the first run, if it was in it.
    pub was: Option<Verdict>,
    /// How it ended in the second.
    pub is: Option<Verdict>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |verdict: Option<Verdict>| verdict.map_or("not there", Verdict::word);
        write!(f, "{} ({}): {} -> {}", self.id, self.altitude, word(self.was), word(self.is))
    }
}

impl Change {
    /// Whether it is for the worse: what passed does not pass any more, or is gone.
    #[must_use]
    pub fn is_worse(&self) -> bool {
        let passes = |verdict: Option<Verdict>| matches!(verdict, Some(Verdict::Pass | Verdict::Flaky));
        let bad = |verdict| matches!(verdict, Some(Verdict::Fail | Verdict::Xpass | Verdict::Unknown | Verdict::Error));
        (passes(self.was) && !passes(self.is)) || (!bad(self.was) && bad(self.is))
    }
}

/// Every case that did not end alike in two runs, in the order of ids.
#[must_use]
pub fn changes(one: &Run, other: &Run) -> Vec<Change> {
    let verdicts = |run: &Run| -> BTreeMap<(String, String), Verdict> {
        run.records.iter().map(|record| ((record.id.clone(), record.altitude.clone()), record.verdict)).collect()
    };
    let (one, other) = (verdicts(one), verdicts(other));
    let keys: BTreeSet<_> = one.keys().chain(other.keys()).collect();
    let change = |key: &(String, String)| {
        let (was, is) = (one.get(key).copied(), other.get(key).copied());
        (was != is).then(|| Change { id: key.0.clone(), altitude: key.1.clone(), was, is })
    };
    keys.into_iter().filter_map(change).collect()
}

/// What got worse of the run as a whole, which no case says: a run that was interrupted, or proves less than it did.
#[must_use]
pub fn worsened(one: &Summary, other: &Summary) -> Vec<String> {
    let rank = |summary: &Summary| Summary::EXITS.iter().position(|exit| *exit == summary.exit);
    // How many it is about is no other problem.
    let kind = |problem: &String| problem.replace(|c: char| c.is_ascii_digit(), "");
    let before: BTreeSet<_> = one.problems.iter().map(kind).collect();
    let problems = other.problems.iter().filter(|problem| !before.contains(&kind(problem))).cloned();
    let lost = (one.conformant && !other.conformant).then(|| "it is not called conformant any more".to_owned());
    let exit = (rank(other) < rank(one)).then(|| format!("exit code {} -> {}", one.exit, other.exit));
    lost.into_iter().chain(exit).chain(problems).collect()
}

#[cfg(test)]
mod tests;
