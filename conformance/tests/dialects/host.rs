//! A host in this process that links a dialect and nothing of ours: each guest has the bridges around it.

use super::{
    cloud::{Cloud, Defect},
    composed::composed,
    wasmcloud::Wasmcloud,
};
use async_trait::async_trait;
use cloud_conformance::{
    corpus::Corpus,
    dialect::Dialect,
    host::{Deployment, Driver, Environment, Host, HostCall, HostDescription, Program, Serving, Subscribed},
    session::{Broken, Session},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, duplex},
    sync::mpsc,
    task::JoinHandle,
};
use wasi_cloud_core::{Kind, layer::FaultRule};
use wasmtime::{
    Cache, CacheConfig, Config, Engine, Store,
    component::{Component, ComponentType, Lift, Linker, Lower, ResourceTable},
};
use wasmtime_wasi::{
    WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView,
    cli::{AsyncStdinStream, AsyncStdoutStream},
    p2::{self, bindings::Command, pipe::MemoryOutputPipe},
};

const ROOM: usize = 1 << 20;

/// What one guest has.
pub struct State {
    wasi: WasiCtx,
    pub table: ResourceTable,
    pub cloud: Arc<Cloud>,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

pub struct Small {
    description: HostDescription,
    dialects: &'static [Dialect],
    defect: Defect,
    guests: Arc<Guests>,
}

struct Guests {
    language: &'static str,
    corpus: Corpus,
    linker: Linker<State>,
    compiled: Mutex<HashMap<String, Component>>,
}

#[derive(Clone, ComponentType, Lift, Lower)]
#[component(variant)]
enum ConfigError {
    #[component(name = "upstream")]
    Upstream(String),
    #[component(name = "io")]
    Io(String),
}

impl Small {
    /// `link` is what it has besides WASI and the configuration, which it links by the name of `config`.
    pub fn new(
        description: HostDescription,
        language: &'static str,
        dialects: &'static [Dialect],
        config: &str,
        link: fn(&mut Linker<State>) -> wasmtime::Result<()>,
        defect: Defect,
    ) -> wasmtime::Result<Self> {
        let engine = Engine::new(Config::new().cache(Cache::new(CacheConfig::new()).ok()))?;
        let mut linker = Linker::new(&engine);
        p2::add_to_linker_async(&mut linker)?;
        link(&mut linker)?;
        let mut store = linker.instance(config)?;
        store.func_wrap("get", |store: wasmtime::StoreContextMut<'_, State>, (key,): (String,)| {
            Ok((Ok::<_, ConfigError>(store.data().cloud.deployment.config.get(&key).cloned()),))
        })?;
        store.func_wrap("get-all", |store: wasmtime::StoreContextMut<'_, State>, (): ()| {
            let pairs = store.data().cloud.deployment.config.clone().into_iter();
            Ok((Ok::<_, ConfigError>(pairs.collect::<Vec<_>>()),))
        })?;
        let corpus = Corpus::load().map_err(|e| wasmtime::Error::msg(e.to_string()))?;
        let guests = Guests { language, corpus, linker, compiled: Mutex::default() };
        Ok(Self { description, dialects, defect, guests: Arc::new(guests) })
    }

    /// A deployment, and what it keeps.
    pub fn stand(&self, deployment: &Deployment) -> (Deployed, Arc<Cloud>) {
        let cloud = Cloud::new(deployment.clone(), self.defect);
        (Deployed { cloud: cloud.clone(), dialects: self.dialects, guests: self.guests.clone() }, cloud)
    }
}

#[async_trait]
impl Host for Small {
    fn describe(&self) -> &HostDescription {
        &self.description
    }

    async fn deploy(&self, deployment: &Deployment) -> Result<Box<dyn Environment>, Broken> {
        Ok(Box::new(self.stand(deployment).0))
    }
}

pub struct Deployed {
    cloud: Arc<Cloud>,
    dialects: &'static [Dialect],
    guests: Arc<Guests>,
}

fn setup(why: impl std::fmt::Display) -> Broken {
    Broken::Setup(format!("{why:#}"))
}

impl Deployed {
    /// The guest of this name between its bridges.
    fn component(&self, name: &str, handles: bool) -> Result<Component, Broken> {
        let Guests { language, corpus, linker, compiled } = &*self.guests;
        let mut compiled = compiled.lock().expect("nobody panicked");
        if let Some(component) = compiled.get(name) {
            return Ok(component.clone());
        }
        let guest = if handles {
            corpus.guest(&format!("{language}/{name}")).map(<[u8]>::to_vec)
        } else {
            corpus.composed(language, name)
        };
        let wasm = composed(corpus, &guest.map_err(setup)?, self.dialects, handles).map_err(setup)?;
        let component = Component::new(linker.engine(), wasm).map_err(setup)?;
        compiled.insert(name.to_owned(), component.clone());
        Ok(component)
    }

