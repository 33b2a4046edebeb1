//! `wasi-cloud serve`: the components of a manifest, until a signal.

mod fit;
mod host;
mod watch;

use crate::{
    WRONG_USAGE,
    args::serve::Serve,
    manifest::{self, Rejected},
    run::block_on,
    secrets, signals,
};
use anyhow::Context;
use host::Host;
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};
use wasi_cloud_core::Clock;
use watch::Watch;

/// Serves a manifest, or only checks it.
pub fn serve(args: &Serve) -> anyhow::Result<ExitCode> {
    let shown = manifest::at(&args.manifest);
    let file = enter(&shown)?;
    let secrets = Arc::new(secrets::Declared::default());
    let registry = wasi_cloud::registry_with(&Clock::default(), secrets.clone())?;
    let host = Host::new(registry, secrets, file.clone(), shown);
    block_on(async {
        let done = if args.check { host.check() } else { until_stopped(host, Watch::new(file)).await };
        done.or_else(|error| match error.downcast_ref::<Rejected>() {
            Some(rejected) => {
                anstream::eprintln!("{}", rejected.styled());
                Ok(ExitCode::from(WRONG_USAGE))
            }
            None => Err(error),
        })
    })
}

/// Makes the manifest's folder the current one, since all relative paths begin there, and returns the manifest in it.
fn enter(manifest: &Path) -> anyhow::Result<PathBuf> {
    if let Some(folder) = manifest.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        let failed = || format!("cannot enter the manifest's folder `{}`", folder.display());
        std::env::set_current_dir(folder).with_context(failed)?;
    }
    Ok(manifest.file_name().map_or_else(|| manifest.to_owned(), PathBuf::from))
}

async fn until_stopped(mut host: Host, mut watch: Watch) -> anyhow::Result<ExitCode> {
    let (mut stops, mut hangups) = (signals::stops()?, signals::hangups()?);
    tokio::select! {
        biased;
        _ = stops.recv() => return Ok(ExitCode::SUCCESS),
        started = host.start() => started?,
    }
    loop {
        tokio::select! {
            biased;
            _ = stops.recv() => break,
            Some(()) = hangups.recv() => {}
            () = watch.changed() => {}
        }
        // A signal to stop does not wait for a backend that a new manifest names.
        tokio::select! {
            biased;
            _ = stops.recv() => break,
            () = host.reload() => {}
        }
    }
    Ok(signals::finish(host.stop(), &mut stops).await)
}
