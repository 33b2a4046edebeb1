//! `wasi-cloud serve`: the components of a manifest, until a signal.

mod fit;
#[cfg(test)]
#[path = "../tests/serve/guest.rs"]
mod guest;
mod host;
mod listening;
#[cfg(test)]
mod tests;
mod watch;

use crate::{
    WRONG_USAGE,
    args::serve::Serve,
    control::{self, Asked, Control},
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
    // Relative to where the user is, which is left now.
    let control = args.control.as_ref().map(std::path::absolute).transpose().context("--control")?;
    manifest::expect(&shown)?;
    let file = enter(&shown)?;
    let secrets = Arc::new(secrets::Declared::default());
    let registry = wasi_cloud::registry_with(&Clock::default(), secrets.clone())?;
    let host = Host::new(registry, secrets, args.registry.clone(), file.clone(), shown);
    block_on(async {
        let done = if args.check { host.check().await } else { until_stopped(host, Watch::new(file), control).await };
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

/// What happens to a host.
enum Event {
    Manifest,
    Asked(Asked),
}

async fn until_stopped(mut host: Host, mut watch: Watch, control: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let (mut stops, mut hangups) = (signals::stops()?, signals::hangups()?);
    // Before anything is taken that another host may be at.
    let mut control = listen(control)?;
    let started = tokio::select! {
        biased;
        _ = stops.recv() => None,
        started = host.start() => Some(started),
    };
    let Some(Ok(())) = started else {
        // What was started already finishes what it has taken.
        let code = signals::finish(host.stop(), &mut stops).await;
        return started.unwrap_or(Ok(())).map(|()| code);
    };
    loop {
        let event = tokio::select! {
            biased;
            _ = stops.recv() => break,
            Some(()) = hangups.recv() => Event::Manifest,
            Some(asked) = asked(&mut control) => Event::Asked(asked),
            () = watch.changed() => Event::Manifest,
        };
        let act = async {
            match event {
                Event::Manifest => host.reload().await,
                Event::Asked(asked) => host.answer(asked).await,
            }
        };
        // A signal to stop does not wait for a backend that a new manifest names.
        tokio::select! {
            biased;
            _ = stops.recv() => break,
            () = act => {}
        }
    }
    Ok(signals::finish(host.stop(), &mut stops).await)
}

/// The control socket: where the user says, or else where it can be.
fn listen(path: Option<PathBuf>) -> anyhow::Result<Option<Control>> {
    let bound = match &path {
        Some(path) => Control::bind(path),
        None => wasi_cloud::prepare().map_err(Into::into).and_then(|()| Control::bind(&control::usual())),
    };
    match bound {
        Ok(control) => {
            tracing::info!("`wasi-cloud link` asks at `{}`", path.unwrap_or_else(control::usual).display());
            Ok(Some(control))
        }
        Err(why) if path.is_none() => {
            tracing::warn!("`wasi-cloud link` cannot be used: {why:#}");
            Ok(None)
        }
        Err(why) => Err(why),
    }
}

/// The next question; none ever without a socket.
async fn asked(control: &mut Option<Control>) -> Option<Asked> {
    control.as_mut()?.asked().await
}
