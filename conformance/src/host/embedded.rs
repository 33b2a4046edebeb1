//! The altitude with everything: guests in our host, in this process, over in-memory pipes.

mod pipe;
mod program;
mod session;

use super::{
    Deployment, Driver, Environment, Host, HostDescription, Program, Serving, Subscribed,
    deployed::{Deployed, Guests},
    stage::{Live, Stage, Subject},
};
use crate::{
    corpus::Corpus,
    language::Language,
    session::{Broken, Session},
};
use async_trait::async_trait;
use futures::{FutureExt, future::join_all};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{Mutex, OnceCell};
use wasi_cloud_core::messaging::Subscription;
use wasi_cloud_wasmtime::runtime::{App, Limits, Runtime, recorded_topics};

/// The linker that a glue mutant redefines functions of.
pub type Linker = wasmtime::component::Linker<wasi_cloud_wasmtime::runtime::State>;

/// Our host on one backend, with the guests of one language.
pub struct Embedded {
    subject: Subject,
    description: HostDescription,
    call_timeout: Duration,
    engine: Arc<Engine>,
}

/// What all deployments share: the engine, and each guest compiled once.
struct Engine {
    runtime: Runtime,
    corpus: Corpus,
    language: Language,
    apps: Mutex<HashMap<String, Arc<OnceCell<App>>>>,
    /// Drivers of somebody else, in the place of the language's.
    given: Arc<BTreeMap<Driver, Vec<u8>>>,
}

impl Embedded {
    /// Our host around the subject.
    ///
    /// # Errors
    /// If the machine cannot run wasmtime.
    pub fn new(
        subject: Subject,
        description: HostDescription,
        call_timeout: Duration,
        corpus: Corpus,
        language: Language,
        given: Arc<BTreeMap<Driver, Vec<u8>>>,
    ) -> wasmtime::Result<Self> {
        // A case's guests are few and short; a guest that spins must cost less than the case's deadline.
        // So few handles that a case which uses them up, or leaks them, ends soon on a slow backend too.
        // And so little memory that many which spin at once fit into a machine.
        let limits = Limits {
            run: Duration::from_secs(2),
            call: call_timeout,
            handles: 256,
            memory: 64 << 20,
            ..Limits::default()
        };
        let runtime = Runtime::with_linker(limits, |linker| subject.tamper.linker(linker))?;
        let engine = Engine { runtime, corpus, language, apps: Mutex::default(), given };
        Ok(Self { subject, description, call_timeout, engine: Arc::new(engine) })
    }
}

impl Engine {
    /// The program that drives, composed of shell and driver.
    async fn driver(self: &Arc<Self>, driver: Driver, subject: &Subject) -> Result<App, Broken> {
        let (language, mutant) = (self.language, subject.tamper.guest(self.language, driver));
        if self.given.contains_key(&driver) {
            let given = self.given.clone();
            return self.app(driver.name().into(), move |_| Ok(given[&driver].clone())).await;
        }
        let driver = driver.name();
        match mutant {
            Some(mutant) => {
                let name = format!("{mutant}+{driver}");
                self.app(name, move |corpus| corpus.mutated(&mutant, driver)).await
            }
            None => self.app(driver.into(), move |corpus| corpus.composed(language.name(), driver)).await,
        }
    }

    async fn program(self: &Arc<Self>, program: Program) -> Result<App, Broken> {
        let this = self.clone();
        self.app(program.name().into(), move |_| Ok(this.bytes(program)?)).await
    }

    fn bytes(&self, program: Program) -> Result<Vec<u8>, Broken> {
        let guest = self.corpus.guest(&format!("{}/{}", self.language, program.name()));
        guest.map(Into::into).map_err(|e| Broken::Setup(format!("{e:#}")))
    }

