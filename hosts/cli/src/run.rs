use crate::{FAILED, args::Run};
use anyhow::{Context, anyhow, bail};
use std::{collections::BTreeMap, process::ExitCode, sync::Arc};
use tokio::{runtime::Builder, sync::mpsc};
use wasi_cloud_core::{
    Clock, Grants, Kind, Layers, Links, SharedGrants,
    config::Fixed,
    layer::{Timeout, Trace},
    messaging::Subscription,
};
use wasi_cloud_wasmtime::runtime::{App, Ending, Env, Limits, Runtime, ServeOptions, recorded_topics};
use wasmtime_wasi::cli;

/// Runs a component to its end.
pub fn run(run: &Run) -> anyhow::Result<ExitCode> {
    let wasm = crate::read(&run.app)?;
    let app = Runtime::new(limits(run))
        .and_then(|runtime| runtime.compile(&wasm))
        .map_err(|e| anyhow::anyhow!("`{}`: {e:#}", run.app.display()))?;
    let tokio = Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    let ended = tokio.block_on(async {
        let (links, grants) = (links(run).await?, grants(run)?);
        if app.exports_run() {
            Ok(code(&app.run_command(command_env(run, links, grants)).await))
        } else if app.exports_handler() {
            serve(run, &app, &wasm, links, grants).await
        } else {
            bail!("`{}` exports neither `wasi:cli/run` nor `wasi:messaging/incoming-handler`", run.app.display())
        }
    });
    // A read of the terminal cannot be cancelled; it must not keep the process alive.
    tokio.shutdown_background();
    ended
}

fn limits(run: &Run) -> Limits {
    Limits {
        memory: usize::from(run.memory) << 20,
        run: run.deadline,
        call: run.timeout,
        instances: u32::from(run.concurrency) + 1,
        ..Limits::default()
    }
}

async fn links(run: &Run) -> anyhow::Result<Links> {
    let registry = wasi_cloud::registry(&Clock::default())?;
    let links = Links::default();
    let layers: Layers = Arc::new([Arc::new(Trace), Arc::new(Timeout(run.timeout))]);
    for link in &run.links {
        link.open(&registry, &links, layers.clone())
            .await
            .with_context(|| format!("--link {}:{}", link.capability, link.label))?;
    }
    if !run.config.is_empty() {
        let pairs: BTreeMap<_, _> = run.config.iter().cloned().collect();
        links.config.set("default", Arc::new(Fixed(pairs)), "", layers);
    }
    Ok(links)
}

fn grants(run: &Run) -> anyhow::Result<SharedGrants> {
    let mut rules = run.grants.clone();
    if run.grant_linked {
        rules.extend(run.links.iter().filter_map(wasi_cloud::LinkSpec::grant));
        rules.extend((!run.config.is_empty()).then(|| "config:default".to_owned()));
    }
    Ok(Grants::parse(rules)?.shared())
}

/// The guest's name is the file's, so that usage messages read well.
fn env(run: &Run, links: Links, grants: SharedGrants) -> Env {
    let mut env = Env::new(links, grants);
    env.args.push(run.app.file_name().unwrap_or_default().to_string_lossy().into_owned());
    env.args.extend_from_slice(&run.args);
    env.vars.clone_from(&run.env);
    env.stdout = Box::new(cli::stdout());
    env.stderr = Box::new(cli::stderr());
    env
}

fn command_env(run: &Run, links: Links, grants: SharedGrants) -> Env {
    let mut env = env(run, links, grants);
    env.stdin = Box::new(cli::stdin());
    env
}

fn code(ending: &Ending) -> ExitCode {
    let code = match ending {
        // As the system would: of a larger code the low byte counts.
        Ending::Exited(code) => return ExitCode::from(code.to_le_bytes()[0]),
        Ending::OutOfTime => 124,
        Ending::OutOfMemory => 137,
        Ending::Trapped(_) => 134,
        _ => FAILED,
    };
    eprintln!("error: the guest {ending}");
    ExitCode::from(code)
}

async fn serve(run: &Run, app: &App, wasm: &[u8], links: Links, grants: SharedGrants) -> anyhow::Result<ExitCode> {
    let topics = if run.topics.is_empty() { recorded_topics(wasm) } else { run.topics.clone() };
    if topics.is_empty() {
        bail!("`{}` records no topics; name one or more with --topic", run.app.display());
    }
    let handled = topics.join(", ");
    let subscription = Subscription { topics, group: run.group.clone(), max_deliveries: run.max_deliveries };
    let options = ServeOptions { concurrency: run.concurrency.into(), ..ServeOptions::default() };
    let mut signals = signals()?;
    let surroundings = {
        let run = run.clone();
        move || env(&run, links.clone(), grants.clone())
    };
    let service = app.serve_messages(surroundings, subscription, options).await.map_err(|e| match e.kind {
        Kind::AccessDenied => {
            anyhow!("cannot subscribe: it may not read messages; add `--grant messaging:default:read`")
        }
        _ => anyhow::Error::new(e).context("cannot subscribe"),
    })?;
    tracing::info!("handling messages of {handled}");
    signals.recv().await;
    tracing::info!("stopping once the handlers are done; a second signal stops at once");
    tokio::select! {
        () = service.stop() => Ok(ExitCode::SUCCESS),
        _ = signals.recv() => Ok(ExitCode::from(143)),
    }
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
