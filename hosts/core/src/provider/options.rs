//! What a backend's URL says besides its address: options and a login, by the same rules for every scheme.

use super::{Secret, Secrets, redact};
use crate::error::{Error, Kind, Result};
use percent_encoding::percent_decode_str;
use std::{
    borrow::Cow,
    fmt::{self, Display},
    ops::RangeInclusive,
    str::FromStr,
};
use url::Url;

/// The query and the login of one URL. Nothing of it blocks, every error is `invalid`, and none repeats a value: it
/// could be a password in the wrong place.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use wasi_cloud_core::provider::{EnvSecrets, Secret, UrlOptions};
///
/// let url = url::Url::parse("nats://us%40er:p%2Fw@host?maxlen=5")?;
/// let options = UrlOptions::read(&url, &["maxlen", "replicas", "secret"])?;
/// assert_eq!(options.number("maxlen", 1..=u32::MAX)?, Some(5));
/// assert_eq!(options.number("replicas", 1..=5)?.unwrap_or(1), 1);
/// assert_eq!(options.user()?, "us@er");
/// assert_eq!(options.password(&EnvSecrets)?, Some(Secret::new("p/w")));
/// # Ok(()) }
/// ```
pub struct UrlOptions<'a> {
    url: &'a Url,
    given: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl fmt::Debug for UrlOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UrlOptions").field("url", &redact(self.url)).finish_non_exhaustive()
    }
}

impl<'a> UrlOptions<'a> {
    /// Reads a URL that may have these options, each once. List `secret` where the system has passwords.
    ///
    /// # Errors
    /// `invalid` for another option, one that is given twice, and a fragment.
    pub fn read(url: &'a Url, known: &[&str]) -> Result<Self> {
        let scheme = url.scheme();
        if url.fragment().is_some() {
            return Err(invalid(format!("a `{scheme}:` URL has no fragment; write `#` as `%23`")));
        }
        let mut given: Vec<(Cow<'a, str>, _)> = Vec::new();
        for (key, value) in url.query_pairs() {
            if !known.contains(&&*key) {
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(invalid(format!("no option `{key}`; a `{scheme}:` URL has: {known}")));
            }
            if given.iter().any(|(before, _)| *before == key) {
                return Err(invalid(format!("the option `{key}` is given twice")));
            }
            given.push((key, value));
        }
        Ok(Self { url, given })
    }

    /// The value of an option, decoded; `None` if it is not given.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.given.iter().find(|(given, _)| given == key).map(|(_, value)| &**value)
    }

    /// The value of an option that is a number; `None` if it is not given.
    ///
    /// # Errors
    /// `invalid` for what is no number of `range`: see [`number`].
    pub fn number<T: FromStr + PartialOrd + Display>(&self, key: &str, range: RangeInclusive<T>) -> Result<Option<T>> {
        self.text(key).map(|text| number(&format!("`{key}`"), text, range)).transpose()
    }

    /// The host as the URL has it, an IPv6 address in brackets; this machine's `127.0.0.1` if it names none.
    #[must_use]
    pub fn host(&self) -> &'a str {
        self.url.host_str().filter(|host| !host.is_empty()).unwrap_or("127.0.0.1")
    }

    /// The user, decoded; empty if the URL names none.
    ///
    /// # Errors
    /// `invalid` if it is not UTF-8.
    pub fn user(&self) -> Result<String> {
        decoded(self.url.username(), "user")
    }

    /// The password: the one in the URL, decoded, or the secret that the option `secret` names.
    ///
    /// # Errors
    /// `invalid` if it is not UTF-8, if both are given, and if there is no secret of that name.
    pub fn password(&self, secrets: &dyn Secrets) -> Result<Option<Secret>> {
        match (self.url.password(), self.text("secret")) {
            (Some(_), Some(_)) => Err(invalid("the password is given twice, in the URL and by `secret`")),
            (Some(password), None) => Ok(Some(Secret::new(decoded(password, "password")?))),
            (None, Some(name)) => {
                let missing = || invalid(format!("there is no secret named `{name}`"));
                Ok(Some(secrets.get(name).ok_or_else(missing)?))
            }
            (None, None) => Ok(None),
        }
    }
}