    async fn app(
        self: &Arc<Self>,
        name: String,
        bytes: impl FnOnce(&Corpus) -> anyhow::Result<Vec<u8>> + Send + 'static,
    ) -> Result<App, Broken> {
        let cell = self.apps.lock().await.entry(name.clone()).or_default().clone();
        let this = self.clone();
        let compile = move || -> Result<App, Broken> {
            let setup = |why: String| Broken::Setup(format!("guest `{name}`: {why}"));
            let wasm = bytes(&this.corpus).map_err(|e| setup(format!("{e:#}")))?;
            this.runtime.compile(&wasm).map_err(|e| setup(format!("{e:#}")))
        };
        let app = cell.get_or_try_init(|| async {
            tokio::task::spawn_blocking(compile).await.map_err(|e| Broken::Setup(e.to_string()))?
        });
        app.await.cloned()
    }
}

#[async_trait]
impl Host for Embedded {
    fn describe(&self) -> &HostDescription {
        &self.description
    }

    /// Compiles guests, at the same time: a large one takes longer than an operation may.
    async fn warm(&self, cases: &[&str]) {
        let some = |prefixes: &[&str]| cases.iter().any(|id| prefixes.iter().any(|prefix| id.starts_with(prefix)));
        let drivers: [(_, &[&str]); 4] = [
            (Driver::Config, &["config/"]),
            (Driver::Keyvalue, &["keyvalue/", "messaging/pingpong/"]),
            (Driver::KeyvalueExt, &["keyvalue/extension/"]),
            (Driver::Messaging, &["messaging/"]),
        ];
        let programs: [(_, &[&str]); 3] = [
            (Program::Recorder, &["messaging/"]),
            (Program::Pingpong, &["messaging/pingpong/"]),
            (Program::Watcher, &["keyvalue/watcher/"]),
        ];
        let drivers = drivers.into_iter().filter(|(_, prefixes)| some(prefixes));
        let drivers = drivers.map(|(driver, _)| self.engine.driver(driver, &self.subject).boxed());
        let programs = programs.into_iter().filter(|(_, prefixes)| some(prefixes));
        let programs = programs.map(|(program, _)| self.engine.program(program).boxed());
        join_all(drivers.chain(programs)).await;
    }

    async fn deploy(&self, deployment: &Deployment) -> Result<Box<dyn Environment>, Broken> {
        let stage = Stage::new(&self.subject, deployment, self.call_timeout).await?;
        let (engine, subject) = (self.engine.clone(), self.subject.clone());
        Ok(Box::new(Deployed { stage, guests: Wasm { engine, subject, alive: Mutex::default() } }))
    }
}

struct Wasm {
    engine: Arc<Engine>,
    subject: Subject,
    /// What ends with the host: dropping a kill switch ends its guest.
    alive: Mutex<Vec<tokio::sync::watch::Sender<()>>>,
}

impl Wasm {
    /// A receiver that closes when this host is restarted or gone.
    async fn lifetime(&self) -> tokio::sync::watch::Receiver<()> {
        let (alive, end) = tokio::sync::watch::channel(());
        self.alive.lock().await.push(alive);
        end
    }
}

#[async_trait]
impl Guests for Wasm {
    async fn start(&self, driver: Driver, live: Arc<Live>) -> Result<Box<dyn Session>, Broken> {
        let app = self.engine.driver(driver, &self.subject).await?;
        Ok(Box::new(session::Piped::start(app, &live, self.lifetime().await)))
    }

    async fn serve(&self, program: Program, live: Arc<Live>, to: Subscribed<'_>) -> Result<Box<dyn Serving>, Broken> {
        let app = self.engine.program(program).await?;
        let mut subscription = Subscription::from(to);
        if subscription.topics.is_empty() {
            let recorded = recorded_topics(&self.engine.bytes(program)?);
            subscription.topics = self.subject.tamper.recorded(recorded);
        }
        program::serve(&app, &live, subscription, self.lifetime().await).await
    }

    async fn watch(&self, live: Arc<Live>, label: &str) -> Result<Box<dyn Serving>, Broken> {
        let app = self.engine.program(Program::Watcher).await?;
        let link = live.links.keyvalue.link(label, &live.grants);
        program::watch(&app, &live, link, self.lifetime().await).await
    }

    async fn end(&self) {
        self.alive.lock().await.clear();
    }
}
