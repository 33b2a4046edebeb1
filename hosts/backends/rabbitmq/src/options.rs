//! What a URL says.

use lapin::uri::{AMQPAuthority, AMQPQueryString, AMQPScheme, AMQPUri, AMQPUserInfo};
use url::Url;
use wasi_cloud_core::{
    Error, Kind, Result,
    provider::{Secret, Secrets, UrlOptions, options::decoded, redact},
};

const DEFAULT_PORT: u16 = 5672;
/// Whom the server knows when it is new, from this machine only.
const DEFAULT_USER: &str = "guest";
const DEFAULT_VHOST: &str = "/";
/// How often, in seconds, either side gives a sign of life; after two without one the connection is lost.
const HEARTBEAT: u16 = 10;
const KNOWN: [&str; 1] = ["secret"];

/// A URL, understood.
#[derive(Debug)]
pub(crate) struct Options {
    host: String,
    port: u16,
    user: String,
    password: Secret,
    vhost: String,
    /// The URL as it may be shown.
    pub(crate) shown: String,
}

impl Options {
    /// As the client wants it, with the password.
    pub(crate) fn uri(&self) -> AMQPUri {
        let userinfo = AMQPUserInfo { username: self.user.clone(), password: self.password.reveal().to_owned() };
        AMQPUri {
            scheme: AMQPScheme::AMQP,
            authority: AMQPAuthority { userinfo, host: self.host.clone(), port: self.port },
            vhost: self.vhost.clone(),
            query: AMQPQueryString { heartbeat: Some(HEARTBEAT), ..AMQPQueryString::default() },
        }
    }
}

/// Reads a URL. Everything that it cannot mean is `invalid`, and no message repeats a credential.
pub(crate) fn parse(url: &Url, secrets: &dyn Secrets) -> Result<Options> {
    if url.scheme() == "amqps" {
        let why = "this build has no TLS for AMQP: write `amqp:` and let a proxy or a private network protect the way";
        return Err(Error::new(Kind::Unsupported, why));
    }
    let given = UrlOptions::read(url, &KNOWN)?;
    let vhost = decoded(url.path().strip_prefix('/').unwrap_or_default(), "vhost")?;
    if vhost.len() > 255 {
        return Err(Error::new(Kind::Invalid, "the name of a vhost has at most 255 bytes"));
    }
    let (user, password) = (given.user()?, given.password(secrets)?);
    let or = |text: String, usual: &str| if text.is_empty() { usual.to_owned() } else { text };
    Ok(Options {
        // The client wants an IPv6 address without brackets.
        host: given.host().trim_matches(['[', ']']).to_owned(),
        port: url.port().unwrap_or(DEFAULT_PORT),
        password: password.unwrap_or_else(|| Secret::new(if user.is_empty() { DEFAULT_USER } else { "" })),
        user: or(user, DEFAULT_USER),
        vhost: or(vhost, DEFAULT_VHOST),
        shown: redact(url),
    })
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
        let all = read("amqp://us%40er:p%2Fw@[::1]:7/a%2Fb").expect("valid");
        assert_eq!((&*all.host, all.port, &*all.user, &*all.vhost), ("::1", 7, "us@er", "a/b"));
        assert_eq!(all.password, Secret::new("p/w"));
        assert_eq!(all.shown, "amqp://[::1]:7/a%2Fb");
        for url in ["amqp://", "amqp:///"] {
            let least = read(url).expect("valid");
            assert_eq!((&*least.host, least.port, &*least.user, &*least.vhost), ("127.0.0.1", 5672, "guest", "/"));
            assert_eq!(least.password, Secret::new("guest"));
        }
        assert_eq!(read("amqp://u@h?secret=NAME").expect("valid").password, Secret::new("hunter2"));
        assert_eq!(read("amqp://u@h").expect("valid").password, Secret::new(""));
    }

    #[test]
    fn what_a_url_cannot_say_is_invalid_and_not_repeated() {
        let long = format!("amqp://:hunter2@h/{}", "v".repeat(256));
        let bad = [
            "amqp://:hunter2@h?secret=NAME",
            "amqp://:hunter2@h?ttl=1",
            "amqp://h?secret=OTHER",
            "amqp://h#hunter2",
            "amqp://:%ffhunter2@h",
            "amqp://:hunter2@h/%ff",
            &*long,
        ];
        for url in bad {
            let error = read(url).expect_err(url);
            assert_eq!(error.kind, Kind::Invalid, "{url}");
            assert!(!error.message.contains("hunter2"), "{error}");
        }
        assert_eq!(read("amqps://:hunter2@h").expect_err("no TLS").kind, Kind::Unsupported);
    }
}
