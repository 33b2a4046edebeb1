//! A cloud in the test's own process, so that `cargo test` runs a guest's code. Not there on wasm.
//!
//! Each thread, and so each test, has a cloud of its own, made when it is first used: an empty one in which everything
//! is granted and every label is linked to memory. Nothing needs to be set up:
//!
//! ```
//! use wasi_cloud_sdk::keyvalue::Bucket;
//!
//! # fn main() -> wasi_cloud_sdk::Result<()> {
//! assert_eq!(Bucket::open("default")?.increment("visits", 1)?, 1);
//! # Ok(()) }
//! ```
//!
//! A [`Cloud`] of the test's own can look at what was sent, deliver messages, refuse things and move time:
//!
//! ```
//! use wasi_cloud_sdk::{Kind, keyvalue::Bucket, testing::Cloud};
//!
//! # fn main() -> wasi_cloud_sdk::Result<()> {
//! let _cloud = Cloud::builder().deny("keyvalue:secrets").unlink("keyvalue:backup").start()?;
//! assert_eq!(Bucket::open("secrets").map(drop).map_err(|e| e.kind), Err(Kind::AccessDenied));
//! assert_eq!(Bucket::open("backup").map(drop).map_err(|e| e.kind), Err(Kind::NotFound));
//! Bucket::open("default")?;
//! # Ok(()) }
//! ```
//!
//! What is granted can change while code runs, labels can be switched to empty stores, and calls can be made to fail:
//! [`Cloud::grant`], [`Cloud::switch`], [`Cloud::inject`].
//!
//! Calls fail as they do on a host: with the cases that each package has, and a call that gets no answer ends after 30
//! seconds. The conformance suite certifies that: it runs its cases for key-value and config against this, through the
//! same drivers that it has hosts run.

mod builder;
mod fault;
mod stage;
mod world;

pub use builder::Builder;
pub use fault::Fault;
pub use stage::Published;
pub use world::Entered;
pub(crate) use world::current;

use crate::{Error, Kind, Result, messaging::Message};
use std::{sync::Arc, time::Duration};
use wasi_cloud_core::{Grants, messaging as portable};
use world::World;

/// A cloud, which is the current one of the thread that made it until it is dropped.
///
/// Of several on one thread the youngest is the current one. What was stored lives as long as the cloud does: code that
/// starts again, in a new thread or with new handles, finds it.
#[derive(Debug)]
pub struct Cloud {
    world: Arc<World>,
}

impl Default for Cloud {
    fn default() -> Self {
        Self::new()
    }
}

impl Cloud {
    /// A fresh cloud: everything is granted, every label is linked to memory, nothing is configured.
    #[must_use]
    pub fn new() -> Self {
        Self::of(World::generous())
    }

