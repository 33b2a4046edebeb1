//! What a URL says.

use url::Url;
use wasi_cloud_core::{
    Error, Kind, Result,
    provider::{UrlOptions, redact},
};

const DEFAULT_PORT: u16 = 9092;
/// As many as a host handles messages at once, if nobody says otherwise.
const DEFAULT_PARTITIONS: i32 = 8;
const MOST_PARTITIONS: i32 = 10_000;
const KNOWN: [&str; 2] = ["partitions", "replicas"];

/// A URL, understood.
#[derive(Debug)]
pub(crate) struct Options {
    /// Where a broker of the cluster is.
    pub(crate) address: String,
    /// The URL as it may be shown.
    pub(crate) shown: String,
    /// Partitions of a topic that is made here.
    pub(crate) partitions: i32,
    /// Brokers that keep each of them; `None` leaves it to the cluster.
    pub(crate) replicas: Option<i16>,
}

/// Reads a URL. Everything that it cannot mean is `invalid`, and no message repeats a credential.
pub(crate) fn parse(url: &Url) -> Result<Options> {
    if !url.path().trim_matches('/').is_empty() {
        return Err(invalid("a Kafka URL has no path"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("this backend does not log in: name a listener of the protocol PLAINTEXT, and no user"));
    }
    let given = UrlOptions::read(url, &KNOWN)?;
    Ok(Options {
        address: format!("{}:{}", given.host(), url.port().unwrap_or(DEFAULT_PORT)),
        shown: redact(url),
        partitions: given.number("partitions", 1..=MOST_PARTITIONS)?.unwrap_or(DEFAULT_PARTITIONS),
        replicas: given.number("replicas", 1..=i16::MAX)?,
    })
}

fn invalid(why: &str) -> Error {
    Error::new(Kind::Invalid, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Options> {
        parse(&Url::parse(url).expect(url))
    }

    #[test]
    fn all_that_a_url_can_say() {
        let options = read("kafka://[::1]:7?partitions=3&replicas=2").expect("valid");
        assert_eq!((&*options.address, options.partitions, options.replicas), ("[::1]:7", 3, Some(2)));
        assert_eq!(options.shown, "kafka://[::1]:7");
        let options = read("kafka://h/").expect("valid");
        assert_eq!((&*options.address, options.partitions, options.replicas), ("h:9092", 8, None));
    }

    #[test]
    fn what_a_url_cannot_say_is_invalid_and_not_repeated() {
        let bad = [
            "kafka://h/topic",
            "kafka://hunter2@h",
            "kafka://me:hunter2@h",
            "kafka://h?partitions=0",
            "kafka://h?partitions=many",
            "kafka://h?replicas=0",
            "kafka://h?password=hunter2",
            "kafka://h#hunter2",
        ];
        for url in bad {
            let error = read(url).expect_err(url);
            assert_eq!(error.kind, Kind::Invalid, "{url}");
            assert!(!error.message.contains("hunter2"), "{error}");
        }
    }
}
