//! What a URL says.

use percent_encoding::percent_decode_str;
use url::Url;
use wasi_cloud_core::{
    Error, Kind, Result,
    provider::{Secret, Secrets, redact},
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

#[derive(Default)]
struct Query {
    maxlen: Option<String>,
    replicas: Option<String>,
    secret: Option<String>,
}

/// Reads a URL. Everything that it cannot mean is `invalid`, and no message repeats a credential.
pub(crate) fn parse(url: &Url, secrets: &dyn Secrets) -> Result<Options> {
    if url.fragment().is_some() {
        return Err(invalid("a NATS URL has no fragment"));
    }
    if !url.path().trim_matches('/').is_empty() {
        return Err(invalid("a NATS URL has no path"));
    }
    let query = query(url)?;
    let host = url.host_str().filter(|host| !host.is_empty()).unwrap_or("127.0.0.1");
    let address = format!("{}://{host}:{}", url.scheme(), url.port().unwrap_or(DEFAULT_PORT));
    let maxlen = number(query.maxlen.as_deref(), DEFAULT_MAXLEN, "maxlen", u32::MAX)?;
    let replicas = number(query.replicas.as_deref(), 1, "replicas", MOST_REPLICAS)?;
    Ok(Options { address, login: login(url, &query, secrets)?, shown: redact(url), maxlen, replicas })
}

fn query(url: &Url) -> Result<Query> {
    let mut query = Query::default();
    for (key, value) in url.query_pairs() {
        let slot = match &*key {
            "maxlen" => &mut query.maxlen,
            "replicas" => &mut query.replicas,
            "secret" => &mut query.secret,
            _ => {
                let known = KNOWN.join(", ");
                return Err(invalid(format!("no option `{key}`; a `{}:` URL has: {known}", url.scheme())));
            }
        };
        if slot.replace(value.into_owned()).is_some() {
            return Err(invalid(format!("the option `{key}` is given twice")));
        }
    }
    Ok(query)
}

/// A user without a password is a token, as other programs write it.
fn login(url: &Url, query: &Query, secrets: &dyn Secrets) -> Result<Login> {
    let user = decoded(url.username(), "user")?;
    let password = match (url.password(), &query.secret) {
        (Some(_), Some(_)) => return Err(invalid("the password is given twice, in the URL and by `secret`")),
        (Some(password), None) => Some(Secret::new(decoded(password, "password")?)),
        (None, Some(name)) => {
            Some(secrets.get(name).ok_or_else(|| invalid(format!("there is no secret named `{name}`")))?)
        }
        (None, None) => None,
    };
    Ok(match (user.is_empty(), password) {
        (true, None) => Login::Nobody,
        (true, Some(token)) => Login::Token(token),
        (false, None) => Login::Token(Secret::new(user)),
        (false, Some(password)) => Login::User(user, password),
    })
}

fn decoded(text: &str, what: &str) -> Result<String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(Into::into).map_err(|_| invalid(format!("the {what} in the URL is not UTF-8")))
}

fn number(text: Option<&str>, default: u32, what: &str, most: u32) -> Result<u32> {
    let Some(text) = text else { return Ok(default) };
    // `parse` also takes a sign.
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && (1..=most).contains(number));
    number.ok_or_else(|| invalid(format!("`{what}` is a number from 1 to {most}")))
}

fn invalid(why: impl Into<String>) -> Error {
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