    fn store(&self, wasi: &mut WasiCtxBuilder) -> Store<State> {
        let state = State { wasi: wasi.build(), table: ResourceTable::new(), cloud: self.cloud.clone() };
        Store::new(self.guests.linker.engine(), state)
    }
}

#[async_trait]
impl Environment for Deployed {
    async fn guest(&self, driver: Driver) -> Result<Box<dyn Session>, Broken> {
        let component = self.component(driver.name(), false)?;
        let ((stdin, guest_stdin), (stdout, guest_stdout)) = (duplex(ROOM), duplex(ROOM));
        let mut wasi = WasiCtx::builder();
        wasi.stdin(AsyncStdinStream::new(guest_stdin)).stdout(AsyncStdoutStream::new(ROOM, guest_stdout));
        let (mut store, guests) = (self.store(&mut wasi), self.guests.clone());
        let guest = tokio::spawn(async move {
            let command = Command::instantiate_async(&mut store, &component, &guests.linker).await?;
            command.wasi_cli_run().call_run(&mut store).await
        });
        Ok(Box::new(Piped { stdin, stdout: BufReader::new(stdout).lines(), guest }))
    }

    /// Each message has an instance of its own.
    async fn serve(&self, program: Program, to: Subscribed<'_>) -> Result<Box<dyn Serving>, Broken> {
        let name = match program {
            Program::Recorder => "recorder",
            Program::Pingpong => "pingpong",
            Program::Watcher => return no_control(),
        };
        let component = self.component(name, true)?;
        let mut messages = self.cloud.subscribe(to.topics, to.group);
        let (printed, lines) = mpsc::unbounded_channel();
        let (cloud, dialects, guests) = (self.cloud.clone(), self.dialects, self.guests.clone());
        let this = Self { cloud, dialects, guests };
        let service = tokio::spawn(async move {
            while let Some(message) = messages.recv().await {
                let stdout = MemoryOutputPipe::new(4 * ROOM);
                let mut store = this.store(WasiCtx::builder().stdout(stdout.clone()));
                let guest = Wasmcloud::instantiate_async(&mut store, &component, &this.guests.linker).await?;
                // What a handler makes of its message is not told: there is no second delivery here.
                let _ = guest.wasmcloud_messaging_handler().call_handle_message(&mut store, &message).await?;
                for line in String::from_utf8_lossy(&stdout.contents()).lines() {
                    let _ = printed.send(line.to_owned());
                }
            }
            wasmtime::Result::Ok(())
        });
        Ok(Box::new(Served { lines, service }))
    }

    async fn watch(&self, _: &str) -> Result<Box<dyn Serving>, Broken> {
        no_control()
    }

    async fn grant(&self, _: &[&str]) -> Result<(), Broken> {
        no_control()
    }

    async fn switch(&self, _: &str, _: &str) -> Result<(), Broken> {
        no_control()
    }

    async fn restart(&self) -> Result<(), Broken> {
        no_control()
    }

    async fn advance(&self, _: Duration) -> Result<(), Broken> {
        no_control()
    }

    async fn fault(&self, _: FaultRule, _: Kind) -> Result<(), Broken> {
        no_control()
    }

    fn calls(&self) -> Vec<HostCall> {
        Vec::new()
    }

    async fn clean(&self) -> Result<(), Broken> {
        Ok(())
    }
}

fn no_control<T>() -> Result<T, Broken> {
    Err(Broken::Setup("there is no such control".into()))
}

struct Piped {
    stdin: DuplexStream,
    stdout: Lines<BufReader<DuplexStream>>,
    guest: JoinHandle<wasmtime::Result<Result<(), ()>>>,
}

#[async_trait]
impl Session for Piped {
    async fn exec(&mut self, op: &str) -> Result<String, Broken> {
        let written = self.stdin.write_all(format!("{op}\n").as_bytes()).await;
        if let (Ok(()), Ok(Some(seen))) = (written, self.stdout.next_line().await) {
            return Ok(seen);
        }
        match (&mut self.guest).await {
            Ok(Ok(ended)) => Err(Broken::Protocol(format!("the guest ended: {ended:?}"))),
            Ok(Err(trap)) => Err(Broken::Trap(format!("{trap:#}"))),
            Err(panic) => Err(Broken::HostDied(panic.to_string())),
        }
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        self.guest.abort();
    }
}

struct Served {
    lines: mpsc::UnboundedReceiver<String>,
    service: JoinHandle<wasmtime::Result<()>>,
}

#[async_trait]
impl Serving for Served {
    async fn line(&mut self) -> Result<String, Broken> {
        self.lines.recv().await.ok_or_else(|| Broken::HostDied("a handler did not end well".into()))
    }

    async fn stop(self: Box<Self>) -> Result<(), Broken> {
        self.service.abort();
        Ok(())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.service.abort();
    }
}
