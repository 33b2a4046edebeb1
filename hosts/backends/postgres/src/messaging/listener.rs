//! Subscribers without a group: each reads the messages that it is told of.

use super::{
    channels, headers,
    hub::{Ear, Hub, WAITING},
    statements::MESSAGE,
    topic,
};
use crate::{connection::Server, error::Effect};
use async_trait::async_trait;
use std::{collections::BTreeSet, sync::Arc};
use wasi_cloud_core::{
    Result,
    messaging::{Delivery, Disposition, Inbox, Settle},
};

/// Listens to topics, and to the same again after the connection was lost.
pub(super) struct Listener {
    server: Arc<Server>,
    hub: Arc<Hub>,
    channels: Vec<String>,
    ear: Option<Ear>,
    /// Told of and not handed out yet, so that a cancelled `next` loses nothing.
    next: Option<i64>,
}

impl Listener {
    pub(super) async fn new(
        server: &Arc<Server>,
        hub: &Arc<Hub>,
        scope: &str,
        topics: &BTreeSet<&str>,
    ) -> Result<Self> {
        let channels = channels(server, scope, topics).await?;
        let ear = Some(hub.listen(&channels, WAITING).await?);
        Ok(Self { server: server.clone(), hub: hub.clone(), channels, ear, next: None })
    }
}

#[async_trait]
impl Inbox for Listener {
    async fn next(&mut self) -> Result<Delivery> {
        loop {
            let Some(id) = self.next else {
                let ear = match &mut self.ear {
                    Some(ear) => ear,
                    gone => gone.insert(self.hub.listen(&self.channels, WAITING).await?),
                };
                let Some(told) = ear.next().await else {
                    self.ear = None;
                    return Err(self.hub.lost());
                };
                // 0 is for groups.
                self.next = (told > 0).then_some(told);
                continue;
            };
            let row = self.server.row(Effect::Read, MESSAGE, &[&id]).await?;
            self.next = None;
            // It may have been removed, because too many newer ones came.
            if let Some(row) = row {
                let payload = headers::read(row.get(1), row.get(2));
                let (topic, reply_to) = (topic(row.get(0)), row.get(3));
                return Ok(Delivery { topic, payload, reply_to, attempt: 1, settle: Box::new(Unsettled) });
            }
        }
    }
}

/// At-most-once: there is nothing to settle.
struct Unsettled;

#[async_trait]
impl Settle for Unsettled {
    async fn settle(self: Box<Self>, _: Disposition) -> Result<()> {
        Ok(())
    }
}
