//! That a server is there, without asking it each time.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// For how long an answer counts.
const FOR: Duration = Duration::from_secs(1);

/// When a server last answered. To open a bucket or to connect says no more than that the server was there a moment ago, so a
/// backend need not make a round trip of it each time that a guest does so, which may be with every message.
#[derive(Debug)]
pub struct Answered {
    began: Instant,
    /// In milliseconds after `began`, and one more; 0 is never.
    last: AtomicU64,
}

impl Default for Answered {
    fn default() -> Self {
        Self { began: Instant::now(), last: AtomicU64::new(0) }
    }
}

impl Answered {
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX - 1) + 1
    }

    /// It has answered just now.
    pub fn answered(&self) {
        self.last.store(self.now(), Ordering::Relaxed);
    }

    /// It did not answer, or the connection is lost: it has to be asked.
    pub fn failed(&self) {
        self.last.store(0, Ordering::Relaxed);
    }

    /// Whether it answered within the last second, and nothing failed since.
    #[must_use]
    pub fn is_recent(&self) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        last != 0 && u128::from(self.now().saturating_sub(last)) < FOR.as_millis()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_for_a_second_and_until_a_failure() {
        let mut server = Answered::default();
        assert!(!server.is_recent());
        server.answered();
        assert!(server.is_recent());
        server.failed();
        assert!(!server.is_recent());
        server.answered();
        server.began -= FOR;
        assert!(!server.is_recent());
    }
}
