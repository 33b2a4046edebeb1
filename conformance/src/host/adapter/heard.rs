//! What an adapter says of one deployment without being asked.

use super::protocol::Event;
use crate::host::HostCall;
use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// How many lines of log are kept for a case; one that says more is not to be read anyway.
const LOG: usize = 1000;

/// What was heard so far.
pub(super) struct Heard {
    began: Instant,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    calls: Vec<HostCall>,
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
                self.with(|inner| inner.calls.push(HostCall { at_us, capability, op, label, key, outcome, took_us }));
            }
            Event::Log { text, .. } => text.lines().for_each(|line| self.log(line)),
            Event::Line { .. } | Event::Ended { .. } | Event::Unknown => {}
        }
    }

    pub fn log(&self, line: &str) {
        self.with(|inner| {
            if inner.log.len() < LOG {
                inner.log.push(line.to_owned());
            }
        });
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
