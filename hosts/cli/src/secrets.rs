//! Where a manifest's secrets are: in variables of ours, in files or in Vault, never in the manifest.

use anyhow::{Context, bail};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use url::Url;
use wasi_cloud_core::provider::{Secret, Secrets};

/// In bytes: no secret comes near it.
const LARGEST: u64 = 64 << 10;

/// Where one secret is.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    Env(String),
    File(PathBuf),
    Vault(Field),
}

/// A field of a secret in Vault.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// With that of the mount before it: `secret/app/db`.
    pub path: String,
    pub name: String,
}

/// Where the secrets of one manifest are.
#[derive(Default)]
pub struct Places {
    pub named: BTreeMap<String, Place>,
    /// Where Vault is. May hold its token: not for logs.
    pub vault: Option<Url>,
}

/// The secret that a URL names.
pub fn named(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    url.query_pairs().find(|(key, _)| key == "secret").map(|(_, name)| name.into_owned())
}

fn variable(name: &str) -> anyhow::Result<Secret> {
    let text = std::env::var(name).ok().with_context(|| format!("the variable `{name}` is not set"))?;
    Ok(Secret::new(text))
}

/// Without the line end that editors leave.
fn file(path: &Path) -> anyhow::Result<Secret> {
    let failed = || format!("cannot read `{}`", path.display());
    // Asked before it is opened: opening a pipe waits for its writer, and nothing may hold the host up.
    let found = std::fs::metadata(path).with_context(failed)?;
    if !found.is_file() || found.len() > LARGEST {
        bail!("{}: it is not a regular file of at most 64 KiB", failed());
    }
    let text = std::fs::read_to_string(path).with_context(failed)?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}

/// The secrets of the manifest that is in force, each read when a link that names it connects.
#[derive(Default)]
pub struct Declared {
    places: Mutex<Arc<Places>>,
    /// What Vault last gave.
    fetched: Mutex<BTreeMap<String, Secret>>,
}

impl Declared {
    pub fn replace(&self, places: Places) {
        *locked(&self.places) = Arc::new(places);
        locked(&self.fetched).clear();
    }

    /// Asks Vault for the secret that a URL names, if it is there, for [`Secrets::get`] cannot wait. Takes no longer than
    /// two requests. What fails is logged, and there is no such secret then.
    pub async fn fetch(&self, url: &str) {
        let places = locked(&self.places).clone();
        let Some(name) = named(url) else { return };
        let (Some(Place::Vault(field)), Some(vault)) = (places.named.get(&name), &places.vault) else { return };
        let asked = self.ask(vault, field).await.inspect_err(|why| warn(&name, why));
        let mut fetched = locked(&self.fetched);
        match asked {
            Ok(secret) => drop(fetched.insert(name, secret)),
            Err(_) => drop(fetched.remove(&name)),
        }
    }

    #[cfg(feature = "vault")]
    async fn ask(&self, vault: &Url, field: &Field) -> anyhow::Result<Secret> {
        Ok(wasi_cloud_vault::Vault::new().field(vault, self, &field.path, &field.name).await?)
    }

    #[cfg(not(feature = "vault"))]
    #[expect(clippy::unused_async, reason = "as in a build that has Vault")]
    async fn ask(&self, _: &Url, _: &Field) -> anyhow::Result<Secret> {
        bail!("this build has no Vault")
    }
}

impl Secrets for Declared {
    fn get(&self, name: &str) -> Option<Secret> {
        let places = locked(&self.places).clone();
        let read = match places.named.get(name)? {
            Place::Env(name) => variable(name),
            Place::File(path) => file(path),
            Place::Vault(_) => return locked(&self.fetched).get(name).cloned(),
        };
        read.inspect_err(|why| warn(name, why)).ok()
    }
}

fn warn(name: &str, why: &anyhow::Error) {
    tracing::warn!("the secret `{name}`: {why:#}");
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
