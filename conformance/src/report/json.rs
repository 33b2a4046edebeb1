//! The event stream itself, one JSON object a line.

use super::{Detail, Report};
use crate::event::Event;
use std::io::{self, Write};

/// Writes events as they come.
#[derive(Debug)]
pub struct Json<W> {
    out: W,
    detail: Detail,
}

impl<W: Write> Json<W> {
    /// A report on `out`.
    pub const fn new(out: W, detail: Detail) -> Self {
        Self { out, detail }
    }
}

impl<W: Write> Report for Json<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Ended(record) if !(self.detail.trace || record.has_failed()) => {
                let mut short = record.clone();
                short.calls.clear();
                short.log.clear();
                short.transcript.clear();
                serde_json::to_writer(&mut self.out, &Event::Ended(short))?;
            }
            other => serde_json::to_writer(&mut self.out, other)?,
        }
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}
