//! The day on which exemptions are looked at.

use std::time::SystemTime;

/// Today in UTC, as `YYYY-MM-DD`.
#[must_use]
pub fn today() -> String {
    date(SystemTime::now())
}

/// The day of a time in UTC, as `YYYY-MM-DD`. Later than the year 9999 there are none.
#[must_use]
pub fn date(at: SystemTime) -> String {
    const LAST: &str = "9999-12-31T23:59:59Z";
    let last = humantime::parse_rfc3339(LAST).unwrap_or(at);
    humantime::format_rfc3339_seconds(at.clamp(SystemTime::UNIX_EPOCH, last)).to_string().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    #[test]
    fn every_time_has_a_day() {
        let after = |days: u64| super::date(SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400 + 86_399));
        assert_eq!(after(11_016), "2000-02-29");
        assert_eq!(after(20_453), "2025-12-31");
        assert_eq!(after(10_000_000), "9999-12-31");
        assert_eq!(super::date(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), "1970-01-01");
    }
}
