//! Where a manifest's secrets are: in variables of ours or in files, never in the manifest.

use anyhow::{Context, bail};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};
use wasi_cloud_core::provider::{Secret, Secrets};

/// In bytes: no secret comes near it.
const LARGEST: u64 = 64 << 10;

/// Where one secret is.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    Env(String),
    File(PathBuf),
}

impl Place {
    /// Reads it. Of a file without the line end that editors leave.
    pub fn read(&self) -> anyhow::Result<Secret> {
        match self {
            Self::Env(name) => {
                let text = std::env::var(name).ok().with_context(|| format!("the variable `{name}` is not set"))?;
                Ok(Secret::new(text))
            }
            Self::File(path) => {
                let failed = || format!("cannot read `{}`", path.display());
                // Asked before it is opened: opening a pipe waits for its writer, and nothing may hold the host up.
                let found = std::fs::metadata(path).with_context(failed)?;
                if !found.is_file() || found.len() > LARGEST {
                    bail!("{}: it is not a regular file of at most 64 KiB", failed());
                }
                let text = std::fs::read_to_string(path).with_context(failed)?;
                Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
            }
        }
    }
}

/// The secrets of the manifest that is in force, each read when a link that names it connects.
#[derive(Debug, Default)]
pub struct Declared(Mutex<BTreeMap<String, Place>>);

impl Declared {
    pub fn replace(&self, places: BTreeMap<String, Place>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = places;
    }
}

impl Secrets for Declared {
    fn get(&self, name: &str) -> Option<Secret> {
        let place = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()?;
        place.read().inspect_err(|why| tracing::warn!("the secret `{name}`: {why:#}")).ok()
    }
}
