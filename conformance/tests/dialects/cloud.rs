//! What a small host keeps of one deployment: buckets and a broker, in memory.

use super::wasmcloud::wasmcloud::messaging::types::BrokerMessage;
use cloud_conformance::host::Deployment;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};

/// What is wrong with a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Defect {
    None,
    /// `get-many` leaves out what is absent.
    NoAbsentKeys,
    /// Each page of a listing begins where the last one ended, one key too late.
    SkipsKeys,
    /// A payload loses its last byte.
    CutPayload,
}

pub type Data = BTreeMap<String, Vec<u8>>;

pub struct Cloud {
    pub deployment: Deployment,
    pub defect: Defect,
    buckets: Mutex<HashMap<String, Data>>,
    subscribers: Mutex<Vec<Subscriber>>,
    /// Who waits for a reply, by its topic.
    waiting: Mutex<HashMap<String, oneshot::Sender<BrokerMessage>>>,
}

struct Subscriber {
    topics: Vec<String>,
    group: Option<String>,
    inbox: mpsc::UnboundedSender<BrokerMessage>,
}

/// Why a bucket is not opened.
pub enum Refused {
    Denied,
    Missing,
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().expect("nobody panicked")
}

impl Cloud {
    pub fn new(deployment: Deployment, defect: Defect) -> Arc<Self> {
        let (buckets, subscribers, waiting) = Default::default();
        Arc::new(Self { deployment, defect, buckets, subscribers, waiting })
    }

    pub fn open(self: &Arc<Self>, label: &str) -> Result<Bucket, Refused> {
        if !self.deployment.grants.contains(&format!("keyvalue:{label}")) {
            return Err(Refused::Denied);
        }
        if !self.deployment.links.contains(&("keyvalue", label)) {
            return Err(Refused::Missing);
        }
        Ok(Bucket { cloud: self.clone(), label: label.to_owned() })
    }

    pub fn subscribe(&self, topics: &[&str], group: Option<&str>) -> mpsc::UnboundedReceiver<BrokerMessage> {
        let (inbox, messages) = mpsc::unbounded_channel();
        let topics = topics.iter().map(|topic| (*topic).to_owned()).collect();
        lock(&self.subscribers).push(Subscriber { topics, group: group.map(str::to_owned), inbox });
        messages
    }

    /// To everybody who listens, but to one of a group only.
    pub fn publish(&self, mut message: BrokerMessage) {
        if self.defect == Defect::CutPayload {
            message.body.pop();
        }
        if let Some(asker) = lock(&self.waiting).remove(&message.subject) {
            // One that has left wants no reply.
            let _ = asker.send(message);
            return;
        }
        let mut groups = Vec::new();
        for subscriber in lock(&self.subscribers).iter().filter(|to| to.topics.contains(&message.subject)) {
            if subscriber.group.is_some() && groups.contains(&subscriber.group) {
                continue;
            }
            groups.push(subscriber.group.clone());
            // One that was stopped no longer listens.
            let _ = subscriber.inbox.send(message.clone());
        }
    }

    pub async fn request(&self, subject: String, body: Vec<u8>, timeout_ms: u32) -> Result<BrokerMessage, String> {
        let (asker, reply) = oneshot::channel();
        let inbox = {
            let mut waiting = lock(&self.waiting);
            let inbox = format!("_INBOX.{}", waiting.len());
            waiting.insert(inbox.clone(), asker);
            inbox
        };
        self.publish(BrokerMessage { subject, body, reply_to: Some(inbox) });
        match timeout(Duration::from_millis(timeout_ms.into()), reply).await {
            Ok(Ok(reply)) => Ok(reply),
            _ => Err("no reply in time".to_owned()),
        }
    }
}

/// An open bucket.
#[derive(Clone)]
pub struct Bucket {
    cloud: Arc<Cloud>,
    label: String,
}

impl Bucket {
    /// Does something with the data, at once.
    pub fn with<T>(&self, act: impl FnOnce(&mut Data) -> T) -> T {
        act(lock(&self.cloud.buckets).entry(self.label.clone()).or_default())
    }

    /// Adds to a counter, which is decimal text.
    pub fn increment<N: std::str::FromStr + ToString + Default>(
        &self,
        key: String,
        add: impl FnOnce(N) -> Option<N>,
    ) -> Result<N, String> {
        self.with(|data| {
            let number = match data.get(&key) {
                None => Some(N::default()),
                Some(text) => std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()),
            };
            let sum = number.and_then(add).ok_or("no counter, or at its end")?;
            let text = sum.to_string();
            data.insert(key, text.clone().into_bytes());
            text.parse().map_err(|_| "no number".to_owned())
        })
    }
}
