//! Reports: each is made from the events alone, so all of them agree.

mod claim;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod pretty;
pub mod tap;
pub mod terse;
pub mod whole;

use crate::event::Event;
use std::io;

/// Something that writes down a run.
pub trait Report {
    /// Takes the next event.
    ///
    /// # Errors
    /// What cannot be written.
    fn event(&mut self, event: &Event) -> io::Result<()>;
}

/// How much to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Detail {
    /// All host calls and transcripts, not only the last ones of cases that failed.
    pub trace: bool,
    /// Only what needs somebody's attention.
    pub quiet: bool,
}

#[cfg(test)]
mod tests;
