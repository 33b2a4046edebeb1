//! Reports that are written once the run is over.

use super::Report;
use crate::event::{Event, Record, Started, Summary};
use std::io::{self, Write};

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
