//! The broker of a test: it keeps a list of all that was sent, and has scripted responders.

use super::world::{self, World};
use async_trait::async_trait;
use std::{
    collections::BTreeMap,
    fmt, future,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::spawn_blocking,
};
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    messaging::{Disposition, Inbox, Message, Messaging, Payload, Replies, Settle, Subscription},
};

/// A message that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// Where it was sent to.
    pub topic: String,
    /// The payload.
    pub data: Vec<u8>,
    /// The content type.
    pub content_type: Option<String>,
    /// The metadata; empty if there is none.
    pub metadata: Vec<(String, String)>,
}

pub(super) type Responder = Arc<dyn Fn(Message) -> Message + Send + Sync>;

/// Largest payload, in bytes: that of the memory backend.
const MAX_PAYLOAD: u64 = 1 << 20;

#[derive(Default)]
struct State {
    published: Vec<Published>,
    responders: BTreeMap<String, Vec<Responder>>,
    /// Replies to messages that the test delivered, by address.
    answers: BTreeMap<String, Vec<Payload>>,
    asked: u64,
}

pub(super) struct Stage {
    offered: Description,
    /// Where responders run.
    world: Weak<World>,
    state: Mutex<State>,
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage").field("published", &self.state().published).finish_non_exhaustive()
    }
}

impl Stage {
    pub(super) fn new(world: Weak<World>) -> Self {
        let offered =
            Description::new(Durability::Process, [feature::REQUEST_REPLY], [(limit::MAX_VALUE_SIZE, MAX_PAYLOAD)]);
        Self { offered, world, state: Mutex::default() }
    }

    /// Locks, also after a panic elsewhere: nothing under the lock can panic half way through a change.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn published(&self) -> Vec<Published> {
        self.state().published.clone()
    }

    pub(super) fn add_responder(&self, topic: &str, responder: Responder) {
        self.state().responders.entry(topic.to_owned()).or_default().push(responder);
    }

    /// An address for the replies to one message.
    pub(super) fn question(&self) -> String {
        let mut state = self.state();
        state.asked += 1;
        let address = state.asked.to_string();
        state.answers.insert(address.clone(), Vec::new());
        address
    }

    /// The replies to that message. Later ones go nowhere.
    pub(super) fn answers(&self, address: &str) -> Vec<Payload> {
        self.state().answers.remove(address).unwrap_or_default()
    }

    fn record(&self, topic: &str, message: &Payload) {
        let Payload { data, content_type, metadata } = message.clone();
        self.state().published.push(Published { topic: topic.to_owned(), data, content_type, metadata });
    }
}

#[async_trait]
impl Messaging for Stage {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn connect(&self, _: &str) -> Result<()> {
        Ok(())
    }

    async fn publish(&self, _: &str, topic: &str, message: &Payload) -> Result<()> {
        self.record(topic, message);
        Ok(())
    }

    /// Handlers are called by the test.
    async fn subscribe(&self, _: &str, _: &Subscription) -> Result<Box<dyn Inbox>> {
        Err(Error::new(Kind::Unsupported, "a test delivers messages by itself"))
    }

    async fn request(&self, _: &str, topic: &str, message: &Payload) -> Result<Box<dyn Replies>> {
        let responders = self.state().responders.get(topic).cloned().unwrap_or_default();
        let (Some(world), false) = (self.world.upgrade(), responders.is_empty()) else {
            return Err(Error::new(Kind::Unavailable, "no responders: `Cloud::reply_with` adds one"));
        };
        self.record(topic, message);
        let (replies, answered) = unbounded_channel();
        for responder in responders {
            let question = world.received(topic, message.clone(), None);
            tokio::spawn(respond(world.clone(), responder, question, replies.clone()));
        }
        Ok(Box::new(Answered(answered)))
    }

    async fn reply(&self, _: &str, reply_to: &str, message: &Payload) -> Result<()> {
        if let Some(answers) = self.state().answers.get_mut(reply_to) {
            answers.push(message.clone());
        }
        Ok(())
    }
}

/// Runs a responder on a thread of its own, since it may call the SDK, which waits for this one.
async fn respond(
    world: Arc<World>,
    responder: Responder,
    question: Message,
    replies: UnboundedSender<Result<Payload>>,
) {
    let reply = spawn_blocking(move || {
        let _entered = world::enter(&world);
        responder(question).payload().clone()
    });
    let reply = reply.await.map_err(|_| Error::new(Kind::Other, "a responder panicked"));
    // A requester that has enough replies has left.
    let _ = replies.send(reply);
}

struct Answered(UnboundedReceiver<Result<Payload>>);

#[async_trait]
impl Replies for Answered {
    async fn next(&mut self) -> Result<Payload> {
        match self.0.recv().await {
            Some(reply) => reply,
            // All have answered; a requester that expects more waits until its timeout.
            None => future::pending().await,
        }
    }
}

/// A delivery that no broker waits for.
pub(super) struct Settled;

#[async_trait]
impl Settle for Settled {
    async fn settle(self: Box<Self>, _: Disposition) -> Result<()> {
        Ok(())
    }
}
