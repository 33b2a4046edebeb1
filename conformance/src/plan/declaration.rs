//! What a host's declaration file says, held against what the host itself says.

mod words;

use super::{Binding, Check, Selection};
use crate::{
    event::Cited,
    host::{Declared, HostDescription, command::Launch},
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
    /// How it is started, if it is a program of somebody else. Without this it is one of our backends.
    #[serde(default)]
    pub launch: Option<Launch>,
    /// Cases that it does not have to pass for now.
    #[serde(default)]
    pub exemptions: Vec<Exemption>,
    /// Cases that it is known to fail. They run, and one that passes is a failure of the run.
    #[serde(default)]
    pub known_failing: Vec<Exemption>,
    /// Word for word.
    #[serde(skip)]
    text: String,
}

/// Cases that a host need not pass until a day, or fails until then.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Exemption {
    /// A glob over ids.
    pub cases: String,
    /// The clause that it breaks, of a known failure; each of the cases must cite it.
    #[serde(default)]
    pub clause: Option<String>,
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
    /// What is not a declaration, has a word that the suite does not know, lacks what cannot be declared away, says nothing of
    /// a reason or a link, exempts no case, or names another file.
    pub fn parse(text: &str, ids: &BTreeSet<String>) -> Result<Self, String> {
        let mut this: Self = toml::from_str(text).map_err(|why| why.to_string())?;
        text.clone_into(&mut this.text);
        this.complete()?;
        this.launch.as_ref().map_or(Ok(()), Launch::check)?;
        if let Some(exemption) = this.known_failing.iter().find(|known| known.clause.is_none()) {
            return Err(format!("the known failure of `{}` must name the clause that is broken", exemption.cases));
        }
        for exemption in this.exemptions.iter_mut().chain(&mut this.known_failing) {
            if exemption.cases.len() > LONGEST {
                return Err(format!("the pattern of `cases` is longer than {LONGEST} bytes: write several entries"));
            }
            let glob = std::slice::from_ref(&exemption.cases);
            exemption.matcher = Patterns::literal(glob, ids.iter().map(String::as_str))?;
            if exemption.reason.is_empty() || exemption.link.is_empty() {
                return Err(format!("what is said of `{}` needs a reason and a link", exemption.cases));
            }
            if !is_date(&exemption.expires) {
                return Err(format!("`{}` is not a day; write YYYY-MM-DD", exemption.expires));
            }
        }
        Ok(this)
    }

    /// The file, word for word.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is of a host that is a program of somebody else.
    #[must_use]
    pub const fn is_of_a_program(&self) -> bool {
        self.launch.is_some()
    }

    /// What a host without a file declares: what it says of itself.
    ///
    /// # Errors
    /// If it has a word that the suite does not know, or leaves out what cannot be declared away.
    pub fn said_by(host: &HostDescription) -> Result<Self, String> {
        let this = Self {
            name: host.name.clone(),
            capabilities: host.capabilities.clone(),
            launch: None,
            exemptions: Vec::new(),
            known_failing: Vec::new(),
            text: String::new(),
        };
        this.complete().map(|()| this)
    }

    fn complete(&self) -> Result<(), String> {
        words::check(&self.capabilities)?;
        for (host, capability, features) in OWED {
            let declared = match self.capabilities.get(capability) {
                Some(declared) => declared,
                None if host == self.name => return Err(format!("`{capability}` cannot be declared away")),
                None => continue,
            };
            let owes = host == ANY || host == self.name;
            let lacks = self.launch.as_ref().map(Launch::lacks).unwrap_or_default();
            // Whoever has no words for a swap cannot swap what is absent.
            let sayable = |name: &str| name != "cas-absent" || !lacks.contains_key("cas");
            let owed = |name: &&&str| owes && sayable(name) && !declared.features.contains(**name);
            if let Some(lacking) = features.iter().find(owed) {
                return Err(format!("`{capability}: {lacking}` cannot be declared away"));
            }
        }
        Ok(())
    }

    /// One check per capability, and one that no exemption and no known failure is over. A host that is a program says nothing
    /// that its file could be held against.
    #[must_use]
    pub fn checks(&self, host: &HostDescription, today: &str, selection: &Selection) -> Vec<Check> {
        let speaks = |_: &(&String, &Declared)| self.launch.is_none();
        let own = self.capabilities.iter().filter(speaks).map(|(word, written)| Check {
            id: check_id(word),
            outcome: compare(word, written, host.capabilities.get(word)),
            expect: selection.expects(&check_id(word)),
        });
        let days = self.dated().next().is_some().then(|| Check {
            id: EXEMPTIONS.to_owned(),
            outcome: self.in_time(today),
            expect: selection.expects(EXEMPTIONS),
        });
        own.chain(days).collect()
    }

    fn dated(&self) -> impl Iterator<Item = &Exemption> {
        self.exemptions.iter().chain(&self.known_failing)
    }

    /// The clause that the case breaks, if it is known to fail.
    ///
    /// # Errors
    /// If it does not cite the clause that it is said to break.
    pub(super) fn fails(&self, id: &str, clauses: &[Cited], today: &str) -> Result<Option<String>, String> {
        let standing = self.known_failing.iter().filter(|known| !known.is_over(today));
        let Some(known) = standing.clone().find(|known| known.matcher.matches(id)) else { return Ok(None) };
        let clause = known.clause.as_deref().unwrap_or_default();
        if clauses.iter().any(|cited| cited.id == clause) {
            return Ok(Some(clause.to_owned()));
        }
        Err(format!("{id} does not cite {clause}, which {} says that it breaks there", self.name))
    }

    fn in_time(&self, today: &str) -> Outcome {
        let over = self.dated().filter(|exemption| exemption.is_over(today));
        let said: Vec<_> =
            over.map(|e| format!("`{}` until {}: {} ({})", e.cases, e.expires, e.reason, e.link)).collect();
        expect(said.is_empty(), "exemptions", &format!("none that is over on {today}"), said)
    }

    /// Why a case is exempt, if it is.
    ///
    /// # Errors
    /// Nobody is exempt from a core clause.
    pub(super) fn exempts(&self, id: &str, binding: Binding, today: &str) -> Result<Option<String>, String> {
        let standing = self.exemptions.iter().filter(|exemption| !exemption.is_over(today));
        let mut found = standing.filter(|exemption| exemption.matcher.matches(id));
        let Some(Exemption { reason, link, expires, .. }) = found.next() else { return Ok(None) };
        if binding == Binding::Core {
            return Err(format!("{id} proves a core clause, and {} wants to be exempt from it", self.name));
        }
        Ok(Some(format!("exempt until {expires}: {reason} ({link})")))
    }
}

/// A pattern of cases is no longer, in bytes: what reads it goes deeper with each brace.
const LONGEST: usize = 256;

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
