use super::{Bench, Failure};
use crate::{
    catalogue::deployment::{OTHER, UNGRANTED},
    host::{Driver, HostDescription},
    outcome::{Outcome, Stop, mismatch},
    session::{Broken, Session},
    transcript::Transcript,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    collections::BTreeSet,
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::sync::Mutex;

/// One driver guest. Clones are the same guest.
#[derive(Clone)]
pub struct Guest {
    session: Arc<Mutex<Option<Box<dyn Session>>>>,
    who: Arc<str>,
    slots: Arc<AtomicU32>,
    transcript: Transcript,
    allowed: Arc<BTreeSet<&'static str>>,
    host: Arc<HostDescription>,
    deadline: Duration,
}

/// What the bench must know of a generated operation.
pub(super) trait Operation: Serialize + Debug + Sync {
    /// What it sees.
    type Seen: DeserializeOwned + Debug;
    /// The interface that it uses; a case must need it.
    fn interface(&self) -> &'static str;
    /// The feature that it uses, if it uses one; a case must need it, or prove that it is refused.
    fn feature(&self) -> Option<&'static str> {
        None
    }
    /// The label that it opens.
    fn label(&self) -> Option<&str> {
        None
    }
    /// Splits failures and misuse off.
    fn judge(seen: Self::Seen) -> Judged<Self::Seen>;
}

pub(super) enum Judged<Seen> {
    Answer(Seen),
    Failed(Failure),
    Misused(String),
}

impl Guest {
    pub(super) fn new(driver: Driver, session: Box<dyn Session>, bench: &Bench) -> Self {
        let number = bench.guests.fetch_add(1, Ordering::Relaxed);
        Self {
            session: Arc::new(Mutex::new(Some(session))),
            who: format!("{}#{number}", driver.name()).into(),
            slots: Arc::default(),
            transcript: bench.transcript.clone(),
            allowed: bench.allowed.clone(),
            host: bench.host.clone(),
            deadline: bench.deadlines.op,
        }
    }

    /// What the host calls the label of a key-value store.
    pub(super) fn label(&self, label: &str) -> String {
        self.host.labels.get(label).map_or(label, String::as_str).to_owned()
    }

    /// Refuses what the case does not need.
    pub(super) fn needs(&self, name: &'static str) -> Outcome {
        let missing = || Stop::Suite(format!("the case uses `{name}`, which it does not need"));
        self.allowed.contains(name).then_some(()).ok_or_else(missing)
    }

    /// A slot that nothing uses yet.
    pub(super) fn slot(&self) -> u32 {
        self.slots(1)
    }

    /// The first of so many unused slots.
    pub(super) fn slots(&self, count: u32) -> u32 {
        self.slots.fetch_add(count, Ordering::Relaxed)
    }

    /// One operation: an answer, or a failure that the guest saw.
    pub(super) async fn attempt<O: Operation>(&self, op: &O) -> Outcome<Result<O::Seen, Failure>> {
        permit(&self.allowed, op)?;
        let line = serde_json::to_string(op).map_err(|e| Stop::Suite(e.to_string()))?;
        let seen = match self.exec(&line).await {
            Ok(seen) => seen,
            Err(broken) => {
                self.transcript.push(&*self.who, line, broken.to_string());
                return Err(broken.into());
            }
        };
        self.transcript.push(&*self.who, line, &*seen);
        let seen = serde_json::from_str(&seen)
            .map_err(|e| Broken::Protocol(format!("{e}: {}", seen.chars().take(80).collect::<String>())))?;
        match O::judge(seen) {
            Judged::Answer(seen) => Ok(Ok(seen)),
            Judged::Failed(failure) => Ok(Err(failure)),
            Judged::Misused(why) => Err(Stop::Suite(why)),
        }
    }

    /// One operation that must not fail.
    pub(super) async fn answer<O: Operation>(&self, op: &O) -> Outcome<O::Seen> {
        match self.attempt(op).await? {
            Ok(seen) => Ok(seen),
            Err(failure) => mismatch(&format!("{op:?}"), "an answer", &failure.to_string()),
        }
    }

