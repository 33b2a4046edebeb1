//! Subscribers with a group: a durable quorum queue for each topic.
//!
//! A queue hands a consumer one message at a time. Another consumer is added when a message is asked for while all of a queue
//! are busy: so as much is under way as is handled at once, and what is taken ahead, which would count as delivered if this
//! host ended, is little.

use super::{
    Wanted, delivery,
    receipt::{Receipt, refusal},
};
use crate::{connection::Server, envelope, names};
use async_trait::async_trait;
use futures::{
    StreamExt,
    future::BoxFuture,
    stream::{BoxStream, SelectAll, once},
};
use lapin::{
    Channel,
    message::Delivery as Message,
    options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, ShortString},
};
use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{runtime::Handle, time::timeout};
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Delivery, Inbox},
};

/// Reads while it can, and begins anew when it no longer could. What is under way outlives a cancelled `next`.
pub(super) struct Reader {
    wanted: Wanted,
    group: String,
    state: State,
    /// To give back from where there is no runtime.
    runtime: Handle,
}

enum State {
    Beginning(BoxFuture<'static, Result<Reading>>),
    Reading(Reading),
    Closed,
}

impl Reader {
    /// Begins now: what is published after this returned is kept for the group.
    pub(super) async fn new(wanted: Wanted, group: String) -> Result<Self> {
        let reading = begin(wanted.clone(), group.clone()).await?;
        Ok(Self { wanted, group, state: State::Reading(reading), runtime: Handle::current() })
    }

    async fn read(&mut self) -> Result<Delivery> {
        loop {
            match &mut self.state {
                State::Beginning(beginning) => self.state = State::Reading(beginning.await?),
                State::Reading(reading) => return reading.next(&self.wanted).await,
                State::Closed => return Err(Error::new(Kind::Unavailable, "this subscription was closed")),
            }
        }
    }
}

#[async_trait]
impl Inbox for Reader {
    async fn next(&mut self) -> Result<Delivery> {
        let read = self.read().await;
        if read.is_err() && !matches!(self.state, State::Closed) {
            self.state = State::Beginning(Box::pin(begin(self.wanted.clone(), self.group.clone())));
        }
        read
    }

    async fn close(&mut self) {
        if let State::Reading(reading) = std::mem::replace(&mut self.state, State::Closed) {
            reading.give_back(&self.wanted.server).await;
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let State::Reading(reading) = std::mem::replace(&mut self.state, State::Closed) {
            let server = self.wanted.server.clone();
            self.runtime.spawn(async move { reading.give_back(&server).await });
        }
    }
}

/// The queue of one topic.
struct Queue {
    name: ShortString,
    consumers: usize,
    /// How many messages of it are being handled.
    busy: Arc<AtomicUsize>,
}

/// What a consumer of the queue at that place said; nothing once it has ended.
type Said = (usize, Option<lapin::Result<Message>>);
type Consumer = (ShortString, BoxStream<'static, Said>);

/// One channel, for as long as it lives.
struct Reading {
    channel: Channel,
    queues: Vec<Queue>,
    consumers: SelectAll<BoxStream<'static, Said>>,
    /// The consumers' names.
    tags: Vec<ShortString>,
    /// One that is being added.
    adding: Option<BoxFuture<'static, Result<Consumer>>>,
}

/// Makes the queues and listens to each.
async fn begin(wanted: Wanted, group: String) -> Result<Reading> {
    let (channel, exchange) = wanted.begin().await?;
    let server = &wanted.server;
    // For each consumer.
    server.ask(channel.basic_qos(1, BasicQosOptions::default())).await?;
    let mut kind = FieldTable::default();
    kind.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let mut queues = Vec::with_capacity(wanted.topics.len());
    for topic in &wanted.topics {
        let name = names::queue(&wanted.scope, &group, topic)?;
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        server.ask(channel.queue_declare(name.clone(), durable, kind.clone())).await?;
        wanted.bind(&channel, &name, &exchange, topic).await?;
        queues.push(Queue { name, consumers: 0, busy: Arc::default() });
    }
    Ok(Reading { channel, queues, consumers: SelectAll::new(), tags: Vec::new(), adding: None })
}

/// Listens to the queue at that place.
async fn add(server: Arc<Server>, channel: Channel, queue: ShortString, place: usize) -> Result<Consumer> {
    let (tag, options) = (ShortString::default(), BasicConsumeOptions::default());
    let consumer = server.ask(channel.basic_consume(queue, tag, options, FieldTable::default())).await?;
    let tag = consumer.tag();
    // The end too: among others it would not be noticed.
    let said = consumer.map(Some).chain(once(ready(None))).map(move |said| (place, said)).boxed();
    Ok((tag, said))
}

impl Reading {
    async fn next(&mut self, wanted: &Wanted) -> Result<Delivery> {
        loop {
            self.enough(&wanted.server).await?;
            let (place, message) = match self.consumers.next().await {
                Some((place, Some(Ok(message)))) => (place, message),
                // Somebody has deleted the queue, or the connection is lost.
                _ => return Err(wanted.server.lost()),
            };
            let attempt = envelope::attempt(&message.properties);
            if attempt > wanted.most {
                let rejected = message.acker.nack(refusal(false));
                wanted.server.ask(rejected).await?;
                continue;
            }
            let Some(queue) = self.queues.get(place) else { continue };
            let (server, channel, again) = (wanted.server.clone(), self.channel.clone(), attempt < wanted.most);
            let receipt = Receipt::new(server, channel, message.acker, again, &queue.busy);
            let reply_to = envelope::reply_to(&message.properties);
            let payload = envelope::payload(message.data, &message.properties);
            return Ok(delivery(message.routing_key.into(), payload, reply_to, attempt, receipt));
        }
    }

    /// Sees to it that each queue has a consumer which is free.
    async fn enough(&mut self, server: &Arc<Server>) -> Result<()> {
        loop {
            let wanting = |queue: &Queue| queue.busy.load(Ordering::Relaxed) >= queue.consumers;
            if self.adding.is_none() {
                let Some(place) = self.queues.iter().position(wanting) else { return Ok(()) };
                let Some(queue) = self.queues.get_mut(place) else { return Ok(()) };
                queue.consumers += 1;
                self.adding = Some(Box::pin(add(server.clone(), self.channel.clone(), queue.name.clone(), place)));
            }
            if let Some(adding) = &mut self.adding {
                let added = adding.await;
                self.adding = None;
                let (tag, said) = added?;
                self.tags.push(tag);
                self.consumers.push(said);
            }
        }
    }

    /// Takes nothing more, and gives back what was taken and not handed out. What was handed out holds the channel.
    async fn give_back(mut self, server: &Server) {
        let given_back = async {
            if let Some(adding) = self.adding.take()
                && let Ok((tag, said)) = adding.await
            {
                self.tags.push(tag);
                self.consumers.push(said);
            }
            for tag in self.tags {
                self.channel.basic_cancel(tag, BasicCancelOptions::default()).await?;
            }
            while let Some((_, said)) = self.consumers.next().await {
                if let Some(Ok(message)) = said {
                    message.acker.nack(refusal(true)).await?;
                }
            }
            // The answer to a later question says that the server has read all that.
            self.channel.basic_qos(1, BasicQosOptions::default()).await
        };
        // Where the connection is lost, the server has it all again.
        let _ = timeout(server.timing.response, given_back).await;
    }
}
