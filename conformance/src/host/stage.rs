//! What the two altitudes of our own host share: backends, links, grants, the trace, and where mutants cut in.

mod witness;

use super::{Declared, Deployment, Driver, HostCall, foreign::Foreign};
use crate::{language::Language, session::Broken};
use arc_swap::ArcSwap;
use futures::future::BoxFuture;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use wasi_cloud_core::{
    Clock, Description, Error, Grants, Kind, Layer, Layers, Links, Services, SharedGrants,
    config::{Config, Fixed},
    keyvalue::{Bucket, KeyValue},
    layer::{Fault, FaultPlan, FaultRule, Timeout},
    messaging::Messaging,
};
use witness::{Trace, Witnessed};

/// Connects to the backend under test, anew each time: a restarted host asks again.
pub type Connect = Arc<dyn Fn() -> BoxFuture<'static, Result<Services, Error>> + Send + Sync>;

/// The backend of one deployment.
#[derive(Clone)]
pub struct Backend {
    /// How to reach it.
    pub connect: Connect,
    /// The clock that its times-to-live follow, if the suite can move it. Shared with no other deployment, so that no
    /// case moves the time of another.
    pub clock: Option<Clock>,
    /// Another program that writes there, if there can be one.
    pub foreign: Option<Arc<dyn Foreign>>,
}

/// A backend under test.
#[derive(Clone)]
pub struct Subject {
    /// Its name on the command line.
    pub name: String,
    /// The backend for a deployment.
    pub backend: Arc<dyn Fn() -> Result<Backend, Error> + Send + Sync>,
    /// Serves what the subject does not have. Must not be the subject's own data.
    pub rest: Services,
    /// Where a mutant cuts in.
    pub tamper: Arc<dyn Tamper>,
}

/// The seams at which a mutant can put a defect. Every method is the identity unless a mutant says otherwise.
pub trait Tamper: Send + Sync {
    /// Seam *backend*.
    fn keyvalue(&self, honest: Arc<dyn KeyValue>) -> Arc<dyn KeyValue> {
        honest
    }
    /// Seam *backend*.
    fn messaging(&self, honest: Arc<dyn Messaging>) -> Arc<dyn Messaging> {
        honest
    }
    /// Seam *description*: what the host says of itself, by capability.
    fn describes(&self, honest: BTreeMap<String, Declared>) -> BTreeMap<String, Declared> {
        honest
    }
    /// Seam *backend*: the configuration of a deployment, asked for anew when the host starts again.
    fn config(&self, deployment: &str, honest: Arc<dyn Config>) -> Arc<dyn Config> {
        let _ = deployment;
        honest
    }
    /// Seam *link and grant*: what is linked, of which the host's declaration knows nothing.
    fn linked(&self, honest: Arc<dyn KeyValue>) -> Arc<dyn KeyValue> {
        honest
    }
    /// Seam *link and grant*: whether the instances of a component have their data in common.
    fn guests_share(&self) -> bool {
        true
    }
    /// Seam *link and grant*: the rules of a deployment.
    fn grants(&self, honest: Vec<String>) -> Vec<String> {
        honest
    }
    /// Seam *link and grant*: whether a change of grants or a switch reaches open handles.
    fn controls_reach_guests(&self) -> bool {
        true
    }
    /// Seam *link and grant*: which data a label leads to.
    fn scope(&self, deployment: &str, label: &str) -> String {
        format!("{deployment}-{label}")
    }
    /// Seam *link and grant*: the labels that a switch of one concerns.
    fn switched(&self, label: &str) -> Vec<String> {
        vec![label.to_owned()]
    }
    /// Seam *link and grant*: what happens around each call, the outermost first.
    fn layers(&self, honest: Vec<Arc<dyn Layer>>) -> Vec<Arc<dyn Layer>> {
        honest
    }
    /// Seam *glue*: redefines functions that are linked into guests.
    fn linker(&self, linker: &mut super::embedded::Linker) -> wasmtime::Result<()> {
        let _ = linker;
        Ok(())
    }
    /// Seam *glue*: the topics that a component records, where its subscription names none.
    fn recorded(&self, honest: Vec<String>) -> Vec<String> {
        honest
    }
    /// Seam *SDK*: the guest below `mutant/` in the corpus that drives instead, where guests are of this language.
    fn guest(&self, language: Language, driver: Driver) -> Option<String> {
        let _ = (language, driver);
        None
    }
}

/// No mutant.
#[derive(Debug, Clone, Copy)]
pub struct Honest;
impl Tamper for Honest {}

