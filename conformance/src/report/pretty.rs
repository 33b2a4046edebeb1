//! The report for people: what was tested, a line per suite, every case that needs attention, the sum.

mod case;

use super::{Detail, Report, claim::claim};
use crate::{
    event::{Event, HostInfo, Inapplicable, Record, Started, Summary},
    levels::{Attained, Levels},
    outcome::Verdict,
};
use anstyle::{AnsiColor, Style};
use std::{
    collections::BTreeMap,
    io::{self, Write},
};

/// Collects a run and prints it in the order of ids, whatever order it ran in.
#[derive(Debug)]
pub struct Pretty<W> {
    out: W,
    detail: Detail,
    started: Started,
    records: Vec<Record>,
}

impl<W: Write> Pretty<W> {
    /// A report on `out`, which strips the colours if it cannot show them.
    pub fn new(out: W, detail: Detail) -> Self {
        Self { out, detail, started: Started::default(), records: Vec::new() }
    }

    fn header(&mut self) -> io::Result<()> {
        let Started { suite, run, seed, jobs, hosts, .. } = &self.started;
        writeln!(self.out, "{BOLD}cloud-conformance {suite}{BOLD:#}")?;
        let altitudes: Vec<_> = hosts.iter().map(|host| host.altitude.as_str()).collect();
        if let Some(HostInfo { name, version, notes, .. }) = hosts.first() {
            writeln!(self.out, "host      {name} {version}")?;
            writeln!(self.out, "altitude  {}", altitudes.join(", "))?;
            notes.iter().try_for_each(|note| writeln!(self.out, "note      {note}"))?;
        }
        writeln!(self.out, "seed      {seed} (run {run}, jobs {jobs})")?;
        self.out.flush()
    }

    /// A line per suite and altitude.
    fn suites(&mut self) -> io::Result<()> {
        let mut suites: BTreeMap<(&str, &str), BTreeMap<Verdict, usize>> = BTreeMap::new();
        for record in &self.records {
            let suite = suites.entry((record.suite(), &record.altitude)).or_default();
            *suite.entry(record.verdict).or_default() += 1;
        }
        let width = suites.keys().map(|(suite, _)| suite.len()).max().unwrap_or_default();
        let beside = suites.keys().map(|(_, altitude)| altitude.len()).max().unwrap_or_default();
        writeln!(self.out)?;
        for ((suite, altitude), verdicts) in suites {
            writeln!(self.out, "{suite:width$}  {altitude:beside$}  {}", counts(&verdicts))?;
        }
        Ok(())
    }

    /// A line per level: `core` must be whole.
    fn levels(&mut self) -> io::Result<()> {
        let mut levels: BTreeMap<usize, BTreeMap<Verdict, usize>> = BTreeMap::new();
        for record in &self.records {
            let level = LEVELS.iter().position(|level| record.level.starts_with(level)).unwrap_or(LEVELS.len() - 1);
            *levels.entry(level).or_default().entry(record.verdict).or_default() += 1;
        }
        writeln!(self.out)?;
        for (level, verdicts) in levels {
            writeln!(self.out, "{:8}  {}", LEVELS[level], counts(&verdicts))?;
        }
        Ok(())
    }

    /// Skips by reason, and what had no place in this run.
    fn untested(&mut self) -> io::Result<()> {
        let mut reasons = self.inapplicable();
        for record in self.records.iter().filter(|record| record.verdict == Verdict::Skip) {
            let reason = format!("skip: {}", record.why.as_deref().unwrap_or("no reason given"));
            reasons.entry(reason).or_default().push(format!("{} ({})", record.id, record.altitude));
        }
        if !reasons.is_empty() {
            writeln!(self.out, "\n{BOLD}not run{BOLD:#}")?;
        }
        for (reason, ids) in reasons {
            match &ids[..] {
                [id] => writeln!(self.out, "  {reason}: {id}")?,
                ids => writeln!(self.out, "  {reason}: {} cases, such as {}", ids.len(), ids[0])?,
            }
        }
        self.without_a_case()
    }

    /// What has no place in this run, by the reason. Altitudes at which it is the same share a line.
    fn inapplicable(&self) -> BTreeMap<String, Vec<String>> {
        let mut cases: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
        for Inapplicable { id, altitude, reason, .. } in &self.started.inapplicable {
            cases.entry((reason, altitude)).or_default().push(id);
        }
        let mut altitudes: BTreeMap<(&str, Vec<&str>), Vec<&str>> = BTreeMap::new();
        for ((reason, altitude), ids) in cases {
            altitudes.entry((reason, ids)).or_default().push(altitude);
        }
        let line = |((reason, ids), altitudes): ((&str, Vec<&str>), Vec<&str>)| {
            let ids = ids.into_iter().map(str::to_owned).collect();
            (format!("not applicable at {}: {reason}", altitudes.join(", ")), ids)
        };
        altitudes.into_iter().map(line).collect()
    }

    /// Clauses by the reason why nothing tests them.
    fn without_a_case(&mut self) -> io::Result<()> {
        let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for untested in &self.started.untested {
            reasons.entry(&untested.reason).or_default().push(&untested.clause);
        }
        if !reasons.is_empty() {
            writeln!(self.out, "\n{BOLD}not tested{BOLD:#}")?;
        }
        reasons.iter().try_for_each(|(reason, clauses)| writeln!(self.out, "  {}: {reason}", clauses.join(" ")))
    }

