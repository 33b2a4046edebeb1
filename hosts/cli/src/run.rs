use crate::{FAILED, WRONG_USAGE, args::Run, services};
use anyhow::{Context, anyhow, bail};
use std::{collections::BTreeMap, io::Write, process::ExitCode, sync::Arc};
use tokio::runtime::Builder;
use wasi_cloud_componentize::Componentize;
use wasi_cloud_core::{
    Clock, Grants, Layers, Links, SharedGrants,
    config::Fixed,
    layer::{Timeout, Trace},
};
use wasi_cloud_wasmtime::runtime::{App, Call, Ending, Env, Limits, Runtime, is_program};
use wasmtime_wasi::cli;

/// Runs a component, or a program that is a core module, to its end.
pub fn run(run: &Run) -> anyhow::Result<ExitCode> {
    let shown = run.app.display();
    let wasm = crate::fetch(&run.app, &run.registry)?;
    for folder in run.dirs.iter().chain(&run.read_only) {
        if !folder.host.is_dir() {
            bail!("--dir: `{}` is not a folder of this machine", folder.host.display());
        }
    }
    let failed = |e| anyhow!("`{shown}`: {e:#}");
    let runtime = Runtime::new(limits(run)).map_err(failed)?;
    if is_program(&wasm) && run.invoke.is_none() {
        if run.http.is_some() || !run.links.is_empty() || !run.topics.is_empty() {
            bail!(
                "`{shown}` is a core module for WASI preview 1, which has no capabilities: leave --link, --topic and --http \
                 out, or make a component of it with `wasi-cloud componentize`"
            );
        }
        let program = runtime.compile_program(&wasm).map_err(failed)?;
        let (links, grants) = (Links::default(), Grants::default().shared());
        return block_on(async { Ok(code(&program.run(run.interactive(links, grants)).await)) });
    }
    let wasm = component(wasm).with_context(|| format!("`{shown}`"))?;
    let app = runtime.compile(&wasm).map_err(failed)?;
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
    block_on(async {
        let (links, grants) = (links(run).await?, grants(run)?);
        if let Some(call) = &call {
            invoke(&app, run.interactive(links, grants), call).await
        } else if app.exports_run() {
            Ok(code(&app.run_command(run.interactive(links, grants)).await))
        } else if app.exports_handler() || app.exports_http() {
            services::serve(run, &app, &wasm, links, grants).await
        } else {
            bail!(nothing_to_run(run, &app))
        }
    })
}

fn block_on(run: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let tokio = Builder::new_multi_thread().enable_all().build().context("cannot start")?;
    let ended = tokio.block_on(run);
    // A read of the terminal cannot be cancelled; it must not keep the process alive.
    tokio.shutdown_background();
    ended
}

/// A core module that carries its world becomes a component.
fn component(wasm: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let is_core = wasm.starts_with(b"\0asm") && wasm.get(6..8) == Some(&[0, 0]);
    if !is_core {
        return Ok(wasm);
    }
    Componentize::new().run(&wasm).map_err(|why| {
        let hint =
            "this is a core module that does not run as it is; `wasi-cloud componentize` makes a component of it";
        anyhow!("{hint} with its WIT: {why}")
    })
}

fn nothing_to_run(run: &Run, app: &App) -> String {
    let handlers = "`wasi:cli/run`, `wasi:messaging/incoming-handler` and `wasi:http/incoming-handler`";
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

fn limits(run: &Run) -> Limits {
    Limits {
        memory: usize::from(run.memory) << 20,
        run: run.deadline,
        call: run.timeout,
        // Messages and HTTP requests; and what asks for a link.
        instances: 2 * u32::from(run.concurrency) + 1,
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

impl Run {
    /// The guest's name is the file's, so that usage messages read well.
    fn env(&self, links: Links, grants: SharedGrants) -> Env {
        let mut env = Env::new(links, grants);
        env.args.push(self.app.file_name().unwrap_or_default().to_string_lossy().into_owned());
        env.args.extend_from_slice(&self.args);
        env.vars.clone_from(&self.env);
        env.folders.extend(self.dirs.iter().chain(&self.read_only).cloned());
        env.stdout = Box::new(cli::stdout());
        env.stderr = Box::new(cli::stderr());
        env
    }

    /// What one instance sees that runs once, for the user who started it.
    fn interactive(&self, links: Links, grants: SharedGrants) -> Env {
        let mut env = self.env(links, grants);
        env.stdin = Box::new(cli::stdin());
        env
    }

    /// What each instance of a service sees.
    pub fn surroundings(&self, links: Links, grants: SharedGrants) -> impl Fn() -> Env + Send + Sync + 'static {
        let run = self.clone();
        move || run.env(links.clone(), grants.clone())
    }
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