    /// One operation that must fail.
    pub(super) async fn failure<O: Operation>(&self, op: &O) -> Outcome<Failure> {
        match self.attempt(op).await? {
            Err(failure) => Ok(failure),
            Ok(seen) => mismatch(&format!("{op:?}"), "a failure", &format!("{seen:?}")),
        }
    }

    async fn exec(&self, line: &str) -> Result<String, Broken> {
        let mut slot = self.session.lock().await;
        let mut session = slot.take().ok_or_else(|| Broken::Protocol("this guest broke before".into()))?;
        let seen = tokio::time::timeout(self.deadline, session.exec(line))
            .await
            .unwrap_or(Err(Broken::Hung(self.deadline)))?;
        *slot = Some(session);
        Ok(seen)
    }
}

/// Among what a case may use: labels with a store other than [`DEFAULT`](crate::catalogue::deployment::DEFAULT)'s.
pub(super) const LABELS: &str = "labels";

/// A case may use only what it needs, its set-up included: else it fails hosts for what it is not about.
fn permit(allowed: &BTreeSet<&'static str>, op: &impl Operation) -> Outcome {
    let labels = op.label().filter(|label| [OTHER, UNGRANTED].contains(label)).map(|_| LABELS);
    match [Some(op.interface()), op.feature(), labels].into_iter().flatten().find(|name| !allowed.contains(name)) {
        Some(name) => Err(Stop::Suite(format!("{op:?} is of `{name}`, which the case does not need"))),
        None => Ok(()),
    }
}

/// What a driver answered instead of what the operation can answer.
pub(super) fn unexpected<T>(op: &impl Debug, seen: &impl Debug) -> Outcome<T> {
    Err(Broken::Protocol(format!("{op:?} was answered with {seen:?}")).into())
}

/// Runs an operation and takes the one answer that it can have.
macro_rules! ask {
    ($guest:expr, $op:expr, $pattern:pat => $value:expr) => {{
        let op = $op;
        match $guest.answer(&op).await? {
            $pattern => Ok($value),
            #[allow(unreachable_patterns)]
            seen => $crate::bench::guest::unexpected(&op, &seen),
        }
    }};
}
pub(super) use ask;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Altitude;
    use crate::wire::{
        keyvalue::Op,
        keyvalue_ext::{Condition, Op as Ext, Put},
    };

    /// Says this to all that it is asked.
    struct Parrot(&'static str);

    #[async_trait::async_trait]
    impl Session for Parrot {
        async fn exec(&mut self, _: &str) -> Result<String, Broken> {
            Ok(self.0.to_owned())
        }
    }

    impl Guest {
        /// A guest of messaging that answers so, whatever it is asked.
        pub(in crate::bench) fn answering(answer: &'static str) -> Self {
            Self {
                session: Arc::new(Mutex::new(Some(Box::new(Parrot(answer))))),
                who: "parrot".into(),
                slots: Arc::default(),
                transcript: Transcript::default(),
                allowed: Arc::new(["producer", "request-reply"].into()),
                host: Arc::new(HostDescription::new("parrot", "0", Altitude::Direct)),
                deadline: Duration::from_secs(10),
            }
        }
    }

    fn permitted(allowed: &[&'static str], op: &impl Operation) -> bool {
        permit(&allowed.iter().copied().collect(), op).is_ok()
    }

    #[test]
    fn an_operation_needs_its_interface_and_its_feature() {
        assert!(permitted(&["store"], &Op::Get((0, "k".into()))));
        assert!(!permitted(&["store"], &Op::Increment((0, "k".into(), 1))));
        assert!(!permitted(&["store"], &Op::GetMany((0, Vec::new()))));
        let put = |ttl_ms| Ext::Put((0, Put { key: "k".into(), value: vec![], condition: Condition::Always, ttl_ms }));
        assert!(permitted(&["extension"], &put(None)) && permitted(&["extension"], &put(Some(0))));
        assert!(!permitted(&["extension"], &put(Some(1))) && permitted(&["extension", "ttl"], &put(Some(1))));
    }
}
