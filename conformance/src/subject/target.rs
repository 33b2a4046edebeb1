//! A host that is ready, whoever wrote it.

use super::{Foreign, Given, Prepared, Sdk, is_foreign, names, prepare};
use crate::{
    bench::Deadlines,
    host::{Altitude, Host},
    plan::Declaration,
};
use anyhow::bail;
use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

/// A host that is ready, whoever wrote it.
pub enum Target {
    /// Our host on one of our backends.
    Ours(Box<Prepared>),
    /// Somebody else's.
    Foreign(Box<Foreign>),
    /// A caller's own, in this process.
    Given(Given),
}

impl Target {
    /// Makes it ready: see [`prepare`] and [`Foreign::prepare`].
    ///
    /// # Errors
    /// As these.
    pub async fn prepare(name: String, url: Option<String>, ids: &BTreeSet<String>) -> anyhow::Result<Self> {
        if !is_foreign(&name) {
            return prepare(name, url).await.map(|prepared| Self::Ours(Box::new(prepared)));
        }
        if url.is_some() {
            bail!("`--url` is for our backends: where `{name}` keeps its data is its own matter");
        }
        Foreign::prepare(&name, ids).await.map(|foreign| Self::Foreign(Box::new(foreign)))
    }

    /// The host at an altitude.
    ///
    /// # Errors
    /// As [`Prepared::at`] and [`Foreign::at`].
    pub fn at(&self, altitude: Altitude, deadlines: Deadlines) -> anyhow::Result<Arc<dyn Host>> {
        match self {
            Self::Ours(prepared) => prepared.at(altitude, deadlines),
            Self::Foreign(foreign) => foreign.at(altitude, deadlines),
            Self::Given(given) => given.at(altitude),
        }
    }

    /// What it has declared. `ids` are those that a declaration may name.
    ///
    /// # Errors
    /// As [`Prepared::declaration`].
    pub fn declaration(&self, ids: &BTreeSet<String>) -> anyhow::Result<Declaration> {
        match self {
            Self::Ours(prepared) => prepared.declaration(ids),
            Self::Foreign(foreign) => Ok(foreign.declaration().clone()),
            Self::Given(given) => given.declaration(),
        }
    }

    /// Our host with drivers that somebody else built on an SDK.
    ///
    /// # Errors
    /// As [`Prepared::with`].
    pub fn with(&self, sdk: &Sdk, deadlines: Deadlines) -> anyhow::Result<Arc<dyn Host>> {
        match self {
            Self::Ours(prepared) => prepared.with(sdk, deadlines),
            Self::Foreign(_) | Self::Given(_) => bail!("an SDK is tested in our host"),
        }
    }

    /// The command line that leads to it, without secrets.
    #[must_use]
    pub fn command(&self) -> String {
        match self {
            Self::Ours(prepared) => format!("cloud-conformance run --host {}", prepared.spelled),
            Self::Foreign(foreign) => format!("cloud-conformance run --host {}", foreign.spelled),
            Self::Given(_) => names::quoted(&std::env::args().next().unwrap_or_default()),
        }
    }

    /// What must appear in no report.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        match self {
            Self::Ours(prepared) => prepared.secrets.clone(),
            Self::Foreign(foreign) => foreign.secrets(),
            Self::Given(_) => Vec::new(),
        }
    }

    /// The file that declares it, if there is one, without secrets.
    #[must_use]
    pub fn declared(&self) -> Option<String> {
        let text = match self {
            Self::Ours(prepared) => prepared.declared().map(|(_, text)| text),
            Self::Foreign(foreign) => Some(foreign.declaration().text()),
            Self::Given(_) => None,
        };
        text.map(|text| names::without(text, &self.secrets()))
    }

    /// The program that is tested, and the files that it is told to run. Nothing of a host that is deployed.
    ///
    /// # Errors
    /// If it is nowhere.
    pub fn files(&self) -> anyhow::Result<Vec<PathBuf>> {
        match self {
            // Our host is a part of this program.
            Self::Ours(_) | Self::Given(_) => Ok(vec![std::env::current_exe()?]),
            Self::Foreign(foreign) => foreign.files(),
        }
    }

    /// Ends what was started for the run.
    pub async fn stop(self) {
        match self {
            Self::Ours(prepared) => prepared.stop().await,
            Self::Foreign(foreign) => foreign.stop().await,
            Self::Given(_) => {}
        }
    }
}
