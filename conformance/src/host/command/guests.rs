//! The suite's components as files, for a host that is a program.

use super::{Launch, PATIENCE, process::output};
use crate::{
    compose::compose,
    corpus::Corpus,
    host::{Driver, Program},
    language::Language,
    session::Broken,
};
use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// What all deployments share: guests and programs in one language, as the host wants them, made once.
pub(crate) struct Guests {
    launch: Launch,
    language: Language,
    corpus: Corpus,
    folder: TempDir,
    made: Mutex<HashMap<&'static str, Arc<OnceCell<Guest>>>>,
}

/// A component in the folder.
#[derive(Clone)]
pub(crate) struct Guest {
    component: PathBuf,
    prepared: PathBuf,
}

impl Guest {
    /// The component's path.
    pub fn component(&self) -> String {
        spelled(&self.component)
    }

    /// The path of what the host has made of it, if it makes something.
    pub fn prepared(&self) -> String {
        spelled(&self.prepared)
    }
}

/// What is to be run.
#[derive(Clone, Copy)]
enum Kind {
    Driver(Driver),
    Program(Program),
}

impl Guests {
    /// An empty folder.
    ///
    /// # Errors
    /// If there is none.
    pub fn new(launch: Launch, corpus: Corpus, language: Language) -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("cloud-conformance-").tempdir()?;
        Ok(Self { launch, language, corpus, folder, made: Mutex::default() })
    }

    /// How the host is started.
    pub const fn launch(&self) -> &Launch {
        &self.launch
    }

    /// The driver, with its shell.
    pub async fn driver(self: &Arc<Self>, driver: Driver) -> Result<Guest, Broken> {
        self.guest(driver.name(), Kind::Driver(driver)).await
    }

    /// A program that the host calls.
    pub async fn program(self: &Arc<Self>, program: Program) -> Result<Guest, Broken> {
        self.guest(program.name(), Kind::Program(program)).await
    }

    /// Makes the drivers that the cases of these ids want. What cannot be made fails where a case starts it.
    pub async fn warm(self: &Arc<Self>, cases: &[&str]) {
        let drivers = [
            (Driver::Config, "config/"),
            (Driver::Keyvalue, "keyvalue/"),
            (Driver::KeyvalueExt, "keyvalue/extension/"),
            (Driver::Messaging, "messaging/"),
        ];
        for (driver, prefix) in drivers {
            if cases.iter().any(|id| id.starts_with(prefix)) {
                let _ = self.driver(driver).await;
            }
        }
    }

    async fn guest(self: &Arc<Self>, name: &'static str, kind: Kind) -> Result<Guest, Broken> {
        let cell = self.made.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default().clone();
        cell.get_or_try_init(|| self.make(name, kind)).await.cloned()
    }

    /// Written, and prepared if the host wants that.
    async fn make(self: &Arc<Self>, name: &'static str, kind: Kind) -> Result<Guest, Broken> {
        let this = self.clone();
        let written = tokio::task::spawn_blocking(move || this.write(name, kind)).await;
        let guest = written.map_err(|e| Broken::Setup(e.to_string()))?.map_err(|e| Broken::Setup(format!("{e:#}")))?;
        if !self.launch.prepare.is_empty() {
            let command = self.launch.preparation(&guest.component(), &guest.prepared());
            output(&command, PATIENCE).await?;
        }
        Ok(guest)
    }

    /// Shell, driver and bridges as one file, or a program as it is.
    fn write(&self, name: &str, kind: Kind) -> anyhow::Result<Guest> {
        let mut wasm = match kind {
            Kind::Driver(driver) => self.corpus.composed(self.language.name(), driver.name())?,
            Kind::Program(program) => self.corpus.guest(&format!("{}/{}", self.language, program.name()))?.to_vec(),
        };
        if let Kind::Driver(driver) = kind {
            for dialect in self.launch.dialects.iter().filter(|dialect| dialect.concerns(driver)) {
                wasm = compose(&wasm, self.corpus.guest(dialect.bridge())?)?;
            }
        }
        let file = |suffix: &str| self.folder.path().join(format!("{name}{suffix}"));
        let guest = Guest { component: file(".wasm"), prepared: file(".prepared") };
        fs::write(&guest.component, wasm)?;
        Ok(guest)
    }
}

fn spelled(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
