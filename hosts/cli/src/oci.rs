//! `wasi-cloud push`, `pull`, and `oci://` in the place of a file: components in OCI registries, in the layout of the CNCF's
//! Wasm OCI Artifact.

mod client;
mod credentials;
mod errors;
mod layout;
mod transfer;

use crate::{
    args::oci::{Access, Pull, Push},
    file,
};
use anyhow::{Context, anyhow, bail};
use client::Connection;
use oci_client::{Reference, RegistryOperation};
use serde::Serialize;
use std::{io::Write, path::PathBuf, time::SystemTime};
use tokio::runtime::Builder;

/// Before a reference.
pub const SCHEME: &str = "oci://";

/// What was moved.
#[derive(Debug, Serialize)]
struct Moved {
    reference: String,
    digest: String,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
}

/// The text of a reference to something that can be pulled.
pub fn readable(text: &str) -> Result<String, String> {
    parse(text).map(|_| text.to_owned())
}

/// The text of a reference that can be pushed to.
pub fn writable(text: &str) -> Result<String, String> {
    match parse(text)?.digest() {
        Some(_) => Err("a digest follows from what is pushed: name a tag, `oci://registry/repository:tag`".into()),
        None => Ok(text.to_owned()),
    }
}

/// Puts a file into a registry, and prints the reference by which it cannot change.
pub fn push(job: &Push) -> anyhow::Result<()> {
    let wasm = crate::read(&job.app)?;
    let made = std::fs::metadata(&job.app).and_then(|file| file.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let artifact = layout::Artifact::of(wasm, made).with_context(|| format!("cannot push `{}`", job.app.display()))?;
    let size = artifact.layer.bytes.len();
    let reference = parse(&job.reference).map_err(anyhow::Error::msg)?;
    let digest = limited(&job.access, async {
        Connection::open(&reference, &job.access, RegistryOperation::Push).await?.push(artifact).await
    })
    .with_context(|| format!("cannot push to `{}`", job.reference))?;
    Moved { reference: job.reference.clone(), digest, size, file: None }.print(job.json)
}

/// Writes what a reference names to a file, which is there only when it is complete.
pub fn pull(job: &Pull) -> anyhow::Result<()> {
    let reference = parse(&job.reference).map_err(anyhow::Error::msg)?;
    let (digest, wasm) = fetch(&job.reference, &reference, &job.access)?;
    let output = job.output.clone().unwrap_or_else(|| {
        let name = reference.repository().rsplit('/').next().unwrap_or_default();
        PathBuf::from(format!("{name}.wasm"))
    });
    file::write(&output, &wasm)?;
    Moved { reference: job.reference.clone(), digest, size: wasm.len(), file: Some(output) }.print(job.json)
}

/// The bytes that a reference names.
pub fn read(text: &str, access: &Access) -> anyhow::Result<Vec<u8>> {
    let reference = parse(text).map_err(anyhow::Error::msg)?;
    let (digest, wasm) = fetch(text, &reference, access)?;
    tracing::info!("`{text}` is {digest}");
    Ok(wasm)
}

fn fetch(text: &str, reference: &Reference, access: &Access) -> anyhow::Result<(String, Vec<u8>)> {
    let fetched =
        limited(access, async { Connection::open(reference, access, RegistryOperation::Pull).await?.pull().await });
    fetched.with_context(|| format!("cannot pull `{text}`"))
}

/// `oci://registry/repository[:tag][@sha256:...]`. Docker leaves its own registry out; here it has to be named, so that a
/// misspelt registry is not a repository of Docker's.
fn parse(text: &str) -> Result<Reference, String> {
    let form = format!("write `{SCHEME}registry/repository:tag`");
    let rest = text.strip_prefix(SCHEME).ok_or_else(|| form.clone())?;
    let reference: Reference = rest.parse().map_err(|why| format!("{why}; {form}"))?;
    if rest.strip_prefix(reference.registry()).is_some_and(|after| after.starts_with('/')) {
        Ok(reference)
    } else {
        Err(format!("it names no registry, such as `localhost:5000` or `ghcr.io`; {form}"))
    }
}

/// Runs what asks a registry, for as long as it may last.
fn limited<T: Send + 'static>(access: &Access, work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let tokio = Builder::new_current_thread().enable_all().build().context("cannot start")?;
    let done = tokio.block_on(async { tokio::time::timeout(access.registry_timeout, work).await });
    // A program that keeps credentials, and that does not answer, must not keep this one alive.
    tokio.shutdown_background();
    done.unwrap_or_else(|_| {
        let limit = humantime::format_duration(access.registry_timeout);
        bail!("it was not done within {limit}; try again, or give it longer with --registry-timeout")
    })
}

impl Moved {
    fn print(&self, json: bool) -> anyhow::Result<()> {
        let line = match &self.file {
            _ if json => serde_json::to_string_pretty(self)?,
            Some(file) => format!("{}  {}", self.digest, file.display()),
            None => {
                let reference = parse(&self.reference).map_err(|why| anyhow!(why))?;
                format!("{SCHEME}{}/{}@{}", reference.registry(), reference.repository(), self.digest)
            }
        };
        writeln!(std::io::stdout(), "{line}").context("cannot print the result")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_names_its_registry() {
        for good in ["oci://localhost/app", "oci://127.0.0.1:5000/team/app:1.0", "oci://ghcr.io/a/b:v1"] {
            assert_eq!(readable(good).as_deref(), Ok(good));
            assert_eq!(writable(good).as_deref(), Ok(good));
        }
        let digest = format!("oci://ghcr.io/a/b@sha256:{}", "0".repeat(64));
        assert_eq!(readable(&digest).as_ref(), Ok(&digest));
        assert!(writable(&digest).is_err_and(|why| why.contains("tag")));
        let bad =
            ["", "app.wasm", "oci://", "oci://app", "oci://team/app:1", "oci://localhost/APP", "oci://h:1/a@sha256:0"];
        for bad in bad.into_iter().chain(["oci://localhost/a b", "oci://user:hunter2@localhost/app"]) {
            let why = readable(bad).expect_err(bad);
            assert!(why.contains("oci://registry/repository:tag") && !why.contains("hunter2"), "{why}");
        }
    }
}
