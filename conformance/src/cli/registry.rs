//! `registry`.

use super::{badge::write, verify::reason};
use crate::{
    catalogue::Case,
    certificate::{
        recount::Demands,
        registry::{Entry, render},
        verified,
    },
    clauses::Law,
    levels::Level,
    today::date,
};
use anyhow::{Context, ensure};
use clap::Args;
use std::{
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};
use wasi_cloud_claims::{PublicKey, files};

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Registry {
    /// Where the certificates are: each file whose name ends with `.json`.
    #[arg(value_name = "DIR")]
    certificates: PathBuf,
    /// Where the public keys are of whom you believe: each file whose name ends with `.pem`.
    #[arg(long, alias = "keys", value_name = "DIR")]
    trust: PathBuf,
    /// Where to write the page [default: the standard output].
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

const HELP: &str = "\
Checks each certificate as `verify` does. One that is refused, because it is over, say, is on the
page with the reason. The page needs nothing else and no server; make it anew from time to time,
since certificates expire.

Examples:
  cloud-conformance registry certificates --trust keys -o page.html

Exit codes: 0 made, whatever is refused; 3 a folder or a key cannot be read, or wrong usage.";

impl Registry {
    pub(super) fn execute(&self, cases: &[Case], law: &Law) -> anyhow::Result<u8> {
        let keys = listed(&self.trust, "pem")?.into_iter().map(|path| files::public(&path));
        let keys: Vec<PublicKey> =
            keys.collect::<Result<_, _>>().context("--trust: keep the public keys by themselves")?;
        let now = SystemTime::now();
        let demands = Demands { now, nonce: None, level: Level::Core };
        let found = |path: &PathBuf| {
            let text = fs::read_to_string(path).context("it cannot be read")?;
            let (statement, key) = verified(&text, &keys, demands, (cases, law))?;
            anyhow::Ok((statement.predicate.certificate, key.id()))
        };
        let entry = |path: &PathBuf| Entry {
            file: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            found: found(path).map_err(|why| reason(&why)),
        };
        let entries: Vec<Entry> = listed(&self.certificates, "json")?.iter().map(entry).collect();
        write(self.output.as_deref(), &render(&entries, &date(now)))?;
        let refused = entries.iter().filter(|entry| entry.found.is_err()).count();
        anstream::eprintln!("{} hold, {refused} are refused", entries.len() - refused);
        Ok(0)
    }
}

/// The files of the folder whose names end so, in order. There is one at least.
fn listed(folder: &Path, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let shown = folder.display();
    let files =
        fs::read_dir(folder).and_then(|files| files.map(|file| Ok(file?.path())).collect::<Result<Vec<_>, _>>());
    let mut files = files.with_context(|| format!("the folder `{shown}` cannot be read"))?;
    files.retain(|path| path.extension().is_some_and(|found| found == extension));
    ensure!(!files.is_empty(), "no file in `{shown}` ends with `.{extension}`");
    files.sort();
    Ok(files)
}
