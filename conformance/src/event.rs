//! What a run says while it runs. Every report is made from this stream and from nothing else.

pub(crate) mod plain;

use crate::{
    host::{Control, Declared, HostCall, HostDescription},
    levels::Levels,
    outcome::Verdict,
    transcript::Entry,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One event; the JSON report prints one a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The first.
    Started(Started),
    /// A case begins.
    Begun {
        /// Its id.
        id: String,
        /// Where the suite stands.
        altitude: String,
    },
    /// A case, or a check of the host's declaration, ended.
    Ended(Box<Record>),
    /// The last.
    Finished(Summary),
}

/// What will run, on what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Started {
    /// The suite's version.
    pub suite: String,
    /// Unique to the run; begins the name of all data that it writes.
    pub run: String,
    /// Orders the cases and seeds each of them.
    pub seed: u64,
    /// Cases at the same time.
    pub jobs: usize,
    /// What is under test, an entry per altitude.
    pub hosts: Vec<HostInfo>,
    /// How many cases and checks are to run.
    pub planned: usize,
    /// Whether the user picked cases: then the run says nothing of the host as a whole.
    pub picked: bool,
    /// Cases that do not apply: they belong to another altitude, or prove that something declared is refused.
    pub inapplicable: Vec<Inapplicable>,
    /// Clauses that bind the hosts and that no case proves. Empty where the user picked cases.
    #[serde(default)]
    pub untested: Vec<Untested>,
}

/// A clause that nothing tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Untested {
    /// Its id.
    pub clause: String,
    /// Why.
    pub reason: String,
}

/// A host at one altitude.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HostInfo {
    /// As on the command line.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Where the suite stands.
    pub altitude: String,
    /// What it declares, by capability.
    pub capabilities: BTreeMap<String, Declared>,
    /// What the suite can do to it.
    #[serde(default)]
    pub controls: BTreeSet<Control>,
    /// What cannot be put to it at all, by the word of the need, interface or capability, with the reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lacks: BTreeMap<String, String>,
    /// What it calls the suite's labels of key-value stores, where that is something else.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// What a reader has to know, such as which capability comes from elsewhere.
    pub notes: Vec<String>,
}

impl From<&HostDescription> for HostInfo {
    fn from(host: &HostDescription) -> Self {
        let HostDescription { name, version, altitude, capabilities, controls, lacks, labels, notes } = host.clone();
        Self { altitude: altitude.to_string(), name, version, capabilities, controls, lacks, labels, notes }
    }
}

impl TryFrom<HostInfo> for HostDescription {
    type Error = String;

    fn try_from(host: HostInfo) -> Result<Self, String> {
        let HostInfo { name, version, altitude, capabilities, controls, lacks, labels, notes } = host;
        Ok(Self { altitude: altitude.parse()?, name, version, capabilities, controls, lacks, labels, notes })
    }
}

/// A case that has no place in this run, and why. Not a skip: nothing that the host claims stays untested by it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Inapplicable {
    /// The case.
    pub id: String,
    /// Where the suite stands.
    pub altitude: String,
    /// Why.
    pub reason: String,
    /// The level of its first clause.
    #[serde(default)]
    pub level: String,
    /// Whether it binds the host and the host lacks what it takes: then the host has not shown that it keeps it.
    #[serde(default)]
    pub lacking: bool,
}

/// How one case ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Record {
    /// The id.
    pub id: String,
    /// Where the suite stands.
    pub altitude: String,
    /// The verdict.
    pub verdict: Verdict,
    /// How it ended, of a case that is provisional: so it would be if it counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would_be: Option<Verdict>,
    /// The level of the first clause.
    pub level: String,
    /// The clauses, with their sentences.
    pub clauses: Vec<Cited>,
    /// The clause of these that it breaks, of a failure that the host's file lists: it says nothing against the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaks: Option<String>,
    /// Whether it is no case but a check of the host's declaration.
    #[serde(default)]
    pub check: bool,
    /// Why it did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// What the clause demands and what the host did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mismatch: Option<Mismatch>,
    /// How often it ran.
    pub attempts: u32,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// The seed of everything random in it.
    pub seed: u64,
    /// Replays exactly this.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub repro: String,
    /// It measures what the law leaves open, and the host does something else than others: `mismatch` says what. That
    /// contradicts no clause and nothing that the host declares, so it passes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub observed: bool,
    /// What the host's declaration should be looked at for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warning: Option<String>,
    /// The edges of declared limits that it went to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<String>,
    /// Why what it stored could not be deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leak: Option<String>,
    /// What reached the host. In the stream only of cases that failed, unless all were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<HostCall>,
    /// What the host said in its own words meanwhile; in the stream like `calls`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
    /// What the guests did and saw; in the stream like `calls`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transcript: Vec<Entry>,
}

