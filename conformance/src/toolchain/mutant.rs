//! SDKs with one bug each: do the cases notice what an SDK can do wrong?

use super::stage::replace_once;
use crate::language::Language;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::{
    fs,
    path::{Path, PathBuf},
};

/// A change of the SDK's source text that plants one bug. The corpus has a driver that was built on it, `mutant/<name>`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mutant {
    /// Its name.
    pub name: String,
    /// The language of the SDK, which the file's name says.
    #[serde(skip, default = "of_the_file")]
    pub language: Language,
    /// What the bug is, for people.
    pub bug: String,
    /// The driver that shows it: `keyvalue`, `keyvalue-ext`, `messaging` or `config`.
    pub driver: String,
    /// The clauses that it breaks: cases that cite one of them must fail, and no others need to.
    pub clauses: Vec<String>,
    /// The file to change, below the SDK.
    pub file: PathBuf,
    /// The text to change, which occurs once.
    pub find: String,
    /// The text that takes its place.
    pub replace: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    mutant: Vec<Mutant>,
}

/// Until [`declared`] says it.
fn of_the_file() -> Language {
    Language::Rust
}

/// The mutants of every SDK, as the files in `mutants` declare them.
///
/// # Errors
/// If the declarations are not valid.
pub fn mutants() -> Result<Vec<Mutant>> {
    let mut all = declared(Language::Rust, include_str!("../../mutants/sdk.toml")).context("mutants/sdk.toml")?;
    all.extend(declared(Language::C, include_str!("../../mutants/sdk-c.toml")).context("mutants/sdk-c.toml")?);
    all.extend(declared(Language::Go, include_str!("../../mutants/sdk-go.toml")).context("mutants/sdk-go.toml")?);
    for (at, mutant) in all.iter().enumerate() {
        let first = all.iter().position(|other| other.name == mutant.name);
        ensure!(first == Some(at), "the SDK mutant `{}` is declared twice", mutant.name);
        ensure!(mutant.find != mutant.replace, "the SDK mutant `{}` changes nothing", mutant.name);
        ensure!(!mutant.clauses.is_empty(), "the SDK mutant `{}` breaks no clause", mutant.name);
    }
    Ok(all)
}

fn declared(language: Language, text: &str) -> Result<Vec<Mutant>> {
    let file: File = toml::from_str(text)?;
    Ok(file.mutant.into_iter().map(|mutant| Mutant { language, ..mutant }).collect())
}

impl Mutant {
    /// Plants the bug in the SDK at `sdk`, and returns what takes it away.
    ///
    /// # Errors
    /// If the text to change is not there exactly once: the SDK moved on and the mutant did not.
    pub(super) fn apply(&self, sdk: &Path) -> Result<Original> {
        let file = sdk.join(&self.file);
        let text = fs::read(&file).with_context(|| format!("mutant `{}`: {}", self.name, file.display()))?;
        replace_once(&file, &self.find, &self.replace).with_context(|| format!("mutant `{}`", self.name))?;
        Ok(Original { file, text })
    }
}

/// A file as it was before its mutation.
#[must_use = "the bug stays until `restore`"]
pub(super) struct Original {
    file: PathBuf,
    text: Vec<u8>,
}

impl Original {
    /// Takes the bug away.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn restore(self) -> Result<()> {
        Ok(fs::write(self.file, self.text)?)
    }
}
