//! A host that a caller of the library hands over.

use crate::{
    corpus::Corpus,
    host::{Altitude, Host},
    plan::Declaration,
};
use anyhow::{Context, anyhow};
use std::sync::Arc;

/// A host, once for each altitude.
pub struct Given(pub Vec<Arc<dyn Host>>);

impl Given {
    /// The altitudes, and whether guests of every language take part: without them no host is called conformant.
    ///
    /// # Errors
    /// If the guests of this build cannot be read.
    pub fn altitudes(hosts: &[Arc<dyn Host>]) -> anyhow::Result<(Vec<Altitude>, bool)> {
        let altitudes: Vec<_> = hosts.iter().map(|host| host.describe().altitude).collect();
        let has = |language| {
            [Altitude::Embedded(language), Altitude::Command(language)].iter().any(|a| altitudes.contains(a))
        };
        let everywhere = Corpus::languages()?.into_iter().all(has);
        Ok((altitudes, everywhere))
    }

    pub(super) fn at(&self, altitude: Altitude) -> anyhow::Result<Arc<dyn Host>> {
        let found = self.0.iter().find(|host| host.describe().altitude == altitude);
        found.cloned().with_context(|| format!("there is no host at {altitude}"))
    }

    /// It declares what it says.
    pub(super) fn declaration(&self) -> anyhow::Result<Declaration> {
        let host = self.0.first().context("no host is given")?.describe();
        Declaration::said_by(host).map_err(|why| anyhow!("what the host says of itself: {why}"))
    }
}
