use super::{Inbox, MAX_TOPIC, Message, Messaging, Payload, Subscription, inbox::Guarded};
use crate::{
    call::{Access, Call},
    describe::{Description, feature, limit},
    error::{Error, Kind, Result},
    link::Link,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::{Instant, timeout_at};

/// What a guest's `client` handle is. Clones are the same client.
#[derive(Debug, Clone)]
pub struct Client {
    link: Link<dyn Messaging>,
    connected: Arc<AtomicBool>,
}

/// How long a request waits, and for how many replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RequestOptions {
    /// No deadline of its own if `None`: the host's call timeout ends it (MSG-M02). Zero takes what is already there.
    pub timeout: Option<Duration>,
    /// 1 if `None` (MSG-M01). 0 returns once the request is sent (MSG-M03).
    pub expected_replies: Option<u32>,
}

impl Client {
    /// Connects to what is linked to the label.
    ///
    /// # Errors
    /// `access-denied` or `not-found`: see [`Link::run`].
    pub async fn connect(link: Link<dyn Messaging>) -> Result<Self> {
        let this = Self { link, connected: Arc::new(AtomicBool::new(true)) };
        let call = call(&this.link, "connect", Access::Open, "", true);
        this.link.run(call, |at| async move { at.backend.connect(&at.scope).await }).await?;
        Ok(this)
    }

    /// Ends the connection; later calls on this client are `unavailable` (MSG-M14).
    pub fn disconnect(&self) -> Result<()> {
        self.live()?;
        self.connected.store(false, Ordering::Release);
        Ok(())
    }

    fn live(&self) -> Result<()> {
        if self.connected.load(Ordering::Acquire) {
            return Ok(());
        }
        Err(Error::new(Kind::Unavailable, "this client was disconnected; connect again"))
    }

    /// Sends a message: once the broker has it.
    pub async fn send(&self, topic: &str, message: Message) -> Result<()> {
        self.live()?;
        let message = message.payload();
        self.link
            .run(call(&self.link, "send", Access::Write, topic, false), |at| async move {
                checked(at.backend.describe(), topic, message)?;
                at.backend.publish(&at.scope, topic, message).await
            })
            .await
    }

    /// Sends a message and gathers replies: until enough came, or until the timeout with those that came by then.
    ///
    /// # Errors
    /// `timeout` if none came in time. The request itself may have been handled all the same.
    pub async fn request(&self, topic: &str, message: &Message, options: RequestOptions) -> Result<Vec<Message>> {
        self.live()?;
        let message = message.payload();
        self.link
            .run(call(&self.link, "request", Access::Write, topic, false), |at| async move {
                let offered = at.backend.describe();
                requestable(offered)?;
                checked(offered, topic, message)?;
                let mut replies = at.backend.request(&at.scope, topic, message).await?;
                let gathered = gather(&mut *replies, options).await.map_err(Error::maybe_applied)?;
                Ok(gathered.into_iter().map(Message::from_payload).collect())
            })
            .await
    }
}

impl Message {
    /// Replies to this message, as often as one likes; if it asked for no reply, does nothing (MSG-RR-09).
    pub async fn reply(&self, message: Message) -> Result<()> {
        let Some((link, to)) = &self.reply else { return Ok(()) };
        let message = message.payload();
        link.run(call(link, "reply", Access::Write, "", false), |at| async move {
            let offered = at.backend.describe();
            requestable(offered)?;
            fits(offered, message)?;
            at.backend.reply(&at.scope, to, message).await
        })
        .await
    }
}

/// Subscribes a component: a host's call, under the component's own grant to read.
///
/// Each delivery is a call too, the operation `receive`, so revoking the grant ends delivery. A subscription stays on the
/// route that it was made on until it is made anew: switching the link moves none.
///
/// # Errors
/// As [`Link::run`]; `invalid` for a topic that cannot be, `unsupported` for a group or a broadcast not declared.
pub async fn subscribe(link: &Link<dyn Messaging>, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
    let inbox = link
        .run(call(link, "subscribe", Access::Read, "", true), |at| async move {
            subscription.topics.iter().try_for_each(|topic| well_formed(topic))?;
            let needed = if subscription.group.is_some() { feature::GROUPS } else { feature::BROADCAST };
            if !at.backend.describe().offers(needed) {
                return Err(Error::new(Kind::Unsupported, format!("this broker does not declare `{needed}`")));
            }
            at.backend.subscribe(&at.scope, subscription).await
        })
        .await?;
    Ok(Box::new(Guarded::new(link.clone(), inbox)))
}

pub(super) fn call<'a>(
    link: &'a Link<dyn Messaging>,
    op: &'static str,
    access: Access,
    topic: &'a str,
    idempotent: bool,
) -> Call<'a> {
    Call { capability: "messaging", op, access, label: link.label(), key: topic, idempotent }
}

/// MSG-M01 to MSG-M03, once for all backends.
async fn gather(replies: &mut dyn super::Replies, options: RequestOptions) -> Result<Vec<Payload>> {
    let expected = options.expected_replies.unwrap_or(1) as usize;
    let deadline = options.timeout.map(|t| Instant::now() + t);
    let mut gathered = Vec::new();
    while gathered.len() < expected {
        let next = match deadline {
            None => replies.next().await,
            Some(at) => match timeout_at(at, replies.next()).await {
                Ok(next) => next,
                Err(_) if gathered.is_empty() => {
                    return Err(Error::new(Kind::Timeout, "no reply came before the timeout"));
                }
                Err(_) => return Ok(gathered),
            },
        };
        gathered.push(next?);
    }
    Ok(gathered)
}

fn requestable(offered: &Description) -> Result<()> {
    if offered.offers(feature::REQUEST_REPLY) {
        return Ok(());
    }
    Err(Error::new(Kind::Unsupported, "this broker does not declare `request-reply`"))
}

fn checked(offered: &Description, topic: &str, message: &Payload) -> Result<()> {
    well_formed(topic)?;
    fits(offered, message)
}

fn fits(offered: &Description, message: &Payload) -> Result<()> {
    if offered.admits(limit::MAX_VALUE_SIZE, message.data.len()) {
        return Ok(());
    }
    let why = format!("a message of {} bytes exceeds this broker's limit", message.data.len());
    Err(Error::new(Kind::Quota, why))
}

/// 1 to 255 bytes of UTF-8 without control characters and without the wildcards of the brokers we know (MSG-M07).
fn well_formed(topic: &str) -> Result<()> {
    let why = if topic.is_empty() {
        "it is empty"
    } else if topic.len() > MAX_TOPIC {
        "it is longer than 255 bytes"
    } else if topic.chars().any(char::is_control) {
        "it holds a control character"
    } else if topic.contains(['*', '>', '#', '+']) {
        "it holds a wildcard (one of * > # +)"
    } else {
        return Ok(());
    };
    Err(Error::new(Kind::Invalid, format!("not a topic to send to: {why}")))
}
