//! A host whose driver guests each have one vice, and runs on it.

use crate::{
    bench::{Bench, Deadlines},
    catalogue::{Case, Need},
    clauses::Law,
    event::{Event, Record, Summary},
    host::{
        Altitude, Declared, Deployment, Driver, Environment, Host, HostCall, HostDescription, Program, Serving,
        Subscribed,
    },
    outcome::{Outcome, Verdict},
    pattern::Patterns,
    plan::{self, Declaration, Selection},
    runner::{self, Options, Panics, Rules},
    session::{Broken, Session},
};
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;
use wasi_cloud_core::{Kind, layer::FaultRule};

/// What the host does besides the vices of its guests.
#[derive(Default)]
pub struct Fake {
    /// Every so many deployments fail; 0 is never.
    pub drops_every: usize,
    /// What it stored cannot be deleted.
    pub leaks: bool,
    /// It is never ready, neither before the cases nor for one of them.
    pub never_ready: bool,
    /// Turns true when the first deployment is there.
    pub stop: Option<watch::Sender<bool>>,
    pub description: Option<HostDescription>,
    pub deployed: AtomicUsize,
    pub cleaned: Arc<AtomicUsize>,
}

struct Room {
    leaks: bool,
    cleaned: Arc<AtomicUsize>,
}

#[async_trait]
impl Host for Fake {
    fn describe(&self) -> &HostDescription {
        self.description.as_ref().expect("`go` described it")
    }

    async fn warm(&self, _: &[&str]) {
        if self.never_ready {
            if let Some(stop) = &self.stop {
                stop.send_replace(true);
            }
            std::future::pending::<()>().await;
        }
    }

    async fn deploy(&self, _: &Deployment) -> Result<Box<dyn Environment>, Broken> {
        if self.never_ready {
            std::future::pending::<()>().await;
        }
        let number = self.deployed.fetch_add(1, Ordering::Relaxed) + 1;
        if self.drops_every > 0 && number.is_multiple_of(self.drops_every) {
            return Err(Broken::Setup("dropped".into()));
        }
        if let Some(stop) = &self.stop {
            stop.send_replace(true);
        }
        Ok(Box::new(Room { leaks: self.leaks, cleaned: self.cleaned.clone() }))
    }
}

#[async_trait]
impl Environment for Room {
    async fn guest(&self, driver: Driver) -> Result<Box<dyn Session>, Broken> {
        match driver {
            Driver::Config => Ok(Box::new(Silent)),
            Driver::Keyvalue => std::future::pending().await,
            Driver::KeyvalueExt => Err(Broken::Trap("out of bounds".into())),
            Driver::Messaging => panic!("the host fell over"),
        }
    }

    async fn serve(&self, _: Program, _: Subscribed<'_>) -> Result<Box<dyn Serving>, Broken> {
        Err(Broken::Setup("no".into()))
    }

    async fn watch(&self, _: &str) -> Result<Box<dyn Serving>, Broken> {
        Err(Broken::Setup("no".into()))
    }

    async fn grant(&self, _: &[&str]) -> Result<(), Broken> {
        Ok(())
    }

    async fn switch(&self, _: &str, _: &str) -> Result<(), Broken> {
        Ok(())
    }

    async fn restart(&self) -> Result<(), Broken> {
        Ok(())
    }

    async fn advance(&self, _: Duration) -> Result<(), Broken> {
        Ok(())
    }

    async fn fault(&self, _: FaultRule, _: Kind) -> Result<(), Broken> {
        Ok(())
    }

    fn calls(&self) -> Vec<HostCall> {
        Vec::new()
    }

    async fn clean(&self) -> Result<(), Broken> {
        self.cleaned.fetch_add(1, Ordering::Relaxed);
        if self.leaks { Err(Broken::Setup("the store is read-only".into())) } else { Ok(()) }
    }
}

struct Silent;

#[async_trait]
impl Session for Silent {
    async fn exec(&mut self, _: &str) -> Result<String, Broken> {
        Err(Broken::Protocol("it never answers".into()))
    }
}

pub type Function = for<'a> fn(&'a mut Bench) -> BoxFuture<'a, Outcome>;

pub fn case(function: &'static str, needs: &'static [Need], run: Function) -> Case {
    Case {
        suite: "config/store",
        function,
        axes: &[],
        point: [0; 2],
        clauses: &["CFG-STORE-01"],
        needs,
        since: None,
        run,
    }
}

