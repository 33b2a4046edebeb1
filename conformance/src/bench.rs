//! What a case may touch: its own deployment of the host, guests in it, and the controls that it needs.

mod config;
mod failure;
mod guest;
mod keyvalue;
mod keyvalue_ext;
pub(crate) mod limit;
mod messaging;
mod program;
mod shown;

pub use config::Config;
pub use failure::Failure;
pub use guest::Guest;
pub use keyvalue::{Bucket, Cas, Keyvalue, Swap};
pub use keyvalue_ext::{ExtBucket, KeyvalueExt, put};
pub use messaging::{Client, Message, Messaging, Request};
pub use program::{Observed, Running, Told};
pub use shown::{Shown, at_most, beyond};

use crate::{
    catalogue::{Case, Need},
    host::{Declared, Driver, Environment, HostCall, HostDescription, MAX_DELIVERIES, Program, Subscribed},
    outcome::{Outcome, Stop, mismatch},
    session::Broken,
    transcript::Transcript,
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use wasi_cloud_core::{Kind, layer::FaultRule};

/// How often a state is looked at while waiting for it.
const POLL: Duration = Duration::from_millis(2);

/// The longest key, value or message that a case sends, in bytes: JSON of more takes too long in a guest.
pub const CARRIED: usize = 1 << 20;

/// How long the suite waits before it calls something hung.
#[derive(Debug, Clone, Copy)]
pub struct Deadlines {
    /// One operation of a guest, or one control.
    pub op: Duration,
    /// One whole case.
    pub case: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { op: Duration::from_secs(10), case: Duration::from_secs(60) }
    }
}

/// A case's seat.
pub struct Bench {
    case: Case,
    host: Arc<HostDescription>,
    environment: Arc<dyn Environment>,
    transcript: Transcript,
    deadlines: Deadlines,
    allowed: Arc<BTreeSet<&'static str>>,
    guests: Arc<AtomicU32>,
    shown: Shown,
    /// The seed of everything random in this case.
    pub seed: u64,
}

impl Bench {
    /// A seat for `case` in a live deployment.
    #[must_use]
    pub fn new(
        case: Case,
        host: Arc<HostDescription>,
        environment: Arc<dyn Environment>,
        deadlines: Deadlines,
        seed: u64,
    ) -> Self {
        let mut allowed: BTreeSet<_> = ["store", "producer"].into();
        allowed.extend(case.suite.rsplit('/').next());
        allowed.extend(case.needs.iter().filter_map(|need| match need {
            Need::Interface(name) | Need::Feature(name) | Need::Without(name) => Some(*name),
            Need::Labels => Some(guest::LABELS),
            _ => None,
        }));
        Self {
            case,
            host,
            environment,
            transcript: Transcript::default(),
            deadlines,
            allowed: Arc::new(allowed),
            guests: Arc::default(),
            shown: Shown::default(),
            seed,
        }
    }

    /// Where in its family the case stands.
    pub(crate) const fn point(&self) -> [usize; 2] {
        self.case.point
    }

    /// What the case did so far.
    #[must_use]
    pub const fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// What the case has held against the host's declaration so far.
    #[must_use]
    pub const fn shown(&self) -> &Shown {
        &self.shown
    }

    /// What the host declares of the case's capability.
    pub fn declared(&self) -> Outcome<&Declared> {
        self.shown.declaration();
        let capability = self.case.capability();
        self.host
            .capabilities
            .get(capability)
            .ok_or_else(|| Stop::Suite(format!("the host does not have `{capability}`, so no case of it may run")))
    }

    fn declared_limit(&self, name: &'static str) -> Outcome<Option<u64>> {
        self.needs(Need::Limit(name))?;
        Ok(self.declared()?.limits.get(name).copied())
    }

    fn limit(&self, name: &'static str) -> Outcome<u64> {
        self.declared_limit(name)?.ok_or_else(|| Stop::Skip(limit::undeclared(name)))
    }