/// A part of a URL with each `%XX` decoded; `what` names the part in the error.
///
/// # Errors
/// `invalid` if it is not UTF-8.
pub fn decoded(part: &str, what: &str) -> Result<String> {
    let text = percent_decode_str(part).decode_utf8();
    text.map(Into::into).map_err(|_| invalid(format!("the {what} in the URL is not UTF-8")))
}

/// A number of `range`, in decimal digits; `what` names it in the error.
///
/// # Errors
/// `invalid` for all else, also for a sign and for no digit at all.
pub fn number<T: FromStr + PartialOrd + Display>(what: &str, text: &str, range: RangeInclusive<T>) -> Result<T> {
    // `parse` also takes a sign.
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|number| digits && range.contains(number));
    number.ok_or_else(|| invalid(format!("{what} is a number from {} to {}", range.start(), range.end())))
}

fn invalid(why: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["n", "secret"];

    struct OneSecret;
    impl Secrets for OneSecret {
        fn get(&self, name: &str) -> Option<Secret> {
            (name == "NAME").then(|| Secret::new("hunter2"))
        }
    }

    type Read = (Option<u8>, String, Option<Secret>);

    fn read(url: &str) -> Result<Read> {
        let url = Url::parse(url).expect("a URL");
        let options = UrlOptions::read(&url, KNOWN)?;
        Ok((options.number("n", 1..=200)?, options.user()?, options.password(&OneSecret)?))
    }

    #[test]
    fn options_and_login_are_decoded() {
        assert_eq!(read("x://h").expect("nothing"), (None, String::new(), None));
        let all = (Some(200), "us@er".to_owned(), Some(Secret::new("p/w")));
        assert_eq!(read("x://us%40er:p%2Fw@h/?n=2%300").expect("all"), all);
        let named = (None, "u".to_owned(), Some(Secret::new("hunter2")));
        assert_eq!(read("x://u@h?secret=NA%4DE").expect("a secret"), named);
    }

    #[test]
    fn a_url_without_a_host_means_this_machine() {
        for (url, host) in
            [("x://", "127.0.0.1"), ("x://:1/a", "127.0.0.1"), ("x://h:1", "h"), ("x://[::1]:7", "[::1]")]
        {
            // What is no URL at all names no host either.
            let Ok(url) = Url::parse(url) else { continue };
            assert_eq!(UrlOptions::read(&url, &[]).expect("read").host(), host);
        }
    }

    #[test]
    fn what_a_url_cannot_mean_is_invalid_and_not_repeated() {
        let bad = [
            ("x://h?m=hunter2", "no option `m`; a `x:` URL has: n, secret"),
            ("x://h?n=1&n=hunter2", "the option `n` is given twice"),
            ("x://h#hunter2", "no fragment"),
            ("x://h?n=hunter2", "`n` is a number from 1 to 200"),
            ("x://h?n=", "from 1 to 200"),
            ("x://h?n=%2B1", "from 1 to 200"),
            ("x://h?n=-1", "from 1 to 200"),
            ("x://h?n=0", "from 1 to 200"),
            ("x://h?n=201", "from 1 to 200"),
            ("x://h?n=1000", "from 1 to 200"),
            ("x://:hunter2@h?secret=NAME", "given twice"),
            ("x://h?secret=OTHER", "no secret named `OTHER`"),
            ("x://%ff:hunter2@h", "the user in the URL is not UTF-8"),
            ("x://:%ffhunter2@h", "the password in the URL is not UTF-8"),
        ];
        for (url, why) in bad {
            let error = read(url).expect_err(url);
            assert_eq!(error.kind, Kind::Invalid, "{url}");
            assert!(error.message.contains(why) && !error.message.contains("hunter2"), "{url}: {error}");
        }
        let url = Url::parse("x://:hunter2@h?n=hunter2").expect("a URL");
        assert_eq!(format!("{:?}", UrlOptions::read(&url, KNOWN).expect("read")), "UrlOptions { url: \"x://h\", .. }");
        assert!(UrlOptions::read(&url, &[]).expect_err("none").message.ends_with("has: none"));
    }
}