    /// A fresh cloud in which some things are different.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn of(world: Arc<World>) -> Self {
        world::stay(&world);
        Self { world }
    }

    /// Makes this the current cloud of the calling thread, until the guard is dropped: for code under test that runs
    /// on other threads.
    ///
    /// ```
    /// # use wasi_cloud_sdk::{Result, keyvalue::Bucket, testing::Cloud};
    /// let cloud = Cloud::new();
    /// std::thread::scope(|scope| {
    ///     for _ in 0..2 {
    ///         scope.spawn(|| -> Result<i64> {
    ///             let _entered = cloud.enter();
    ///             Bucket::open("default")?.increment("visits", 1)
    ///         });
    ///     }
    /// });
    /// assert_eq!(Bucket::open("default").and_then(|b| b.increment("visits", 0)).ok(), Some(2));
    /// ```
    pub fn enter(&self) -> Entered<'_> {
        world::enter(&self.world)
    }

    /// Runs a handler with a message of these bytes, received on the topic, as the host would. Returns what the
    /// handler returned.
    ///
    /// # Errors
    /// Those of the handler.
    pub fn deliver<E>(
        &self,
        topic: &str,
        handler: impl FnOnce(Message) -> Result<(), E>,
        data: impl AsRef<[u8]>,
    ) -> Result<(), E> {
        self.deliver_message(topic, handler, Message::new(data))
    }

    /// [`deliver`](Self::deliver) with any message. It does not ask for a reply.
    ///
    /// # Errors
    /// Those of the handler.
    pub fn deliver_message<E>(
        &self,
        topic: &str,
        handler: impl FnOnce(Message) -> Result<(), E>,
        message: Message,
    ) -> Result<(), E> {
        let _entered = self.enter();
        handler(self.received(topic, message, None))
    }

    /// [`deliver`](Self::deliver) with a message that asks for a reply. Returns the handler's replies.
    ///
    /// ```
    /// # use wasi_cloud_sdk::{Result, messaging::Message, testing::Cloud};
    /// fn shout(message: Message) -> Result<()> {
    ///     message.reply(Message::new(message.data().to_ascii_uppercase()))
    /// }
    ///
    /// # fn main() -> Result<()> {
    /// let replies = Cloud::new().ask("shout", shout, Message::new("hello"))?;
    /// assert_eq!(replies[0].data(), b"HELLO");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of the handler; then its replies are lost.
    pub fn ask<E>(
        &self,
        topic: &str,
        handler: impl FnOnce(Message) -> Result<(), E>,
        message: Message,
    ) -> Result<Vec<Message>, E> {
        let _entered = self.enter();
        let address = self.world.stage().question();
        handler(self.received(topic, message, Some(address.clone())))?;
        let answers = self.world.stage().answers(&address);
        Ok(answers.into_iter().map(Self::sent).collect())
    }

    /// All messages that were sent so far and accepted, by `send` and by `request`, the oldest first. Asking changes
    /// nothing.
    #[must_use]
    pub fn published(&self) -> Vec<Published> {
        self.world.stage().published()
    }

    /// Answers every later request to this topic with what `responder` returns. With several responders each request
    /// gets a reply from each. Without any, a request is `Unavailable`: nobody is there to answer (MSG-M04).
    ///
    /// The responder runs on a thread of its own, in this cloud.
    pub fn reply_with(&self, topic: &str, responder: impl Fn(Message) -> Message + Send + Sync + 'static) {
        let responder = move |message| responder(Message(crate::sys::messaging::Message(message))).0.0;
        self.world.stage().add_responder(topic, Arc::new(responder));
    }

    /// Moves this cloud's time forward, which otherwise stands still: lifetimes of keys go by it. What waits for an
    /// answer waits in real time.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wasi_cloud_sdk::{Result, keyvalue::{Bucket, PutOptions}, testing::Cloud};
    /// # fn main() -> Result<()> {
    /// let cloud = Cloud::new();
    /// let bucket = Bucket::open("default")?;
    /// bucket.put("lock", "me", PutOptions::new().ttl(Duration::from_secs(60)))?;
    /// cloud.advance(Duration::from_secs(59));
    /// assert!(bucket.exists("lock")?);
    /// cloud.advance(Duration::from_secs(1));
    /// assert!(!bucket.exists("lock")?);
    /// # Ok(()) }
    /// ```
    pub fn advance(&self, by: Duration) {
        self.world.advance(by);
    }

    /// Replaces what is granted, from the next call on, also of handles that are open. What [`Builder::deny`] refuses
    /// stays refused.
    ///
    /// ```
    /// # use wasi_cloud_sdk::{Kind, Result, keyvalue::Bucket, testing::Cloud};
    /// # fn main() -> Result<()> {
    /// let cloud = Cloud::new();
    /// let bucket = Bucket::open("default")?;
    /// bucket.set("key", "value")?;
    /// cloud.grant(["keyvalue:default:read"])?;
    /// assert!(bucket.exists("key")?);
    /// assert_eq!(bucket.delete("key").map_err(|e| e.kind), Err(Kind::AccessDenied));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `Invalid` if a rule cannot be read; then nothing changes.
    pub fn grant<S: AsRef<str>>(&self, rules: impl IntoIterator<Item = S>) -> Result<()> {
        let grants = Grants::parse(rules).map_err(|error| Error::new(Kind::Invalid, error.message))?;
        self.world.grant(grants);
        Ok(())
    }

    /// Links a label of key-value, such as `keyvalue:default`, to a new and empty store. Open handles go on with the
    /// new store; versions and cursors of the old one are `Conflict` there. What was stored is gone.
    ///
    /// ```
    /// # use wasi_cloud_sdk::{Result, keyvalue::Bucket, testing::Cloud};
    /// # fn main() -> Result<()> {
    /// let cloud = Cloud::new();
    /// let cache = Bucket::open("cache")?;
    /// cache.set("key", "value")?;
    /// cloud.switch("keyvalue:cache")?;
    /// assert_eq!(cache.get("key")?, None);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `Invalid` if the name cannot be read, or is of another capability: only key-value stores anything.
    pub fn switch(&self, name: &str) -> Result<()> {
        match builder::parse(name)? {
            ("keyvalue", label) => self.world.switch(label),
            (other, _) => return Err(Error::new(Kind::Invalid, format!("`{other}` has no store to switch to"))),
        }
        Ok(())
    }

    fn received(&self, topic: &str, message: Message, reply_to: Option<String>) -> Message {
        let payload = message.0.0.payload().clone();
        Message(crate::sys::messaging::Message(self.world.received(topic, payload, reply_to)))
    }

    /// A reply as a requester sees it.
    fn sent(payload: portable::Payload) -> Message {
        let mut message = Message::new(&payload.data);
        if let Some(content_type) = &payload.content_type {
            message.set_content_type(content_type);
        }
        message.set_metadata(payload.metadata);
        message
    }
}
