//! What a URL says.

use url::Url;
use wasi_cloud_core::{
    Error, Kind, Result,
    provider::{Secret, Secrets, UrlOptions, redact},
};

const DEFAULT_PORT: u16 = 2379;
const TLS: &str = "etcd+tls";

/// A URL, understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Where the gateway is: `http://host:port`, without a login.
    pub(crate) address: String,
    pub(crate) tls: bool,
    pub(crate) login: Option<(String, Secret)>,
    /// The URL as it may be shown.
    pub(crate) shown: String,
}

/// Reads a URL. Everything that it cannot mean is `invalid`, and no message repeats a credential.
pub(crate) fn parse(url: &Url, secrets: &dyn Secrets) -> Result<Options> {
    if !url.path().trim_matches('/').is_empty() {
        return Err(invalid("an etcd URL has no path; a bucket is the first part of a key"));
    }
    let given = UrlOptions::read(url, &["secret"])?;
    let tls = url.scheme() == TLS;
    let scheme = if tls { "https" } else { "http" };
    let address = format!("{scheme}://{}:{}", given.host(), url.port().unwrap_or(DEFAULT_PORT));
    let user = given.user()?;
    let login = match (user.is_empty(), given.password(secrets)?) {
        (true, None) => None,
        (false, Some(password)) => Some((user, password)),
        _ => return Err(invalid("etcd logs in by user and password: give both, or neither")),
    };
    Ok(Options { address, tls, login, shown: redact(url) })
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
        let options = read("etcd+tls://us%40er:p%2Fw@[::1]:7/").expect("valid");
        assert_eq!((&*options.address, options.tls), ("https://[::1]:7", true));
        assert_eq!(options.login, Some(("us@er".to_owned(), Secret::new("p/w"))));
        assert_eq!(options.shown, "etcd+tls://[::1]:7/");
        let options = read("etcd://").expect("valid");
        assert_eq!((&*options.address, options.tls, options.login), ("http://127.0.0.1:2379", false, None));
        let named = read("etcd://u@h?secret=NAME").expect("valid");
        assert_eq!(named.login, Some(("u".to_owned(), Secret::new("hunter2"))));
    }

    #[test]
    fn what_a_url_cannot_say_is_invalid_and_not_repeated() {
        let bad =
            ["etcd://hunter2@h", "etcd://:hunter2@h", "etcd://h?secret=NAME", "etcd://h/hunter2", "etcd://h?ttl=1"];
        for url in bad {
            let error = read(url).expect_err(url);
            assert_eq!(error.kind, Kind::Invalid, "{url}");
            assert!(!error.message.contains("hunter2"), "{error}");
        }
    }
}
