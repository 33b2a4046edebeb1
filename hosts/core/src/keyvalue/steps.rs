//! Batches that a backend sends in steps, for one message to its server has an end.

use crate::error::Error;

/// How many of the values that are left make the next step, by their sizes in bytes: at least one, at most `count`, and no
/// more than `bytes` together if there are several.
pub fn next(sizes: impl IntoIterator<Item = usize>, count: usize, bytes: usize) -> usize {
    let mut sum = 0;
    let fitting = sizes.into_iter().take(count).take_while(|size| {
        sum += size;
        sum <= bytes
    });
    fitting.count().max(1)
}

/// Why a batch failed: one that did so after `done` of its parts has changed something.
#[must_use]
pub fn after(done: usize, error: Error) -> Error {
    if done == 0 { error } else { error.maybe_applied() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Applied, Kind};

    #[test]
    fn steps_are_bounded_by_count_and_by_bytes() {
        assert_eq!(next([1; 101], 100, 1_000), 100);
        assert_eq!(next([500; 3], 100, 1_000), 2);
        assert_eq!(next([1_001; 2], 100, 1_000), 1);
    }

    #[test]
    fn what_was_done_before_a_failure_stays_done() {
        let failed = |done| after(done, Error::new(Kind::Quota, "full")).applied;
        assert_eq!((failed(0), failed(1)), (Applied::No, Applied::Maybe));
    }
}