    /// The largest size that must work: the declared limit, or what a driver guest can be sent where that is less. The
    /// case is skipped where the host declares none.
    pub fn most(&self, name: &'static str) -> Outcome<usize> {
        let limit = usize::try_from(self.limit(name)?).unwrap_or(usize::MAX);
        if limit <= CARRIED {
            self.shown.edge(at_most(name));
        }
        Ok(limit.min(CARRIED))
    }

    /// The smallest size that must be refused. The case is skipped where the host declares no limit, or one that no
    /// driver guest can be sent more than.
    pub fn too_much(&self, name: &'static str) -> Outcome<usize> {
        let limit = self.limit(name)?;
        if let Some(why) = limit::out_of_reach(name, limit) {
            return Err(Stop::Skip(why));
        }
        self.shown.edge(beyond(name));
        Ok(usize::try_from(limit).unwrap_or(CARRIED) + 1)
    }

    /// That this size is not beyond what must work. The case is skipped where the host declares less.
    pub fn fits(&self, name: &'static str, size: usize) -> Outcome {
        let why = self.declared_limit(name)?.and_then(|limit| limit::exceeded(name, limit, size as u64));
        why.map_or(Ok(()), |why| Err(Stop::Skip(why)))
    }

    async fn guest(&self, driver: Driver) -> Outcome<Guest> {
        // What is configured is the same for all, and nobody writes it.
        if driver != Driver::Config && self.guests.load(Ordering::Relaxed) > 0 {
            self.needs(Need::Guests)?;
        }
        let session = self.within(self.environment.guest(driver)).await?;
        Ok(Guest::new(driver, session, self))
    }

    /// A fresh guest that drives `wasi:keyvalue`.
    pub async fn keyvalue(&self) -> Outcome<Keyvalue> {
        self.guest(Driver::Keyvalue).await.map(Keyvalue::new)
    }

    /// A bucket in a fresh guest.
    pub async fn bucket(&self, label: &str) -> Outcome<Bucket> {
        self.keyvalue().await?.open(label).await
    }

    /// A fresh guest that drives `wasi-cloud:keyvalue`.
    pub async fn keyvalue_ext(&self) -> Outcome<KeyvalueExt> {
        self.guest(Driver::KeyvalueExt).await.map(KeyvalueExt::new)
    }

    /// A bucket with the extension, in a fresh guest.
    pub async fn ext_bucket(&self, label: &str) -> Outcome<ExtBucket> {
        self.keyvalue_ext().await?.open(label).await
    }

    /// A fresh guest that drives `wasi:messaging`.
    pub async fn messaging(&self) -> Outcome<Messaging> {
        self.guest(Driver::Messaging).await.map(Messaging::new)
    }

    /// A fresh guest that drives `wasi:config`.
    pub async fn config(&self) -> Outcome<Config> {
        self.guest(Driver::Config).await.map(Config::new)
    }

    /// Starts a program that handles what is sent to these topics, each message at most [`MAX_DELIVERIES`] times.
    pub async fn serve(&self, program: Program, topics: &[&str], group: Option<&str>) -> Outcome<Running> {
        self.subscribe(program, Subscribed { topics, group, max_deliveries: MAX_DELIVERIES, dead_letter: None }).await
    }

    /// Starts a program that handles what is sent to these topics.
    pub async fn subscribe(&self, program: Program, to: Subscribed<'_>) -> Outcome<Running> {
        self.needs(Need::Serve)?;
        let serving = self.within(self.environment.serve(program, to)).await?;
        Ok(Running::new(serving, self))
    }

    /// Starts the program that prints what changes behind a key-value label from now on.
    pub async fn watch(&self, label: &str) -> Outcome<Running> {
        self.needs(Need::Serve)?;
        let serving = self.within(self.environment.watch(label)).await?;
        Ok(Running::new(serving, self))
    }

    /// Waits until the host has settled so many deliveries on this topic so: `ack` or `nack`. Known from the host's own
    /// trace.
    pub async fn until_settled(&self, topic: &str, how: &str, times: usize) -> Outcome {
        self.until(topic, how, times, |call| call.op == how).await
    }

