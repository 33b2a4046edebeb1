//! What is signed, as JSON.

use crate::{event::HostInfo, levels::Levels, outcome::Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The type of the statement.
pub const STATEMENT: &str = "https://in-toto.io/Statement/v1";
/// The type of its predicate.
pub const PREDICATE: &str = "https://in-toto.io/attestation/test-result/v0.1";
/// The version of [`Certificate`].
pub const VERSION: u32 = 1;

/// An in-toto statement of a test result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    /// [`STATEMENT`].
    #[serde(rename = "_type")]
    pub kind: String,
    /// The program that was tested, and the files that it was told to run.
    pub subject: Vec<Resource>,
    /// [`PREDICATE`].
    pub predicate_type: String,
    /// The result.
    pub predicate: Predicate,
}

/// Something with a digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// What it is.
    pub name: String,
    /// `sha256` in lower-case hexadecimal.
    pub digest: BTreeMap<String, String>,
}

impl Resource {
    /// Of these bytes.
    #[must_use]
    pub fn new(name: impl Into<String>, sha256: String) -> Self {
        Self { name: name.into(), digest: [("sha256".to_owned(), sha256)].into() }
    }
}

/// The predicate `test-result`, and what others ignore.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Predicate {
    /// The result as a whole.
    pub result: TestResult,
    /// What was tested with: the declaration of the host, the law, the catalogue, the guests.
    pub configuration: Vec<Resource>,
    /// Cases that passed in every run, as `id (altitude)`.
    pub passed_tests: Vec<String>,
    /// Cases that failed and were known to, or passed only when they ran again.
    pub warned_tests: Vec<String>,
    /// Cases that failed.
    pub failed_tests: Vec<String>,
    /// All else.
    pub certificate: Certificate,
}

/// The words of the predicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TestResult {
    /// Everything that ran passed.
    Passed,
    /// Something is known to fail, or passed only when it ran again.
    Warned,
    /// Something failed. No certificate is issued of that.
    Failed,
}

/// What the runs were and how they ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Certificate {
    /// [`VERSION`].
    pub version: u32,
    /// The version of the suite.
    pub suite: String,
    /// When the last run ended, in RFC 3339.
    pub issued: String,
    /// From when on it holds no more, in RFC 3339.
    pub expires: String,
    /// What the runs' seeds and names follow from, if somebody asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// Does the same runs; with `--seed` each.
    pub command: String,
    /// The host's declaration, word for word.
    pub declaration: String,
    /// What was tested, an entry per altitude.
    pub hosts: Vec<HostInfo>,
    /// The runs.
    pub runs: Vec<Run>,
    /// What they are worth.
    pub levels: Levels,
    /// What nobody should conclude.
    pub not_proven: Vec<String>,
}

/// A whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Run {
    /// Began the names of all data.
    pub run: String,
    /// The seed.
    pub seed: u64,
    /// Cases and checks that were to run.
    pub planned: usize,
    /// Of these, the ones that were judged.
    pub executed: usize,
    /// How often each verdict was given.
    pub verdicts: BTreeMap<Verdict, usize>,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// How each case ended, by altitude.
    pub cases: BTreeMap<String, Vec<Judged>>,
    /// By altitude, the SHA-256 of what the guests did and saw: of a report of this run with `--trace --format json`, the
    /// normal forms of all transcripts in the order of ids, a line each.
    pub traces: BTreeMap<String, String>,
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Judged {
    /// The case.
    pub id: String,
    /// Its verdict.
    pub verdict: Verdict,
    /// Why it did not pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The edges of declared limits that it went to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<String>,
    /// How long it took, in milliseconds.
    pub millis: u64,
}
