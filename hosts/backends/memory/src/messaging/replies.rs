//! Replies on their way to those who asked.

use super::BACKLOG;
use crate::{lock, unique::Unique};
use async_trait::async_trait;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};
use tokio::sync::mpsc::{Receiver, Sender, channel, error::TrySendError};
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Payload, Replies},
};

/// Everybody who waits for replies, by address.
#[derive(Default)]
pub(super) struct Requesters {
    waiting: HashMap<String, Sender<Payload>>,
    addresses: Unique,
}

impl Requesters {
    /// Hands over a reply. A requester that has left is no error (MSG-M15); one that reads too slowly is `quota`.
    pub(super) fn reply(&self, address: &str, message: &Payload) -> Result<()> {
        let Some(requester) = self.waiting.get(address) else { return Ok(()) };
        match requester.try_send(message.clone()) {
            Ok(()) | Err(TrySendError::Closed(_)) => Ok(()),
            Err(TrySendError::Full(_)) => {
                Err(Error::new(Kind::Quota, format!("the requester has {BACKLOG} replies waiting")))
            }
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

/// One who waits.
pub(super) struct ReplyInbox {
    requesters: Arc<Mutex<Requesters>>,
    address: String,
    replies: Receiver<Payload>,
}

impl ReplyInbox {
    pub(super) fn new(requesters: Arc<Mutex<Requesters>>) -> Self {
        let (sender, replies) = channel(BACKLOG);
        let address = {
            let mut requesters = lock(&requesters);
            let address = requesters.addresses.next();
            requesters.waiting.insert(address.clone(), sender);
            address
        };
        Self { requesters, address, replies }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

#[async_trait]
impl Replies for ReplyInbox {
    async fn next(&mut self) -> Result<Payload> {
        // The sender stands among the requesters until this is dropped, so the channel is open.
        self.replies.recv().await.ok_or_else(|| Error::new(Kind::Other, "the broker forgot this request"))
    }
}

impl Drop for ReplyInbox {
    fn drop(&mut self) {
        lock(&self.requesters).waiting.remove(&self.address);
    }
}
