use super::{fit::fit, listening::Listening};
use crate::{
    admin::{Admin, Board},
    args::oci::Access,
    claims::Trust,
    component::Component,
    control::{Answer, Ask, Asked, Linked},
    draining::Draining,
    manifest::{self, Declared, Manifest, Problem, Rejected},
    secrets,
    unit::{self, Backends, Unit},
};
use anyhow::{Context, anyhow, bail};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, io, net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc, time::SystemTime};
use tokio::task::{block_in_place, spawn_blocking};
use wasi_cloud::LinkSpec;
use wasi_cloud_core::{Grants, Registry};
use wasi_cloud_wasmtime::runtime::App;

/// All that is served, and by which manifest.
pub struct Host {
    backends: Backends,
    board: Board,
    admin: Option<Admin>,
    /// How components in registries are reached.
    access: Access,
    file: PathBuf,
    /// What the user calls the manifest.
    shown: PathBuf,
    running: BTreeMap<String, Running>,
}

struct Running {
    /// As the manifest has it, which is less than what is in force.
    declared: Component,
    digest: [u8; 32],
    /// Whose claims counted when it was admitted.
    trust: Trust,
    unit: Unit,
}

/// What a manifest asks of one component.
enum Step {
    Keep,
    /// Links and grants are changed under the running component.
    Adjust(Box<Adjust>),
    Start(Box<Start>),
}

/// What a running component becomes.
struct Adjust {
    declared: Component,
    trust: Trust,
    grants: Grants,
}

/// A component to start, in the place of one of its name if there is one.
struct Start {
    declared: Component,
    digest: [u8; 32],
    trust: Trust,
    /// What both its claims and the manifest allow.
    grants: Grants,
    /// As it is started: with what the file itself says.
    component: Component,
    app: App,
}

impl Host {
    /// Nothing is served yet.
    pub fn new(
        registry: Registry,
        secrets: Arc<secrets::Declared>,
        access: Access,
        file: PathBuf,
        shown: PathBuf,
    ) -> Self {
        let board = Board::new();
        let backends =
            Backends { registry, secrets, meters: Some(board.meters.clone()), draining: Draining::default() };
        Self { backends, board, admin: None, access, file, shown, running: BTreeMap::new() }
    }

    /// Says whether everything could be started, as far as this machine alone knows.
    pub async fn check(&self) -> anyhow::Result<ExitCode> {
        let (_, steps) = self.plan().await?;
        let count = steps.len();
        anstream::println!(
            "`{}` is right: {count} component{}",
            self.shown.display(),
            if count == 1 { "" } else { "s" }
        );
        Ok(ExitCode::SUCCESS)
    }

