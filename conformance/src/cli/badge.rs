//! `badge`.

use super::verify::{REJECTED, Shown, reason};
use crate::{
    catalogue::Case,
    certificate::{badge, recount::Demands, verified},
    clauses::Law,
    levels::Level,
};
use anyhow::Context;
use clap::{Args, ValueEnum};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Badge {
    #[command(flatten)]
    shown: Shown,
    /// What to make.
    #[arg(long, value_name = "FORMAT", default_value = "svg")]
    format: Format,
    /// Where to write it [default: the standard output].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A picture.
    Svg,
    /// A row of a table: the host, the level of each capability, and the day on which they end.
    Markdown,
}

const HELP: &str = "\
Checks the certificate as `verify` does, and makes nothing of one that is rejected. The picture
says until when it holds; make it anew when there is a new certificate.

Examples:
  cloud-conformance badge certificate.json --trust vendor.pub.pem -o badge.svg
  cloud-conformance badge certificate.json --trust vendor.pub.pem --format markdown

Exit codes: 0 made; 1 rejected; 3 it cannot be read or written, or wrong usage.";

impl Badge {
    pub(super) fn execute(&self, cases: &[Case], law: &Law) -> anyhow::Result<u8> {
        let (text, keys) = self.shown.read()?;
        let demands = Demands { now: SystemTime::now(), nonce: None, level: Level::Core };
        let certificate = match verified(&text, &keys, demands, (cases, law)) {
            Ok((statement, _)) => statement.predicate.certificate,
            Err(why) => {
                anstream::eprintln!("rejected: {}", reason(&why));
                return Ok(REJECTED);
            }
        };
        let made = match self.format {
            Format::Svg => badge::svg(&certificate),
            Format::Markdown => badge::row(&certificate),
        };
        write(self.output.as_deref(), &made)?;
        Ok(0)
    }
}

/// To a file, or to whoever reads.
pub(super) fn write(output: Option<&Path>, text: &str) -> anyhow::Result<()> {
    match output {
        Some(path) => fs::write(path, text).with_context(|| format!("`{}` cannot be written", path.display())),
        None => Ok(io::stdout().lock().write_all(text.as_bytes())?),
    }
}
