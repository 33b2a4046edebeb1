use crate::{
    FAILED, WRONG_USAGE,
    args::Run,
    component::{Component, WATCHED},
    draining::Draining,
    signals,
    unit::{self, Backends, Unit},
};
use anyhow::{Context, anyhow, bail};
use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
    sync::Arc,
    time::SystemTime,
};
use tokio::runtime::Builder;
use wasi_cloud_core::{Clock, Grants, Links, SharedGrants};
use wasi_cloud_wasmtime::runtime::{App, Call, Ending, Env, Runtime, is_program};
use wasmtime_wasi::cli;

/// Where HTTP is answered if nothing is said: on this machine alone.
const ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Runs a component, or a program that is a core module, to its end.
pub fn run(run: &Run) -> anyhow::Result<ExitCode> {
    let shown = run.app.display();
    let wasm = crate::fetch(&run.app, &run.registry)?;
    let mut component = Component::from(run);
    for folder in &component.folders {
        if !folder.host.is_dir() {
            bail!("--dir: `{}` is not a folder of this machine", folder.host.display());
        }
    }
    let failed = |e| anyhow!("`{shown}`: {e:#}");
    let trust = run.trust.read()?;
    let admitted = trust.admit(&wasm, given(run, &component)?, SystemTime::now());
    let grants = admitted.with_context(|| format!("`{shown}`"))?.shared();
    let runtime = Runtime::new(component.limits()).map_err(failed)?;
    if is_program(&wasm) && run.invoke.is_none() {
        if run.http.is_some() || !run.links.is_empty() || !run.topics.is_empty() {
            bail!(
                "`{shown}` is a core module for WASI preview 1, which has no capabilities: leave --link, --topic and --http \
                 out, or make a component of it with `wasi-cloud componentize`"
            );
        }
        let program = runtime.compile_program(&wasm).map_err(failed)?;
        let (links, grants) = (Links::default(), Grants::default().shared());
        return block_on(async { Ok(code(&program.run(interactive(&component, links, grants)).await)) });
    }
    let wasm = crate::component::of_module(wasm).with_context(|| format!("`{shown}`"))?;
    let app = runtime.compile(&wasm).map_err(failed)?.named(&component.title());
    let call = match run.invoke.as_deref().map(|text| app.call(text)).transpose() {
        Ok(call) => call,
        Err(why) => {
            eprintln!("error: --invoke: {why}");
            return Ok(ExitCode::from(WRONG_USAGE));
        }
    };
    if run.http.is_some() && !app.exports_http() {
        bail!("`{shown}` answers no HTTP: it does not export `wasi:http/incoming-handler`; leave --http out");
    }
    if !run.watches.is_empty() && !app.exports_watcher() {
        bail!("`{shown}` is told of no changes: it does not export `wasi:keyvalue/watcher`; leave --watch out");
    }
    block_on(async {
        let registry = wasi_cloud::registry(&Clock::default())?;
        let backends = Backends { registry, secrets: Arc::default(), meters: None, draining: Draining::default() };
        let links = unit::open(&component, &backends).await?;
        if let Some(call) = &call {
            invoke(&app, interactive(&component, links, grants), call).await
        } else if app.exports_run() {
            Ok(code(&app.run_command(interactive(&component, links, grants)).await))
        } else if app.exports_handler() || app.exports_http() || app.exports_watcher() {
            if app.exports_handler() {
                component.record(&wasm)?;
            } else {
                component.subscriptions.clear();
            }
            if app.exports_watcher() && component.watches.is_empty() {
                component.watches.push(WATCHED.to_owned());
            }
            component.http = run.http.or(app.exports_http().then_some(ADDRESS));
            let mut stops = signals::stops()?;
            let started = tokio::select! {
                biased;
                _ = stops.recv() => None,
                started = Unit::start(component, app, &backends, links, grants, None) => Some(started),
            };
            // What was started already finishes what it has taken, also after a failure.
            let halfway = backends.draining.finished();
            match started {
                Some(Ok(unit)) => {
                    stops.recv().await;
                    Ok(signals::finish(unit.stop(), &mut stops).await)
                }
                Some(Err(why)) => {
                    tokio::select! {
                        () = halfway => {}
                        _ = stops.recv() => {}
                    }
                    Err(why)
                }
                None => Ok(signals::finish(halfway, &mut stops).await),
            }
        } else {
            bail!(nothing_to_run(run, &app))
        }
    })
}

/// Runs it on a runtime of its own.
pub fn block_on(run: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let tokio = Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    let ended = tokio.block_on(run);
    // A read of the terminal cannot be cancelled; it must not keep the process alive.
    tokio.shutdown_background();
    ended
}

fn nothing_to_run(run: &Run, app: &App) -> String {
    let handlers = "`wasi:cli/run`, `wasi:messaging/incoming-handler`, `wasi:keyvalue/watcher` and \
        `wasi:http/incoming-handler`";
    let none = format!("`{}` exports none of {handlers}", run.app.display());
    let functions = app.functions();
    if functions.is_empty() {
        return none;
    }
    let list: String = functions.iter().map(|function| format!("\n  {function}")).collect();
    format!("{none}; call one of its functions with --invoke:{list}")
}

async fn invoke(app: &App, env: Env, call: &Call) -> anyhow::Result<ExitCode> {
    let (ending, result) = app.invoke(env, call).await;
    if let Some(result) = result {
        writeln!(std::io::stdout(), "{result}").context("cannot print the result")?;
    }
    Ok(code(&ending))
}

/// What the operator allows. `None` if nothing is said.
fn given(run: &Run, component: &Component) -> wasi_cloud_core::Result<Option<Grants>> {
    let said = run.grant_linked || !run.grants.is_empty();
    said.then(|| Grants::parse(&component.grants)).transpose()
}

/// What one instance sees that runs once, for the user who started it.
fn interactive(component: &Component, links: Links, grants: SharedGrants) -> Env {
    let mut env = component.env(links, grants);
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
