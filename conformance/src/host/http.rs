//! Hosts that are deployed: a vendor runs the suite's guests where it likes, each behind a URL, and one HTTP request is one guest.
//! The body of the request is operations, the body of the answer what came of them, both at the same time.
//!
//! Where guests meet, all cases have the vendor's stores in common: so there is one case at a time, and each leaves them empty.

mod address;
mod exchange;
mod stores;

pub use address::{Token, check, origin};

use super::{Deployment, Driver, Environment, Host, HostDescription};
use crate::{
    catalogue::{
        Need,
        deployment::{DEFAULT, OTHER},
    },
    language::Language,
    session::{Broken, Session},
};
use async_trait::async_trait;
use exchange::{Exchange, Remote};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// A host that is deployed.
pub struct Http {
    description: HostDescription,
    remote: Arc<Remote>,
    /// What the host calls the stores that cases have in common; none where each guest has its own.
    stores: Arc<[String]>,
}

impl Http {
    /// The guests of one language, deployed at this URL. `alone` says that each guest has stores of its own.
    ///
    /// # Errors
    /// If the token cannot be sent, or this machine trusts nobody and the URL is `https:`.
    pub fn new(
        url: &str,
        token: &str,
        description: HostDescription,
        language: Language,
        alone: bool,
    ) -> anyhow::Result<Self> {
        let labels: &[&str] = match (alone, description.lacks.contains_key(&*Need::Labels.word())) {
            (true, _) => &[],
            (false, true) => &[DEFAULT],
            (false, false) => &[DEFAULT, OTHER],
        };
        let called = |label: &&str| description.labels.get(*label).map_or(*label, String::as_str).to_owned();
        let stores = labels.iter().map(called).collect();
        Ok(Self { remote: Arc::new(Remote::new(url, token, language)?), stores, description })
    }
}

#[async_trait]
impl Host for Http {
    fn describe(&self) -> &HostDescription {
        &self.description
    }

    fn at_once(&self) -> Option<usize> {
        (!self.stores.is_empty()).then_some(1)
    }

    async fn deploy(&self, _: &Deployment) -> Result<Box<dyn Environment>, Broken> {
        Ok(Box::new(Deployed { remote: self.remote.clone(), stores: self.stores.clone(), empty: OnceCell::new() }))
    }
}

/// What one case has of it.
struct Deployed {
    remote: Arc<Remote>,
    stores: Arc<[String]>,
    /// Set once the stores were seen to be empty: what is in them from then on is the case's.
    empty: OnceCell<()>,
}

impl Deployed {
    fn open(&self, driver: Driver) -> Exchange {
        Exchange::open(self.remote.clone(), driver)
    }
}

#[async_trait]
impl Environment for Deployed {
    async fn guest(&self, driver: Driver) -> Result<Box<dyn Session>, Broken> {
        if matches!(driver, Driver::Keyvalue | Driver::KeyvalueExt) {
            self.empty.get_or_try_init(|| stores::empty(self.open(Driver::Keyvalue), &self.stores)).await?;
        }
        Ok(Box::new(self.open(driver)))
    }

    async fn clean(&self) -> Result<(), Broken> {
        // What was there before a case of this run is somebody's.
        if !self.empty.initialized() {
            return Ok(());
        }
        stores::clean(self.open(Driver::Keyvalue), &self.stores).await
    }
}