/// One deployment's links, live.
pub(super) struct Stage {
    subject: Subject,
    backend: Backend,
    deployment: Deployment,
    live: ArcSwap<Live>,
    trace: Trace,
    faults: FaultPlan,
    switched: Mutex<u32>,
    /// The key-value labels and the scopes that they led to, the latest last.
    written: Mutex<Vec<(String, String)>>,
    /// What another program wrote: scope and key.
    strange: Mutex<BTreeSet<(String, Vec<u8>)>>,
    call_timeout: Duration,
}

/// What a restart replaces.
pub(super) struct Live {
    pub links: Links,
    pub grants: SharedGrants,
    services: Services,
}

impl Stage {
    pub async fn new(subject: &Subject, deployment: &Deployment, call_timeout: Duration) -> Result<Self, Broken> {
        let trace = Trace::new();
        let faults = FaultPlan::default();
        let live = ArcSwap::from_pointee(Live {
            links: Links::default(),
            grants: Grants::default().shared(),
            services: Services::default(),
        });
        let this = Self {
            subject: subject.clone(),
            backend: (subject.backend)().map_err(setup)?,
            deployment: deployment.clone(),
            live,
            trace,
            faults,
            switched: Mutex::new(0),
            written: Mutex::default(),
            strange: Mutex::default(),
            call_timeout,
        };
        this.start().await?;
        Ok(this)
    }

    /// Connects and links everything afresh.
    pub async fn start(&self) -> Result<(), Broken> {
        let services = (self.backend.connect)().await.map_err(setup)?;
        let live = Live {
            links: Links::default(),
            grants: self.parse(&self.deployment.grants)?.shared(),
            services: self.tampered(services),
        };
        for (capability, label) in &self.deployment.links {
            let scope = self.subject.tamper.scope(&self.deployment.scope, label);
            self.link(&live, capability, label, &scope)?;
        }
        self.live.store(Arc::new(live));
        Ok(())
    }

    pub fn live(&self) -> Arc<Live> {
        self.live.load_full()
    }

    /// What a new guest finds: the same as all others.
    pub fn for_guest(&self) -> Result<Arc<Live>, Broken> {
        let live = self.live();
        if self.subject.tamper.guests_share() {
            return Ok(live);
        }
        let own = Live { links: Links::default(), grants: live.grants.clone(), services: live.services.clone() };
        let number = lock(&self.written).len();
        for (capability, label) in &self.deployment.links {
            self.link(&own, capability, label, &format!("{}-{label}-guest{number}", self.deployment.scope))?;
        }
        Ok(Arc::new(own))
    }

    fn tampered(&self, services: Services) -> Services {
        let Services { keyvalue, messaging, .. } = services;
        let tamper = &self.subject.tamper;
        let rest = &self.subject.rest;
        let config: Arc<dyn Config> = Arc::new(Fixed(self.deployment.config.clone()));
        Services {
            keyvalue: keyvalue.or_else(|| rest.keyvalue.clone()).map(|b| tamper.linked(tamper.keyvalue(b))),
            messaging: messaging.or_else(|| rest.messaging.clone()).map(|b| {
                let (honest, trace) = (tamper.messaging(b), self.trace.clone());
                Arc::new(Witnessed { honest, trace }) as Arc<dyn Messaging>
            }),
            config: Some(tamper.config(&self.deployment.scope, config)),
        }
    }

    fn link(&self, live: &Live, capability: &str, label: &str, scope: &str) -> Result<(), Broken> {
        let absent = || Broken::Setup(format!("no backend serves `{capability}`"));
        let layers = self.layers();
        let Services { keyvalue, messaging, config } = live.services.clone();
        match capability {
            "keyvalue" => {
                let place = (label.to_owned(), scope.to_owned());
                let mut written = lock(&self.written);
                written.retain(|earlier| *earlier != place);
                written.push(place);
                live.links.keyvalue.set(label, keyvalue.ok_or_else(absent)?, scope, layers);
            }
            "messaging" => live.links.messaging.set(label, messaging.ok_or_else(absent)?, scope, layers),
            "config" => live.links.config.set(label, config.ok_or_else(absent)?, scope, layers),
            _ => return Err(absent()),
        }
        Ok(())
    }

    /// The suite's subject carries no retry: the suite would test the retry instead.
    fn layers(&self) -> Layers {
        let trace: Arc<dyn Layer> = Arc::new(self.trace.clone());
        let fault = Fault { plan: self.faults.clone() };
        let honest = vec![trace, Arc::new(Timeout(self.call_timeout)) as _, Arc::new(fault) as _];
        self.subject.tamper.layers(honest).into()
    }

