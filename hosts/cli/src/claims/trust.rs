//! What a component may do, by its claims and by its operator.

use crate::inspect::needs;
use anyhow::bail;
use clap::Args;
use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};
use wasi_cloud_claims::{Error, Signed, TrustStore, files};
use wasi_cloud_core::Grants;

#[derive(Debug, Clone, Default, Args)]
pub struct TrustArgs {
    /// Let the owner of this public key (PEM) say what a component may have: it gets what its signed claims allow, or what
    /// both they and the grants given here allow. Claims that are wrong, expired, or of another key are refused. May be
    /// given several times.
    #[arg(long = "trust", value_name = "FILE")]
    pub keys: Vec<PathBuf>,

    /// Refuse a component that is not signed. Without this, such a component has the grants given here.
    #[arg(long, requires = "keys")]
    pub require_signed: bool,
}

/// Whose claims count.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trust {
    pub store: TrustStore,
    /// Whether a component without claims is refused.
    pub require: bool,
}

impl TrustArgs {
    pub fn read(&self) -> anyhow::Result<Trust> {
        Trust::read(&self.keys, self.require_signed)
    }
}

impl Trust {
    pub fn read(keys: &[PathBuf], require: bool) -> anyhow::Result<Self> {
        let mut trust = Self { require, ..Self::default() };
        keys.iter().try_for_each(|path| trust.add(path))?;
        Ok(trust)
    }

    /// Reads one more public key.
    pub fn add(&mut self, path: &Path) -> anyhow::Result<()> {
        self.store.add(files::public(path)?);
        Ok(())
    }

    /// What the component may do: what both its claims and its operator allow, or what one of them allows if the other
    /// says nothing. Asked when it is started; claims that expire later do not stop it.
    pub fn admit(&self, wasm: &[u8], given: Option<Grants>, now: SystemTime) -> anyhow::Result<Grants> {
        if self.store.is_empty() && !self.require {
            return Ok(given.unwrap_or_default());
        }
        let Signed { claims, issuer, .. } = match wasi_cloud_claims::verify(wasm, &self.store, now) {
            Err(Error::Unsigned) if !self.require => return Ok(given.unwrap_or_default()),
            verified => verified?,
        };
        let allow = claims.allow;
        let lacking = needs::unmet(wasm, &allow)?;
        if !lacking.is_empty() {
            bail!(
                "it uses more than its claims allow, which is `{allow}`: have it signed with {}",
                needs::options(&lacking)
            );
        }
        if let Some(rule) = given.iter().flat_map(Grants::rules).find(|rule| !allow.meet(rule)) {
            bail!(
                "the grant `{rule}` exceeds its claims, which allow `{allow}`: narrow it, or have it signed with that as well"
            );
        }
        let until = humantime::format_rfc3339_seconds(claims.expires);
        tracing::info!(subject = ?claims.subject, issuer, "its claims are verified and allow `{allow}` until {until}");
        Ok(match given {
            Some(given) => given.within(allow),
            None => allow,
        })
    }
}
