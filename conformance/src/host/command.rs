//! Hosts that are programs: one process a guest, started by the words of a host's file, spoken with over standard input and
//! output.

pub(crate) mod guests;
mod launch;
pub(crate) mod process;

pub use launch::Launch;

use super::{Deployment, Driver, Environment, Host, HostDescription};
use crate::{
    corpus::Corpus,
    language::Language,
    session::{Broken, Session},
};
use async_trait::async_trait;
use guests::Guests;
use process::{Child, output};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// How long a preparation or a question for the version may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A host that is a program.
pub struct Command {
    description: HostDescription,
    guests: Arc<Guests>,
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
        Ok(Self { description, guests: Arc::new(Guests::new(launch, corpus, language)?) })
    }
}

/// What the program says of its version: the first line, or nothing where the file does not say how to ask.
///
/// # Errors
/// If it cannot be started, fails, or does not end.
pub async fn version(launch: &Launch) -> Result<Option<String>, Broken> {
    let question = launch.question();
    if question.is_empty() {
        return Ok(None);
    }
    let said = output(&question, PATIENCE).await?;
    let first = said.lines().next().unwrap_or_default().trim();
    Ok((!first.is_empty()).then(|| first.to_owned()))
}

#[async_trait]
impl Host for Command {
    fn describe(&self) -> &HostDescription {
        &self.description
    }

    async fn warm(&self, cases: &[&str]) {
        self.guests.warm(cases).await;
    }

    async fn deploy(&self, deployment: &Deployment) -> Result<Box<dyn Environment>, Broken> {
        Ok(Box::new(Deployed { guests: self.guests.clone(), config: deployment.config.clone() }))
    }
}

/// Nothing but the configuration: what a guest stores is gone with its process.
struct Deployed {
    guests: Arc<Guests>,
    config: BTreeMap<String, String>,
}

#[async_trait]
impl Environment for Deployed {
    async fn guest(&self, driver: Driver) -> Result<Box<dyn Session>, Broken> {
        let guest = self.guests.driver(driver).await?;
        let launch = self.guests.launch();
        let command = launch.command(&guest.component(), &guest.prepared(), &self.config);
        Ok(Box::new(Child::start(&command, launch.trap_exit_codes.clone())?))
    }
}
