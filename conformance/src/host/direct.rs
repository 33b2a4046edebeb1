//! The altitude without wasm: the line protocol on the portable types.

#![allow(clippy::unit_arg, reason = "`done(bucket.set(..)?)` is how drivers read")]

mod config;
mod keyvalue;
mod keyvalue_ext;
mod messaging;
mod program;
mod watcher;

use super::{
    Deployment, Driver, Environment, Host, HostDescription, Program, Serving, Subscribed,
    deployed::{Deployed, Guests},
    stage::{Live, Stage, Subject},
};
use crate::session::{Broken, Session};
use async_trait::async_trait;
use serde::{Serialize, de::DeserializeOwned};
use std::{collections::HashMap, sync::Arc, time::Duration};
use wasi_cloud_core::{Applied, Error, Kind};

/// The portable types on one backend.
pub struct Direct {
    subject: Subject,
    description: HostDescription,
    call_timeout: Duration,
}

impl Direct {
    /// The subject without a host around it.
    #[must_use]
    pub const fn new(subject: Subject, description: HostDescription, call_timeout: Duration) -> Self {
        Self { subject, description, call_timeout }
    }
}

#[async_trait]
impl Host for Direct {
    fn describe(&self) -> &HostDescription {
        &self.description
    }

    async fn deploy(&self, deployment: &Deployment) -> Result<Box<dyn Environment>, Broken> {
        let stage = Stage::new(&self.subject, deployment, self.call_timeout).await?;
        Ok(Box::new(Deployed { stage, guests: Portable }))
    }
}

/// They live as long as their sessions.
struct Portable;

#[async_trait]
impl Guests for Portable {
    async fn start(&self, driver: Driver, live: Arc<Live>) -> Result<Box<dyn Session>, Broken> {
        Ok(match driver {
            Driver::Keyvalue => Box::new(keyvalue::Driven::new(&live)),
            Driver::KeyvalueExt => Box::new(keyvalue_ext::Driven::new(&live)),
            Driver::Messaging => Box::new(messaging::Driven::new(&live)),
            Driver::Config => Box::new(config::Driven::new(&live)),
        })
    }

    async fn serve(&self, program: Program, live: Arc<Live>, to: Subscribed<'_>) -> Result<Box<dyn Serving>, Broken> {
        match program {
            Program::Recorder => program::record(&live, to).await,
            Program::Pingpong => Err(Broken::Setup("pingpong is a guest: it needs the altitude `embedded`".into())),
            Program::Watcher => Err(Broken::Setup("the watcher handles no messages".into())),
        }
    }

    async fn watch(&self, live: Arc<Live>, label: &str) -> Result<Box<dyn Serving>, Broken> {
        watcher::watch(&live, label).await
    }

    async fn end(&self) {}
}

/// Handles of one type, by the numbers that the suite chose.
struct Slots<T>(HashMap<u32, T>);

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Slots<T> {
    fn put(&mut self, slot: u32, handle: T) {
        self.0.insert(slot, handle);
    }

    fn get(&self, slot: u32) -> Result<&T, Stopped> {
        self.0.get(&slot).ok_or_else(|| empty(slot))
    }

    fn get_mut(&mut self, slot: u32) -> Result<&mut T, Stopped> {
        self.0.get_mut(&slot).ok_or_else(|| empty(slot))
    }

    fn take(&mut self, slot: u32) -> Result<T, Stopped> {
        self.0.remove(&slot).ok_or_else(|| empty(slot))
    }
}

/// Why an operation has no result.
enum Stopped {
    /// An error, as the operation's package tells it.
    Failed(Error),
    /// The suite named an empty slot.
    Misused(String),
}

fn empty(slot: u32) -> Stopped {
    Stopped::Misused(format!("slot {slot} is empty"))
}

fn decode<Op: DeserializeOwned>(line: &str) -> Result<Op, Broken> {
    serde_json::from_str(line).map_err(|e| Broken::Protocol(format!("not an operation: {e}")))
}

fn encode<Seen: Serialize>(seen: &Seen) -> Result<String, Broken> {
    serde_json::to_string(seen).map_err(|e| Broken::Protocol(e.to_string()))
}

/// A session of `Driven::step`, which shows its errors as the protocol does.
macro_rules! session {
    () => {
        #[async_trait::async_trait]
        impl crate::session::Session for Driven {
            async fn exec(&mut self, line: &str) -> Result<String, crate::session::Broken> {
                let op = super::decode(line)?;
                super::encode(&match self.step(op).await {
                    Ok(seen) => seen,
                    Err(super::Stopped::Failed(error)) => Seen::Failed(error.into()),
                    Err(super::Stopped::Misused(why)) => Seen::Misused(why),
                })
            }
        }
    };
}
use session;

/// What the standard package can tell of an error (decisions 2): three kinds, and of `other` on a write that it may
/// have been applied.
fn standard(error: Error, write: bool) -> Error {
    let mut told = error;
    if !matches!(told.kind, Kind::NotFound | Kind::AccessDenied) {
        told.message = told.to_string();
        told.kind = Kind::Other;
        told.applied = if write { Applied::Maybe } else { Applied::No };
    }
    told
}
