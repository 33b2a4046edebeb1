//! Subscribers without a group: each has a queue of its own, which goes with its connection.
//!
//! Nobody else reads that queue and nothing outlives it, so what is to be delivered again is delivered from here.

use super::{Wanted, delivery, receipt::settled};
use crate::{connection::Server, envelope};
use async_trait::async_trait;
use futures::{StreamExt, future::BoxFuture};
use lapin::{
    Acker, Channel, Consumer,
    options::{BasicConsumeOptions, BasicQosOptions, QueueDeclareOptions},
    types::{FieldTable, ShortString},
};
use std::sync::Arc;
use tokio::{
    runtime::Handle,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use wasi_cloud_core::{
    Result,
    messaging::{Delivery, Disposition, Inbox, Payload, Settle},
};

/// How many messages are under way at most; the others wait in the queue.
const AHEAD: u16 = 256;

/// Listens while it can, and begins anew when it no longer could.
pub(super) struct Listener {
    wanted: Wanted,
    state: State,
}

enum State {
    Beginning(BoxFuture<'static, Result<Listening>>),
    Listening(Box<Listening>),
}

/// One queue, for as long as it lives.
struct Listening {
    heard: Consumer,
    channel: Channel,
    /// What was not handled.
    again: UnboundedReceiver<Held>,
    giving: UnboundedSender<Held>,
}

/// A message that the server holds as delivered.
struct Held {
    topic: String,
    payload: Payload,
    reply_to: Option<String>,
    attempt: u32,
    acker: Acker,
}

impl Listener {
    /// What is published after this returned is heard.
    pub(super) async fn new(wanted: Wanted) -> Result<Self> {
        let listening = begin(wanted.clone()).await?;
        Ok(Self { wanted, state: State::Listening(Box::new(listening)) })
    }

    async fn hear(&mut self) -> Result<Delivery> {
        loop {
            match &mut self.state {
                State::Beginning(beginning) => self.state = State::Listening(Box::new(beginning.await?)),
                State::Listening(listening) => return listening.next(&self.wanted).await,
            }
        }
    }
}

#[async_trait]
impl Inbox for Listener {
    async fn next(&mut self) -> Result<Delivery> {
        let heard = self.hear().await;
        if heard.is_err() {
            self.state = State::Beginning(Box::pin(begin(self.wanted.clone())));
        }
        heard
    }
}

async fn begin(wanted: Wanted) -> Result<Listening> {
    let (channel, exchange) = wanted.begin().await?;
    let server = &wanted.server;
    let own = QueueDeclareOptions { exclusive: true, auto_delete: true, ..QueueDeclareOptions::default() };
    let queue = server.ask(channel.queue_declare(ShortString::default(), own, FieldTable::default())).await?;
    let queue = queue.name().clone();
    for topic in &wanted.topics {
        wanted.bind(&channel, &queue, &exchange, topic).await?;
    }
    server.ask(channel.basic_qos(AHEAD, BasicQosOptions::default())).await?;
    let alone = BasicConsumeOptions { exclusive: true, ..BasicConsumeOptions::default() };
    let heard = server.ask(channel.basic_consume(queue, ShortString::default(), alone, FieldTable::default())).await?;
    let (giving, again) = unbounded_channel();
    Ok(Listening { heard, channel, again, giving })
}

impl Listening {
    async fn next(&mut self, wanted: &Wanted) -> Result<Delivery> {
        let held = tokio::select! {
            biased;
            Some(held) = self.again.recv() => held,
            heard = self.heard.next() => match heard {
                Some(Ok(message)) => Held {
                    reply_to: envelope::reply_to(&message.properties),
                    payload: envelope::payload(message.data, &message.properties),
                    topic: message.routing_key.into(),
                    attempt: 1,
                    acker: message.acker,
                },
                _ => return Err(wanted.server.lost()),
            },
        };
        let (topic, payload) = (held.topic.clone(), held.payload.clone());
        let (reply_to, attempt) = (held.reply_to.clone(), held.attempt);
        let receipt = Receipt {
            server: wanted.server.clone(),
            channel: self.channel.clone(),
            giving: self.giving.clone(),
            held: Some(held),
            most: wanted.most,
            runtime: Handle::current(),
        };
        Ok(delivery(topic, payload, reply_to, attempt, receipt))
    }
}

/// Settles one delivery, or has it delivered again when it is dropped.
struct Receipt {
    server: Arc<Server>,
    /// Which has to be there until it is settled.
    channel: Channel,
    giving: UnboundedSender<Held>,
    held: Option<Held>,
    most: u32,
    runtime: Handle,
}

impl Receipt {
    /// Has it delivered again; what was delivered often enough comes back, and so does what nobody waits for any more.
    fn give(&self, mut held: Held) -> Option<Held> {
        if held.attempt >= self.most {
            return Some(held);
        }
        held.attempt += 1;
        self.giving.send(held).err().map(|back| back.0)
    }
}

#[async_trait]
impl Settle for Receipt {
    async fn settle(mut self: Box<Self>, disposition: Disposition) -> Result<()> {
        let Some(held) = self.held.take() else { return Ok(()) };
        let rest = match disposition {
            Disposition::Ack => Some(held),
            Disposition::Nack => self.give(held),
        };
        match rest {
            Some(held) => settled(&self.server, &held.acker, disposition, false).await,
            None => Ok(()),
        }
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        let Some(held) = self.held.take() else { return };
        if let Some(held) = self.give(held) {
            let (server, channel) = (self.server.clone(), self.channel.clone());
            self.runtime.spawn(async move {
                let _ = settled(&server, &held.acker, Disposition::Nack, false).await;
                drop(channel);
            });
        }
    }
}
