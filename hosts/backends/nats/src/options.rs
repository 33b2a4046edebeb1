//! What a URL says.

use url::Url;
use wasi_cloud_core::{
    Error, Kind, Result,
    provider::{Secret, Secrets, UrlOptions, redact},
};

const DEFAULT_PORT: u16 = 4222;
const DEFAULT_MAXLEN: u32 = 10_000;
/// Most servers that keep one stream.
const MOST_REPLICAS: u32 = 5;
const KNOWN: [&str; 3] = ["maxlen", "replicas", "secret"];

/// How to log in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Login {
    Nobody,
    Token(Secret),
    User(String, Secret),
}

/// A URL, understood.
#[derive(Debug)]
pub(crate) struct Options {
    /// Where the server is, without a login.
    pub(crate) address: String,
    pub(crate) login: Login,
    /// The URL as it may be shown.
    pub(crate) shown: String,
    /// How many messages of a topic are kept.
    pub(crate) maxlen: u32,
    /// In how many servers of a cluster.
    pub(crate) replicas: u32,
}

/// Reads a URL. Everything that it cannot mean is `invalid`, and no message repeats a credential.
pub(crate) fn parse(url: &Url, secrets: &dyn Secrets) -> Result<Options> {
    if !url.path().trim_matches('/').is_empty() {
        return Err(invalid("a NATS URL has no path"));
    }
    let given = UrlOptions::read(url, &KNOWN)?;
    let address = format!("{}://{}:{}", url.scheme(), given.host(), url.port().unwrap_or(DEFAULT_PORT));
    let maxlen = given.number("maxlen", 1..=u32::MAX)?.unwrap_or(DEFAULT_MAXLEN);
    let replicas = given.number("replicas", 1..=MOST_REPLICAS)?.unwrap_or(1);
    Ok(Options { address, login: login(&given, secrets)?, shown: redact(url), maxlen, replicas })
}

/// A user without a password is a token, as other programs write it.
fn login(given: &UrlOptions<'_>, secrets: &dyn Secrets) -> Result<Login> {
    let user = given.user()?;
    Ok(match (user.is_empty(), given.password(secrets)?) {
        (true, None) => Login::Nobody,
        (true, Some(token)) => Login::Token(token),
        (false, None) => Login::Token(Secret::new(user)),
        (false, Some(password)) => Login::User(user, password),
    })
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
        let options = read("tls://us%40er:p%2Fw@[::1]:7/?maxlen=5&replicas=3").expect("valid");
        assert_eq!(options.login, Login::User("us@er".to_owned(), Secret::new("p/w")));
        assert_eq!((&*options.address, options.maxlen, options.replicas), ("tls://[::1]:7", 5, 3));
        let options = read("nats://").expect("valid");
        assert_eq!((&*options.address, options.maxlen, options.replicas), ("nats://127.0.0.1:4222", 10_000, 1));
        assert_eq!(options.login, Login::Nobody);
        let token = Login::Token(Secret::new("hunter2"));
        assert_eq!(read("nats://hunter2@h").expect("valid").login, token);
        assert_eq!(read("nats://h?secret=NAME").expect("valid").login, token);
        let user = Login::User("u".to_owned(), Secret::new("hunter2"));
        assert_eq!(read("nats://u@h?secret=NAME").expect("valid").login, user);
    }

    #[test]
    fn what_a_url_cannot_say_is_invalid_and_not_repeated() {
        let bad = [
            "nats://:hunter2@h?ttl=1",
            "nats://:hunter2@h?secret=NAME",
            "nats://h?secret=OTHER",
            "nats://h?maxlen=0",
            "nats://h?maxlen=+1",
            "nats://h?maxlen=1&maxlen=2",
            "nats://h?replicas=6",
            "nats://h?replicas=hunter2",
            "nats://h/hunter2",
            "nats://h#hunter2",
            "nats://:%ffhunter2@h",
        ];
        for url in bad {
            let error = read(url).expect_err(url);
            assert_eq!(error.kind, Kind::Invalid, "{url}");
            assert!(!error.message.contains("hunter2"), "{error}");
        }
        assert!(read("nats://h?ttl=1").expect_err("unknown").message.contains("maxlen, replicas, secret"));
    }
}
