//! Hosts that are programs: one process a guest, started by the words of a host's file, spoken with over standard input and
//! output.

mod launch;
mod process;

pub use launch::Launch;

use super::{Deployment, Driver, Environment, Host, HostCall, HostDescription, Program, Serving, Subscribed};
use crate::{
    compose::compose,
    corpus::Corpus,
    language::Language,
    session::{Broken, Session},
};
use async_trait::async_trait;
use process::{Child, output};
use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::OnceCell;
use wasi_cloud_core::{Kind, layer::FaultRule};

/// How long a preparation or a question for the version may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// A host that is a program.
pub struct Command {
    description: HostDescription,
    shared: Arc<Shared>,
}

/// What all deployments share: the guests, as files.
struct Shared {
    launch: Launch,
    language: Language,
    corpus: Corpus,
    folder: TempDir,
    guests: Mutex<HashMap<Driver, Arc<OnceCell<Guest>>>>,
}

/// A guest in the folder.
#[derive(Clone)]
struct Guest {
    component: PathBuf,
    prepared: PathBuf,
}

impl Command {
    /// The host that the launch starts, with the guests of one language.
    ///
    /// # Errors
    /// If there is no folder for the guests.
    pub fn new(
        launch: Launch,
        description: HostDescription,
        corpus: Corpus,
        language: Language,
    ) -> std::io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("cloud-conformance-").tempdir()?;
        let shared = Shared { launch, language, corpus, folder, guests: Mutex::default() };
        Ok(Self { description, shared: Arc::new(shared) })
    }
}

/// What the program says of its version: the first line, or nothing where the file does not say how to ask.
///
/// # Errors
/// If it cannot be started, fails, or does not end.
pub async fn version(launch: &Launch) -> Result<Option<String>, Broken> {
    if launch.version.is_empty() {
        return Ok(None);
    }
    let said = output(&launch.version, PATIENCE).await?;
    let first = said.lines().next().unwrap_or_default().trim();
    Ok((!first.is_empty()).then(|| first.to_owned()))
}

impl Shared {
    async fn guest(self: &Arc<Self>, driver: Driver) -> Result<Guest, Broken> {
        let cell = self.guests.lock().unwrap_or_else(PoisonError::into_inner).entry(driver).or_default().clone();
        cell.get_or_try_init(|| self.make(driver)).await.cloned()
    }

    /// Shell, driver and bridges as one file, prepared if the host wants that.
    async fn make(self: &Arc<Self>, driver: Driver) -> Result<Guest, Broken> {
        let this = self.clone();
        let written = tokio::task::spawn_blocking(move || this.write(driver)).await;
        let guest = written.map_err(|e| Broken::Setup(e.to_string()))?.map_err(|e| Broken::Setup(format!("{e:#}")))?;
        if !self.launch.prepare.is_empty() {
            let command = self.launch.preparation(&spelled(&guest.component), &spelled(&guest.prepared));
            output(&command, PATIENCE).await?;
        }
        Ok(guest)
    }

    fn write(&self, driver: Driver) -> anyhow::Result<Guest> {
        let mut wasm = self.corpus.composed(self.language.name(), driver.name())?;
        for dialect in self.launch.dialects.iter().filter(|dialect| dialect.concerns(driver)) {
            wasm = compose(&wasm, self.corpus.guest(dialect.bridge())?)?;
        }
        let file = |suffix: &str| self.folder.path().join(format!("{}{suffix}", driver.name()));
        let guest = Guest { component: file(".wasm"), prepared: file(".prepared") };
        fs::write(&guest.component, wasm)?;
        Ok(guest)
    }
}

fn spelled(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[async_trait]
impl Host for Command {
    fn describe(&self) -> &HostDescription {
        &self.description
    }

    async fn warm(&self, cases: &[&str]) {
        let drivers = [
            (Driver::Config, "config/"),
            (Driver::Keyvalue, "keyvalue/"),
            (Driver::KeyvalueExt, "keyvalue/extension/"),
            (Driver::Messaging, "messaging/"),
        ];
        for (driver, prefix) in drivers {
            if cases.iter().any(|id| id.starts_with(prefix)) {
                // What cannot be made fails where a case starts it.
                let _ = self.shared.guest(driver).await;
            }
        }
    }

    async fn deploy(&self, deployment: &Deployment) -> Result<Box<dyn Environment>, Broken> {
        Ok(Box::new(Deployed { shared: self.shared.clone(), config: deployment.config.clone() }))
    }
}

/// Nothing but the configuration: what a guest stores is gone with its process.
struct Deployed {
    shared: Arc<Shared>,
    config: BTreeMap<String, String>,
}

fn no_control<T>() -> Result<T, Broken> {
    Err(Broken::Setup("the suite has no such control over this host".into()))
}

#[async_trait]
impl Environment for Deployed {
    async fn guest(&self, driver: Driver) -> Result<Box<dyn Session>, Broken> {
        let guest = self.shared.guest(driver).await?;
        let launch = &self.shared.launch;
        let command = launch.command(&spelled(&guest.component), &spelled(&guest.prepared), &self.config);
        Ok(Box::new(Child::start(&command, launch.trap_exit_codes.clone())?))
    }

    async fn serve(&self, _: Program, _: Subscribed<'_>) -> Result<Box<dyn Serving>, Broken> {
        no_control()
    }

    async fn watch(&self, _: &str) -> Result<Box<dyn Serving>, Broken> {
        no_control()
    }

    async fn grant(&self, _: &[&str]) -> Result<(), Broken> {
        no_control()
    }

    async fn switch(&self, _: &str, _: &str) -> Result<(), Broken> {
        no_control()
    }

    async fn restart(&self) -> Result<(), Broken> {
        no_control()
    }

    async fn advance(&self, _: Duration) -> Result<(), Broken> {
        no_control()
    }

    async fn fault(&self, _: FaultRule, _: Kind) -> Result<(), Broken> {
        no_control()
    }

    fn calls(&self) -> Vec<HostCall> {
        Vec::new()
    }

    async fn clean(&self) -> Result<(), Broken> {
        Ok(())
    }
}
