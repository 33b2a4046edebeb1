//! Reading streams, and settling what was read.

use super::{
    Broker,
    entry::{self, Entry},
    keeper::{Member, Note, Place, keep},
    stream,
};
use crate::{
    connection::Live,
    error::{self, Effect},
    messaging::{pubsub::Unsettled, topics as wanted_topics},
};
use async_trait::async_trait;
use futures::future::try_join_all;
use redis::{Cmd, RedisResult, Value, cmd, from_redis_value};
use std::{collections::VecDeque, sync::Arc, time::Duration};
use tokio::{
    runtime::Handle,
    sync::{
        mpsc::{UnboundedSender, unbounded_channel},
        oneshot,
    },
    task::JoinHandle,
};
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Delivery, Disposition, Inbox, Settle, Subscription},
};

/// How long the server waits for a message before it says that there is none, so that a dead connection is noticed.
const BLOCK: Duration = Duration::from_secs(5);

/// What waits to be handed out.
struct Ready {
    topic: String,
    place: Place,
    entry: Entry,
}

/// What the server sends: streams, each with entries, each with fields.
type Batch = Option<Vec<(Vec<u8>, Vec<(String, Vec<(Vec<u8>, Vec<u8>)>)>)>>;

/// One topic of a subscription.
struct Topic {
    name: String,
    stream: Arc<str>,
    /// The newest entry that was read here.
    last: String,
}

/// Reads when asked to, on a connection of its own.
pub(super) struct Reader {
    member: Arc<Member>,
    topics: Vec<Topic>,
    live: Option<Live>,
    /// What came along with a message of another topic.
    waiting: VecDeque<(usize, String, Option<Entry>)>,
    notes: UnboundedSender<Note>,
}

impl Reader {
    /// Begins now: what is published after this returned is seen.
    pub(super) async fn new(broker: Arc<Broker>, scope: &str, wanted: &Subscription, name: String) -> Result<Self> {
        // Together: one after the other, many topics would be as many round trips.
        let entering = wanted_topics(wanted)?.into_iter().map(async |topic| {
            let stream: Arc<str> = stream(scope, topic).into();
            let last = enter(&broker, &stream, wanted.group.as_deref(), "").await?;
            Ok::<_, Error>(Topic { name: topic.to_owned(), stream, last })
        });
        let topics = try_join_all(entering).await?;
        let member = Arc::new(Member {
            broker,
            streams: topics.iter().map(|topic| topic.stream.clone()).collect(),
            group: wanted.group.clone(),
            name,
            max_deliveries: wanted.max_deliveries,
        });
        member.announce().await?;
        let (notes, noted) = unbounded_channel();
        tokio::spawn(keep(member.clone(), noted));
        Ok(Self { member, topics, live: None, waiting: VecDeque::new(), notes })
    }

    async fn next(&mut self) -> Result<Ready> {
        loop {
            match self.waiting.pop_front() {
                None => self.read().await?,
                Some((topic, id, entry)) => {
                    if let Some(ready) = self.ready(topic, id, entry).await? {
                        return Ok(ready);
                    }
                }
            }
        }
    }

    /// What there is to hand out of an entry: nothing if it is another group's, or no message at all.
    async fn ready(&self, topic: usize, id: String, entry: Option<Entry>) -> Result<Option<Ready>> {
        let Some(topic) = self.topics.get(topic) else { return Ok(None) };
        let own = self.member.group.as_deref();
        let place = Place { stream: topic.stream.clone(), id };
        if entry.is_none() {
            tracing::warn!(stream = &*place.stream, id = &*place.id, "an entry that is no message; skipped");
        }
        let Some(entry) = entry.filter(|e| e.group.is_none() || e.group.as_deref() == own.map(str::as_bytes)) else {
            if let Some(group) = own {
                let acked = ack(&self.member, group, &place).await;
                let _ = self.notes.send(Note::Settled(place));
                acked?;
            }
            return Ok(None);
        };
        Ok(Some(Ready { topic: topic.name.clone(), place, entry }))
    }

    /// To a handler.
    fn deliver(&self, ready: Ready) -> Delivery {
        let Ready { topic, place, entry } = ready;
        let settle: Box<dyn Settle> = match self.member.group {
            None => Box::new(Unsettled),
            Some(_) => {
                let _ = self.notes.send(Note::Out(place.clone()));
                Box::new(Receipt { member: self.member.clone(), place: Some(place), notes: self.notes.clone() })
            }
        };
        let Entry { payload, reply_to, attempt, .. } = entry;
        Delivery { topic, payload, reply_to, attempt, settle }
    }

    /// Waits for entries, at most one of each topic, and for [`BLOCK`] at most.
    async fn read(&mut self) -> Result<()> {
        let server = &self.member.broker.server;
        let live = match self.live.take().filter(|live| !live.is_gone()) {
            Some(live) => live,
            None => server.dial(BLOCK + server.timing.response).await?,
        };
        let mut connection = live.connection.clone();
        let reply: RedisResult<Value> = self.command().query_async(&mut connection).await;
        match reply {
            Ok(reply) => {
                self.live = Some(live);
                let batch = from_redis_value(reply).map_err(|_| error::unexpected(Effect::Read, &server.url))?;
                self.keep(batch);
                Ok(())
            }
            // The stream or the group was removed, or the server lost them: go on behind what was read.
            Err(why) if matches!(why.code(), Some("NOGROUP" | "UNBLOCKED")) => {
                self.live = Some(live);
                for topic in &self.topics {
                    enter(&self.member.broker, &topic.stream, self.member.group.as_deref(), &topic.last).await?;
                }
                Ok(())
            }
            Err(why) => Err(error::failed(&why, Effect::Read, &server.url)),
        }
    }

