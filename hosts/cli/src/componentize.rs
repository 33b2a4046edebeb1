use crate::{args, file, go};
use anyhow::{Context, anyhow};
use clap::{CommandFactory, error::ErrorKind};
use std::path::{Path, PathBuf};
use wasi_cloud_componentize::{Componentize, Error, World};
use wasi_cloud_wasmtime::runtime::{declared_topics, record_topics};

/// Makes a component of a core module, or of a folder of Go.
pub fn componentize(job: &args::Componentize) -> anyhow::Result<()> {
    let given = job.wit.as_ref().map(|wit| match &job.world {
        Some(name) => World::path(wit).named(name),
        None => World::path(wit),
    });
    let (module, worlds, output, bare) = if job.input.is_dir() {
        let built = go::build(&job.input, given)?;
        let output = job.output.clone().unwrap_or_else(|| PathBuf::from(format!("{}.wasm", built.name)));
        (built.module, built.worlds, output, built.bare)
    } else {
        let output = job.output.clone().unwrap_or_else(|| {
            let missing = "the component of a core module needs a place: add `--output app.wasm`";
            args::Cli::command().error(ErrorKind::MissingRequiredArgument, missing).exit()
        });
        (crate::read(&job.input)?, Vec::from_iter(given), output, false)
    };
    let module = with_topics(module, &job.input);
    let tool = worlds.into_iter().fold(Componentize::new(), Componentize::world);
    let component =
        tool.run(&module).map_err(|e| explained(e, bare)).with_context(|| format!("`{}`", job.input.display()))?;
    file::write(&output, &component)?;
    tracing::info!("`{}` is a component of {} bytes", output.display(), component.len());
    Ok(())
}

/// What to do, where it is another thing for a program than for a module.
fn explained(error: Error, bare: bool) -> anyhow::Error {
    if bare && matches!(error, Error::NoWorld | Error::ForeignImport { .. }) {
        return anyhow!(
            "the program imports or exports more than WASI's, and none of its packages has a `world.wit` beside or above it that bindgen-go wrote: \
             generate its bindings with bindgen-go, or give their world with `--wit`; a `vendor` folder lacks such files, so \
             build with GOFLAGS=-mod=mod"
        );
    }
    error.into()
}

/// Records the topics that the module declares. A component without them is of use all the same.
fn with_topics(module: Vec<u8>, input: &Path) -> Vec<u8> {
    match declared_topics(&module) {
        Ok(topics) => record_topics(module, &topics),
        Err(e) => {
            let why = anyhow!("{e:#}");
            tracing::warn!(
                "`{}` records no topics, so that `run` needs `--topic`: {why}; what starts a program can only register \
                 handlers, so do the rest in a handler",
                input.display()
            );
            module
        }
    }
}
