//! Components that go on until a signal.

use crate::args::Run;
use anyhow::{Context, anyhow, bail};
use std::{
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
};
use tokio::{net::TcpListener, sync::mpsc, task::JoinSet};
use wasi_cloud_core::{Kind, Links, SharedGrants, messaging::Subscription};
use wasi_cloud_wasmtime::runtime::{App, HttpOptions, ServeOptions, Service, recorded_topics};

/// Where HTTP is answered if nothing is said: on this machine alone.
const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Handles messages and HTTP requests, whatever of the two the component does, until a signal.
pub async fn serve(run: &Run, app: &App, wasm: &[u8], links: Links, grants: SharedGrants) -> anyhow::Result<ExitCode> {
    let mut signals = signals()?;
    let mut services = JoinSet::new();
    // Stopped all at once: each lets its handlers finish.
    let mut stops = Vec::new();
    if app.exports_http() {
        stops.push(http(run, app, links.clone(), grants.clone()).await?);
    }
    if app.exports_handler() {
        stops.push(messages(run, app, wasm, links, grants).await?);
    }
    signals.recv().await;
    tracing::info!("stopping once the handlers are done; a second signal stops at once");
    for service in stops {
        services.spawn(service.stop());
    }
    tokio::select! {
        _ = services.join_all() => Ok(ExitCode::SUCCESS),
        _ = signals.recv() => Ok(ExitCode::from(143)),
    }
}

async fn http(run: &Run, app: &App, links: Links, grants: SharedGrants) -> anyhow::Result<Service> {
    let address = run.http.unwrap_or(ADDRESS);
    let listening = async {
        let listener = TcpListener::bind(address).await?;
        let bound = listener.local_addr()?;
        std::io::Result::Ok((listener, bound))
    };
    let (listener, bound) = listening
        .await
        .with_context(|| format!("cannot answer HTTP at {address}; choose another address with --http"))?;
    let options = HttpOptions { concurrency: run.concurrency.into(), request: run.request_timeout };
    let surroundings = run.surroundings(links, grants);
    let service = app.serve_http(listener, surroundings, &options).map_err(|e| anyhow!("{e:#}"))?;
    tracing::info!("answering HTTP at http://{bound}");
    Ok(service)
}

async fn messages(run: &Run, app: &App, wasm: &[u8], links: Links, grants: SharedGrants) -> anyhow::Result<Service> {
    let topics = if run.topics.is_empty() { recorded_topics(wasm) } else { run.topics.clone() };
    if topics.is_empty() {
        bail!("`{}` records no topics; name one or more with --topic", run.app.display());
    }
    let handled = topics.join(", ");
    let subscription = Subscription { topics, group: run.group.clone(), max_deliveries: run.max_deliveries };
    let options = ServeOptions { concurrency: run.concurrency.into(), ..ServeOptions::default() };
    let surroundings = run.surroundings(links, grants);
    let service = app.serve_messages(surroundings, subscription, options).await.map_err(|e| match e.kind {
        Kind::AccessDenied => {
            anyhow!("cannot subscribe: it may not read messages; add `--grant messaging:default:read`")
        }
        _ => anyhow::Error::new(e).context("cannot subscribe"),
    })?;
    tracing::info!("handling messages of {handled}");
    Ok(service)
}

/// One message for each request to stop, from now on.
fn signals() -> anyhow::Result<mpsc::Receiver<()>> {
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
