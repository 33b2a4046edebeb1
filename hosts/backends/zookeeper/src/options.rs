//! What a URL says.

use crate::names;
use url::Url;
use wasi_cloud_core::{
    Error, Kind, Result,
    provider::{
        Secret, Secrets, UrlOptions,
        options::{decoded, number},
        redact,
    },
};

const DEFAULT_PORT: u16 = 2181;

/// A URL, understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Where the servers are: `host:port,host:port`.
    pub(crate) hosts: String,
    /// The znode of the buckets: empty for the root, else a path without `/` at its end.
    pub(crate) root: String,
    /// `user:password`.
    pub(crate) login: Option<Secret>,
    /// The URL as it may be shown.
    pub(crate) shown: String,
}

/// Reads a URL. Everything that it cannot mean is `invalid`, and no message repeats a credential.
pub(crate) fn parse(url: &Url, secrets: &dyn Secrets) -> Result<Options> {
    let given = UrlOptions::read(url, &["secret"])?;
    Ok(Options { hosts: hosts(url, &given)?, root: root(url)?, login: login(&given, secrets)?, shown: redact(url) })
}

fn hosts(url: &Url, given: &UrlOptions<'_>) -> Result<String> {
    let port = url.port().unwrap_or(DEFAULT_PORT);
    let hosts = decoded(given.host(), "host")?;
    let hosts = hosts.split(',').map(|host| {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, own)) if !host.ends_with(']') => (name, number("a port", own, 1..=u16::MAX)?),
            _ => (host, port),
        };
        let is_name = !name.is_empty() && !name.contains(|c: char| c == '/' || c.is_whitespace() || c.is_control());
        is_name.then(|| format!("{name}:{port}")).ok_or_else(|| invalid("a host in the URL is no host's name"))
    });
    Ok(hosts.collect::<Result<Vec<_>>>()?.join(","))
}

fn root(url: &Url) -> Result<String> {
    let path = decoded(url.path(), "path")?;
    let path = path.trim_matches('/');
    let is_known = |node: &str| names::is_plain(node);
    if path.is_empty() {
        return Ok(String::new());
    }
    if !path.split('/').all(is_known) || path.split('/').next() == Some("zookeeper") {
        return Err(invalid("the path of a ZooKeeper URL is that of a znode, and not below `/zookeeper`"));
    }
    Ok(format!("/{path}"))
}

fn login(given: &UrlOptions<'_>, secrets: &dyn Secrets) -> Result<Option<Secret>> {
    let user = given.user()?;
    match (user.is_empty(), given.password(secrets)?) {
        (true, None) => Ok(None),
        (false, Some(_)) if user.contains(':') => Err(invalid("a user of ZooKeeper has no `:` in the name")),
        (false, Some(password)) => Ok(Some(Secret::new(format!("{user}:{}", password.reveal())))),
        _ => Err(invalid("ZooKeeper knows a session by user and password: give both, or neither")),
    }
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
        let options = read("zookeeper://us%40er:p%2Fw@[::1]:7/apps/my%20app/").expect("valid");
        assert_eq!((&*options.hosts, &*options.root), ("[::1]:7", "/apps/my app"));
        assert_eq!(options.login, Some(Secret::new("us@er:p/w")));
        assert_eq!(options.shown, "zookeeper://[::1]:7/apps/my%20app/");
        let options = read("zookeeper://").expect("valid");
        assert_eq!((&*options.hosts, &*options.root, options.login), ("127.0.0.1:2181", "", None));
        assert_eq!(read("zookeeper://a,b:7").expect("several").hosts, "a:7,b:7");
        assert_eq!(read("zookeeper://a%3A1,b").expect("several").hosts, "a:1,b:2181");
        let named = read("zookeeper://u@h?secret=NAME").expect("valid");
        assert_eq!(named.login, Some(Secret::new("u:hunter2")));
    }

    #[test]
    fn what_a_url_cannot_say_is_invalid_and_not_repeated() {
        let bad = [
            "zookeeper://hunter2@h",
            "zookeeper://:hunter2@h",
            "zookeeper://a%3Ab:hunter2@h",
            "zookeeper://h?secret=NAME",
            "zookeeper://h?ttl=hunter2",
            "zookeeper://h/zookeeper/hunter2",
            "zookeeper://h/a//hunter2",
            "zookeeper://h/hunter2%00",
            "zookeeper://a,,hunter2",
            "zookeeper://a%3A0,hunter2",
            "zookeeper://hunter2%3Ax",
            "zookeeper://hunter2%2F",
        ];
        for url in bad {
            let error = read(url).expect_err(url);
            assert_eq!(error.kind, Kind::Invalid, "{url}");
            assert!(!error.message.contains("hunter2"), "{error}");
        }
    }
}
