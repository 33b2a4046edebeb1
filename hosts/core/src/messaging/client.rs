use super::{
    Inbox, MAX_TOPIC, Message, Messaging, Payload, Subscription,
    dead_letter::{self, DeadLetters},
    inbox::Guarded,
    pattern::{WILDCARDS, is_pattern},
    size::admitted,
};
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
                let gathered = gather(&mut *replies, options).await;
                let gathered =
                    gathered.and_then(|replies| all_admitted(offered, replies)).map_err(Error::maybe_applied)?;
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
/// As [`Link::run`]; `invalid` for a topic that cannot be, and for dead letters without a group or on a topic of the
/// subscription; `unsupported` for a group, a broadcast, a pattern, or the redelivery that dead letters need, where not
/// declared.
pub async fn subscribe(link: &Link<dyn Messaging>, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
    let (inbox, route) = link
        .run(call(link, "subscribe", Access::Read, "", true), |at| async move {
            let offered = at.backend.describe();
            subscription.topics.iter().try_for_each(|topic| subscribable(offered, topic))?;
            let needed = if subscription.group.is_some() { feature::GROUPS } else { feature::BROADCAST };
            if !offered.offers(needed) {
                return Err(Error::new(Kind::Unsupported, format!("this broker does not declare `{needed}`")));
            }
            let asked = dead_letter::without_end(offered, subscription)?;
            Ok((at.backend.subscribe(&at.scope, &asked).await?, at))
        })
        .await?;
    let letters = DeadLetters::of(link, &route, subscription);
    Ok(Box::new(Guarded::new(link.clone(), inbox, letters, route)))
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

fn all_admitted(offered: &Description, replies: Vec<Payload>) -> Result<Vec<Payload>> {
    replies.iter().try_for_each(|reply| admitted(offered, reply))?;
    Ok(replies)
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
    admitted(offered, message)?;
    if offered.admits(limit::MAX_VALUE_SIZE, message.data.len()) {
        return Ok(());
    }
    let why = format!("a message of {} bytes exceeds this broker's limit", message.data.len());
    Err(Error::new(Kind::Quota, why))
}

/// 1 to 255 bytes of UTF-8 without control characters and without wildcards (MSG-M07).
pub(super) fn well_formed(topic: &str) -> Result<()> {
    let why = match misnamed(topic) {
        None if topic.contains(WILDCARDS) => "it holds a wildcard (one of * > # +)",
        None => return Ok(()),
        Some(why) => why,
    };
    Err(Error::new(Kind::Invalid, format!("not a topic to send to: {why}")))
}

/// A topic, or a pattern where the broker offers patterns.
fn subscribable(offered: &Description, topic: &str) -> Result<()> {
    let why = match misnamed(topic) {
        None if !topic.contains(WILDCARDS) => return Ok(()),
        None if !offered.offers(feature::SLASH_WILDCARDS) => {
            let why = "this broker does not declare `slash-wildcards`; name each topic";
            return Err(Error::new(Kind::Unsupported, why));
        }
        None if is_pattern(topic) => return Ok(()),
        None => "in a pattern `+` is a whole level between two `/`, `#` the last one, and `*` and `>` are none",
        Some(why) => why,
    };
    Err(Error::new(Kind::Invalid, format!("not a topic to subscribe to: {why}")))
}

fn misnamed(topic: &str) -> Option<&'static str> {
    if topic.is_empty() {
        Some("it is empty")
    } else if topic.len() > MAX_TOPIC {
        Some("it is longer than 255 bytes")
    } else if topic.chars().any(char::is_control) {
        Some("it holds a control character")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::Durability;

    fn refused(offered: &Description, topic: &str) -> Option<Kind> {
        subscribable(offered, topic).err().map(|error| error.kind)
    }

    #[test]
    fn a_pattern_is_for_brokers_that_have_them_and_never_to_be_sent_to() {
        let has = Description::new(Durability::Process, [feature::SLASH_WILDCARDS], []);
        let lacks = Description::new(Durability::Process, [], []);
        for pattern in ["+", "#", "a/+", "+/b/#", "a/+/+"] {
            assert_eq!(refused(&has, pattern), None, "{pattern}");
            assert_eq!(refused(&lacks, pattern), Some(Kind::Unsupported), "{pattern}");
            assert_eq!(well_formed(pattern).expect_err("a pattern").kind, Kind::Invalid);
        }
        for bad in ["a+", "a/>", "", "a\n", &"a".repeat(256)] {
            assert_eq!(refused(&has, bad), Some(Kind::Invalid), "{bad:?}");
        }
        assert_eq!((refused(&lacks, "a/b"), refused(&lacks, "")), (None, Some(Kind::Invalid)));
    }
}
