//! `wasi-cloud.toml`: the components of a host, and what each of them gets.

mod problem;
mod read;
mod shape;

pub use problem::Problem;
pub use read::{listenable, usable, watchable};

use crate::{claims::Trust, component::Component, secrets::Places};
use annotate_snippets::Renderer;
use anyhow::Context;
use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    ops::Range,
    path::{Path, PathBuf},
};
use wasi_cloud_core::Registry;

/// A manifest that is larger was not written by hand, in bytes.
const LARGEST: u64 = 1 << 20;

/// A manifest that is right as far as its own text goes. The files that it names are looked at later.
pub struct Manifest {
    pub text: Text,
    pub components: BTreeMap<String, Declared>,
    pub secrets: Places,
    pub trust: Trust,
    /// Where health and metrics are.
    pub admin: Option<SocketAddr>,
}

/// A component, and where the manifest says what.
pub struct Declared {
    pub component: Component,
    pub file: Range<usize>,
    pub http: Option<Range<usize>>,
    pub subscriptions: Vec<Range<usize>>,
    pub watches: Vec<Range<usize>>,
}

impl Declared {
    /// What is wrong with its file.
    pub fn problem(&self, why: anyhow::Error) -> Problem {
        Problem { at: self.file.clone(), what: format!("{why:#}") }
    }
}

/// The text that problems are shown in.
#[derive(Debug, Clone)]
pub struct Text {
    path: String,
    source: String,
}

/// A manifest that nothing can be run by, with all that is wrong.
#[derive(Debug)]
pub struct Rejected {
    text: Text,
    problems: Vec<Problem>,
}

impl Rejected {
    pub fn new(text: &Text, problems: Vec<Problem>) -> Self {
        Self { text: text.clone(), problems }
    }

    /// For a terminal; [`Display`](fmt::Display) is for all else.
    pub fn styled(&self) -> String {
        self.shown(&Renderer::styled())
    }

    fn shown(&self, renderer: &Renderer) -> String {
        let Text { path, source } = &self.text;
        let problems: Vec<_> = self.problems.iter().map(|problem| problem.render(path, source, renderer)).collect();
        problems.join("\n\n")
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown(&Renderer::plain()))
    }
}

impl std::error::Error for Rejected {}

/// Where a manifest is: a file, or `wasi-cloud.toml` of a folder.
pub fn at(path: &Path) -> PathBuf {
    match path.is_dir() {
        true if path == Path::new(".") => PathBuf::from("wasi-cloud.toml"),
        true => path.join("wasi-cloud.toml"),
        false => path.to_owned(),
    }
}

/// Whether there is one to read, before anything is taken or made for it.
///
/// # Errors
/// With what to do, if nothing is there.
pub fn expect(shown: &Path) -> anyhow::Result<()> {
    if matches!(std::fs::metadata(shown), Err(why) if why.kind() == std::io::ErrorKind::NotFound) {
        anyhow::bail!(
            "there is no manifest `{}`; go to its folder, name the file (`wasi-cloud serve deploy/wasi-cloud.toml`), or \
             begin one: `wasi-cloud serve --help` shows one",
            shown.display()
        );
    }
    Ok(())
}

/// Reads a manifest, which errors call `shown`.
///
/// # Errors
/// [`Rejected`] if the file could be read.
pub fn read(path: &Path, shown: &Path, registry: &Registry) -> anyhow::Result<Manifest> {
    let failed = || format!("cannot read the manifest `{}`", shown.display());
    let file = std::fs::metadata(path).with_context(failed)?;
    if !file.is_file() || file.len() > LARGEST {
        anyhow::bail!("{}: it is not a regular file of at most 1 MiB", failed());
    }
    let source = std::fs::read_to_string(path).with_context(failed)?;
    let text = Text { path: shown.display().to_string(), source };
    parse(text, registry).map_err(Into::into)
}

fn parse(text: Text, registry: &Registry) -> Result<Manifest, Rejected> {
    let shape =
        toml::from_str(&text.source).map_err(|why| Rejected::new(&text, vec![Problem::of(&why, &text.source)]))?;
    let mut reader = read::Reader::new(registry);
    let (components, secrets, admin) = reader.read(shape);
    if reader.problems.is_empty() {
        return Ok(Manifest { text, components, secrets, trust: reader.trust, admin });
    }
    reader.problems.sort_by_key(|problem| problem.at.start);
    Err(Rejected::new(&text, reader.problems))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use wasi_cloud_core::provider::EnvSecrets;

    #[test]
    fn what_another_build_serves_is_named_and_nothing_else_of_a_url() {
        let registry = Registry::new(Arc::new(EnvSecrets)).without(&["nats", "vault"], "the feature adds it");
        let said = |url: &str| {
            let source = format!(
                "[components.a]\nfile = \"a.wasm\"\nlinks = [\"messaging:default={url}\"]\n\
                 grants = [\"messaging:default\"]\n[vault]\nurl = \"vault://h\"\n"
            );
            let text = Text { path: "wasi-cloud.toml".into(), source };
            parse(text, &registry).err().map(|rejected| rejected.to_string()).unwrap_or_default()
        };
        let known = said("nats://user:hunter2@h");
        assert!(known.contains("error: no backend serves `nats:` in this build; the feature adds it"), "{known}");
        assert!(known.contains("error: no backend serves `vault:` in this build; the feature adds it"), "{known}");
        let unknown = said("hunter2:x@h");
        assert!(unknown.contains("error: no backend serves such a URL; this build has: "), "{unknown}");
        assert!(!known.contains("hunter2") && !unknown.contains("hunter2"), "{known}{unknown}");
    }
}
