//! What a URL says.

use percent_encoding::percent_decode_str;
use std::{path::PathBuf, time::Duration};
use url::Url;
use wasi_cloud_core::{Error, Kind, Result};

const KNOWN: [&str; 2] = ["busy-timeout", "max-size"];
const MEMORY: &str = ":memory:";
/// Longest `busy-timeout`, in milliseconds: an hour. Shorter than what SQLite can count.
const MAX_PATIENCE: u64 = 3_600_000;
/// Smallest `max-size`, in bytes: the empty tables, and some keys.
const MIN_SIZE: u64 = 64 << 10;

/// Where the data is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In this process, for as long as the store.
    Memory,
    /// In a file.
    File(PathBuf),
}

/// A URL, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) place: Place,
    /// How long a call waits for other programs that use the file, and for calls before it.
    pub(crate) patience: Duration,
    /// Most bytes of the database.
    pub(crate) max_size: Option<u64>,
}

/// Reads a URL. Everything that it cannot mean is `invalid`.
pub(crate) fn parse(url: &Url) -> Result<Options> {
    let host = url.host_str().is_some_and(|host| !host.is_empty());
    if host || url.port().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("a file is on no other host"));
    }
    if url.fragment().is_some() {
        return Err(invalid("a SQLite URL has no fragment"));
    }
    let path = percent_decode_str(url.path()).decode_utf8().map_err(|_| invalid("the path is not UTF-8"))?;
    let place = match &*path {
        "" | "/" => return Err(invalid("the URL names no file")),
        MEMORY => Place::Memory,
        path if path.contains('\0') => return Err(invalid("a path cannot hold NUL")),
        path => Place::File(native(path).into()),
    };
    let mut options = Options { place, patience: Duration::from_secs(5), max_size: None };
    let mut seen = Vec::new();
    for (key, value) in url.query_pairs() {
        match &*key {
            "busy-timeout" => options.patience = Duration::from_millis(number(&key, &value, 0, MAX_PATIENCE)?),
            "max-size" => options.max_size = Some(number(&key, &value, MIN_SIZE, u64::MAX)?),
            _ => return Err(invalid(&format!("no option `{key}`; a `sqlite:` URL has: {}", KNOWN.join(", ")))),
        }
        if seen.contains(&key) {
            return Err(invalid(&format!("the option `{key}` is given twice")));
        }
        seen.push(key);
    }
    Ok(options)
}

/// `/C:/data.db` is how a URL spells `C:/data.db`.
fn native(path: &str) -> &str {
    let drive = |path: &str| path.get(1..2) == Some(":");
    if cfg!(windows) { path.strip_prefix('/').filter(|rest| drive(rest)).unwrap_or(path) } else { path }
}

fn number(key: &str, text: &str, least: u64, most: u64) -> Result<u64> {
    // `parse` also takes a sign.
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && (least..=most).contains(number));
    number.ok_or_else(|| invalid(&format!("`{key}` is a number from {least} to {most}")))
}

fn invalid(why: &str) -> Error {
    let spellings = "write `sqlite:///absolute/path.db`, `sqlite:relative/path.db` or `sqlite::memory:`";
    Error::new(Kind::Invalid, format!("{why}; {spellings}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(url: &str) -> Result<Options> {
        parse(&Url::parse(url).expect("a URL"))
    }

    #[test]
    fn a_url_names_a_file_or_memory() {
        let place = |url: &str| read(url).expect(url).place;
        let file = |path: &str| Place::File(path.into());
        assert_eq!(place("sqlite:///tmp/a.db"), file("/tmp/a.db"));
        assert_eq!(place("sqlite:/tmp/a.db"), file("/tmp/a.db"));
        assert_eq!(place("sqlite:a.db"), file("a.db"));
        assert_eq!(place("sqlite:.wasi-cloud/keyvalue.db"), file(".wasi-cloud/keyvalue.db"));
        assert_eq!(place("sqlite:///with%20space/100%25.db"), file("/with space/100%.db"));
        assert_eq!(place("sqlite:with%20space/%3F%23.db"), file("with space/?#.db"));
        assert_eq!(place("sqlite::memory:"), Place::Memory);
        assert_eq!(place("sqlite:./:memory:"), file("./:memory:"));
        let all = read("sqlite:a.db?busy-timeout=250&max-size=65536").expect("both options");
        assert_eq!((all.patience, all.max_size), (Duration::from_millis(250), Some(65536)));
        assert_eq!(read("sqlite:a.db").expect("no options").patience, Duration::from_secs(5));
    }

    #[test]
    fn what_a_url_cannot_mean_is_invalid() {
        let bad = [
            "sqlite:",
            "sqlite://",
            "sqlite:///",
            "sqlite://relative.db",
            "sqlite://user@host/a.db",
            "sqlite://host:1/a.db",
            "sqlite:a.db#f",
            "sqlite:%ff.db",
            "sqlite:a%00b.db",
            "sqlite:a.db?mode=memory",
            "sqlite:a.db?mode=ro",
            "sqlite:a.db?max-size=1",
            "sqlite:a.db?max-size=1MB",
            "sqlite:a.db?busy-timeout=",
            "sqlite:a.db?busy-timeout=-1",
            "sqlite:a.db?busy-timeout=+1",
            "sqlite:a.db?busy-timeout=3600001",
            "sqlite:a.db?busy-timeout=1&busy-timeout=2",
        ];
        for url in bad {
            let error = read(url).expect_err(url);
            assert!(error.kind == Kind::Invalid && error.message.contains("sqlite::memory:"), "{url}: {error}");
        }
    }
}
