//! Messages: send them to topics, handle those of subscribed topics, ask and answer.
//!
//! Methods on [`Client`] and [`Message`] are the functions of `wasi:messaging`, one to one: they check nothing, drop
//! nothing and retry nothing. What receives messages is a function with
//! [`#[on_message]`](macro@crate::on_message).
//!
//! A topic is 1 to 255 bytes of UTF-8 without control characters and without `*`, `>`, `#` and `+` (MSG-M07). The host
//! declares its largest message, in bytes (MSG-M08).
//!
//! # Blocking
//! Functions of [`Client`], and [`Message::reply`], block until the host answers, at most for the host's own call
//! timeout. That time does not count towards the component's deadline. The others are local.
//!
//! # Errors
//! [`Kind::AccessDenied`] for a missing grant, [`Kind::Unavailable`] if the broker cannot be reached or the client was
//! disconnected, [`Kind::Timeout`], and [`Kind::Other`] for all else (MSG-TYPES-13). After any of them but
//! `AccessDenied`, what was sent may have arrived.
//!
//! ```
//! use wasi_cloud_sdk::{messaging, testing::Cloud};
//!
//! # fn main() -> wasi_cloud_sdk::Result<()> {
//! let cloud = Cloud::new();
//! messaging::publish("orders", "one espresso")?;
//! assert_eq!(cloud.published()[0].data, b"one espresso");
//! # Ok(()) }
//! ```
//!
//! [`Kind::AccessDenied`]: crate::Kind::AccessDenied
//! [`Kind::Unavailable`]: crate::Kind::Unavailable
//! [`Kind::Timeout`]: crate::Kind::Timeout
//! [`Kind::Other`]: crate::Kind::Other

#[cfg(feature = "cloudevents")]
pub mod cloudevents;
mod handler;
mod message;

pub use handler::Handler;
pub use message::Message;

use crate::{Result, keyvalue::whole_ms, sys};
use std::time::Duration;

/// The label that [`publish`] connects to.
pub const DEFAULT: &str = "default";

/// Sends these bytes to a topic, over a connection of its own to the broker with the label `default`.
///
/// Who sends often keeps a [`Client`].
///
/// # Errors
/// Those of [`Client::connect`] and [`Client::send`].
pub fn publish(topic: &str, data: impl AsRef<[u8]>) -> Result<()> {
    Client::connect(DEFAULT)?.send(topic, Message::new(data))
}

/// A connection to a broker. Dropping it disconnects.
#[derive(Debug)]
pub struct Client(sys::messaging::Client);

impl Client {
    /// Connects to the broker behind a label: the name of a link that the operator configures (MSG-TYPES-01).
    ///
    /// # Errors
    /// See the [module](self); `Other` if nothing is linked to the label (MSG-TYPES-02). Never `Applied::Maybe`.
    pub fn connect(label: &str) -> Result<Self> {
        sys::messaging::Client::connect(label).map(Self)
    }

    /// Sends a message; `Ok` means that the broker accepted it, whether anybody is subscribed or not (MSG-PROD-01,
    /// MSG-PROD-02).
    ///
    /// # Errors
    /// See the [module](self).
    pub fn send(&self, topic: &str, message: Message) -> Result<()> {
        self.0.send(topic, message.0)
    }

    /// Sends a message that asks for replies, and waits for them: until all expected came, or until the timeout with
    /// those that came by then (MSG-RR-01 to MSG-RR-06).
    ///
    /// ```
    /// use std::time::Duration;
    /// use wasi_cloud_sdk::{messaging::{Client, Message, RequestOptions}, testing::Cloud};
    ///
    /// # fn main() -> wasi_cloud_sdk::Result<()> {
    /// let cloud = Cloud::new();
    /// cloud.reply_with("price", |question| {
    ///     assert_eq!(question.data(), b"espresso");
    ///     Message::new("2.50")
    /// });
    /// let options = RequestOptions::new().timeout(Duration::from_secs(1));
    /// let replies = Client::connect("default")?.request("price", &Message::new("espresso"), options)?;
    /// assert_eq!(replies[0].data(), b"2.50");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// See the [module](self). `Timeout` if no reply came in time (MSG-RR-02). A host whose broker has no request and
    /// reply answers `Other`. The message may have been handled all the same.
    pub fn request(&self, topic: &str, message: &Message, options: RequestOptions) -> Result<Vec<Message>> {
        let replies = self.0.request(topic, &message.0, options.timeout_ms, options.expected_replies)?;
        Ok(replies.into_iter().map(Message).collect())
    }

    /// Closes the connection; messages already accepted stay accepted. Later calls are `Unavailable` (MSG-TYPES-03,
    /// MSG-M14).
    ///
    /// # Errors
    /// See the [module](self); never `Applied::Maybe`.
    pub fn disconnect(&self) -> Result<()> {
        self.0.disconnect()
    }
}

/// How long a [`request`](Client::request) waits, and for how many replies: by default for one, as long as the host's
/// own call timeout allows (MSG-M01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RequestOptions {
    timeout_ms: Option<u32>,
    expected_replies: Option<u32>,
}

impl RequestOptions {
    /// Waits for one reply, as long as the host's own call timeout allows.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits at most this long, in whole milliseconds, rounded up. Zero takes the replies that are already there
    /// (MSG-M03). More than 2^32 - 1 ms (49 days) are taken as that; the host's own call timeout ends it earlier.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout_ms = Some(u32::try_from(whole_ms(timeout)).unwrap_or(u32::MAX));
        self
    }

    /// Waits for so many replies. With 0 the request returns once it is sent (MSG-M03).
    #[must_use]
    pub fn expected_replies(mut self, count: u32) -> Self {
        self.expected_replies = Some(count);
        self
    }
}
