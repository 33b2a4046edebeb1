//! Ends of lifetimes: milliseconds since 1970, so that processes and restarts agree on them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use wasi_cloud_core::{Clock, Error, Kind, Result};

/// The machine's calendar time, or that of a virtual clock, which began in 1970.
fn now(clock: &Clock) -> Duration {
    match clock {
        Clock::Real(_) => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        Clock::Virtual(_) => clock.now(),
    }
}

/// What has an end up to this one has expired. Rounded down, for nothing expires early.
pub(crate) fn now_ms(clock: &Clock) -> i64 {
    i64::try_from(now(clock).as_millis()).unwrap_or(i64::MAX)
}

/// The end of a lifetime that begins now. Rounded up; `quota` rather than shortened (KVX-37).
pub(crate) fn end_ms(clock: &Clock, ttl: Duration) -> Result<i64> {
    let end = now(clock).checked_add(ttl).map(|end| end.as_nanos().div_ceil(1_000_000));
    end.and_then(|ms| i64::try_from(ms).ok())
        .ok_or_else(|| Error::new(Kind::Quota, "the time to live ends later than this store can count"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_never_shortened() {
        let clock = Clock::new_virtual();
        clock.advance(Duration::from_micros(1500));
        assert_eq!(now_ms(&clock), 1);
        assert_eq!(end_ms(&clock, Duration::from_millis(1)).expect("kept"), 3);
        assert_eq!(end_ms(&clock, Duration::MAX).expect_err("too long").kind, Kind::Quota);
        let most = Duration::from_millis(i64::MAX as u64);
        assert_eq!(end_ms(&clock, most).expect_err("too long").kind, Kind::Quota);
    }

    #[test]
    fn the_calendar_is_not_the_clock_of_this_process() {
        assert!(now_ms(&Clock::default()) > 1_700_000_000_000);
    }
}
