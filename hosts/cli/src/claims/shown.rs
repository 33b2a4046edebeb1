//! Claims, for people and for scripts.

use super::Trust;
use crate::inspect::report::{escaped, plain};
use humantime::format_rfc3339_seconds;
use serde::Serialize;
use std::time::SystemTime;
use wasi_cloud_claims::{Error, Signed, read_unverified, verify};

/// What is known of the claims of a file. `VERIFY` tells users what the fields mean.
#[derive(Debug, Serialize)]
pub struct Shown {
    verified: bool,
    problem: Option<String>,
    #[serde(flatten)]
    said: Option<Said>,
}

#[derive(Debug, Serialize)]
struct Said {
    issuer: String,
    subject: String,
    allow: Vec<String>,
    issued: String,
    not_before: Option<String>,
    expires: String,
    token: String,
}

impl Shown {
    /// `None` if there are no claims.
    pub fn of(wasm: &[u8], trust: &Trust, now: SystemTime) -> Option<Self> {
        let refused = |why: Error, said| Self { verified: false, problem: Some(plain(&why.to_string())), said };
        let signed = match read_unverified(wasm) {
            Ok(signed) => signed?,
            Err(why) => return Some(refused(why, None)),
        };
        let said = Some(Said::of(signed));
        if trust.store.is_empty() {
            let problem = Some("not checked: name the issuer's public key with --trust".to_owned());
            return Some(Self { verified: false, problem, said });
        }
        Some(match verify(wasm, &trust.store, now) {
            Ok(_) => Self { verified: true, problem: None, said },
            Err(why) => refused(why, said),
        })
    }

    pub fn unsigned() -> Self {
        Self { verified: false, problem: Some(Error::Unsigned.to_string()), said: None }
    }

    pub const fn verified(&self) -> bool {
        self.verified
    }

    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|json| escaped(&json))
    }

    /// Words and what there is to them.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let Some(said) = &self.said else { return Vec::new() };
        let allow = if said.allow.is_empty() { "nothing".to_owned() } else { said.allow.join(" ") };
        let mut lines = vec![
            ("subject", plain(&said.subject)),
            ("issuer", plain(&said.issuer)),
            ("allows", plain(&allow)),
            ("expires", said.expires.clone()),
        ];
        lines.extend(said.not_before.clone().map(|from| ("from", from)));
        lines
    }
}

impl Said {
    fn of(Signed { claims, issuer, token }: Signed) -> Self {
        let text = |time| format_rfc3339_seconds(time).to_string();
        Self {
            issuer,
            subject: claims.subject,
            allow: claims.allow.rules().iter().map(ToString::to_string).collect(),
            issued: text(claims.issued),
            not_before: claims.not_before.map(text),
            expires: text(claims.expires),
            token,
        }
    }
}
