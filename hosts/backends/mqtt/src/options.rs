//! What a URL says.

use crate::connection::Address;
use url::Url;
use wasi_cloud_core::{
    Error, Kind, Result,
    provider::{Secret, Secrets, Timing, UrlOptions, redact},
};

const DEFAULT_PORT: u16 = 1883;
const KNOWN: [&str; 2] = ["client-id", "secret"];
/// Longest `client-id`, in bytes: what is added must fit too.
const LONGEST: usize = 100;

/// Reads a URL: where the server is, and what sessions are called after. Everything that it cannot mean is `invalid`, and
/// no message repeats a credential.
pub(crate) fn parse(url: &Url, secrets: &dyn Secrets, timing: Timing) -> Result<(Address, Option<String>)> {
    if !url.path().trim_matches('/').is_empty() {
        return Err(invalid("an MQTT URL has no path"));
    }
    let given = UrlOptions::read(url, &KNOWN)?;
    let user = given.user()?;
    let password = given.password(secrets)?;
    let client_id = given.text("client-id").map(str::to_owned);
    if client_id.as_ref().is_some_and(|id| !is_name(id)) {
        return Err(invalid("`client-id` is 1 to 100 letters, digits, `-`, `_` and `.`"));
    }
    let login = (!user.is_empty() || password.is_some()).then(|| (user, password.unwrap_or(Secret::new(""))));
    let port = url.port().unwrap_or(DEFAULT_PORT);
    Ok((Address { host: given.host().to_owned(), port, login, url: redact(url), timing }, client_id))
}

fn is_name(id: &str) -> bool {
    (1..=LONGEST).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
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

    fn read(url: &str) -> Result<(Address, Option<String>)> {
        parse(&Url::parse(url).expect(url), &OneSecret, Timing::default())
    }

    #[test]
    fn all_that_a_url_can_say() {
        let (address, client_id) = read("mqtt://us%40er:p%2Fw@[::1]:7/?client-id=host-1").expect("valid");
        assert_eq!((&*address.host, address.port, client_id.as_deref()), ("[::1]", 7, Some("host-1")));
        assert_eq!(address.login, Some(("us@er".to_owned(), Secret::new("p/w"))));
        let (address, client_id) = read("mqtt://").expect("valid");
        assert_eq!((&*address.host, address.port, client_id, address.login), ("127.0.0.1", 1883, None, None));
        let (address, _) = read("mqtt://u@h?secret=NAME").expect("valid");
        assert_eq!(address.login, Some(("u".to_owned(), Secret::new("hunter2"))));
        let (address, _) = read("mqtt://u@h").expect("valid");
        assert_eq!(address.login, Some(("u".to_owned(), Secret::new(""))));
    }

    #[test]
    fn what_a_url_cannot_say_is_invalid_and_not_repeated() {
        let bad = [
            "mqtt://:hunter2@h?qos=1",
            "mqtt://:hunter2@h?secret=NAME",
            "mqtt://h?secret=OTHER",
            "mqtt://h?client-id=",
            "mqtt://h?client-id=a&client-id=b",
            "mqtt://h?client-id=hunter2%2F",
            "mqtt://h/hunter2",
            "mqtt://h#hunter2",
            "mqtt://:%ffhunter2@h",
        ];
        for url in bad {
            let error = read(url).map(|_| ()).expect_err(url);
            assert_eq!(error.kind, Kind::Invalid, "{url}");
            assert!(!error.message.contains("hunter2"), "{error}");
        }
        assert!(read(&format!("mqtt://h?client-id={}", "a".repeat(101))).is_err());
    }
}