    fn command(&self) -> Cmd {
        let mut command = cmd(if self.member.group.is_some() { "XREADGROUP" } else { "XREAD" });
        if let Some(group) = &self.member.group {
            command.arg("GROUP").arg(group).arg(&self.member.name);
        }
        let block = u64::try_from(BLOCK.as_millis()).unwrap_or(u64::MAX);
        command.arg("COUNT").arg(1).arg("BLOCK").arg(block).arg("STREAMS");
        for topic in &self.topics {
            command.arg(&*topic.stream);
        }
        for topic in &self.topics {
            command.arg(if self.member.group.is_some() { ">" } else { &*topic.last });
        }
        command
    }

    /// Keeps a batch until it is asked for, oldest first.
    fn keep(&mut self, batch: Batch) {
        for (stream, entries) in batch.unwrap_or_default() {
            let Some(at) = self.topics.iter().position(|topic| topic.stream.as_bytes() == stream) else { continue };
            for (id, fields) in entries {
                self.topics[at].last.clone_from(&id);
                if self.member.group.is_some() {
                    let place = Place { stream: self.topics[at].stream.clone(), id: id.clone() };
                    let _ = self.notes.send(Note::Taken(place));
                }
                self.waiting.push_back((at, id, entry::parse(fields)));
            }
        }
        self.waiting.make_contiguous().sort_by_key(|(_, id, _)| age(id));
    }
}

/// An id as what it counts: milliseconds, and a number within them.
fn age(id: &str) -> (u64, u64) {
    let (millis, number) = id.split_once('-').unwrap_or((id, "0"));
    (millis.parse().unwrap_or_default(), number.parse().unwrap_or_default())
}

/// Where to read from, with the group made if there is none; `from` is an id, or empty for the newest.
async fn enter(broker: &Broker, stream: &str, group: Option<&str>, from: &str) -> Result<String> {
    let mut script = broker.scripts.enter.key(stream);
    script.arg(group.unwrap_or_default()).arg(from);
    broker.server.script(Effect::Read, &script).await
}

async fn ack(member: &Member, group: &str, place: &Place) -> Result<()> {
    let mut command = cmd("XACK");
    command.arg(&*place.stream).arg(group).arg(&place.id);
    let _acked: u64 = member.broker.server.command(Effect::Write, &command).await?;
    Ok(())
}

type Reading = JoinHandle<(Box<Reader>, Result<Ready>)>;

/// A live reader. The read that is under way is a task of its own, so a cancelled `next` loses nothing, and what comes
/// while nobody asks is known to the keeper; and it is begun by `next` only, so a message goes to a reader that wants it.
pub(super) struct StreamInbox {
    /// `None` while it reads, and once it is closed.
    reader: Option<Box<Reader>>,
    reading: Option<Reading>,
    notes: UnboundedSender<Note>,
    /// To leave from where there is no runtime.
    runtime: Handle,
}

impl StreamInbox {
    pub(super) fn new(reader: Reader) -> Self {
        let notes = reader.notes.clone();
        Self { reader: Some(Box::new(reader)), reading: None, notes, runtime: Handle::current() }
    }

    /// What ends it.
    fn leave(&mut self) -> impl Future<Output = ()> + Send + use<> {
        let (reader, reading, notes) = (self.reader.take(), self.reading.take(), self.notes.clone());
        async move {
            drop(reader);
            // The read that is under way ends first, with its connection; what it got is given back.
            if let Some(reading) = reading {
                reading.abort();
                let _ = reading.await;
            }
            let (left, done) = oneshot::channel();
            let _ = notes.send(Note::Left(left));
            // The keeper lets go of its end when it has done it, or could not.
            let _ = done.await;
        }
    }
}

#[async_trait]
impl Inbox for StreamInbox {
    async fn next(&mut self) -> Result<Delivery> {
        if let Some(mut reader) = self.reader.take() {
            self.reading = Some(tokio::spawn(async move {
                let next = reader.next().await;
                (reader, next)
            }));
        }
        let over = || Error::new(Kind::Unavailable, "this subscription has ended; subscribe again");
        let read = self.reading.as_mut().ok_or_else(over)?.await;
        self.reading = None;
        let (reader, next) = read.map_err(|_| over())?;
        let next = next.map(|ready| reader.deliver(ready));
        self.reader = Some(reader);
        next
    }

    async fn close(&mut self) {
        self.leave().await;
    }
}

impl Drop for StreamInbox {
    fn drop(&mut self) {
        if self.reader.is_some() || self.reading.is_some() {
            let leaving = self.leave();
            self.runtime.spawn(leaving);
        }
    }
}

/// Settles one delivery, or gives it back when it is dropped.
struct Receipt {
    member: Arc<Member>,
    place: Option<Place>,
    notes: UnboundedSender<Note>,
}

#[async_trait]
impl Settle for Receipt {
    async fn settle(mut self: Box<Self>, disposition: Disposition) -> Result<()> {
        let (Some(place), Some(group)) = (self.place.clone(), self.member.group.clone()) else { return Ok(()) };
        let settled: Result<(), Error> = match disposition {
            Disposition::Ack => ack(&self.member, &group, &place).await,
            Disposition::Nack => self.member.nack(&group, &place).await,
        };
        // Also when it failed: what is still pending then is reclaimed in time.
        self.place = None;
        let _ = self.notes.send(Note::Settled(place));
        settled
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            let _ = self.notes.send(Note::Dropped(place));
        }
    }
}
