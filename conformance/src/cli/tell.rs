//! Where events go: the report, the progress bar, the bundle. Secrets end here, and what a terminal would obey.

use crate::{event::Event, report::Report};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{self, IsTerminal};

/// How far it is on the way to so many, for whoever sits before the terminal.
pub(super) fn bar(length: u64) -> ProgressBar {
    let bar = if io::stderr().is_terminal() { ProgressBar::new(length) } else { ProgressBar::hidden() };
    match ProgressStyle::with_template("{pos}/{len} {bar:30} {elapsed} {wide_msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Hands every event to all who want it.
pub(super) struct Teller {
    reports: Vec<Box<dyn Report>>,
    secrets: Vec<String>,
    bar: ProgressBar,
    kept: Option<Vec<Event>>,
    /// The first failure to write.
    failed: io::Result<()>,
}

impl Teller {
    pub fn new(reports: Vec<Box<dyn Report>>, secrets: Vec<String>, quiet: bool, keep: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { bar(0) };
        Self { reports, secrets, bar, kept: keep.then(Vec::new), failed: Ok(()) }
    }

    pub fn tell(&mut self, mut event: Event) {
        if let Event::Ended(record) = &mut event {
            record.scrub(|text| self.secrets.iter().for_each(|secret| *text = text.replace(secret, "***")));
        }
        event.make_plain();
        self.progress(&event);
        // One that cannot be written does not end the others.
        for report in &mut self.reports {
            match report.event(&event) {
                // That nobody reads to the end, as in `run | head`, is no failure.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
                Err(error) if self.failed.is_ok() => self.failed = Err(error),
                _ => {}
            }
        }
        if let Some(kept) = &mut self.kept {
            kept.push(event);
        }
    }

    /// All events, if they were to be kept, and the first failure to write a report.
    pub fn finish(self) -> (Vec<Event>, io::Result<()>) {
        (self.kept.unwrap_or_default(), self.failed)
    }

    fn progress(&self, event: &Event) {
        match event {
            Event::Started(started) => self.bar.set_length(started.planned as u64),
            Event::Begun { id, .. } => self.bar.set_message(id.clone()),
            Event::Ended(record) if record.attempts > 0 => self.bar.inc(1),
            Event::Ended(_) => {}
            Event::Finished(_) => self.bar.finish_and_clear(),
        }
    }
}
