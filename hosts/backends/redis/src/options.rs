//! What a URL says.

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisConnectionInfo};
use url::Url;
use wasi_cloud_core::{
    Error, Kind, Result,
    provider::{
        Secrets, UrlOptions,
        options::{decoded, number},
        redact,
    },
};

const DEFAULT_PORT: u16 = 6379;
const DEFAULT_MAXLEN: u64 = 10_000;
/// A server counts its databases so far.
const LAST_DB: i64 = i32::MAX as i64;
/// Query keys of every URL.
const KNOWN: [&str; 3] = ["delivery", "maxlen", "secret"];
/// Those of `redis+unix:`, which has no room for them elsewhere.
const KNOWN_UNIX: [&str; 5] = ["db", "delivery", "maxlen", "secret", "user"];

/// How messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    Streams,
    Channels,
}

/// A URL, understood.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) connection: ConnectionInfo,
    /// The URL as it may be shown.
    pub(crate) shown: String,
    pub(crate) delivery: Delivery,
    /// About how many entries a stream keeps.
    pub(crate) maxlen: u64,
}

/// Reads a URL. Everything that it cannot mean is `invalid`, and no message repeats a credential.
pub(crate) fn parse(url: &Url, secrets: &dyn Secrets) -> Result<Options> {
    let unix = url.scheme() == "redis+unix";
    let given = UrlOptions::read(url, if unix { &KNOWN_UNIX } else { &KNOWN })?;
    let address = if unix { socket(url)? } else { host(url, &given)? };
    let db = if unix { given.text("db").unwrap_or_default() } else { url.path().trim_matches('/') };
    let db = if db.is_empty() { 0 } else { number("a database", db, 0..=LAST_DB)? };
    let connection = address
        .into_connection_info()
        .map_err(|_| invalid("not an address of a Redis server"))?
        // Redis 6 has it, and only it says when the server closes a connection.
        .set_redis_settings(login(&given, secrets)?.set_db(db).set_protocol(ProtocolVersion::RESP3));
    let delivery = match given.text("delivery") {
        None | Some("streams") => Delivery::Streams,
        Some("pubsub") => Delivery::Channels,
        Some(_) => return Err(invalid("`delivery` is `streams` or `pubsub`")),
    };
    // A stream of length 0 would keep no message.
    let maxlen = given.number("maxlen", 1..=u64::MAX)?.unwrap_or(DEFAULT_MAXLEN);
    Ok(Options { connection, shown: redact(url), delivery, maxlen })
}

fn host(url: &Url, given: &UrlOptions<'_>) -> Result<ConnectionAddr> {
    let host = given.host();
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    Ok(ConnectionAddr::Tcp(decoded(host, "host")?, url.port().unwrap_or(DEFAULT_PORT)))
}

fn socket(url: &Url) -> Result<ConnectionAddr> {
    if url.host_str().is_some_and(|host| !host.is_empty()) || url.path().len() < 2 {
        return Err(invalid("write the socket's path as `redis+unix:///path/to/socket`"));
    }
    let address = ConnectionAddr::Unix(decoded(url.path(), "path")?.into());
    if address.is_supported() { Ok(address) } else { Err(invalid("this platform has no Unix sockets")) }
}

fn login(given: &UrlOptions<'_>, secrets: &dyn Secrets) -> Result<RedisConnectionInfo> {
    let mut login = RedisConnectionInfo::default();
    let user = given.text("user").map_or_else(|| given.user(), |user| Ok(user.to_owned()))?;
    if !user.is_empty() {
        login = login.set_username(user);
    }
    if let Some(password) = given.password(secrets)? {
        login = login.set_password(password.reveal());
    }
    Ok(login)
}

fn invalid(why: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_cloud_core::provider::Secret;

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
        let options = read("redis://us%40er:p%2Fw@[::1]:7/3?maxlen=5&delivery=pubsub").expect("valid");
        let login = options.connection.redis_settings();
        assert_eq!((login.username(), login.password(), login.db()), (Some("us@er"), Some("p/w"), 3));
        assert_eq!(*options.connection.addr(), ConnectionAddr::Tcp("::1".to_owned(), 7));
        assert_eq!((options.delivery, options.maxlen), (Delivery::Channels, 5));
        let options = read("redis+unix:///tmp/a%20b?db=2&user=u&secret=NAME").expect("valid");
        let login = options.connection.redis_settings();
        assert_eq!((login.username(), login.password(), login.db()), (Some("u"), Some("hunter2"), 2));
        assert_eq!(*options.connection.addr(), ConnectionAddr::Unix("/tmp/a b".into()));
        let options = read("redis://").expect("valid");
        assert_eq!(*options.connection.addr(), ConnectionAddr::Tcp("127.0.0.1".to_owned(), 6379));
        assert_eq!((options.delivery, options.maxlen), (Delivery::Streams, 10_000));
    }

    #[test]
    fn what_a_url_cannot_say_is_invalid_and_not_repeated() {
        let bad = [
            "redis://:hunter2@h?ttl=1",
            "redis://:hunter2@h?db=1",
            "redis://:hunter2@h?secret=NAME",
            "redis://h?secret=OTHER",
            "redis://h?maxlen=0",
            "redis://h?maxlen=+1",
            "redis://h?maxlen=1&maxlen=2",
            "redis://h?delivery=hunter2",
            "redis://h/hunter2",
            "redis://h/-1",
            "redis://h/0#hunter2",
            "redis://:%ffhunter2@h",
            "redis+unix:///",
            "redis+unix://host/path",
        ];
        for url in bad {
            let error = read(url).expect_err(url);
            assert_eq!(error.kind, Kind::Invalid, "{url}");
            assert!(!error.message.contains("hunter2"), "{error}");
        }
        assert!(read("redis://h?ttl=1").expect_err("unknown").message.contains("delivery, maxlen, secret"));
    }
}
