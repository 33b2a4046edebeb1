//! What a host's declaration file says, held against what the host itself says.

use super::{Check, Selection};
use crate::{
    clauses::Level,
    host::{Declared, HostDescription},
    outcome::{Outcome, Stop, expect, mismatch},
    pattern::Patterns,
};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// `conformance/hosts/<name>.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Declaration {
    /// The host.
    pub name: String,
    /// What it offers, by capability. A capability that is not here comes from elsewhere.
    #[serde(default)]
    pub capabilities: BTreeMap<String, Declared>,
    /// Cases that it does not have to pass for now.
    #[serde(default)]
    pub exemptions: Vec<Exemption>,
}

/// Cases that a host need not pass until a day.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Exemption {
    /// A glob over ids.
    pub cases: String,
    /// Why.
    pub reason: String,
    /// Where it is worked on.
    pub link: String,
    /// The last day on which it holds: `YYYY-MM-DD`.
    pub expires: String,
    #[serde(skip)]
    matcher: Patterns,
}

impl Declaration {
    /// Reads a declaration. `ids` are those that an exemption may name.
    ///
    /// # Errors
    /// What is not a declaration, lacks what cannot be declared away, says nothing of a reason or a link, or exempts no case.
    pub fn parse(text: &str, ids: &BTreeSet<String>) -> Result<Self, String> {
        let mut this: Self = toml::from_str(text).map_err(|why| why.to_string())?;
        this.complete()?;
        for exemption in &mut this.exemptions {
            let glob = std::slice::from_ref(&exemption.cases);
            exemption.matcher = Patterns::read(glob, ids.iter().map(String::as_str))?;
            if exemption.reason.is_empty() || exemption.link.is_empty() {
                return Err(format!("the exemption of `{}` needs a reason and a link", exemption.cases));
            }
            if !is_date(&exemption.expires) {
                return Err(format!("`{}` is not a day; write YYYY-MM-DD", exemption.expires));
            }
        }
        Ok(this)
    }

    fn complete(&self) -> Result<(), String> {
        for (host, capability, features) in OWED {
            let declared = match self.capabilities.get(capability) {
                Some(declared) => declared,
                None if host == self.name => return Err(format!("`{capability}` cannot be declared away")),
                None => continue,
            };
            let owes = host == ANY || host == self.name;
            if let Some(lacking) = features.iter().find(|&&name| owes && !declared.features.contains(name)) {
                return Err(format!("`{capability}: {lacking}` cannot be declared away"));
            }
        }
        Ok(())
    }

    /// One check per capability, and one that no exemption is over.
    #[must_use]
    pub fn checks(&self, host: &HostDescription, today: &str, selection: &Selection) -> Vec<Check> {
        let own = self.capabilities.iter().map(|(word, written)| Check {
            id: check_id(word),
            outcome: compare(word, written, host.capabilities.get(word)),
            expect: selection.expects(&check_id(word)),
        });
        let days = (!self.exemptions.is_empty()).then(|| Check {
            id: EXEMPTIONS.to_owned(),
            outcome: self.in_time(today),
            expect: selection.expects(EXEMPTIONS),
        });
        own.chain(days).collect()
    }

    fn in_time(&self, today: &str) -> Outcome {
        let over = self.exemptions.iter().filter(|exemption| exemption.is_over(today));
        let said: Vec<_> =
            over.map(|e| format!("`{}` until {}: {} ({})", e.cases, e.expires, e.reason, e.link)).collect();
        expect(said.is_empty(), "exemptions", &format!("none that is over on {today}"), said)
    }

    /// Why a case is exempt, if it is.
    ///
    /// # Errors
    /// Nobody is exempt from a core clause.
    pub(super) fn exempts(&self, id: &str, level: &Level, today: &str) -> Result<Option<String>, String> {
        let standing = self.exemptions.iter().filter(|exemption| !exemption.is_over(today));
        let mut found = standing.filter(|exemption| exemption.matcher.matches(id));
        let Some(Exemption { reason, link, expires, .. }) = found.next() else { return Ok(None) };
        if *level == Level::Core {
            return Err(format!("{id} proves a core clause, and {} wants to be exempt from it", self.name));
        }
        Ok(Some(format!("exempt until {expires}: {reason} ({link})")))
    }
}

/// Every host that has the capability.
const ANY: &str = "*";

/// What a host must declare, so that no case can be avoided by saying less: host, capability, features.
const OWED: [(&str, &str, &[&str]); 7] = [
    (ANY, "keyvalue", &["cas-absent", "counters", "listing"]),
    // That messages of a key stay in order is no feature: `tests/kafka.rs` sees to it.
    ("kafka", "messaging", &["at-least-once", "groups"]),
    ("mqtt", "messaging", &["groups", "request-reply", "slash-wildcards"]),
    ("nats", "messaging", &["groups", "redelivery", "request-reply"]),
    ("postgres", "messaging", &["groups"]),
    ("rabbitmq", "messaging", &["groups", "redelivery"]),
    ("redis", "messaging", &["groups", "redelivery"]),
];

impl Exemption {
    /// ISO days sort as text.
    fn is_over(&self, today: &str) -> bool {
        *self.expires < *today
    }
}

fn is_date(text: &str) -> bool {
    matches!(text.parse(), Ok(toml::value::Datetime { date: Some(_), time: None, offset: None }))
}

/// The check that no exemption is over.
pub(super) const EXEMPTIONS: &str = "negotiation/host/exemptions";

pub(super) fn check_id(capability: &str) -> String {
    format!("negotiation/{capability}/declaration")
}

fn compare(capability: &str, written: &Declared, said: Option<&Declared>) -> Outcome {
    let Some(said) = said else {
        return mismatch(&format!("`{capability}`"), "the host to have it, as its declaration says", "it does not");
    };
    if written == said {
        return Ok(());
    }
    // Only what differs: both sides in full would hide it.
    let (expected, actual) = (lines(written), lines(said));
    Err(Stop::Mismatch {
        what: format!("what the declaration and the host say of `{capability}`"),
        expected: format!("declared: {}", differing(&expected, &actual)),
        actual: format!("the host: {}", differing(&actual, &expected)),
    })
}

fn lines(declared: &Declared) -> BTreeSet<String> {
    let features = declared.features.iter().map(|feature| format!("feature {feature}"));
    let limits = declared.limits.iter().map(|(name, limit)| format!("{name} = {limit}"));
    features.chain(limits).chain([format!("durability {}", declared.durability)]).collect()
}

fn differing(these: &BTreeSet<String>, those: &BTreeSet<String>) -> String {
    let only: Vec<_> = these.difference(those).cloned().collect();
    if only.is_empty() { "nothing more".to_owned() } else { only.join(", ") }
}

#[cfg(test)]
mod tests;
