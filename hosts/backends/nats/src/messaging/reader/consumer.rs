//! A topic of a group, as the server knows it.

use super::super::{stream_name, subject};
use crate::{connection::Server, error::Why, names};
use async_nats::{
    Subject,
    jetstream::consumer::{
        AckPolicy, DeliverPolicy, PullConsumer,
        pull::{BatchConfig, Config},
    },
};
use sha1_smol::Sha1;
use std::time::Duration;
use tokio::time::Instant;
use wasi_cloud_core::Result;

/// How long the server keeps a question before it says that there is nothing. Whoever closes waits for no longer: a question
/// cannot be taken back without losing an answer that is on its way.
const BLOCK: Duration = Duration::from_secs(2);

/// One topic of a group, and for how many of its messages the server was asked.
pub(super) struct Topic {
    pub(super) name: String,
    stream: String,
    config: Config,
    /// `None` after it failed: somebody may have removed it.
    consumer: Option<PullConsumer>,
    asked: usize,
    /// When the server was last asked, or last answered.
    active: Instant,
}

impl Topic {
    /// The name of its consumer is short whatever topic and group are called.
    pub(super) fn new(server: &Server, scope: &str, topic: &str, group: &str) -> Self {
        let name = Sha1::from(format!("{} {}", names::key(group), names::key(topic))).digest().to_string();
        let config = Config {
            durable_name: Some(name),
            description: Some(format!("group {} of topic {}", names::key(group), names::key(topic))),
            deliver_policy: DeliverPolicy::New,
            ack_policy: AckPolicy::Explicit,
            ack_wait: server.timing.reclaim,
            // How often is the subscription's own matter.
            max_deliver: -1,
            max_ack_pending: -1,
            filter_subject: subject(scope, topic),
            ..Config::default()
        };
        let (name, stream) = (topic.to_owned(), stream_name(scope));
        Self { name, stream, config, consumer: None, asked: 0, active: Instant::now() }
    }

    /// What its messages are published on.
    pub(super) fn subject(&self) -> &str {
        &self.config.filter_subject
    }

    /// The consumer, made if it is not there.
    pub(super) async fn consumer(&mut self, server: &Server) -> Result<PullConsumer> {
        if let Some(consumer) = &self.consumer {
            return Ok(consumer.clone());
        }
        let stream = server.stream(&self.stream).await?;
        let made = stream.create_consumer(self.config.clone()).await;
        let made = made.map_err(|why| Why::from(why).read(&server.url))?;
        Ok(self.consumer.insert(made).clone())
    }

    /// How many messages less than `goal` the server was asked for.
    pub(super) fn lacks(&self, goal: usize) -> usize {
        goal.saturating_sub(self.asked)
    }

    /// Asks until the server is to send `goal` messages, which come to `to`.
    pub(super) async fn ask(&mut self, server: &Server, goal: usize, to: Subject) -> Result<()> {
        let more = self.lacks(goal);
        if more == 0 {
            return Ok(());
        }
        server.live()?;
        let consumer = self.consumer(server).await?;
        let question = BatchConfig { batch: more, expires: Some(BLOCK), ..BatchConfig::default() };
        consumer.request_batch(question, to).await.map_err(|_| Why::Lost.read(&server.url))?;
        self.asked += more;
        self.active = Instant::now();
        Ok(())
    }

    /// So many of what was asked for have come, or will not come.
    pub(super) fn answered(&mut self, messages: usize) {
        self.asked = self.asked.saturating_sub(messages);
        self.active = Instant::now();
    }

    /// Questions that were lost on the way, with a connection for instance, are asked again.
    pub(super) fn forget(&mut self) {
        self.asked = 0;
    }

    /// The consumer may be gone.
    pub(super) fn failed(&mut self) {
        self.forget();
        self.consumer = None;
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked > 0
    }

    /// Whether the server should have answered by now.
    pub(super) fn is_overdue(&self, server: &Server) -> bool {
        self.is_asked() && self.active.elapsed() > BLOCK + server.timing.response
    }
}
