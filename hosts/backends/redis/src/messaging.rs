//! Messaging: over streams, which keep messages, or over plain channels, which do not.

mod envelope;
mod pubsub;
mod replies;
mod streams;

pub(crate) use pubsub::Channels;
pub(crate) use streams::Streams;

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, Hasher, RandomState},
};
use wasi_cloud_core::{Error, Kind, Result, messaging::Subscription};

/// Largest payload, in bytes. As in the memory backend.
const MAX_PAYLOAD: u64 = 1 << 20;

/// A name that nobody else has.
fn unique() -> String {
    // The standard library seeds hash maps at random; that is all the randomness needed here.
    let half = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", half(), half())
}

/// The topics of a subscription, each once.
fn topics(subscription: &Subscription) -> Result<BTreeSet<&str>> {
    let topics: BTreeSet<_> = subscription.topics.iter().map(|topic| &**topic).collect();
    if topics.is_empty() {
        return Err(Error::new(Kind::Invalid, "a subscription names at least one topic"));
    }
    Ok(topics)
}
