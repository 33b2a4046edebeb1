//! Time that tests can move.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::watch;

/// A clock that only goes forward. Clones show the same time.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's monotonic clock, since this clock was made.
    Real(Instant),
    /// A clock that stands still until somebody calls [`advance`](Self::advance).
    Virtual(Arc<watch::Sender<Duration>>),
}

impl Default for Clock {
    fn default() -> Self {
        Self::Real(Instant::now())
    }
}

impl Clock {
    /// A virtual clock at zero.
    #[must_use]
    pub fn new_virtual() -> Self {
        Self::Virtual(Arc::new(watch::Sender::new(Duration::ZERO)))
    }

    /// Time since the clock's start.
    #[must_use]
    pub fn now(&self) -> Duration {
        match self {
            Self::Real(start) => start.elapsed(),
            Self::Virtual(now) => *now.borrow(),
        }
    }

    /// Moves a virtual clock forward and wakes its sleepers. Returns `false`, and does nothing, on a real one.
    pub fn advance(&self, by: Duration) -> bool {
        match self {
            Self::Real(_) => false,
            Self::Virtual(now) => {
                now.send_modify(|t| *t = t.saturating_add(by));
                true
            }
        }
    }

    /// Returns once `by` has passed on this clock.
    pub async fn sleep(&self, by: Duration) {
        match self {
            Self::Real(_) => tokio::time::sleep(by).await,
            Self::Virtual(now) => {
                let until = self.now().saturating_add(by);
                // The sender lives in `self`, so the channel cannot close while this waits.
                let _ = now.subscribe().wait_for(|t| *t >= until).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_virtual_sleeper_wakes_when_time_is_moved() {
        let clock = Clock::new_virtual();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep(Duration::from_secs(60)).await }
        });
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        assert!(clock.advance(Duration::from_secs(60)));
        sleeper.await.expect("the sleeper ends");
        assert_eq!(clock.now(), Duration::from_secs(60));
    }
}
