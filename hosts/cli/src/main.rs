//! `wasi-cloud`: see `wasi-cloud --help`.

mod admin;
mod args;
mod claims;
mod component;
mod componentize;
mod compose;
mod control;
mod doctor;
mod draining;
mod file;
mod go;
mod inspect;
mod manifest;
mod meters;
mod new;
#[cfg(feature = "oci")]
mod oci;
#[cfg(not(feature = "oci"))]
#[path = "oci/missing.rs"]
mod oci;
mod otel;
mod quiet;
mod run;
mod secrets;
mod serve;
mod signals;
mod unit;

use anyhow::{Context, bail};
use clap::Parser;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Each message and each call allocates a little, on all threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The call was wrong.
const WRONG_USAGE: u8 = 2;
/// What failed is ours, not the guest's.
const FAILED: u8 = 125;
/// The largest file that is read, in MiB: no component comes near it.
const MAX_FILE: u64 = 256;

fn main() -> ExitCode {
    let cli = args::Cli::parse();
    // The client of registries warns of what it gets along with.
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,oci_client=error,lapin=error"));
    let traces = match cli.command {
        args::Command::Run(_) | args::Command::Serve(_) => otel::Traces::begin(filter),
        _ => {
            otel::log_alone(filter);
            otel::Traces::default()
        }
    };
    let done = match cli.command {
        args::Command::Run(run) => run::run(&run),
        args::Command::Serve(what) => serve::serve(&what),
        args::Command::Link(what) => control::link(what).map(|()| ExitCode::SUCCESS),
        args::Command::Inspect(what) => inspect::inspect(&what).map(|()| ExitCode::SUCCESS),
        args::Command::Compose(job) => compose::compose(&job).map(|()| ExitCode::SUCCESS),
        args::Command::Bridge(job) => compose::bridge::bridge(&job).map(|()| ExitCode::SUCCESS),
        args::Command::Keygen(job) => claims::keygen(&job).map(|()| ExitCode::SUCCESS),
        args::Command::Sign(job) => claims::sign(&job).map(|()| ExitCode::SUCCESS),
        args::Command::Verify(job) => claims::verify(&job),
        args::Command::Componentize(job) => componentize::componentize(&job).map(|()| ExitCode::SUCCESS),
        args::Command::Push(job) => oci::push(&job).map(|()| ExitCode::SUCCESS),
        args::Command::Pull(job) => oci::pull(&job).map(|()| ExitCode::SUCCESS),
        args::Command::Doctor(job) => doctor::doctor(&job),
        args::Command::New(job) => new::new(&job).map(|()| ExitCode::SUCCESS),
    };
    let code = done.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(FAILED)
    });
    if !signals::hurried() {
        traces.finish();
    }
    code
}

/// Reads a module or component from a file, or from a registry if it is named by a reference.
fn fetch(app: &std::path::Path, registry: &args::oci::Access) -> anyhow::Result<Vec<u8>> {
    match app.to_str() {
        Some(reference) if reference.starts_with(oci::SCHEME) => oci::read(reference, registry),
        _ => read(app),
    }
}

/// Reads a module or component. What is no file could have no end, and what is too large is no component.
fn read(path: &std::path::Path) -> anyhow::Result<Vec<u8>> {
    let failed = || format!("cannot read `{}`", path.display());
    // Asked before it is opened: opening a pipe waits for its writer.
    let file = std::fs::metadata(path).with_context(failed)?;
    if !file.is_file() {
        bail!("cannot read `{}`: it is not a regular file", path.display());
    }
    if file.len() > MAX_FILE << 20 {
        bail!("cannot read `{}`: it is larger than {MAX_FILE} MiB", path.display());
    }
    std::fs::read(path).with_context(failed)
}
