//! Where guests are deployed, and what they ask for.

use crate::{host::Driver, language::Language};
use serde::Deserialize;
use url::Url;

/// Stands for the language of a guest.
const LANG: &str = "{lang}";
/// Stands for the name of a driver.
const DRIVER: &str = "{driver}";

/// A shorter token could be guessed, and would stand in too many words to be kept out of reports.
const SHORTEST: usize = 16;

/// The token that deployed guests ask for. It stands in no file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// The environment variable of the suite that holds it.
    pub env: String,
}

impl Token {
    /// The token itself.
    ///
    /// # Errors
    /// If it is not there, or too short.
    pub fn read(&self) -> Result<String, String> {
        let why = || format!("`{}` is not set: it has to hold the token that the deployed guests ask for", self.env);
        let token = std::env::var(&self.env).ok().filter(|token| !token.is_empty()).ok_or_else(why)?;
        if token.len() < SHORTEST {
            return Err(format!("the token in `{}` has less than {SHORTEST} characters", self.env));
        }
        Ok(token)
    }
}

/// Whether guests can be found by it.
///
/// # Errors
/// What is wrong with it. It is not repeated, since it may hold what should not be in it.
pub fn check(url: &str) -> Result<(), String> {
    if let Some(place) = [LANG, DRIVER].into_iter().find(|place| !url.contains(place)) {
        return Err(format!("`url` leads to one guest, and there are several: write {place}"));
    }
    match address(url, Language::Rust, Driver::Keyvalue) {
        Some(url) if !url.username().is_empty() || url.password().is_some() => {
            Err("no login belongs in `url`: guests ask for `token`".to_owned())
        }
        Some(_) => Ok(()),
        None => Err("`url` is no http: or https: URL".to_owned()),
    }
}

/// Where the guest is.
pub(super) fn address(url: &str, language: Language, driver: Driver) -> Option<Url> {
    let filled = url.replace(LANG, language.name()).replace(DRIVER, driver.name());
    Url::parse(&filled).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host())
}

/// The part of the URL that may be shown.
#[must_use]
pub fn origin(url: &str, language: Language) -> String {
    address(url, language, Driver::Keyvalue).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_language_and_driver_and_no_login() {
        let url = "https://{lang}.example.com/of-mine/{driver}?v=1";
        assert_eq!(check(url), Ok(()));
        let address = address(url, Language::Go, Driver::KeyvalueExt).expect("a URL");
        assert_eq!(address.as_str(), "https://go.example.com/of-mine/keyvalue-ext?v=1");
        assert_eq!(origin(url, Language::C), "https://c.example.com");
        for (url, word) in [
            ("http://h/{driver}", "{lang}"),
            ("http://h/{lang}", "{driver}"),
            ("h/{lang}/{driver}", "no http:"),
            ("ftp://h/{lang}/{driver}", "no http:"),
            ("http://me:hunter2@h/{lang}/{driver}", "no login"),
        ] {
            let why = check(url).expect_err(url);
            assert!(why.contains(word) && !why.contains("hunter2"), "{url}: {why}");
        }
    }
}
