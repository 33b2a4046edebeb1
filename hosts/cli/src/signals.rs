//! What the system asks of a service.

use anyhow::Context;
use std::{
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
};
use tokio::sync::mpsc;

static HURRIED: AtomicBool = AtomicBool::new(false);

/// Whether it was asked to stop at once.
pub fn hurried() -> bool {
    HURRIED.load(Ordering::Relaxed)
}

/// One message for each request to stop, from now on.
pub fn stops() -> anyhow::Result<mpsc::Receiver<()>> {
    let (send, receive) = mpsc::channel(1);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
            let (mut signals, send) = (signal(kind).context("cannot listen for signals")?, send.clone());
            tokio::spawn(async move { while signals.recv().await.is_some() && send.send(()).await.is_ok() {} });
        }
    }
    #[cfg(not(unix))]
    tokio::spawn(async move { while tokio::signal::ctrl_c().await.is_ok() && send.send(()).await.is_ok() {} });
    Ok(receive)
}

/// One message for each request to read the configuration again, from now on.
pub fn hangups() -> anyhow::Result<mpsc::Receiver<()>> {
    let (send, receive) = mpsc::channel(1);
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut signals = signal(SignalKind::hangup()).context("cannot listen for signals")?;
        tokio::spawn(async move { while signals.recv().await.is_some() && send.send(()).await.is_ok() {} });
    }
    #[cfg(not(unix))]
    drop(send);
    Ok(receive)
}

/// Waits for what finishes, until one more request to stop.
pub async fn finish(finished: impl Future<Output = ()>, stops: &mut mpsc::Receiver<()>) -> ExitCode {
    tracing::info!("stopping once the handlers are done; a second signal stops at once");
    tokio::select! {
        () = finished => ExitCode::SUCCESS,
        _ = stops.recv() => {
            HURRIED.store(true, Ordering::Relaxed);
            ExitCode::from(143)
        }
    }
}
