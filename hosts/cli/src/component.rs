//! A component and all that it gets, as the flags of `run` or a manifest describe it.

use crate::{args::Run, meters::Meters};
use anyhow::{anyhow, bail};
use std::{collections::BTreeMap, net::SocketAddr, num::NonZeroU32, path::PathBuf, sync::Arc, time::Duration};
use wasi_cloud::LinkSpec;
use wasi_cloud_componentize::Componentize;
use wasi_cloud_core::{
    Layer, Layers, Links, Services, SharedGrants,
    config::Fixed,
    layer::{Limit, Retry, Timeout, Trace},
    messaging::{Subscription, at_most},
};
use wasi_cloud_wasmtime::runtime::{Env, Folder, Limits, recorded_topics};
use wasmtime_wasi::cli;

/// The label that a component watches of which nothing else is said.
pub const WATCHED: &str = "default";

/// Not printable: variables, values and URLs may be secrets.
#[derive(Clone, PartialEq)]
pub struct Component {
    /// What logs, metrics and commands call it.
    pub name: String,
    pub file: PathBuf,
    pub links: Vec<LinkSpec>,
    /// The texts of rules that parse.
    pub grants: Vec<String>,
    pub config: BTreeMap<String, String>,
    pub env: Vec<(String, String)>,
    pub folders: Vec<Folder>,
    pub args: Vec<String>,
    pub subscriptions: Vec<Listen>,
    /// The labels of key-value whose changes it is told of.
    pub watches: Vec<String>,
    pub http: Option<SocketAddr>,
    pub limits: Bounds,
    pub retry: Option<Retry>,
    /// Calls of one link at once.
    pub limit: Option<NonZeroU32>,
}

/// What a component listens to on one of its messaging links.
#[derive(Debug, Clone, PartialEq)]
pub struct Listen {
    pub link: String,
    pub topics: Vec<String>,
    pub group: Option<String>,
    pub max_deliveries: u32,
    /// Where messages go that were not handled then.
    pub dead_letter: Option<String>,
}

impl Default for Listen {
    fn default() -> Self {
        Self { link: "default".to_owned(), topics: Vec::new(), group: None, max_deliveries: 3, dead_letter: None }
    }
}

impl Listen {
    pub fn subscription(&self) -> Subscription {
        Subscription {
            topics: self.topics.clone(),
            group: self.group.clone(),
            max_deliveries: self.max_deliveries,
            dead_letter: self.dead_letter.clone(),
        }
    }
}

/// How much of this machine a component may use.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    /// MiB.
    pub memory: u16,
    pub deadline: Duration,
    pub timeout: Duration,
    pub request_timeout: Duration,
    pub concurrency: u8,
    /// Messages that an instance handles.
    pub reuse: u32,
    pub handles: usize,
    /// Bytes.
    pub message_size: Option<u64>,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            memory: 256,
            deadline: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            request_timeout: Duration::from_secs(300),
            concurrency: 8,
            reuse: Limits::default().reuse,
            handles: Limits::default().handles,
            message_size: None,
        }
    }
}

impl Component {
    /// One that gets nothing, within the usual bounds.
    pub fn new(name: String, file: PathBuf) -> Self {
        Self {
            name,
            file,
            links: Vec::new(),
            grants: Vec::new(),
            config: BTreeMap::new(),
            env: Vec::new(),
            folders: Vec::new(),
            args: Vec::new(),
            subscriptions: Vec::new(),
            watches: Vec::new(),
            http: None,
            limits: Bounds::default(),
            retry: None,
            limit: None,
        }
    }

    /// What traces call it: one that has no name of a manifest has that of its file.
    pub fn title(&self) -> String {
        if self.name.is_empty() {
            return self.file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        }
        self.name.clone()
    }

    pub fn limits(&self) -> Limits {
        let served = (self.subscriptions.len() + self.watches.len() + usize::from(self.http.is_some())).max(1);
        // Twice: who takes over serves while the one before finishes. And what asks for a link.
        let instances =
            2 * u32::try_from(served).unwrap_or(u32::MAX).saturating_mul(self.limits.concurrency.into()) + 1;
        Limits {
            memory: usize::from(self.limits.memory) << 20,
            handles: self.limits.handles,
            run: self.limits.deadline,
            call: self.limits.timeout,
            instances,
            reuse: self.limits.reuse,
        }
    }

