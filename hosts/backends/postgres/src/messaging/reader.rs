//! Subscribers with a group: each takes a message when it wants one.

use super::{
    channels,
    claim::{Claimed, Queue},
    hub::{Ear, Hub},
    statements::ENTER,
};
use crate::{connection::Server, error::Effect};
use async_trait::async_trait;
use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};
use tokio::{runtime::Handle, task::JoinHandle, time::timeout};
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Delivery, Inbox},
};

/// After that long without being told of a message, a reader looks for those whose holder has vanished.
const LOOK: Duration = Duration::from_secs(5);

type Claiming = JoinHandle<Result<Option<Claimed>>>;

/// Claims when asked to, in a task of its own, so that a cancelled `next` loses nothing.
pub(super) struct Reader {
    queue: Arc<Queue>,
    hub: Arc<Hub>,
    channels: Vec<String>,
    ear: Option<Ear>,
    claiming: Option<Claiming>,
    /// To give back from where there is no runtime.
    runtime: Handle,
}

impl Reader {
    /// Begins now: what is published after this returned is seen.
    pub(super) async fn new(
        server: &Arc<Server>,
        hub: &Arc<Hub>,
        scope: &str,
        topics: &BTreeSet<&str>,
        group: &str,
        max_deliveries: u32,
    ) -> Result<Self> {
        let channels = channels(server, scope, topics).await?;
        let mut groups = Vec::with_capacity(channels.len());
        for (topic, channel) in topics.iter().zip(&channels) {
            let (scope, topic, group) = (scope.as_bytes(), topic.as_bytes(), group.as_bytes());
            // Another host may be making the same: then it is there a moment later.
            let entered = match server.row(Effect::Read, ENTER, &[&scope, &topic, &group]).await? {
                None => server.row(Effect::Read, ENTER, &[&scope, &topic, &group]).await?,
                entered => entered,
            };
            let entered = entered.ok_or_else(|| Error::new(Kind::Other, "the group was removed at once"))?;
            groups.push((entered.get(0), channel.clone()));
        }
        let ear = Some(hub.listen(&channels, 1).await?);
        let queue = Arc::new(Queue { server: server.clone(), groups, max_deliveries, first: AtomicUsize::default() });
        Ok(Self { queue, hub: hub.clone(), channels, ear, claiming: None, runtime: Handle::current() })
    }
}

#[async_trait]
impl Inbox for Reader {
    async fn next(&mut self) -> Result<Delivery> {
        loop {
            let ear = match &mut self.ear {
                Some(ear) => ear,
                gone => gone.insert(self.hub.listen(&self.channels, 1).await?),
            };
            let claiming = self.claiming.get_or_insert_with(|| tokio::spawn(self.queue.clone().claim()));
            let claimed = claiming.await;
            self.claiming = None;
            let failed = |_| Error::new(Kind::Unavailable, "a reader of this subscription failed; ask again");
            if let Some(claimed) = claimed.map_err(failed)?? {
                return Ok(claimed.deliver());
            }
            if let Ok(None) = timeout(LOOK.min(self.queue.server.timing.reclaim), ear.next()).await {
                self.ear = None;
                return Err(self.hub.lost());
            }
        }
    }

    async fn close(&mut self) {
        self.ear = None;
        if let Some(claiming) = self.claiming.take() {
            give_back(claiming).await;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(claiming) = self.claiming.take() {
            self.runtime.spawn(give_back(claiming));
        }
    }
}

/// What is being claimed, once it is.
async fn give_back(claiming: Claiming) {
    if let Ok(Ok(Some(claimed))) = claiming.await {
        claimed.give_back().await;
    }
}
