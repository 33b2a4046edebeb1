//! What a URL says.

use url::Url;
use wasi_cloud_core::{
    Error, Kind, Result,
    provider::{Secret, Secrets, UrlOptions, redact},
};

const DEFAULT_PORT: u16 = 8200;
/// Where a server in development mode has its KV engine, and most others too.
const DEFAULT_PATH: &str = "secret";
const TLS: &str = "vault+tls";

/// Where a server is, and who asks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// `http://host:port`.
    pub(crate) address: String,
    pub(crate) tls: bool,
    pub(crate) token: Option<Secret>,
    /// The URL as it may be shown.
    pub(crate) shown: String,
}

/// A URL of a store, and the path in it, as a request has it. Everything that it cannot mean is `invalid`, and no message
/// repeats a credential.
pub(crate) fn of_store(url: &Url, secrets: &dyn Secrets) -> Result<(Options, String)> {
    let options = options(url, secrets)?;
    let path = match url.path().trim_matches('/') {
        "" => DEFAULT_PATH,
        path => path,
    };
    if path.split('/').any(str::is_empty) {
        return Err(invalid(
            "a part of the URL's path is empty; write `vault://host/mount` or `vault://host/mount/folder`",
        ));
    }
    Ok((options, path.to_owned()))
}

/// A URL of a server alone.
pub(crate) fn of_server(url: &Url, secrets: &dyn Secrets) -> Result<Options> {
    if !url.path().trim_matches('/').is_empty() {
        return Err(invalid("this URL names a server: the path of a secret does not belong to it"));
    }
    options(url, secrets)
}

fn options(url: &Url, secrets: &dyn Secrets) -> Result<Options> {
    let tls = match url.scheme() {
        TLS => true,
        "vault" => false,
        _ => return Err(invalid("a URL of Vault begins with `vault://` or `vault+tls://`")),
    };
    let given = UrlOptions::read(url, &["secret"])?;
    if !given.user()?.is_empty() {
        return Err(invalid("Vault takes a token and no user: write `vault://:TOKEN@host`, or name it by `secret`"));
    }
    let scheme = if tls { "https" } else { "http" };
    let address = format!("{scheme}://{}:{}", given.host(), url.port().unwrap_or(DEFAULT_PORT));
    Ok(Options { address, tls, token: given.password(secrets)?, shown: redact(url) })
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

    fn read(url: &str) -> Result<(Options, String)> {
        of_store(&Url::parse(url).expect(url), &OneSecret)
    }

    #[test]
    fn all_that_a_url_can_say() {
        let (options, path) = read("vault+tls://:s.p%2Fw@[::1]:7/team/kv/a%20b/").expect("valid");
        assert_eq!((&*options.address, options.tls, &*path), ("https://[::1]:7", true, "team/kv/a%20b"));
        assert_eq!(options.token, Some(Secret::new("s.p/w")));
        assert_eq!(options.shown, "vault+tls://[::1]:7/team/kv/a%20b/");
        let (options, path) = read("vault://").expect("valid");
        assert_eq!((&*options.address, options.tls, options.token), ("http://127.0.0.1:8200", false, None));
        assert_eq!(path, "secret");
        let (named, _) = read("vault://h?secret=NAME").expect("valid");
        assert_eq!(named.token, Some(Secret::new("hunter2")));
    }

    #[test]
    fn what_a_url_cannot_say_is_invalid_and_not_repeated() {
        let bad = [
            "vault://hunter2@h",
            "vault://u:hunter2@h",
            "vault://h?secret=hunter3",
            "vault://h/a//b",
            "vault://h?ttl=1",
        ];
        for url in bad {
            let error = read(url).expect_err(url);
            assert_eq!(error.kind, Kind::Invalid, "{url}");
            assert!(!error.message.contains("hunter2"), "{error}");
        }
        for url in ["vault://:hunter2@h/secret", "https://:hunter2@h"] {
            let error = of_server(&Url::parse(url).expect(url), &OneSecret).expect_err(url);
            assert!(error.kind == Kind::Invalid && !error.message.contains("hunter2"), "{error}");
        }
    }
}
