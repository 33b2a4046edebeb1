//! What has to go on for an inbox while nobody asks it for messages: one task that ends once the inbox and all that it
//! handed out are gone.

use super::{Broker, readers};
use crate::error::Effect;
use futures::future::try_join_all;
use redis::cmd;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc::UnboundedReceiver, oneshot},
    time::{Instant, interval_at},
};
use wasi_cloud_core::Result;

/// A place in a stream.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) stream: Arc<str>,
    pub(super) id: String,
}

/// What the keeper is told.
pub(super) enum Note {
    /// The server has handed this to the inbox, where it waits to be asked for.
    Taken(Place),
    /// A handler has this now.
    Out(Place),
    /// It was settled.
    Settled(Place),
    /// The handler let go of it unsettled.
    Dropped(Place),
    /// The inbox is gone; who waits for its leaving holds the other end.
    Left(oneshot::Sender<()>),
}

/// Who reads what.
pub(super) struct Member {
    pub(super) broker: Arc<Broker>,
    pub(super) streams: Vec<Arc<str>>,
    /// `None` for one that reads for itself.
    pub(super) group: Option<String>,
    /// The name of this inbox.
    pub(super) name: String,
    pub(super) max_deliveries: u32,
}

impl Member {
    /// How often the keeper works. Thrice within the time after which others take over.
    fn every(&self) -> Duration {
        (self.broker.server.timing.reclaim / 3).max(Duration::from_millis(1))
    }

    /// Says that somebody reads these streams, so that requests are accepted.
    pub(super) async fn announce(&self) -> Result<()> {
        let ttl = self.broker.server.timing.reclaim.as_millis().max(1);
        let announcing = self.streams.iter().map(async |stream| {
            let mut script = self.broker.scripts.announce.key(readers(stream));
            script.arg(&self.name).arg(u64::try_from(ttl).unwrap_or(u64::MAX));
            self.broker.server.script::<()>(Effect::Read, &script).await
        });
        try_join_all(announcing).await.map(drop)
    }

    /// Gives one entry back to its group.
    pub(super) async fn nack(&self, group: &str, place: &Place) -> Result<()> {
        let mut script = self.broker.scripts.nack.key(&*place.stream);
        script.arg(group).arg(&place.id).arg(self.max_deliveries).arg(self.broker.maxlen);
        let dropped: u64 = self.broker.server.script(Effect::Write, &script).await?;
        warn(dropped, &place.stream);
        Ok(())
    }

    /// Takes over what vanished readers left.
    async fn reclaim(&self, group: &str) -> Result<()> {
        let idle = u64::try_from(self.broker.server.timing.reclaim.as_millis()).unwrap_or(u64::MAX);
        for stream in &self.streams {
            let mut script = self.broker.scripts.reclaim.key(&**stream);
            script.arg(group).arg(idle).arg(self.max_deliveries).arg(self.broker.maxlen);
            let dropped: u64 = self.broker.server.script(Effect::Write, &script).await?;
            warn(dropped, stream);
        }
        Ok(())
    }

    /// Tells everybody that this inbox no longer reads, and gives back what it took and did not hand out.
    async fn leave(&self, out: &BTreeSet<Place>) -> Result<()> {
        for stream in &self.streams {
            let mut command = cmd("ZREM");
            command.arg(readers(stream)).arg(&self.name);
            let () = self.broker.server.command(Effect::Write, &command).await?;
            if let Some(group) = &self.group {
                let mut script = self.broker.scripts.leave.key(&**stream);
                script.arg(group).arg(&self.name).arg(self.broker.maxlen);
                for place in out.iter().filter(|place| place.stream == *stream) {
                    script.arg(&place.id);
                }
                let dropped: u64 = self.broker.server.script(Effect::Write, &script).await?;
                warn(dropped, stream);
            }
        }
        Ok(())
    }

    /// Keeps what handlers have, and what waits for one, from being reclaimed by others.
    async fn hold(&self, group: &str, held: &Held) -> Result<()> {
        for stream in &self.streams {
            let all = held.waiting.iter().chain(&held.out);
            let ids: Vec<_> = all.filter(|place| place.stream == *stream).map(|place| &*place.id).collect();
            if !ids.is_empty() {
                let mut command = cmd("XCLAIM");
                command.arg(&**stream).arg(group).arg(&self.name).arg(0).arg(ids).arg("JUSTID");
                let _kept: redis::Value = self.broker.server.command(Effect::Write, &command).await?;
            }
        }
        Ok(())
    }
}

fn warn(dropped: u64, stream: &str) {
    if dropped > 0 {
        tracing::warn!(
            stream,
            dropped,
            "messages were never handled, have too many fields to be given back, or were trimmed meanwhile; dropped"
        );
    }
}

/// What this inbox has of its group.
#[derive(Default)]
struct Held {
    waiting: BTreeSet<Place>,
    out: BTreeSet<Place>,
}

/// The task.
pub(super) async fn keep(member: Arc<Member>, mut notes: UnboundedReceiver<Note>) {
    let mut held = Held::default();
    let mut left = false;
    let mut ticks = interval_at(Instant::now() + member.every(), member.every());
    loop {
        let done = tokio::select! {
            // What was handed out is known before others are asked what they left.
            biased;
            note = notes.recv() => match note {
                Some(note) => noted(&member, note, &mut held, &mut left).await,
                None => break,
            },
            _ = ticks.tick() => tick(&member, &held, left).await,
        };
        if let Err(error) = done {
            // What is not done now is done at a later tick, or by whoever reclaims.
            tracing::warn!(%error, "the upkeep of a subscription failed");
        }
    }
    // Everything is settled: nothing of this reader stays behind.
    let _ = member.leave(&held.out).await;
}

async fn noted(member: &Member, note: Note, held: &mut Held, left: &mut bool) -> Result<()> {
    let Held { waiting, out } = held;
    match note {
        Note::Taken(place) => {
            waiting.insert(place);
            Ok(())
        }
        Note::Out(place) => {
            waiting.remove(&place);
            out.insert(place);
            Ok(())
        }
        Note::Settled(place) => {
            waiting.remove(&place);
            out.remove(&place);
            Ok(())
        }
        Note::Dropped(place) => {
            out.remove(&place);
            match &member.group {
                Some(group) => member.nack(group, &place).await,
                None => Ok(()),
            }
        }
        Note::Left(done) => {
            *left = true;
            waiting.clear();
            let gone = member.leave(out).await;
            drop(done);
            gone
        }
    }
}

async fn tick(member: &Member, held: &Held, left: bool) -> Result<()> {
    if !left {
        member.announce().await?;
    }
    let Some(group) = &member.group else { return Ok(()) };
    member.hold(group, held).await?;
    if left { Ok(()) } else { member.reclaim(group).await }
}