    /// Starts all of it, or nothing.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        let (manifest, steps) = self.plan().await?;
        self.administer(manifest.admin).await?;
        self.backends.secrets.replace(manifest.secrets);
        for (name, step) in steps {
            self.step(&name, step, &Listening::default()).await.with_context(|| format!("component `{name}`"))?;
        }
        self.board.set_apps(self.apps());
        self.board.set_unready(None);
        tracing::info!("serving `{}`", self.shown.display());
        Ok(())
    }

    /// Puts the manifest into force as it now is. One that is not right changes nothing; a component whose new backends
    /// do not answer goes on as it was.
    pub async fn reload(&mut self) {
        let (manifest, steps) = match self.plan().await {
            Ok(planned) => planned,
            Err(why) => {
                tracing::error!("the changed manifest is not right, and the one before stays in force\n{why:#}");
                return;
            }
        };
        if let Err(why) = self.administer(manifest.admin).await {
            tracing::error!("health and metrics stay where they were: {why:#}");
        }
        self.backends.secrets.replace(manifest.secrets);
        let listening = Listening::of(self.running.iter().map(|(name, running)| (name, &running.unit)));
        let listening = listening.unwrap_or_else(|why| {
            tracing::warn!("addresses cannot be handed on: {why}");
            Listening::default()
        });
        let gone: Vec<_> = self.running.keys().filter(|name| !steps.contains_key(*name)).cloned().collect();
        for (name, step) in steps {
            if let Err(why) = self.step(&name, step, &listening).await {
                tracing::error!(
                    "component `{name}` cannot be as the manifest has it, and stays as it was, with no more than both manifests grant: {why:#}"
                );
            }
        }
        for name in gone {
            if let Some(running) = self.running.remove(&name) {
                tracing::info!("component `{name}` is gone from the manifest");
                self.backends.draining.spawn(running.unit.stop());
            }
        }
        self.board.set_apps(self.apps());
        tracing::info!("`{}` is in force", self.shown.display());
    }

    /// Answers for health and metrics where the manifest says, if it is elsewhere than before.
    async fn administer(&mut self, address: Option<SocketAddr>) -> anyhow::Result<()> {
        if self.admin.as_ref().map(|admin| admin.address) != address {
            self.admin = match address {
                Some(address) => Some(Admin::start(address, self.board.clone()).await?),
                None => None,
            };
        }
        Ok(())
    }

    fn apps(&self) -> BTreeMap<String, App> {
        self.running.iter().map(|(name, running)| (name.clone(), running.unit.app().clone())).collect()
    }

    /// Does what was asked. The answer comes when what was in flight on an old link is settled, which is not waited for
    /// here.
    pub async fn answer(&mut self, (ask, reply): Asked) {
        let answer = match ask {
            Ask::LinkList => Answer::Links(self.links()),
            Ask::LinkSet { app, link } => match self.relink(&app, &link).await {
                Ok((name, drained)) => {
                    self.backends.draining.spawn(async move {
                        drained.await;
                        let _ = reply.send(Answer::Done(format!("`{name}` of `{app}` has another link")));
                    });
                    return;
                }
                Err(why) => Answer::Failed(format!("{why:#}")),
            },
        };
        // Who has left needs none.
        let _ = reply.send(answer);
    }

    async fn relink(&mut self, app: &str, link: &str) -> anyhow::Result<(String, impl Future<Output = ()> + use<>)> {
        let link: LinkSpec = link.parse()?;
        let name = link.name();
        let known: Vec<_> = self.running.keys().map(String::as_str).collect();
        let known = known.join(", ");
        let Some(running) = self.running.get_mut(app) else {
            bail!("there is no component of this name; this host serves {known}")
        };
        let grants = Grants::parse(&running.unit.component().grants)?;
        manifest::usable(&link, &grants).map_err(anyhow::Error::msg)?;
        let stays = || format!("`{name}` of `{app}` stays as it is");
        let drained = running.unit.relink(link, &self.backends).await.with_context(stays)?;
        tracing::info!("component `{app}` has another link `{name}`");
        Ok((name, drained))
    }

    fn links(&self) -> Vec<Linked> {
        let of = |(app, running): (&String, &Running)| {
            let linked = |link: &LinkSpec| Linked {
                app: app.clone(),
                link: link.name(),
                url: link.shown(),
                bucket: link.bucket.clone(),
                manifest: running.declared.links.contains(link),
            };
            running.unit.component().links.iter().map(linked).collect::<Vec<_>>()
        };
        self.running.iter().flat_map(of).collect()
    }

    /// Takes nothing more, and returns once all handlers are done.
    pub async fn stop(mut self) {
        self.board.set_unready(Some("stopping"));
        for (_, running) in std::mem::take(&mut self.running) {
            self.backends.draining.spawn(running.unit.stop());
        }
        self.backends.draining.finished().await;
    }

    /// Waits for what finishes.
    #[cfg(test)]
    pub async fn drained(&self) {
        self.backends.draining.finished().await;
    }

    /// Reads the manifest, and says what is to be done, without doing any of it. Compiles what is new.
    async fn plan(&self) -> anyhow::Result<(Manifest, BTreeMap<String, Step>)> {
        let manifest = manifest::read(&self.file, &self.shown, &self.backends.registry)?;
        let (mut steps, mut problems) = (BTreeMap::new(), Vec::new());
        for (name, declared) in &manifest.components {
            // A registry may be slow, and a signal must not wait for it.
            let (file, access) = (declared.component.file.clone(), self.access.clone());
            let read = spawn_blocking(move || crate::fetch(&file, &access)).await?;
            let step = |wasm| self.step_to(name, declared, wasm, &manifest.trust);
            match read.map_err(|why| declared.problem(why)).and_then(step) {
                Ok(step) => drop(steps.insert(name.clone(), step)),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok((manifest, steps)) } else { Err(Rejected::new(&manifest.text, problems).into()) }
    }

    fn step_to(&self, name: &str, declared: &Declared, wasm: Vec<u8>, trust: &Trust) -> Result<Step, Problem> {
        let failed = |why| declared.problem(why);
        let digest = Sha256::digest(&wasm).into();
        let admit = || {
            let given = Grants::parse(&declared.component.grants)?;
            trust.admit(&wasm, Some(given), SystemTime::now())
        };
        if let Some(running) = self.running.get(name).filter(|running| running.digest == digest) {
            if running.declared == declared.component && running.trust == *trust {
                return Ok(Step::Keep);
            }
            if adjustable(&running.declared, &declared.component) {
                let grants = admit().map_err(failed)?;
                for listen in &running.unit.component().subscriptions {
                    manifest::listenable(listen, &declared.component.links, &grants)
                        .map_err(|why| failed(anyhow!("this component handles messages: {why}")))?;
                }
                for label in &running.unit.component().watches {
                    manifest::watchable(label, &declared.component.links, &grants)
                        .map_err(|why| failed(anyhow!("this component is told of changes: {why}")))?;
                }
                let (declared, trust) = (declared.component.clone(), trust.clone());
                return Ok(Step::Adjust(Box::new(Adjust { declared, trust, grants })));
            }
        }
        let grants = admit().map_err(failed)?;
        let (component, app) = block_in_place(|| fit(declared, wasm, &grants))?;
        let (declared, trust) = (declared.component.clone(), trust.clone());
        Ok(Step::Start(Box::new(Start { declared, digest, trust, grants, component, app })))
    }

    async fn step(&mut self, name: &str, step: Step, listening: &Listening) -> anyhow::Result<()> {
        match step {
            Step::Keep => {
                // A change before this one may have failed, and left it with less than its manifest grants.
                if let Some(running) = self.running.get(name) {
                    running.unit.restore();
                }
                Ok(())
            }
            Step::Adjust(to) => self.adjust(name, *to).await,
            Step::Start(start) => {
                let Start { declared, digest, trust, grants, component, app } = *start;
                let before = self.running.get(name);
                // What is taken from it is gone also if the new one cannot start.
                if let Some(running) = before {
                    running.unit.narrow(&grants);
                }
                let again = if before.is_some() { " anew" } else { "" };
                let links = unit::open(&component, &self.backends).await?;
                let (mut there, mut hint) = (None, None);
                if let Some(address) = component.http {
                    (there, hint) = (listening.at(name, address)?, listening.hint(address));
                }
                let unit = Unit::start(component, app, &self.backends, links, grants.shared(), there).await;
                let unit = match (unit, hint) {
                    (Err(why), Some(hint)) if is_taken(&why) => return Err(why.context(hint)),
                    (unit, _) => unit?,
                };
                tracing::info!("component `{name}` is started{again}");
                if let Some(before) = self.running.insert(name.to_owned(), Running { declared, digest, trust, unit }) {
                    self.backends.draining.spawn(before.unit.stop());
                }
                Ok(())
            }
        }
    }

    async fn adjust(&mut self, name: &str, to: Adjust) -> anyhow::Result<()> {
        let Adjust { declared, trust, grants } = to;
        let Some(running) = self.running.get_mut(name) else { return Ok(()) };
        // Until all links are those of the manifest, it has no more than both manifests grant: what is meant for a new
        // backend is not meant for the old one.
        running.unit.narrow(&grants);
        for link in &declared.links {
            if !running.declared.links.contains(link) {
                let failed = || format!("link `{}`", link.name());
                let drained = running.unit.relink(link.clone(), &self.backends).await.with_context(failed)?;
                running.declared.link(link.clone());
                self.backends.draining.spawn(drained);
                tracing::info!("component `{name}` has another link `{}`", link.name());
            }
        }
        running.unit.grant(declared.grants.clone(), grants);
        running.trust = trust;
        running.declared = declared;
        Ok(())
    }
}

fn is_taken(why: &anyhow::Error) -> bool {
    why.root_cause().downcast_ref::<io::Error>().is_some_and(|why| why.kind() == io::ErrorKind::AddrInUse)
}

/// Whether one becomes the other while it runs: links are added and switched, and grants changed.
fn adjustable(old: &Component, new: &Component) -> bool {
    let rest = |component: &Component| Component { links: Vec::new(), grants: Vec::new(), ..component.clone() };
    rest(old) == rest(new) && old.links.iter().all(|link| new.links.iter().any(|other| other.names_same(link)))
}