    /// Waits until the host has settled a delivery on this topic, however: MSG-HAND-03 leaves it the choice.
    pub async fn until_ended(&self, topic: &str) -> Outcome {
        self.until(topic, "settled", 1, |call| matches!(&*call.op, "ack" | "nack")).await
    }

    async fn until(&self, topic: &str, what: &str, times: usize, is_one: impl Fn(&HostCall) -> bool) -> Outcome {
        self.needs(Need::Trace)?;
        let is_here = |call: &&HostCall| call.key == topic && is_one(call);
        let polling = async {
            while self.environment.calls().iter().filter(is_here).count() < times {
                tokio::time::sleep(POLL).await;
            }
        };
        match tokio::time::timeout(self.deadlines.op, polling).await {
            Ok(()) => Ok(()),
            Err(_) => mismatch(&format!("a delivery on {topic:?}"), what, &format!("none in {:?}", self.deadlines.op)),
        }
    }

    /// Replaces the grants.
    pub async fn grant(&self, rules: &[&str]) -> Outcome {
        self.needs(Need::Grant)?;
        self.control(&format!("grant {rules:?}"), self.environment.grant(rules)).await
    }

    /// Links a label of the case's capability to an empty store.
    pub async fn switch(&self, label: &str) -> Outcome {
        self.needs(Need::Switch)?;
        self.control(&format!("switch {label}"), self.environment.switch(self.case.capability(), label)).await
    }

    /// Restarts the host. Guests from before are gone.
    pub async fn restart(&self) -> Outcome {
        self.needs(Need::Restart)?;
        self.control("restart", self.environment.restart()).await
    }

    /// Lets time pass for the host.
    pub async fn advance(&self, by: Duration) -> Outcome {
        self.needs(Need::Time)?;
        self.control(&format!("advance {by:?}"), self.environment.advance(by)).await
    }

    /// Plans a fault: the backend away.
    pub async fn fault(&self, rule: FaultRule) -> Outcome {
        self.fault_as(rule, Kind::Unavailable).await
    }

    /// Plans a fault of any kind.
    pub async fn fault_as(&self, rule: FaultRule, kind: Kind) -> Outcome {
        self.needs(Need::Fault)?;
        self.control(&format!("fault {kind} {rule:?}"), self.environment.fault(rule, kind)).await
    }

    /// Writes past the host to the bucket behind a label, as another program would; `None` removes. The key need not be
    /// UTF-8.
    pub async fn foreign(&self, label: &str, key: impl AsRef<[u8]>, value: Option<&[u8]>) -> Outcome {
        self.needs(Need::Foreign)?;
        let key = key.as_ref();
        let what = format!("foreign {label} {:?} {value:?}", String::from_utf8_lossy(key));
        self.control(&what, self.environment.foreign(label, key, value)).await
    }

    /// Runs these at the same time; in the transcript they have no order.
    pub async fn concurrently<T>(
        &self,
        work: impl IntoIterator<Item = impl Future<Output = Outcome<T>>>,
    ) -> Outcome<Vec<T>> {
        self.transcript.begin_group();
        let all = futures::future::try_join_all(work).await;
        self.transcript.end_group();
        all
    }

    fn needs(&self, need: Need) -> Outcome {
        if self.case.needs.contains(&need) {
            return Ok(());
        }
        Err(Stop::Suite(format!("{} uses `{}` and does not list it among its needs", self.case.id(), need.word())))
    }

    async fn control(&self, what: &str, control: impl Future<Output = Result<(), Broken>>) -> Outcome {
        self.within(control).await?;
        self.transcript.push("control", what, "done");
        Ok(())
    }

    async fn within<T>(&self, work: impl Future<Output = Result<T, Broken>>) -> Outcome<T> {
        let limit = self.deadlines.op;
        Ok(tokio::time::timeout(limit, work).await.map_err(|_| Broken::Hung(limit))??)
    }
}
