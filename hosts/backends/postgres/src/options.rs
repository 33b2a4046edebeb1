//! What a URL says.

use url::Url;
use wasi_cloud_core::{
    Error, Kind, Result,
    provider::{Secret, Secrets, UrlOptions, options::decoded, redact},
};

const DEFAULT_PORT: u16 = 5432;
const DEFAULT_SCHEMA: &str = "wasi_cloud";
const DEFAULT_CONNECTIONS: usize = 8;
const MOST_CONNECTIONS: usize = 1000;
/// Longest name that PostgreSQL does not cut, in bytes.
const MAX_NAME: usize = 63;
const DEFAULT_MAXLEN: u32 = 10_000;
const KNOWN: [&str; 5] = ["connections", "maxlen", "schema", "secret", "sslmode"];

/// A URL, understood.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: Option<Secret>,
    pub(crate) database: String,
    /// Whether the connection must be secure.
    pub(crate) tls: bool,
    /// Needs no quotes.
    pub(crate) schema: String,
    /// Most connections at once.
    pub(crate) connections: usize,
    /// How many messages of a topic are kept.
    pub(crate) maxlen: u32,
    /// The URL as it may be shown.
    pub(crate) shown: String,
}

/// Reads a URL. Everything that it cannot mean is `invalid`, and no message repeats a credential.
pub(crate) fn parse(url: &Url, secrets: &dyn Secrets) -> Result<Options> {
    let options = UrlOptions::read(url, &KNOWN)?;
    let user = options.user()?;
    if user.is_empty() {
        return Err(invalid("the URL names no user; write `postgres://user:password@host/database`"));
    }
    let database = match decoded(url.path().trim_start_matches('/'), "database")? {
        database if database.is_empty() => user.clone(),
        database => database,
    };
    if database.contains(['/', '\0']) || user.contains('\0') {
        return Err(invalid("a user or a database cannot be called so; the path of the URL is one name"));
    }
    let tls = match options.text("sslmode") {
        None | Some("disable") => false,
        Some("verify-full") => true,
        Some(_) => return Err(invalid("`sslmode` is `disable` or `verify-full`")),
    };
    let schema = options.text("schema").unwrap_or(DEFAULT_SCHEMA).to_owned();
    if !is_name(&schema) {
        return Err(invalid("`schema` is a name of small letters, digits and `_`, not longer than 63"));
    }
    // Of a scheme that `url` does not know, it leaves an address in brackets as it is.
    Ok(Options {
        host: options.host().trim_start_matches('[').trim_end_matches(']').to_owned(),
        port: url.port().unwrap_or(DEFAULT_PORT),
        password: options.password(secrets)?,
        connections: options.number("connections", 1..=MOST_CONNECTIONS)?.unwrap_or(DEFAULT_CONNECTIONS),
        maxlen: options.number("maxlen", 1..=u32::MAX)?.unwrap_or(DEFAULT_MAXLEN),
        user,
        database,
        tls,
        schema,
        shown: redact(url),
    })
}

/// Whether a name can stand in a statement as it is. What begins with `pg_` is the server's own.
fn is_name(name: &str) -> bool {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    let first = name.bytes().next().is_some_and(|c| !c.is_ascii_digit());
    first && name.len() <= MAX_NAME && name.bytes().all(plain) && !name.starts_with("pg_")
}

fn invalid(why: &str) -> Error {
    Error::new(Kind::Invalid, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct OneSecret;
    impl Secrets for OneSecret {
        fn get(&self, name: &str) -> Option<Secret> {
            (name == "NAME").then(|| Secret::new("hunter2"))
        }
    }

    fn read(url: &str) -> Result<Options> {
        parse(&Url::parse(url).expect(url), &OneSecret)
    }

    #[test]
    fn all_that_a_url_can_say() {
        let all = "postgres://us%40er:p%2Fw@[::1]:7/d%20b?schema=a_1&connections=3&sslmode=verify-full&maxlen=5";
        let options = read(all).expect("valid");
        assert_eq!((&*options.host, options.port, &*options.user, &*options.database), ("::1", 7, "us@er", "d b"));
        assert_eq!((options.password, options.tls, &*options.schema), (Some(Secret::new("p/w")), true, "a_1"));
        assert_eq!((options.connections, options.maxlen, &*options.shown), (3, 5, "postgres://[::1]:7/d%20b"));
        let options = read("postgres://me@h?secret=NAME").expect("valid");
        assert_eq!((options.port, &*options.database, options.tls, options.maxlen), (5432, "me", false, 10_000));
        assert_eq!(
            (options.password, &*options.schema, options.connections),
            (Some(Secret::new("hunter2")), "wasi_cloud", 8)
        );
    }

    #[test]
    fn what_a_url_cannot_say_is_invalid_and_not_repeated() {
        let bad = [
            "postgres://h/d",
            "postgres://:hunter2@h/d",
            "postgres://me:hunter2@h/d/e",
            "postgres://me:hunter2@h/%00",
            "postgres://me:hunter2@h/%ff",
            "postgres://me:hunter2@h/d?secret=NAME",
            "postgres://me@h/d?schema=",
            "postgres://me@h/d?schema=1a",
            "postgres://me@h/d?schema=A",
            "postgres://me@h/d?schema=pg_x",
            "postgres://me@h/d?schema=hunter2;drop",
            "postgres://me@h/d?connections=0",
            "postgres://me@h/d?connections=1001",
            "postgres://me@h/d?maxlen=0",
            "postgres://me@h/d?sslmode=require",
            "postgres://me@h/d?password=hunter2",
        ];
        for url in bad {
            let error = read(url).expect_err(url);
            assert_eq!(error.kind, Kind::Invalid, "{url}");
            assert!(!error.message.contains("hunter2"), "{error}");
        }
    }
}
