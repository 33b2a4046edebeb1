//! Replies: rows that the requester alone is told of.

use super::{
    headers,
    hub::{Ear, Hub},
    statements::{REPLY, TAKE_REPLY},
};
use crate::{connection::Server, error::Effect};
use async_trait::async_trait;
use std::sync::Arc;
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Payload, Replies},
};

/// One who waits.
pub(super) struct ReplyInbox {
    server: Arc<Server>,
    address: String,
    ear: Ear,
    lost: Error,
    /// Told of and not handed out yet, so that a cancelled `next` loses nothing.
    next: Option<i64>,
}

impl ReplyInbox {
    /// Listens from now on.
    pub(super) async fn new(server: Arc<Server>, hub: &Hub) -> Result<Self> {
        let (ear, address) = hub.reply().await?;
        Ok(Self { server, address, ear, lost: hub.lost(), next: None })
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

#[async_trait]
impl Replies for ReplyInbox {
    async fn next(&mut self) -> Result<Payload> {
        loop {
            let Some(id) = self.next else {
                self.next = Some(self.ear.next().await.ok_or_else(|| self.lost.clone())?);
                continue;
            };
            let row = self.server.row(Effect::Read, TAKE_REPLY, &[&id]).await?;
            self.next = None;
            if let Some(row) = row {
                return Ok(headers::read(row.get(0), row.get(1)));
            }
        }
    }
}

/// Sends a reply. A requester that has left is no error (MSG-M15).
pub(super) async fn reply(server: &Server, address: &str, message: &Payload) -> Result<()> {
    let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
    let is_ours = address.split_once('.').is_some_and(|(channel, number)| {
        channel.starts_with("wc_reply_") && channel.len() < 64 && channel.bytes().chain(number.bytes()).all(plain)
    });
    if !is_ours {
        return Err(Error::new(Kind::Invalid, "the requester named no address of wasi-cloud for replies"));
    }
    let headers = headers::write(message);
    server.rows(Effect::Write, REPLY, &[&address, &&*message.data, &headers]).await.map(drop)
}
