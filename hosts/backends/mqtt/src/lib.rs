//! The MQTT backend of wasi-cloud: messaging on any server of MQTT 5.
//!
//! # URLs
//!
//! `mqtt://[user[:password]@]host[:port]`; TLS is not offered. Options: `secret=NAME` takes the password from the host's
//! secrets, so that the URL need not hold it; `client-id=NAME` makes sessions outlive the host: see below.
//!
//! # Messages
//!
//! The topic `t` of scope `s` is `s/t`. In a topic `%`, `+`, `#`, control characters, Unicode's noncharacters, and `/`
//! after the hundredth are written as `%XX` for each byte of their UTF-8; in a scope also every `/`, a `$` that it begins
//! with, and the first letter of `wasi-cloud`. A message on a name that nobody here would write so is passed over. A
//! content type, the metadata (user properties) and the address for replies (response topic and correlation data) are what
//! MQTT has for them, the first two with `%`, control characters and noncharacters as `%XX`. So any program can take part.
//! Nothing is retained, and what is retained is not delivered to a new subscription.
//!
//! Messages are sent with QoS 1: a send returns when the server has acknowledged it. A request has no responders where the
//! server says that nobody matched (reason 16), which servers may do and mosquitto does; elsewhere it is a timeout. While
//! there is no connection a call waits for one for [`Timing::connect`].
//!
//! # Subscriptions
//!
//! A subscription is a session of its own, on a connection of its own, with QoS 1; a message is acknowledged when its handler
//! has ended well. Subscribers with a group use `$share/GROUP/`. A topic may be a pattern in MQTT's own way: `+` is one
//! level, `#` at the end is all that follow. A pattern that overlaps with another topic of the same subscription may bring a
//! message twice.
//!
//! MQTT has no way to refuse a message. One of a group that was not handled is published anew, for its group alone and with
//! its attempt counted, on `wasi-cloud/again/GROUP/ATTEMPT/s/t`, and acknowledged once the server has that, up to the
//! subscription's `max_deliveries`. Without a group it is dropped.
//!
//! A session survives a lost connection for [`Timing::reclaim`], so delivery is at-least-once while host and server live.
//! A session whose host died takes what it holds with it, and its part of what the server still assigns to it until then.
//! With `client-id=NAME` sessions have names that are the same after a restart, and last for an hour: the same host, with
//! the same subscriptions, finds what was left. No two hosts may have the same `client-id`: a server ends the older
//! connection. How much a server keeps for a session is its own matter (mosquitto: 1,000 messages), and so is what a restart
//! leaves of it: mosquitto 2.0 with persistence knows the subscribers of a group again when one of them has connected.

mod connection;
mod error;
mod messaging;
mod names;
mod options;
mod sender;

use async_trait::async_trait;
use sender::Sender;
use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
};
use url::Url;
use wasi_cloud_core::{
    Provider, Result, Services,
    provider::{Secrets, Timing},
};

/// The provider of `mqtt:` URLs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mqtt {
    timing: Timing,
}

impl Mqtt {
    /// With the default timing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With another timing.
    #[must_use]
    pub const fn with_timing(timing: Timing) -> Self {
        Self { timing }
    }
}

#[async_trait]
impl Provider for Mqtt {
    fn schemes(&self) -> &'static [&'static str] {
        &["mqtt"]
    }

    /// Connects and logs in. Must be called in a tokio runtime, as all that follows.
    async fn open(&self, url: &Url, secrets: &dyn Secrets) -> Result<Services> {
        let (address, client_id) = options::parse(url, secrets, self.timing)?;
        let sender = Sender::open(Arc::new(address)).await?;
        let messaging = Arc::new(messaging::Broker::new(Arc::new(sender), client_id));
        Ok(Services { keyvalue: None, messaging: Some(messaging), config: None })
    }
}

/// A client identifier that nobody else has, of a form that every server takes: 23 letters and digits.
fn unique() -> String {
    // The standard library seeds hash maps at random; that is all the randomness needed here.
    let half = || RandomState::new().build_hasher().finish();
    let mut name = format!("wc{:016x}{:016x}", half(), half());
    name.truncate(23);
    name
}
