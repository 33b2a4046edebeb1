//! Hosts that somebody else wrote: a file says how they are started and what they offer.

use super::names;
use crate::{
    bench::Deadlines,
    corpus::Corpus,
    host::{
        Altitude, Host, HostDescription,
        adapter::{Adapted, Adapter, protocol::Hello},
        command::{self, Command, Launch},
        http::{Http, Token},
    },
    plan::Declaration,
};
use anyhow::{Context, anyhow, bail};
use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Files that come with the suite, by name.
const BUILT_IN: [(&str, &str); 1] = [("wasmtime", include_str!("../../hosts/wasmtime.toml"))];

/// A host of somebody else that is ready.
pub struct Foreign {
    declaration: Declaration,
    launch: Launch,
    version: String,
    adapter: Option<Arc<Adapter>>,
    /// What deployed guests ask for.
    token: Option<String>,
    /// How the command line names it.
    pub spelled: String,
}

/// Whether the command line means a host of somebody else: a file, or the name of one that comes with the suite.
#[must_use]
pub fn is_foreign(name: &str) -> bool {
    name.ends_with(".toml") || BUILT_IN.iter().any(|(built_in, _)| *built_in == name)
}

/// Their names.
pub fn built_in() -> impl Iterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

fn found(name: &Path) -> anyhow::Result<PathBuf> {
    if name.is_file() {
        return Ok(name.to_owned());
    }
    let shown = name.display();
    if name.components().count() > 1 {
        bail!("there is no program `{shown}`: install it, or say where it is");
    }
    let folders = env::var_os("PATH").unwrap_or_default();
    let mut places = env::split_paths(&folders).map(|folder| folder.join(name));
    let found = places.find(|path| path.is_file());
    found.with_context(|| format!("there is no program `{shown}` on the PATH: install it, or say where it is"))
}

/// The file, and how it says that the host is started.
fn read(name: &str, ids: &BTreeSet<String>) -> anyhow::Result<(Declaration, Launch)> {
    let text = match BUILT_IN.iter().find(|(built_in, _)| *built_in == name) {
        Some((_, text)) => (*text).to_owned(),
        None => fs::read_to_string(name).with_context(|| {
            format!("the host's file `{name}` cannot be read (`cloud-conformance init` writes one)")
        })?,
    };
    let declaration = Declaration::parse(&text, ids).map_err(|why| anyhow!("{name}: {why}"))?;
    let Some(mut launch) = declaration.launch.clone() else {
        bail!("{name}: there is no `[launch]` that says how the host is started");
    };
    launch.beside(Path::new(name));
    Ok((declaration, launch))
}

impl Foreign {
    /// Where the program of the host of that name is, and the files that its arguments name; nothing is started.
    ///
    /// # Errors
    /// A file that cannot be read or says nothing of how to start the host, and a program that is not there.
    pub(crate) fn here(name: &str, ids: &BTreeSet<String>) -> anyhow::Result<Vec<PathBuf>> {
        let (_, launch) = read(name, ids)?;
        launch.files().map(|name| found(Path::new(&name))).collect()
    }

    /// Reads the file, and asks the program for its version or the adapter who it is. `ids` are those that the file may name.
    ///
    /// # Errors
    /// A file that cannot be read or says nothing of how to start the host, and a program that cannot be started.
    pub async fn prepare(name: &str, ids: &BTreeSet<String>) -> anyhow::Result<Self> {
        let (declaration, launch) = read(name, ids)?;
        let why = |why| anyhow!("{name}: {why}");
        let adapter = match launch.adapter() {
            argv if argv.is_empty() => None,
            argv => Some(Arc::new(Adapter::start(argv).await.map_err(why)?)),
        };
        let version = match &adapter {
            Some(adapter) => Some(adapter.hello().version.clone()),
            None => command::version(&launch).await.map_err(why)?,
        };
        let version = version.unwrap_or_else(|| "of unknown version".to_owned());
        let token = launch.token.as_ref().map(Token::read).transpose().map_err(|why| anyhow!("{name}: {why}"))?;
        Ok(Self { declaration, launch, version, adapter, token, spelled: names::quoted(name) })
    }

    /// The file's own words.
    #[must_use]
    pub const fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    /// What must appear in no report.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        self.token.clone().into_iter().collect()
    }

    /// Where the program is, by its path or on the PATH, and the files that its arguments name. Nothing of a host that is
    /// deployed.
    ///
    /// # Errors
    /// If it is not there.
    pub fn files(&self) -> anyhow::Result<Vec<PathBuf>> {
        self.launch.files().map(|name| found(Path::new(&name))).collect()
    }

    /// The host with the guests of one language.
    ///
    /// # Errors
    /// If it has no such altitude, or this build carries no guests of the language.
    pub fn at(&self, altitude: Altitude, _: Deadlines) -> anyhow::Result<Arc<dyn Host>> {
        let Altitude::Command(language) = altitude else {
            bail!(
                "`{}` is a program: guests in it are all that there is (`--altitude command`)",
                self.declaration.name
            );
        };
        let hello = self.adapter.as_ref().map(|adapter| adapter.hello());
        let told = hello.map(|hello| format!("through an adapter for {}", hello.name)).into_iter();
        let told = told.chain(hello.into_iter().flat_map(|hello| hello.notes.clone()));
        let description = HostDescription {
            name: self.declaration.name.clone(),
            version: self.version.clone(),
            altitude,
            capabilities: self.declaration.capabilities.clone(),
            controls: hello.map(Hello::known_controls).unwrap_or_default(),
            lacks: self.launch.lacks(),
            labels: self.launch.labels.clone(),
            notes: told.chain(self.launch.notes(language)).collect(),
        };
        if let Some(url) = &self.launch.url {
            let (token, alone) = (self.token.as_deref().unwrap_or_default(), self.launch.guests_are_alone.is_some());
            return Ok(Arc::new(Http::new(url, token, description, language, alone)?));
        }
        let corpus = Corpus::load().context("the guests of this build cannot be read")?;
        let launch = self.launch.clone();
        let without = "no folder for the guests";
        Ok(match &self.adapter {
            Some(adapter) => {
                Arc::new(Adapted::new(adapter.clone(), launch, description, corpus, language).context(without)?)
            }
            None => Arc::new(Command::new(launch, description, corpus, language).context(without)?),
        })
    }

    /// Ends the adapter, if there is one.
    pub async fn stop(self) {
        if let Some(adapter) = self.adapter {
            adapter.stop().await;
        }
    }
}