    /// A line per capability: what the host may be called.
    fn attained(&mut self, levels: &Levels) -> io::Result<()> {
        writeln!(self.out, "\n{BOLD}attained{BOLD:#}")?;
        let width = levels.capabilities.keys().map(String::len).max().unwrap_or_default();
        for (word, Attained { level, missing }) in &levels.capabilities {
            let why = if missing.is_empty() { String::new() } else { format!(": {}", missing.join("; ")) };
            writeln!(self.out, "  {word:width$}  {level}{why}")?;
        }
        writeln!(self.out, "  resilient is not offered by this version")
    }

    fn attention(&mut self) -> io::Result<()> {
        let trace = self.detail.trace;
        for record in self.records.iter().filter(|record| record.is_bad() || trace) {
            case::write(&mut self.out, record, &[], trace)?;
        }
        let flaky = |record: &&Record| record.verdict == Verdict::Flaky && !trace;
        for record in self.records.iter().filter(flaky) {
            case::line(&mut self.out, record)?;
        }
        if !trace {
            self.known()?;
        }
        for record in self.records.iter().filter(|record| record.observed && !trace) {
            case::observed(&mut self.out, record)?;
        }
        for record in self.records.iter().filter(|record| record.is_bad_for_now() && !trace) {
            case::provisional(&mut self.out, record)?;
        }
        for record in &self.records {
            if let Some(warning) = &record.warning {
                let (id, altitude) = (&record.id, &record.altitude);
                writeln!(self.out, "\n{YELLOW}warning{YELLOW:#} {id} ({altitude}): {warning}")?;
            }
            if let Some(leak) = &record.leak {
                let (id, altitude) = (&record.id, &record.altitude);
                writeln!(self.out, "\n{YELLOW}leak{YELLOW:#} {id} ({altitude}): could not clean up: {leak}")?;
            }
        }
        Ok(())
    }

    /// Known failures, explained as others are: somebody is to mend them. What fails at several altitudes is told once.
    fn known(&mut self) -> io::Result<()> {
        let known: Vec<_> = self.records.iter().filter(|record| record.verdict == Verdict::Xfail).collect();
        if self.detail.quiet {
            return known.into_iter().try_for_each(|record| case::line(&mut self.out, record));
        }
        if !known.is_empty() {
            writeln!(self.out, "\n{BOLD}known failures{BOLD:#}")?;
        }
        for records in known.chunk_by(|one, other| one.id == other.id) {
            let also: Vec<_> = records[1..].iter().map(|record| record.altitude.as_str()).collect();
            case::write(&mut self.out, records[0], &also, false)?;
        }
        Ok(())
    }

    fn sum(&mut self, summary: &Summary) -> io::Result<()> {
        writeln!(self.out)?;
        for missing in &summary.missing {
            writeln!(self.out, "{RED}missing{RED:#} {missing}")?;
        }
        for problem in &summary.problems {
            writeln!(self.out, "{RED}problem{RED:#} {problem}")?;
        }
        let Summary { planned, executed, millis, exit, .. } = summary;
        let style = if *exit == 0 { GREEN } else { RED };
        let word = claim(&self.started, summary);
        let counts = counts(&summary.verdicts);
        let seed = self.started.seed;
        let seconds = std::time::Duration::from_millis(*millis).as_secs_f64();
        writeln!(
            self.out,
            "{style}{word}{style:#}; {executed} of {planned} executed; {counts}; seed {seed}; {seconds:.2} s"
        )
    }
}

impl<W: Write> Report for Pretty<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(started) => {
                self.started = started.clone();
                if self.detail.quiet { Ok(()) } else { self.header() }
            }
            Event::Begun { .. } => Ok(()),
            Event::Ended(record) => {
                self.records.push((**record).clone());
                Ok(())
            }
            Event::Finished(summary) => {
                self.records.sort_by(|a, b| (&a.id, &a.altitude).cmp(&(&b.id, &b.altitude)));
                if !self.detail.quiet {
                    self.suites()?;
                    self.untested()?;
                    self.levels()?;
                    summary.levels.iter().try_for_each(|levels| self.attained(levels))?;
                }
                self.attention()?;
                self.sum(summary)?;
                self.out.flush()
            }
        }
    }
}

const LEVELS: [&str; 4] = ["core", "profile", "probe", "may"];

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default().bold();
pub(crate) const RED: Style = AnsiColor::Red.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();

const fn style(verdict: Verdict) -> Style {
    match verdict {
        Verdict::Pass | Verdict::Xfail => GREEN,
        Verdict::Skip | Verdict::Flaky | Verdict::Provisional => YELLOW,
        Verdict::Fail | Verdict::Xpass | Verdict::Unknown | Verdict::Error => RED,
    }
}

fn counts(verdicts: &BTreeMap<Verdict, usize>) -> String {
    let counted = verdicts.iter().filter(|(_, count)| **count > 0).map(|(verdict, count)| {
        let style = style(*verdict);
        format!("{style}{count} {}{style:#}", verdict.word())
    });
    counted.collect::<Vec<_>>().join(", ")
}
