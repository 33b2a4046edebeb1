//! `verify`.

mod rerun;

use super::process::Timeouts;
use crate::{
    catalogue::Case,
    certificate::{
        recount::Demands,
        statement::{Certificate, Statement},
        verified,
    },
    clauses::Law,
    event::plain::one_line,
    levels::Level,
};
use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use rerun::Rerun;
use serde_json::json;
use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
    time::SystemTime,
};
use wasi_cloud_claims::{PublicKey, files};

/// The certificate does not say what it should, or is not to be believed.
pub(super) const REJECTED: u8 = 1;

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Verify {
    #[command(flatten)]
    shown: Shown,
    /// The nonce that you gave to whoever ran it.
    #[arg(long, value_name = "TEXT")]
    nonce: Option<String>,
    /// The level that the host must have attained as a whole.
    #[arg(long, value_name = "LEVEL", default_value = "core")]
    level: AtLeast,
    /// Show it as one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    rerun: Rerun,
    #[command(flatten)]
    timeouts: Timeouts,
}

/// A certificate, and whom to believe.
#[derive(Debug, Args)]
pub(super) struct Shown {
    /// What `certify` wrote.
    certificate: PathBuf,
    /// The public key of whom you believe: Ed25519, in PEM. May be repeated; one of them must have signed.
    #[arg(long, alias = "key", value_name = "FILE", required = true)]
    trust: Vec<PathBuf>,
}

impl Shown {
    /// # Errors
    /// What cannot be read.
    pub fn read(&self) -> anyhow::Result<(String, Vec<PublicKey>)> {
        let keys =
            self.trust.iter().map(|path| files::public(path)).collect::<Result<Vec<_>, _>>().context("--trust")?;
        let text = fs::read_to_string(&self.certificate);
        Ok((text.with_context(|| format!("`{}` cannot be read", self.certificate.display()))?, keys))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AtLeast {
    Core,
    Full,
}

const HELP: &str = "\
Checks the signature, plans the runs again by the catalogue of this version, and counts again.
Runs nothing, unless a sample is asked for.

Examples:
  cloud-conformance verify certificate.json --trust vendor.pub.pem
  cloud-conformance verify certificate.json --trust vendor.pub.pem --level full --nonce 7f3a...
  cloud-conformance verify certificate.json --trust vendor.pub.pem --rerun my-host.toml --sample 10

What the JSON holds; fields may be added:
  verified   whether all of it is as it must be
  problem    why not, or null
  host, version, levels, issued, expires, key, not_proven    of a certificate that is verified

Exit codes: 0 verified; 1 rejected; 3 it cannot be read, the host of a rerun is not here, or wrong
usage.";

impl Verify {
    pub(super) fn execute(&self, cases: &[Case], law: &Law) -> anyhow::Result<u8> {
        let (text, keys) = self.shown.read()?;
        let judged = self.judge(&text, &keys, (cases, law))?;
        let mut out = io::stdout().lock();
        match (&judged, self.json) {
            (Ok((statement, key)), true) => writeln!(out, "{}", told(statement, key))?,
            (Ok((statement, key)), false) => tell(statement, key, &mut out)?,
            (Err(why), true) => writeln!(out, "{}", json!({ "verified": false, "problem": reason(why) }))?,
            (Err(why), false) => anstream::eprintln!("rejected: {}", reason(why)),
        }
        Ok(if judged.is_ok() { 0 } else { REJECTED })
    }

    /// The certificate, or why it is rejected.
    ///
    /// # Errors
    /// A rerun that cannot begin, which says nothing of the certificate.
    fn judge(
        &self,
        text: &str,
        keys: &[PublicKey],
        (cases, law): (&[Case], &Law),
    ) -> anyhow::Result<anyhow::Result<(Statement, PublicKey)>> {
        let level = if self.level == AtLeast::Full { Level::Full } else { Level::Core };
        let demands = Demands { now: SystemTime::now(), nonce: self.nonce.as_deref(), level };
        let (statement, key) = match verified(text, keys, demands, (cases, law)) {
            Ok(verified) => verified,
            Err(why) => return Ok(Err(why)),
        };
        let same = self.rerun.compare(&statement.predicate.certificate, (cases, law), self.timeouts)?;
        Ok(same.map(|()| (statement, key.clone())))
    }
}

/// Why a certificate is rejected, on one line: it may quote whatever the certificate says.
pub(super) fn reason(why: &anyhow::Error) -> String {
    one_line(&format!("{why:#}"))
}

fn host(certificate: &Certificate) -> anyhow::Result<(&str, &str)> {
    let host = certificate.hosts.first().ok_or_else(|| anyhow!("it names no host"))?;
    Ok((&host.name, &host.version))
}

fn told(statement: &Statement, key: &PublicKey) -> serde_json::Value {
    let certificate = &statement.predicate.certificate;
    let (name, version) = host(certificate).unwrap_or_default();
    json!({
        "verified": true,
        "problem": null,
        "host": name,
        "version": version,
        "levels": certificate.levels,
        "issued": certificate.issued,
        "expires": certificate.expires,
        "key": key.id(),
        "not_proven": certificate.not_proven,
    })
}

fn tell(statement: &Statement, key: &PublicKey, out: &mut impl Write) -> anyhow::Result<()> {
    let certificate = &statement.predicate.certificate;
    let (name, version) = host(certificate)?;
    writeln!(out, "verified: {} {}, level {}", one_line(name), one_line(version), certificate.levels.overall)?;
    let words = certificate.levels.capabilities.iter();
    let words: Vec<_> = words.map(|(word, attained)| (one_line(word), attained)).collect();
    let width = words.iter().map(|(word, _)| word.len()).max().unwrap_or_default();
    for (word, attained) in words {
        let missing =
            if attained.missing.is_empty() { String::new() } else { format!(": {}", attained.missing.join("; ")) };
        writeln!(out, "  {word:width$}  {}{}", attained.level, one_line(&missing))?;
    }
    writeln!(out, "issued   {}, holds until {}", certificate.issued, certificate.expires)?;
    writeln!(out, "signed   {}", key.id())?;
    for run in &certificate.runs {
        writeln!(out, "run      seed {}, {} of {} executed", run.seed, run.executed, run.planned)?;
    }
    writeln!(out, "does not prove")?;
    certificate.not_proven.iter().try_for_each(|line| writeln!(out, "  - {}", one_line(line)))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_it_is_rejected_stays_on_its_line() {
        let why = anyhow!("{}", "\u{1b}[2J\nverified: \"it's\" a\\b\r\u{9b}\u{202e}\u{200b}\u{2028}caf\u{e9}")
            .context("its host");
        assert_eq!(
            reason(&why),
            "its host: \\u001b[2J\\nverified: \"it's\" a\\b\\r\\u009b\\u202e\\u200b\\u2028caf\u{e9}"
        );
    }

    #[test]
    fn what_a_certificate_says_stays_on_its_line() {
        let mut statement = crate::certificate::tests::good();
        let levels = &mut statement.predicate.certificate.levels.capabilities;
        let config = levels.remove("config").expect("a capability");
        levels.insert("config\n\u{1b}[31m".to_owned(), config);
        let mut out = Vec::new();
        tell(&statement, &wasi_cloud_claims::PrivateKey::generate().expect("random").public(), &mut out).expect("told");
        let out = String::from_utf8(out).expect("UTF-8");
        assert!(!out.contains('\u{1b}') && out.contains("  config\\n\\u001b[31m  full"), "{out}");
    }
}
