//! What a URL says.

use std::{path::PathBuf, time::Duration};
use url::Url;
use wasi_cloud_core::{
    Error, Kind, Result,
    provider::{UrlOptions, options::decoded},
};

const KNOWN: [&str; 2] = ["busy-timeout", "max-size"];
const MEMORY: &str = ":memory:";
/// `busy-timeout` where none is given.
const PATIENCE: Duration = Duration::from_secs(5);
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

/// Reads a URL. Everything that it cannot mean is `invalid`, and the message shows how to write one.
pub(crate) fn parse(url: &Url) -> Result<Options> {
    read(url).map_err(|error| {
        let spellings = "write `sqlite:///absolute/path.db`, `sqlite:relative/path.db` or `sqlite::memory:`";
        invalid(&format!("{}; {spellings}", error.message))
    })
}

fn read(url: &Url) -> Result<Options> {
    let host = url.host_str().is_some_and(|host| !host.is_empty());
    if host || url.port().is_some() || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("a file is on no other host"));
    }
    let given = UrlOptions::read(url, &KNOWN)?;
    let path = decoded(url.path(), "path")?;
    let place = match &*path {
        "" | "/" => return Err(invalid("the URL names no file")),
        MEMORY => Place::Memory,
        path if path.contains('\0') => return Err(invalid("a path cannot hold NUL")),
        path => Place::File(native(path).into()),
    };
    let patience = given.number("busy-timeout", 0..=MAX_PATIENCE)?.map_or(PATIENCE, Duration::from_millis);
    Ok(Options { place, patience, max_size: given.number("max-size", MIN_SIZE..=u64::MAX)? })
}

/// `/C:/data.db` is how a URL spells `C:/data.db`.
fn native(path: &str) -> &str {
    let drive = |path: &str| path.get(1..2) == Some(":");
    if cfg!(windows) { path.strip_prefix('/').filter(|rest| drive(rest)).unwrap_or(path) } else { path }
}

fn invalid(why: &str) -> Error {
    Error::new(Kind::Invalid, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> Result<Options> {
        parse(&Url::parse(url).expect("a URL"))
    }

    #[test]
    fn a_url_names_a_file_or_memory() {
        let place = |url: &str| parsed(url).expect(url).place;
        let file = |path: &str| Place::File(path.into());
        assert_eq!(place("sqlite:///tmp/a.db"), file("/tmp/a.db"));
        assert_eq!(place("sqlite:/tmp/a.db"), file("/tmp/a.db"));
        assert_eq!(place("sqlite:a.db"), file("a.db"));
        assert_eq!(place("sqlite:.wasi-cloud/keyvalue.db"), file(".wasi-cloud/keyvalue.db"));
        assert_eq!(place("sqlite:///with%20space/100%25.db"), file("/with space/100%.db"));
        assert_eq!(place("sqlite:with%20space/%3F%23.db"), file("with space/?#.db"));
        assert_eq!(place("sqlite::memory:"), Place::Memory);
        assert_eq!(place("sqlite:./:memory:"), file("./:memory:"));
        let all = parsed("sqlite:a.db?busy-timeout=250&max-size=65536").expect("both options");
        assert_eq!((all.patience, all.max_size), (Duration::from_millis(250), Some(65536)));
        assert_eq!(parsed("sqlite:a.db").expect("no options").patience, Duration::from_secs(5));
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
            let error = parsed(url).expect_err(url);
            assert!(error.kind == Kind::Invalid && error.message.contains("sqlite::memory:"), "{url}: {error}");
        }
    }
}
