//! What an adapter says of one deployment without being asked.

use super::{MOST, protocol::Event};
use crate::{
    host::{HostCall, lines::shown},
    session::Broken,
};
use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// How many lines of log are kept for a case; one that says more is not to be read anyway.
const LOG: usize = 1000;
/// From how many bytes on only the beginning of a line of log is kept.
const LONG: usize = 4 << 10;

/// What was heard so far.
pub(super) struct Heard {
    began: Instant,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    calls: Vec<HostCall>,
    /// What the calls take, in bytes, those that were left out included.
    size: usize,
    log: Vec<String>,
}

impl Heard {
    pub fn new() -> Self {
        Self { began: Instant::now(), inner: Mutex::default() }
    }

    pub fn event(&self, event: Event) {
        match event {
            Event::Call { capability, op, label, key, outcome, took_us, .. } => {
                let at_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
                self.with(|inner| inner.call(HostCall { at_us, capability, op, label, key, outcome, took_us }));
            }
            Event::Log { text, .. } => text.lines().for_each(|line| self.log(line)),
            Event::Line { .. } | Event::Ended { .. } | Event::Unknown => {}
        }
    }

    pub fn log(&self, line: &str) {
        self.with(|inner| {
            if inner.log.len() < LOG {
                inner.log.push(if line.len() > LONG { shown(line.as_bytes()) } else { line.to_owned() });
            }
        });
    }

    /// Whether all calls were kept: a case that asks for calls must not be judged by some of them.
    ///
    /// # Errors
    /// [`Broken::Protocol`] if not.
    pub fn fits(&self) -> Result<(), Broken> {
        if self.with(|inner| inner.size) <= MOST {
            return Ok(());
        }
        Err(Broken::Protocol(format!("the adapter told of more calls for one case than fit into {MOST} bytes")))
    }

    pub fn calls(&self) -> Vec<HostCall> {
        self.with(|inner| inner.calls.clone())
    }

    pub fn said(&self) -> Vec<String> {
        self.with(|inner| inner.log.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Inner {
    fn call(&mut self, call: HostCall) {
        let HostCall { capability, op, label, key, outcome, .. } = &call;
        let text = capability.len() + op.len() + label.len() + key.len() + outcome.len();
        self.size = self.size.saturating_add(size_of::<HostCall>() + text);
        if self.size <= MOST {
            self.calls.push(call);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_host_that_never_stops_telling_a_bounded_part_is_kept() {
        let heard = Heard::new();
        let tell = |key: usize| {
            let event = serde_json::json!({
                "event": "call", "deployment": "a", "capability": "keyvalue", "op": "get", "label": "default",
                "key": "k".repeat(key), "outcome": "ok", "took_us": 1,
            });
            heard.event(serde_json::from_value(event).expect("an event"));
        };
        tell(3);
        assert_eq!((heard.fits(), heard.calls().len()), (Ok(()), 1));
        tell(MOST / 2);
        tell(MOST / 2);
        assert!(matches!(heard.fits(), Err(Broken::Protocol(why)) if why.contains("more calls")));
        tell(3);
        assert_eq!(heard.calls().len(), 2, "what comes later is not kept");
        for _ in 0..LOG + 1 {
            heard.log(&"x".repeat(2 * LONG));
        }
        let said = heard.said();
        assert!(said.len() == LOG && said.iter().all(|line| line.len() < LONG && line.contains("bytes more")));
    }
}
