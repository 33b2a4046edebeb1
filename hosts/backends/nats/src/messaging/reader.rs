//! Subscribers with a group: a durable consumer for each topic, which hands out a message when somebody asks for one.

use super::{envelope, presence::Presence, receipt::Receipt, stream_name, subject};
use crate::{connection::Server, error::Why, names};
use async_nats::jetstream::{
    AckKind, Message,
    consumer::{AckPolicy, DeliverPolicy, PullConsumer, pull},
};
use async_trait::async_trait;
use futures::{StreamExt, future::try_join_all};
use sha1_smol::Sha1;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::{task::JoinSet, time::timeout};
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Delivery, Inbox},
};

/// How long the server waits for a message before it says that there is none, so that a lost connection is noticed.
const BLOCK: Duration = Duration::from_secs(5);

/// One topic of a group.
#[derive(Clone)]
struct Topic {
    name: String,
    stream: String,
    config: pull::Config,
    /// `None` until it is made, and after it failed: somebody may have removed it.
    consumer: Option<PullConsumer>,
}

/// Reads when asked to. The reads that are under way are tasks of its own, so a cancelled `next` loses nothing, and what
/// has come is held until somebody asks for it. What was not handed out is given back when it is dropped.
pub(super) struct Reader {
    server: Arc<Server>,
    max_deliveries: u32,
    topics: Vec<Topic>,
    idle: Vec<Topic>,
    reading: JoinSet<(Topic, Result<Option<Delivery>>)>,
    _present: Vec<Presence>,
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
        let mut idle: Vec<_> = topics.iter().map(|topic| wanted(&server, scope, topic, group)).collect();
        // Together: one after the other, many topics would be as many round trips.
        try_join_all(idle.iter_mut().map(|topic| consumer(&server, topic))).await?;
        Ok(Self { server, max_deliveries, topics: idle.clone(), idle, reading: JoinSet::new(), _present: present })
    }
}

/// What to hand out for a message: nothing if it was delivered often enough.
async fn deliver(server: &Arc<Server>, topic: String, message: Message, most: u32) -> Option<Delivery> {
    let attempt = message.info().map_or(1, |info| u32::try_from(info.delivered).unwrap_or(u32::MAX));
    let (message, acker) = message.split();
    if attempt > most {
        tracing::warn!(topic, "a message was never handled; dropped");
        let _ = acker.ack_with(AckKind::Term).await;
        return None;
    }
    let (payload, reply_to) = envelope::payload(message.payload.into(), message.headers.as_ref());
    let settle = Box::new(Receipt::new(server.clone(), acker, attempt < most));
    Some(Delivery { topic, payload, reply_to, attempt, settle })
}

#[async_trait]
impl Inbox for Reader {
    async fn next(&mut self) -> Result<Delivery> {
        loop {
            for topic in self.idle.drain(..) {
                self.reading.spawn(read(self.server.clone(), topic, self.max_deliveries));
            }
            let Some(Ok((topic, read))) = self.reading.join_next().await else {
                // Which topic it was is lost with the task.
                self.reading = JoinSet::new();
                self.idle = self.topics.clone();
                return Err(Error::new(Kind::Unavailable, "a reader of this subscription failed; it is made anew"));
            };
            self.idle.push(topic);
            if let Some(delivery) = read? {
                return Ok(delivery);
            }
        }
    }
}

/// The consumer of a topic and a group. Its name is short whatever they are called.
fn wanted(server: &Server, scope: &str, topic: &str, group: &str) -> Topic {
    let name = Sha1::from(format!("{} {}", names::key(group), names::key(topic))).digest().to_string();
    let config = pull::Config {
        durable_name: Some(name),
        description: Some(format!("group {} of topic {}", names::key(group), names::key(topic))),
        deliver_policy: DeliverPolicy::New,
        ack_policy: AckPolicy::Explicit,
        ack_wait: server.timing.reclaim,
        // How often is the subscription's own matter.
        max_deliver: -1,
        max_ack_pending: -1,
        filter_subject: subject(scope, topic),
        ..pull::Config::default()
    };
    Topic { name: topic.to_owned(), stream: stream_name(scope), config, consumer: None }
}

/// The consumer, made if it is not there.
async fn consumer(server: &Server, topic: &mut Topic) -> Result<PullConsumer> {
    if let Some(consumer) = &topic.consumer {
        return Ok(consumer.clone());
    }
    let stream = server.stream(&topic.stream).await?;
    let made = stream.create_consumer(topic.config.clone()).await;
    let made = made.map_err(|why| Why::from(why).read(&server.url))?;
    Ok(topic.consumer.insert(made).clone())
}

/// Waits for a message, and holds it from when it comes.
async fn read(server: Arc<Server>, mut topic: Topic, most: u32) -> (Topic, Result<Option<Delivery>>) {
    let read = match one(&server, &mut topic).await {
        Ok(message) => Ok(deliver(&server, topic.name.clone(), message, most).await),
        Err(error) => {
            topic.consumer = None;
            Err(error)
        }
    };
    (topic, read)
}

async fn one(server: &Server, topic: &mut Topic) -> Result<Message> {
    let consumer = consumer(server, topic).await?;
    loop {
        let lost = || Why::Lost.read(&server.url);
        server.live()?;
        let asking = async {
            let mut batch = consumer.batch().max_messages(1).expires(BLOCK).messages().await.map_err(|_| lost())?;
            batch.next().await.transpose().map_err(|_| lost())
        };
        // Later than that no answer comes: the question was lost with a connection.
        match timeout(BLOCK + server.timing.response, asking).await {
            Ok(Ok(None)) | Err(_) => {}
            Ok(Ok(Some(message))) => return Ok(message),
            Ok(Err(error)) => return Err(error),
        }
    }
}
