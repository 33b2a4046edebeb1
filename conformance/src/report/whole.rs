//! Reports that are written once the run is over.

use super::{Report, claim::claim};
use crate::{
    event::{Event, Record, Started, Summary},
    outcome::Verdict,
};
use std::{
    borrow::Cow,
    io::{self, Write},
};

/// A run that is over. Its records are in the order of ids, whatever order they ran in.
#[derive(Debug, Default)]
pub struct Run {
    /// What ran, on what.
    pub started: Started,
    /// How each case ended.
    pub records: Vec<Record>,
    /// The sum.
    pub summary: Summary,
}

impl Run {
    /// Takes the next event. After the last one the records are in order.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Started(started) => self.started = started,
            Event::Begun { .. } => {}
            Event::Ended(record) => self.records.push(*record),
            Event::Finished(summary) => {
                self.summary = summary;
                self.records.sort_by(|a, b| (&a.id, &a.altitude).cmp(&(&b.id, &b.altitude)));
            }
        }
    }

    /// The records, and a skip for each case that the host owes and that cannot be put to it: a reader who knows nothing but
    /// cases must not take them for passed.
    pub(super) fn told(&self) -> Vec<Cow<'_, Record>> {
        let lacking = self.started.inapplicable.iter().filter(|case| case.lacking).map(|case| {
            let why = Some(format!("cannot be put to the host: {}", case.reason));
            let (verdict, level) = (Verdict::Skip, case.level.clone());
            Cow::Owned(Record { verdict, level, why, ..Record::new(&case.id, &case.altitude) })
        });
        let mut told: Vec<_> = self.records.iter().map(Cow::Borrowed).chain(lacking).collect();
        told.sort_by(|a, b| (&a.id, &a.altitude).cmp(&(&b.id, &b.altitude)));
        told
    }

    /// What it is worth, in words.
    pub(super) fn claim(&self) -> String {
        claim(&self.started, &self.summary)
    }
}

/// Writes down a run that is over.
pub type Render = fn(&Run, &mut dyn Write) -> io::Result<()>;

/// Collects a run, and has it written down at its end.
#[derive(Debug)]
pub struct Whole<W> {
    out: W,
    render: Render,
    run: Run,
}

impl<W: Write> Whole<W> {
    /// A report on `out`.
    pub fn new(out: W, render: Render) -> Self {
        Self { out, render, run: Run::default() }
    }
}

impl<W: Write> Report for Whole<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.run.take(event.clone());
        if matches!(event, Event::Finished(_)) {
            (self.render)(&self.run, &mut self.out)?;
            self.out.flush()?;
        }
        Ok(())
    }
}
