use super::{
    Runtime,
    instance::{self, Limited, State},
    one_line,
    service::{ServeOptions, Service},
    span::Doing,
    watch,
};
use crate::bindings::{ServicePre, watching::WatchServicePre};
use std::{path::PathBuf, sync::Arc};
use wasi_cloud_core::{
    Link, Links, SharedGrants,
    keyvalue::KeyValue,
    messaging::{Messaging, Subscription},
};
use wasmtime::{
    PoolConcurrencyLimitError, Store, Trap,
    component::{Component, InstancePre},
};
use wasmtime_wasi::{
    I32Exit,
    cli::{StdinStream, StdoutStream},
    p2::bindings::CommandPre,
};

/// A folder of this machine that a component may use, with all that is below it. Links that lead out of it are not
/// followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Where it is on this machine.
    pub host: PathBuf,
    /// What the component calls it.
    pub guest: String,
    /// Whether the component may change what is in it.
    pub writable: bool,
}

/// The surroundings of one instance.
pub struct Env {
    /// What labels stand for.
    pub links: Links,
    /// What the component may do.
    pub grants: SharedGrants,
    /// Command-line arguments, the program's name first.
    pub args: Vec<String>,
    /// Environment variables.
    pub vars: Vec<(String, String)>,
    /// Folders of this machine that the component may use. None by default.
    pub folders: Vec<Folder>,
    /// Standard input.
    pub stdin: Box<dyn StdinStream + Sync>,
    /// Standard output.
    pub stdout: Box<dyn StdoutStream + Sync>,
    /// Standard error.
    pub stderr: Box<dyn StdoutStream + Sync>,
}

impl Env {
    /// An environment without arguments, variables, input and output.
    #[must_use]
    pub fn new(links: Links, grants: SharedGrants) -> Self {
        Self {
            links,
            grants,
            args: Vec::new(),
            vars: Vec::new(),
            folders: Vec::new(),
            stdin: Box::new(std::io::empty()),
            stdout: Box::new(std::io::empty()),
            stderr: Box::new(std::io::empty()),
        }
    }
}

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Variables may be secrets.
        f.debug_struct("Env").field("args", &self.args).finish_non_exhaustive()
    }
}

/// How a run came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// The guest ended by itself, with this exit code; for a handler, 0 is ok and 1 an error.
    Exited(i32),
    /// The guest trapped; why, in one line.
    Trapped(String),
    /// The guest executed longer than [`Limits::run`](super::Limits::run) without calling the host.
    OutOfTime,
    /// The guest trapped after it was refused memory beyond [`Limits::memory`](super::Limits::memory).
    OutOfMemory,
    /// The host could not start the guest; why, in one line.
    Failed(String),
}

impl std::fmt::Display for Ending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exited(code) => write!(f, "exited with {code}"),
            Self::Trapped(why) => write!(f, "trapped: {why}"),
            Self::OutOfTime => f.write_str("executed past its deadline"),
            Self::OutOfMemory => f.write_str("trapped for want of memory"),
            Self::Failed(why) => write!(f, "could not be started: {why}"),
        }
    }
}

/// A compiled component. Clones share the code.
#[derive(Clone)]
pub struct App {
    pub(super) runtime: Runtime,
    pub(super) pre: InstancePre<State>,
    pub(super) name: Arc<str>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("imports", &self.imports()).field("exports", &self.exports()).finish()
    }
}

impl App {
    pub(super) fn new(runtime: Runtime, component: &Component) -> wasmtime::Result<Self> {
        let pre = runtime.linker.instantiate_pre(component).map_err(|e| {
            wasmtime::format_err!("the component asks for what this host does not have: {}", one_line(&e))
        })?;
        Ok(Self { runtime, pre, name: Arc::default() })
    }

    /// The same, with a name for traces.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The names of what it imports, with versions.
    #[must_use]
    pub fn imports(&self) -> Vec<String> {
        let ty = self.pre.component().component_type();
        ty.imports(self.runtime.engine()).map(|(name, _)| name.to_owned()).collect()
    }

    /// The names of what it exports, with versions.
    #[must_use]
    pub fn exports(&self) -> Vec<String> {
        let ty = self.pre.component().component_type();
        ty.exports(self.runtime.engine()).map(|(name, _)| name.to_owned()).collect()
    }

    /// Whether it is a command: it exports `wasi:cli/run`.
    #[must_use]
    pub fn exports_run(&self) -> bool {
        CommandPre::new(self.pre.clone()).is_ok()
    }

    /// Whether it handles messages: it exports `wasi:messaging/incoming-handler`.
    #[must_use]
    pub fn exports_handler(&self) -> bool {
        ServicePre::new(self.pre.clone()).is_ok()
    }

