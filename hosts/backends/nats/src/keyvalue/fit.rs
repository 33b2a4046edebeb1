//! Buckets that another program made.

use async_nats::jetstream::stream::Config;
use wasi_cloud_core::{Error, Kind, Result};

/// That a bucket which another program made keeps one value of a key, for as long as nobody removes it.
pub(super) fn is_fit(there: &Config) -> Result<()> {
    let kept = there.max_messages_per_subject;
    let why = if kept != 1 {
        format!("this bucket keeps a history of {kept}; only one with a history of 1 can be used")
    } else if !there.max_age.is_zero() {
        "this bucket removes values after a time; only one without a time to live can be used".to_owned()
    } else if there.mirror.is_some() {
        "this bucket mirrors another, and cannot be written; use that one".to_owned()
    } else {
        return Ok(());
    };
    Err(Error::new(Kind::Unsupported, why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_nats::jetstream::stream::Source;
    use std::time::Duration;

    #[test]
    fn buckets_that_forget_or_cannot_be_written_are_refused() {
        let fit = Config { max_messages_per_subject: 1, ..Config::default() };
        assert!(is_fit(&fit).is_ok());
        let unfit = [
            Config { max_messages_per_subject: 2, ..fit.clone() },
            Config { max_age: Duration::from_secs(1), ..fit.clone() },
            Config { mirror: Some(Source::default()), ..fit },
        ];
        for config in unfit {
            assert_eq!(is_fit(&config).expect_err("unfit").kind, Kind::Unsupported);
        }
    }
}
