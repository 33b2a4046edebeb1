//! Subscribers with a group: a durable consumer for each topic, which hands out as many messages as there is room for.

mod consumer;
mod pace;
mod pump;
mod room;

use super::presence::Presence;
use crate::connection::Server;
use async_trait::async_trait;
use consumer::Topic;
use futures::future::try_join_all;
use pump::{Come, Pump};
use std::{collections::BTreeSet, sync::Arc};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::AbortHandle,
};
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Delivery, Inbox},
};

/// Hands over what a task of its own has taken, so a cancelled `next` loses nothing. What was not handed out is given back
/// when it is dropped.
pub(super) struct Reader {
    /// Room for so many more messages. `None` once it is closed.
    room: Option<UnboundedSender<usize>>,
    /// The room that the task knows of and that no message has taken yet.
    told: usize,
    come: UnboundedReceiver<Come>,
    pump: AbortHandle,
    present: Vec<Presence>,
}

impl Reader {
    /// Begins now: what is published after this returned is seen.
    pub(super) async fn new(
        server: Arc<Server>,
        scope: &str,
        topics: &BTreeSet<&str>,
        group: &str,
        max_deliveries: u32,
        present: Vec<Presence>,
    ) -> Result<Self> {
        let mut topics: Vec<_> = topics.iter().map(|topic| Topic::new(&server, scope, topic, group)).collect();
        // Together: one after the other, many topics would be as many round trips.
        try_join_all(topics.iter_mut().map(|topic| topic.consumer(&server))).await?;
        let (room, more) = unbounded_channel();
        let (send, come) = unbounded_channel();
        let pump = Pump::new(server, topics, max_deliveries, more, send).await?;
        let pump = tokio::spawn(pump.run()).abort_handle();
        Ok(Self { room: Some(room), told: 0, come, pump, present })
    }

    /// What has come; `None` after the task has ended.
    async fn take(&mut self) -> Option<Result<Delivery>> {
        let come = self.come.recv().await?;
        self.told = self.told.saturating_sub(come.room());
        Some(come.into())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

#[async_trait]
impl Inbox for Reader {
    async fn next(&mut self) -> Result<Delivery> {
        self.ready_for(1);
        let ended = || Err(Error::new(Kind::Unavailable, "this subscription has ended"));
        self.take().await.unwrap_or_else(ended)
    }

    fn ready_for(&mut self, messages: usize) {
        let more = messages.saturating_sub(self.told);
        if let (1.., Some(room)) = (more, &self.room)
            && room.send(more).is_ok()
        {
            self.told += more;
        }
    }

    async fn close(&mut self) {
        // Requests find nobody from here on, and the server is not asked again.
        self.present.clear();
        self.room = None;
    }

    /// The server counts what it has sent as delivered, so that it is handled and not given back.
    async fn remaining(&mut self) -> Option<Delivery> {
        loop {
            if let Ok(delivery) = self.take().await? {
                return Some(delivery);
            }
        }
    }
}