impl Record {
    /// Of a case that nothing is known of yet.
    #[must_use]
    pub fn new(id: &str, altitude: &str) -> Self {
        Self {
            id: id.to_owned(),
            altitude: altitude.to_owned(),
            verdict: Verdict::Pass,
            would_be: None,
            level: String::new(),
            clauses: Vec::new(),
            breaks: None,
            check: false,
            why: None,
            mismatch: None,
            attempts: 0,
            millis: 0,
            seed: 0,
            repro: String::new(),
            observed: false,
            warning: None,
            shown: Vec::new(),
            leak: None,
            calls: Vec::new(),
            log: Vec::new(),
            transcript: Vec::new(),
        }
    }

    /// Whether somebody has to look at it.
    #[must_use]
    pub const fn is_bad(&self) -> bool {
        matches!(self.verdict, Verdict::Fail | Verdict::Xpass | Verdict::Unknown | Verdict::Error)
    }

    /// Whether it failed, known or not: what the host did has to be there for whoever looks.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.is_bad() || matches!(self.verdict, Verdict::Xfail)
    }

    /// How it ended, whether that counts or not.
    #[must_use]
    pub fn ended(&self) -> Verdict {
        self.would_be.unwrap_or(self.verdict)
    }

    /// Whether it is provisional and would not pass if it counted.
    #[must_use]
    pub fn is_bad_for_now(&self) -> bool {
        self.would_be.is_some_and(|verdict| verdict != Verdict::Pass)
    }

    /// The first two parts of the id. A family does not make a suite of its own.
    #[must_use]
    pub fn suite(&self) -> &str {
        self.id.match_indices('/').nth(1).map_or(&self.id, |(end, _)| &self.id[..end])
    }

    /// Rewrites all text that came from the host.
    pub fn scrub(&mut self, clean: impl Fn(&mut String)) {
        self.why.iter_mut().chain(&mut self.leak).chain(&mut self.log).for_each(&clean);
        if let Some(mismatch) = &mut self.mismatch {
            [&mut mismatch.what, &mut mismatch.expected, &mut mismatch.actual].into_iter().for_each(&clean);
        }
        for call in &mut self.calls {
            let HostCall { capability, op, label, key, outcome, .. } = call;
            [capability, op, label, key, outcome].into_iter().for_each(&clean);
        }
        for entry in &mut self.transcript {
            [&mut entry.op, &mut entry.seen].into_iter().for_each(&clean);
        }
    }
}

/// A clause and its sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cited {
    /// The id.
    pub id: String,
    /// The sentence.
    pub text: String,
}

/// Two things that should be equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mismatch {
    /// What was looked at.
    pub what: String,
    /// What the clause demands.
    pub expected: String,
    /// What the host did.
    pub actual: String,
}

/// The whole run in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Summary {
    /// Cases and checks that were to run.
    pub planned: usize,
    /// Of these, the ones that ran and were judged.
    pub executed: usize,
    /// All verdicts, skips included.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// Planned and never judged, as `id (altitude)`: the run ended before, or they broke.
    pub missing: Vec<String>,
    /// Why the run as a whole proves nothing.
    pub problems: Vec<String>,
    /// What a whole run has shown of the host. Nothing of one where the user picked cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<Levels>,
    /// Cases that the host owes and that its declaration exempts.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub exempt: usize,
    /// Cases whose data could not be deleted.
    pub leaks: usize,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// Whether the host may be called conformant: a whole run at all altitudes, in all languages, in which every case of a core clause
    /// passed that binds the host, and with no failure, known ones included, no case that passed only when it ran again, and none exempt.
    pub conformant: bool,
    /// The exit code.
    pub exit: u8,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Summary {
    /// Exit codes from bad to good: of several the first that is there counts.
    pub const EXITS: [u8; 5] = [3, 1, 2, 4, 0];

    /// How many ended so.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.verdicts.get(&verdict).copied().unwrap_or_default()
    }
}
