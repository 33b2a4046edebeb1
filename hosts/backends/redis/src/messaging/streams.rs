//! Streams: a topic is a stream, a group is a consumer group.

mod entry;
mod keeper;
mod reader;

use super::{
    MAX_PAYLOAD,
    replies::{self, ReplyInbox},
    unique,
};
use crate::{connection::Server, error::Effect, names};
use async_trait::async_trait;
use reader::{Reader, StreamInbox};
use redis::{Cmd, Script, cmd};
use std::sync::Arc;
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    describe::{Durability, feature, limit},
    messaging::{Inbox, MAX_TOPIC, Messaging, Payload, Replies, Subscription},
};

/// A broker whose messages stay until about `maxlen` newer ones of their topic came.
pub(crate) struct Streams {
    offered: Description,
    broker: Arc<Broker>,
}

/// What everything here shares.
struct Broker {
    server: Arc<Server>,
    scripts: Scripts,
    maxlen: u64,
}

/// The scripts of streams: one atomic step of the server each.
struct Scripts {
    announce: Script,
    enter: Script,
    leave: Script,
    nack: Script,
    reclaim: Script,
    request: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        let timed = |body: &str| Script::new(&format!("{}\n{body}", include_str!("../lua/time.lua")));
        let giving = |body: &str| Script::new(&format!("{}\n{body}", include_str!("../lua/give_back.lua")));
        Self {
            announce: timed(include_str!("../lua/announce.lua")),
            enter: Script::new(include_str!("../lua/enter.lua")),
            leave: giving(include_str!("../lua/leave.lua")),
            nack: giving(include_str!("../lua/nack.lua")),
            reclaim: giving(include_str!("../lua/reclaim.lua")),
            request: timed(include_str!("../lua/request.lua")),
        }
    }
}

/// Where the messages of a topic are.
fn stream(scope: &str, topic: &str) -> String {
    names::beside(&names::plain(scope, topic), "stream")
}

/// Who reads a stream at present: a sorted set of names and the times until which they count.
fn readers(stream: &str) -> String {
    format!("{stream}:readers")
}

impl Streams {
    pub(crate) fn new(server: Arc<Server>, maxlen: u64) -> Self {
        let offered = Description::new(
            Durability::Durable,
            [feature::GROUPS, feature::BROADCAST, feature::REDELIVERY, feature::REQUEST_REPLY],
            [(limit::MAX_KEY_SIZE, MAX_TOPIC as u64), (limit::MAX_VALUE_SIZE, MAX_PAYLOAD)],
        );
        Self { offered, broker: Arc::new(Broker { server, scripts: Scripts::default(), maxlen }) }
    }
}

#[async_trait]
impl Messaging for Streams {
    fn describe(&self) -> &Description {
        &self.offered
    }

    async fn connect(&self, _: &str) -> Result<()> {
        self.broker.server.is_there().await
    }

    async fn publish(&self, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        let mut command: Cmd = cmd("XADD");
        command.arg(stream(scope, topic)).arg(&["MAXLEN", "~"]).arg(self.broker.maxlen).arg("*");
        for (name, text) in entry::fields(message, None) {
            command.arg(name).arg(&*text);
        }
        let _id: String = self.broker.server.command(Effect::Write, &command).await?;
        Ok(())
    }

    async fn subscribe(&self, scope: &str, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
        let reader = Reader::new(self.broker.clone(), scope, subscription, unique()).await?;
        Ok(Box::new(StreamInbox::new(reader)))
    }

    async fn request(&self, scope: &str, topic: &str, message: &Payload) -> Result<Box<dyn Replies>> {
        let replies = ReplyInbox::new(&self.broker.server, scope).await?;
        let stream = stream(scope, topic);
        let mut script = self.broker.scripts.request.key(&stream);
        script.key(readers(&stream)).arg(self.broker.maxlen);
        for (name, text) in entry::fields(message, Some(replies.address())) {
            script.arg(name).arg(&*text);
        }
        let id: Option<String> = self.broker.server.script(Effect::Write, &script).await?;
        if id.is_none() {
            return Err(Error::new(Kind::Unavailable, "no responders: nobody is subscribed to this topic"));
        }
        Ok(Box::new(replies))
    }

    async fn reply(&self, _: &str, reply_to: &str, message: &Payload) -> Result<()> {
        replies::reply(&self.broker.server, reply_to, message).await
    }
}
