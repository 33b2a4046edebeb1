//! Certificates: what whole runs of the catalogue have shown of a host, signed by whoever ran them, for others to recount.
//!
//! A certificate is an [in-toto statement](https://in-toto.io/Statement/v1) with the predicate
//! [`test-result`](statement::PREDICATE) in an envelope of [DSSE](https://github.com/secure-systems-lab/dsse), signed with
//! Ed25519, so that other tools can read and check it. Beside the fields of that predicate stands `certificate`: all that
//! is needed to plan the runs again, and how each case ended. [`recount`](recount::recount) believes none of the counts,
//! lists and levels: it makes them again from the catalogue and compares.

pub mod badge;
pub mod envelope;
mod identity;
pub mod issue;
pub mod recount;
pub mod registry;
pub mod statement;

use crate::{catalogue::Case, clauses::Law, runner::case_seed};
use anyhow::Context;
use recount::Demands;
use sha2::{Digest, Sha256};
use statement::Statement;
use std::time::Duration;
use wasi_cloud_claims::PublicKey;

/// How long a certificate holds: 365 days, or less if a suite with other cases comes first.
pub const VALIDITY: Duration = Duration::from_secs(365 * 86_400);

/// What every certificate says of itself.
pub const NOT_PROVEN: [&str; 5] = [
    "Whoever signed it ran it: that the host was the one that is named, and that it ran the guests, is their word.",
    "It is about this version of the host with these settings; another version or setting may behave otherwise.",
    "Cases show that a clause was broken; that all pass does not show that it is kept always, under load, or in a cluster.",
    "What was not applicable or has no case was not looked at; `cloud-conformance coverage` lists what has none.",
    "A nonce shows that the run is younger than the nonce, and nothing else.",
];

/// What stands behind the name of a subject that no file could be named for.
pub(crate) const DEPLOYED: &str = ", deployed, by its declaration";

/// What identifies a run, and orders and seeds its cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seeded {
    /// Begins the names of all data.
    pub run: String,
    /// The seed.
    pub seed: u64,
}

/// The runs of a certificate. With the issuer's nonce, all that is random follows from it, so that an old run is none.
#[must_use]
pub fn seeded(nonce: Option<&str>, fresh: u64) -> Vec<Seeded> {
    let first = nonce.map_or(fresh, |nonce| case_seed(0, &format!("certificate nonce {nonce}")) >> 32);
    let run = |seed: u64| match nonce {
        // Old runs with the nonce have cleaned up, or leave what shows it.
        Some(nonce) => format!("cc{}", &sha256(format!("{seed} {nonce}").as_bytes())[..8]),
        None => format!("cc{:08x}", case_seed(seed, "certificate") >> 32),
    };
    (0..crate::levels::SEEDS as u64)
        .map(|number| first.wrapping_add(number))
        .map(|seed| Seeded { run: run(seed), seed })
        .collect()
}

/// The statement in a certificate's text, and which of the trusted keys signed it, if all of it is as it must be. Whoever shows
/// anything of a certificate has it from here.
///
/// # Errors
/// The first thing that is not as it must be.
pub fn verified<'a>(
    text: &str,
    trusted: &'a [PublicKey],
    demands: Demands<'_>,
    known: (&[Case], &Law),
) -> anyhow::Result<(Statement, &'a PublicKey)> {
    let (payload, key) = envelope::open(text, trusted)?;
    let statement = serde_json::from_slice(&payload).context("what is signed is no certificate")?;
    recount::recount(&statement, demands, known)?;
    Ok((statement, key))
}

/// In lower-case hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

#[cfg(test)]
pub(crate) mod tests;