    /// Subscriptions without topics are to those that the component records.
    pub fn record(&mut self, wasm: &[u8]) -> anyhow::Result<()> {
        for listen in self.subscriptions.iter_mut().filter(|listen| listen.topics.is_empty()) {
            listen.topics = recorded_topics(wasm);
            if listen.topics.is_empty() {
                bail!(
                    "`{}` records no topics; name one or more, with --topic or as `topics` in a manifest",
                    self.file.display()
                );
            }
        }
        Ok(())
    }

    /// Links a label anew, or one more.
    pub fn link(&mut self, link: LinkSpec) {
        match self.links.iter_mut().rfind(|old| old.names_same(&link)) {
            Some(old) => *old = link,
            None => self.links.push(link),
        }
    }

    /// What it is linked to, with the messages that it may use.
    pub fn bounded(&self, mut services: Services) -> Services {
        if let Some(most) = self.limits.message_size {
            services.messaging = services.messaging.map(|broker| at_most(broker, most));
        }
        services
    }

    /// What happens around each call of one link.
    pub fn layers(&self, trace: Trace, meters: Option<&Meters>) -> Layers {
        let mut layers: Vec<Arc<dyn Layer>> = vec![Arc::new(trace)];
        layers.extend(meters.map(|meters| Arc::new(meters.calls(&self.name)) as _));
        layers.extend(self.limit.map(|calls| Arc::new(Limit::new(calls)) as _));
        layers.push(Arc::new(Timeout(self.limits.timeout)));
        layers.extend(self.retry.map(|retry| Arc::new(retry) as _));
        layers.into()
    }

    /// Makes `wasi:config` show the component's own values, if it has any.
    pub fn configure(&self, links: &Links, meters: Option<&Meters>) {
        if !self.config.is_empty() {
            links.config.set(
                "default",
                Arc::new(Fixed(self.config.clone())),
                "",
                self.layers(Trace::default(), meters),
            );
        }
    }

    /// What an instance sees. The guest's name is the file's, so that usage messages read well.
    pub fn env(&self, links: Links, grants: SharedGrants) -> Env {
        let mut env = Env::new(links, grants);
        env.args.push(self.file.file_name().unwrap_or_default().to_string_lossy().into_owned());
        env.args.extend_from_slice(&self.args);
        env.vars.clone_from(&self.env);
        env.folders.clone_from(&self.folders);
        env.stdout = Box::new(cli::stdout());
        env.stderr = Box::new(cli::stderr());
        env
    }

    /// What each instance of a service sees.
    pub fn surroundings(&self, links: Links, grants: SharedGrants) -> impl Fn() -> Env + Send + Sync + 'static {
        let component = self.clone();
        move || component.env(links.clone(), grants.clone())
    }
}

impl From<&Run> for Component {
    fn from(run: &Run) -> Self {
        let mut grants = run.grants.clone();
        if run.grant_linked {
            grants.extend(run.links.iter().filter_map(LinkSpec::grant));
            grants.extend((!run.config.is_empty()).then(|| "config:default".to_owned()));
        }
        let listen = Listen {
            topics: run.topics.clone(),
            group: run.group.clone(),
            max_deliveries: run.max_deliveries,
            dead_letter: run.dead_letter.clone(),
            ..Listen::default()
        };
        Self {
            links: run.links.clone(),
            grants,
            config: run.config.iter().cloned().collect(),
            env: run.env.clone(),
            folders: run.dirs.iter().chain(&run.read_only).cloned().collect(),
            args: run.args.clone(),
            subscriptions: vec![listen],
            watches: run.watches.clone(),
            http: run.http,
            limits: Bounds {
                memory: run.memory,
                deadline: run.deadline,
                timeout: run.timeout,
                request_timeout: run.request_timeout,
                concurrency: run.concurrency,
                ..Bounds::default()
            },
            ..Self::new(String::new(), run.app.clone())
        }
    }
}

/// A core module that carries its world becomes a component.
pub fn of_module(wasm: Vec<u8>) -> anyhow::Result<Vec<u8>> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command};
    use clap::Parser;

    #[test]
    fn flags_and_manifests_have_the_same_defaults() {
        let Command::Run(run) = Cli::parse_from(["wasi-cloud", "run", "a.wasm"]).command else { panic!("not `run`") };
        let (flags, mut manifest) = (Component::from(&*run), Component::new(String::new(), "a.wasm".into()));
        manifest.subscriptions.push(Listen::default());
        assert!(flags == manifest);
    }
}