    /// Whether it is told of changes: it exports `wasi:keyvalue/watcher`.
    #[must_use]
    pub fn exports_watcher(&self) -> bool {
        WatchServicePre::new(self.pre.clone()).is_ok()
    }

    /// How many instances live now, of all components of its [`Runtime`].
    #[must_use]
    pub fn instances(&self) -> usize {
        self.runtime.instances()
    }

    /// Runs `wasi:cli/run` once, in a fresh instance. Dropping the future ends the instance.
    pub async fn run_command(&self, env: Env) -> Ending {
        let doing = Doing::run(&self.name);
        let ending = doing.instrument(self.command(env)).await;
        doing.ended(&ending);
        ending
    }

    async fn command(&self, env: Env) -> Ending {
        let command = match CommandPre::new(self.pre.clone()) {
            Ok(command) => command,
            Err(e) => return Ending::Failed(one_line(&e)),
        };
        let Some(_place) = self.runtime.place() else { return full(&self.runtime) };
        let mut store = match instance::store(&self.runtime, env) {
            Ok(store) => store,
            Err(ending) => return ending,
        };
        let command = match command.instantiate_async(&mut store).await {
            Ok(command) => command,
            Err(e) => return failed(&store, &e, Ending::Failed),
        };
        match command.wasi_cli_run().call_run(&mut store).await {
            Ok(result) => Ending::Exited(result.is_err().into()),
            Err(e) => failed(&store, &e, Ending::Trapped),
        }
    }

    /// Subscribes, and handles messages until the service is stopped: each in a fresh instance, unless
    /// [`Limits::reuse`](super::Limits::reuse) is more than 1, whose surroundings `env` makes; it is called once more at the start, for the link. Must be called inside a tokio runtime, which then
    /// runs the service.
    ///
    /// # Errors
    /// `invalid` if the component handles no messages; else as [`subscribe`](wasi_cloud_core::messaging::subscribe).
    pub async fn serve_messages(
        &self,
        env: impl Fn() -> Env + Send + Sync + 'static,
        subscription: Subscription,
        options: ServeOptions,
    ) -> wasi_cloud_core::Result<Service> {
        let surroundings = env();
        let link = surroundings.links.messaging.link(&options.label, &surroundings.grants);
        self.serve_messages_of(link, env, subscription, options.concurrency).await
    }

    /// The same on a link of the caller's choice, which instances need not see under any label. Replies to a message go the
    /// way that it came, so a host that switches a label gives each subscription a link that is never switched.
    ///
    /// # Errors
    /// As [`serve_messages`](Self::serve_messages).
    pub async fn serve_messages_of(
        &self,
        link: Link<dyn Messaging>,
        env: impl Fn() -> Env + Send + Sync + 'static,
        subscription: Subscription,
        concurrency: usize,
    ) -> wasi_cloud_core::Result<Service> {
        Service::start(self, link, Box::new(env), subscription, concurrency).await
    }

    /// Watches the bucket behind a link, and tells the component of its changes until the service is stopped: one after the
    /// other, each in a fresh instance whose surroundings `env` makes. The handlers' bucket is that of the link. Must be
    /// called inside a tokio runtime, which then runs the service.
    ///
    /// # Errors
    /// `invalid` if the component exports no `wasi:keyvalue/watcher`; else as
    /// [`Bucket::watch`](wasi_cloud_core::keyvalue::Bucket::watch).
    pub async fn watch(
        &self,
        link: Link<dyn KeyValue>,
        env: impl Fn() -> Env + Send + Sync + 'static,
    ) -> wasi_cloud_core::Result<Service> {
        watch::start(self, link, Box::new(env)).await
    }
}

/// How a run ends for which there is no place.
pub(super) fn full(runtime: &Runtime) -> Ending {
    let most = runtime.limits.instances;
    Ending::Failed(format!("{most} instances live already, which is the limit: raise `Limits::instances`"))
}

/// What an error of a call into the guest means; `otherwise` if it is neither an exit nor a limit.
pub(super) fn failed<T: Limited>(store: &Store<T>, error: &wasmtime::Error, otherwise: fn(String) -> Ending) -> Ending {
    if let Some(I32Exit(code)) = error.downcast_ref() {
        return Ending::Exited(*code);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => Ending::OutOfTime,
        _ if store.data().out_of_memory() => Ending::OutOfMemory,
        Some(_) => Ending::Trapped(one_line(error)),
        // A component of more parts than an instance has on average.
        None if error.is::<PoolConcurrencyLimitError>() => {
            Ending::Failed(format!("{}; raise `Limits::instances`", one_line(error)))
        }
        None => otherwise(one_line(error)),
    }
}