pub fn good(function: &'static str) -> Case {
    case(function, &[], |bench| Box::pin(async { bench.config().await.map(drop) }))
}

/// How a run went.
pub struct Gone {
    pub summary: Summary,
    pub events: Vec<Event>,
    pub deployed: usize,
    pub cleaned: usize,
}

impl Gone {
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.events.iter().filter_map(|event| match event {
            Event::Ended(record) => Some(&**record),
            _ => None,
        })
    }

    pub fn verdict(&self, function: &str) -> Verdict {
        self.record(function).verdict
    }

    pub fn record(&self, function: &str) -> &Record {
        let id = format!("config/store/{function}");
        self.records().find(|record| record.id == id).expect("a record")
    }
}

/// A run under construction.
pub struct Go {
    pub host: Fake,
    pub cases: Vec<Case>,
    pub failing: &'static [&'static str],
    pub flaky: &'static [&'static str],
    pub features: &'static [&'static str],
    pub jobs: usize,
    pub seed: u64,
    pub rules: Rules,
    pub panics: Panics,
    /// Limits of config that the host declares.
    pub limits: &'static [(&'static str, u64)],
    /// Its declaration, if it has a file.
    pub declared: Option<&'static str>,
}

impl Go {
    pub fn new(cases: impl Into<Vec<Case>>) -> Self {
        Self {
            host: Fake::default(),
            cases: cases.into(),
            failing: &[],
            flaky: &[],
            features: &[],
            jobs: 2,
            seed: 1,
            rules: Rules::default(),
            panics: Panics::default(),
            limits: &[],
            declared: None,
        }
    }

    pub fn go(mut self) -> Gone {
        let law = Law::embedded().expect("the law reads");
        let ids = plan::ids(&self.cases);
        let read = |given: &[&str]| {
            let given: Vec<_> = given.iter().map(|&glob| glob.to_owned()).collect();
            Patterns::read(&given, ids.iter().map(String::as_str)).expect("patterns")
        };
        let selection = Selection { failing: read(self.failing), flaky: read(self.flaky), ..Selection::default() };
        self.host.description = Some(describe(self.features, self.limits));
        let (sender, stop) = watch::channel(false);
        self.host.stop = self.host.stop.take().map(|_| sender);
        let host = Arc::new(self.host);
        let declared = self.declared.map(|text| Declaration::parse(text, &ids).expect("a declaration"));
        let plan = plan::plan(host.clone(), &self.cases, &law, &selection, declared.as_ref(), "2026-01-01");
        let plan = plan.expect("a plan");
        let workers =
            tokio::runtime::Builder::new_multi_thread().worker_threads(3).enable_all().build().expect("workers");
        let options = Options {
            run: "test".into(),
            seed: self.seed,
            jobs: self.jobs,
            deadlines: Deadlines { op: Duration::from_millis(300), case: Duration::from_secs(2) },
            deployment: |_| Deployment::default(),
            command: "cloud-conformance run --host fake".into(),
            stop,
            cases: workers.handle().clone(),
            rules: self.rules,
            panics: self.panics,
        };
        let control = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let events = Mutex::new(Vec::new());
        let told = |event| events.lock().expect("the only one").push(event);
        let summary = control.block_on(runner::ready_within(Duration::from_millis(300), &[plan], &options, told));
        workers.shutdown_background();
        let (deployed, cleaned) = (host.deployed.load(Ordering::Relaxed), host.cleaned.load(Ordering::Relaxed));
        Gone { summary, events: events.into_inner().expect("the only one"), deployed, cleaned }
    }
}

fn describe(features: &[&str], limits: &[(&str, u64)]) -> HostDescription {
    let limits = limits.iter().map(|(name, limit)| ((*name).to_owned(), *limit)).collect();
    let features = features.iter().map(|&feature| feature.to_owned()).collect();
    HostDescription {
        name: "fake".into(),
        version: "1".into(),
        altitude: Altitude::Direct,
        capabilities: [("config".to_owned(), Declared { features, limits, ..Declared::default() })].into(),
        controls: Default::default(),
        lacks: Default::default(),
        labels: Default::default(),
        notes: Vec::new(),
    }
}
