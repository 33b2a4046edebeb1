//! What a case did and saw, line by line.

pub mod calls;
pub mod normal;
pub mod open;
#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// One operation and its observation.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Entry {
    /// Which guest of the case, from 0, or what else spoke: `recorder`, `control`.
    pub who: String,
    /// Entries of one group happened at the same time.
    pub group: Option<u32>,
    /// The operation as sent.
    pub op: String,
    /// The observation as received, or how it broke.
    pub seen: String,
    /// Since the case began.
    pub at: Duration,
}

/// The transcript of a case. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Transcript {
    began: Instant,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    entries: Vec<Entry>,
    groups: u32,
    group: Option<u32>,
}

impl Default for Transcript {
    fn default() -> Self {
        Self { began: Instant::now(), state: Arc::default() }
    }
}

impl Transcript {
    /// Adds a line.
    pub fn push(&self, who: impl Into<String>, op: impl Into<String>, seen: impl Into<String>) {
        let at = self.began.elapsed();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let group = state.group;
        state.entries.push(Entry { who: who.into(), group, op: op.into(), seen: seen.into(), at });
    }

    /// From now on entries are concurrent, until [`end_group`](Self::end_group).
    pub fn begin_group(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.groups += 1;
        state.group = Some(state.groups);
    }

    /// Entries are in order again.
    pub fn end_group(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).group = None;
    }

    /// The lines so far.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).entries.clone()
    }
}
