//! How many messages may be taken ahead: where they are handled fast, the next ones should have come when there is room; where
//! they are not, they would wait here while others are idle.

use std::time::Duration;
use tokio::time::Instant;

/// What is taken ahead is to wait for no longer than about this.
const WINDOW: Duration = Duration::from_millis(50);

/// Counts how many messages are done in a window.
pub(super) struct Pace {
    /// For how many messages there was room at once.
    most: usize,
    began: Instant,
    done: usize,
    ahead: usize,
}

impl Default for Pace {
    fn default() -> Self {
        Self { most: 0, began: Instant::now(), done: 0, ahead: 0 }
    }
}

impl Pace {
    /// So many messages are done, or are expected for the first time.
    pub(super) fn made_room(&mut self, messages: usize) {
        self.look();
        self.most = self.most.max(messages);
        self.done += messages;
    }

    /// Ends a window that is over.
    pub(super) fn look(&mut self) {
        let passed = self.began.elapsed();
        if passed < WINDOW {
            return;
        }
        self.ahead = if passed < WINDOW * 2 { self.done.min(self.most) } else { 0 };
        self.done = 0;
        self.began = Instant::now();
    }

    /// For how many messages there was room at once: so many are handled at once.
    pub(super) const fn most(&self) -> usize {
        self.most
    }

    /// How many may be taken ahead: as many as are handled at once, if that takes no longer than a window.
    pub(super) const fn ahead(&self) -> usize {
        self.ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    #[tokio::test(start_paused = true)]
    async fn fast_handlers_are_kept_busy_and_slow_ones_take_nothing_ahead() {
        let mut pace = Pace::default();
        pace.made_room(8);
        assert_eq!((pace.most(), pace.ahead()), (8, 0));
        // A message each 5 ms.
        for _ in 0..20 {
            advance(WINDOW / 10).await;
            pace.made_room(1);
        }
        assert_eq!((pace.most(), pace.ahead()), (8, 8));
        // Each 20 ms.
        for _ in 0..10 {
            advance(WINDOW * 2 / 5).await;
            pace.made_room(1);
        }
        assert!((2..=3).contains(&pace.ahead()), "{}", pace.ahead());
        // Each second.
        for _ in 0..2 {
            advance(WINDOW * 20).await;
            pace.made_room(1);
        }
        assert_eq!(pace.ahead(), 0);
    }
}