    fn parse(&self, rules: &[String]) -> Result<Grants, Broken> {
        Grants::parse(self.subject.tamper.grants(rules.to_vec())).map_err(setup)
    }

    pub fn grant(&self, rules: &[&str]) -> Result<(), Broken> {
        let rules: Vec<_> = rules.iter().map(|rule| (*rule).to_owned()).collect();
        let grants = self.parse(&rules)?;
        if self.subject.tamper.controls_reach_guests() {
            self.live().grants.store(Arc::new(grants));
        }
        Ok(())
    }

    pub fn switch(&self, capability: &str, label: &str) -> Result<(), Broken> {
        let number = {
            let mut switched = lock(&self.switched);
            *switched += 1;
            *switched
        };
        if !self.subject.tamper.controls_reach_guests() {
            return Ok(());
        }
        for label in self.subject.tamper.switched(label) {
            let scope = format!("{}-{label}-switched{number}", self.deployment.scope);
            self.link(&self.live(), capability, &label, &scope)?;
        }
        Ok(())
    }

    pub async fn advance(&self, by: Duration) {
        match &self.backend.clock {
            Some(clock) if clock.advance(by) => {}
            _ => tokio::time::sleep(by).await,
        }
    }

    pub fn fault(&self, rule: FaultRule, kind: Kind) {
        self.faults.push_as(rule, kind);
    }

    /// Writes to the bucket behind a label without the host.
    pub async fn foreign(&self, label: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Broken> {
        let written = lock(&self.written).clone();
        let bucket = written.into_iter().rev().find(|(known, _)| known == label).map(|(_, scope)| scope);
        let (Some(writer), Some(bucket)) = (&self.backend.foreign, bucket) else {
            return Err(Broken::Setup(format!("nothing can write past this host to `{label}`")));
        };
        let place = (bucket.clone(), key.to_owned());
        lock(&self.strange).insert(place);
        writer.write(&bucket, key, value).await
    }

    pub fn calls(&self) -> Vec<HostCall> {
        self.trace.calls()
    }

    /// Deletes the keys of every bucket that the deployment could have written to, also of those that a label led to
    /// before it was switched.
    pub async fn clean(&self) -> Result<(), Broken> {
        let _ = self.faults.heal();
        let strange = lock(&self.strange).clone();
        for (bucket, key) in strange {
            if let Some(writer) = &self.backend.foreign {
                writer.write(&bucket, &key, None).await?;
            }
        }
        let written = lock(&self.written).clone();
        let Some(keyvalue) = self.live().services.keyvalue.clone() else { return Ok(()) };
        let all = Grants::parse(["keyvalue:clean"]).map_err(setup)?.shared();
        for (_, scope) in written {
            let links = Links::default();
            links.keyvalue.set("clean", keyvalue.clone(), &*scope, self.layers());
            let bucket = Bucket::open(links.keyvalue.link("clean", &all)).await.map_err(setup)?;
            empty(&bucket).await?;
        }
        Ok(())
    }
}

async fn empty(bucket: &Bucket) -> Result<(), Broken> {
    let mut cursor = None;
    // No case writes that much: a longer listing has no end.
    for _ in 0..10_000 {
        let page = bucket.list_keys(cursor.as_deref()).await.map_err(setup)?;
        bucket.delete_many(&page.keys).await.map_err(setup)?;
        cursor = page.cursor;
        if cursor.is_none() {
            return Ok(());
        }
    }
    Err(Broken::Setup("the listing of a bucket does not end".into()))
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn setup(error: Error) -> Broken {
    Broken::Setup(error.to_string())
}

/// What a backend says, as reports and `host.toml` say it.
#[must_use]
pub fn declared(description: &Description) -> Declared {
    Declared {
        features: description.features.iter().map(|f| (*f).to_owned()).collect(),
        limits: description.limits.iter().map(|(name, limit)| ((*name).to_owned(), *limit)).collect(),
        durability: description.durability.name().to_owned(),
    }
}

/// What a backend says of each capability.
#[must_use]
pub fn declared_by(services: &Services) -> BTreeMap<String, Declared> {
    let mut all = BTreeMap::new();
    if let Some(keyvalue) = &services.keyvalue {
        all.insert("keyvalue".to_owned(), declared(keyvalue.describe()));
    }
    if let Some(messaging) = &services.messaging {
        all.insert("messaging".to_owned(), declared(messaging.describe()));
    }
    all
}
