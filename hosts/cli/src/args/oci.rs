//! What `push`, `pull` and an `oci://` in the place of a file take.

#![cfg_attr(not(feature = "oci"), allow(dead_code, reason = "a build without registries only says so"))]

use clap::Args;
use std::{path::PathBuf, time::Duration};

pub const PUSH: &str = "\
Examples:
  Put a component into a registry, and keep the reference that will never be another component:
    wasi-cloud push app.wasm oci://registry.example/team/app:1.2.0

  The digest, for a script:
    wasi-cloud push app.wasm oci://localhost:5000/app:1.2.0 --json | jq -r .digest

What is pushed has the layout of the CNCF's Wasm OCI Artifact, which wkg and other tools read.
Pushing the same file twice gives the same digest.";

pub const PULL: &str = "\
Examples:
  Fetch a component into app.wasm of the current folder:
    wasi-cloud pull oci://registry.example/team/app:1.2.0

  This one and no other, whatever the tag is put on:
    wasi-cloud pull oci://registry.example/team/app@sha256:... -o app.wasm";

pub const REGISTRIES: &str = "\
Registries:
  Credentials are those of `docker login`, or WASI_CLOUD_REGISTRY_USER and
  WASI_CLOUD_REGISTRY_PASSWORD. A registry on this machine (localhost, 127.0.0.1) is reached by
  plain HTTP, all others by HTTPS unless there is --insecure.
  A tag that is missing is `latest`. What is larger than 256 MiB is neither pushed nor pulled.

Exit codes:
    0  it was done
    2  wrong usage
  125  wasi-cloud failed: no such file, no such reference, a registry that refuses or does not
       answer";

/// How a registry is reached.
#[derive(Debug, Clone, Args)]
pub struct Access {
    /// Reach the registry of an `oci://` reference by plain HTTP: whoever is in between can read and change what is sent.
    #[arg(long)]
    pub insecure: bool,

    /// How long a registry may take for all that is asked of it.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = super::duration)]
    pub registry_timeout: Duration,
}

#[derive(Debug, Args)]
pub struct Push {
    /// The component or core module.
    pub app: PathBuf,

    /// Where to put it: `oci://registry/repository:tag`.
    #[arg(value_name = "REFERENCE", value_parser = crate::oci::writable)]
    pub reference: String,

    /// Print `{reference, digest, size}` as JSON.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub access: Access,
}

#[derive(Debug, Args)]
pub struct Pull {
    /// What to fetch: `oci://registry/repository:tag`, or `@sha256:...` for one that cannot change.
    #[arg(value_name = "REFERENCE", value_parser = crate::oci::readable)]
    pub reference: String,

    /// Where to write it: `<the last name of the repository>.wasm` in the current folder by default.
    #[arg(short, long)]
    pub output: Option<PathBuf>,

    /// Print `{reference, digest, size, file}` as JSON.
    #[arg(long)]
    pub json: bool,

    #[command(flatten)]
    pub access: Access,
}
