use super::{decode, encode};
use crate::{
    host::stage::Live,
    session::{Broken, Session},
    wire::messaging::{Op, Request, Seen},
};
use async_trait::async_trait;
use std::{collections::HashMap, sync::Arc, time::Duration};
use wasi_cloud_core::{
    Applied, Error, Kind,
    messaging::{Client, Message, RequestOptions},
};

pub(super) struct Driven {
    live: Arc<Live>,
    clients: HashMap<u32, Client>,
    messages: HashMap<u32, Message>,
}

enum Stopped {
    Failed(Error),
    Misused(&'static str),
}

/// What `wasi:messaging` can tell of an error.
fn told(error: Error, write: bool) -> Stopped {
    let mut told = error;
    if !matches!(told.kind, Kind::Timeout | Kind::Unavailable | Kind::AccessDenied) {
        told.message = told.to_string();
        told.kind = Kind::Other;
    }
    told.applied = if write && told.kind != Kind::AccessDenied { Applied::Maybe } else { Applied::No };
    Stopped::Failed(told)
}

impl Driven {
    pub fn new(live: &Arc<Live>) -> Self {
        Self { live: live.clone(), clients: HashMap::new(), messages: HashMap::new() }
    }

    fn client(&self, slot: u32) -> Result<&Client, Stopped> {
        self.clients.get(&slot).ok_or(Stopped::Misused("no client in that slot"))
    }

    fn message(&self, slot: u32) -> Result<&Message, Stopped> {
        self.messages.get(&slot).ok_or(Stopped::Misused("no message in that slot"))
    }

    fn change(&mut self, slot: u32, change: impl FnOnce(&mut Message)) -> Result<Seen, Stopped> {
        change(self.messages.get_mut(&slot).ok_or(Stopped::Misused("no message in that slot"))?);
        Ok(Seen::Done)
    }

    fn take(&mut self, slot: u32) -> Result<Message, Stopped> {
        self.messages.remove(&slot).ok_or(Stopped::Misused("no message in that slot"))
    }

    async fn step(&mut self, op: Op) -> Result<Seen, Stopped> {
        match op {
            Op::Connect((slot, label)) => {
                let link = self.live.links.messaging.link(&label, &self.live.grants);
                self.clients.insert(slot, Client::connect(link).await.map_err(|e| told(e, false))?);
                Ok(Seen::Done)
            }
            Op::Disconnect(slot) => {
                self.client(slot)?.disconnect().map_err(|e| told(e, false))?;
                Ok(Seen::Done)
            }
            Op::Close(slot) => {
                self.client(slot)?;
                self.clients.remove(&slot);
                Ok(Seen::Done)
            }
            Op::Send((client, topic, message)) => {
                self.client(client)?;
                let message = self.take(message)?;
                self.client(client)?.send(&topic, message).await.map_err(|e| told(e, true))?;
                Ok(Seen::Done)
            }
            Op::Request(request) => self.request(request).await,
            Op::Reply((to, message)) => {
                self.message(to)?;
                let message = self.take(message)?;
                self.message(to)?.reply(message).await.map_err(|e| told(e, true))?;
                Ok(Seen::Done)
            }
            op => self.local(op),
        }
    }

    async fn request(&mut self, request: Request) -> Result<Seen, Stopped> {
        let options = RequestOptions {
            timeout: request.timeout_ms.map(|ms| Duration::from_millis(ms.into())),
            expected_replies: request.expected_replies,
        };
        let client = self.client(request.client)?;
        let message = self.message(request.message)?;
        let replies = client.request(&request.topic, message, options).await.map_err(|e| told(e, true))?;
        let count = u32::try_from(replies.len()).unwrap_or(u32::MAX);
        self.messages.extend((request.replies..).zip(replies));
        Ok(Seen::Replies(count))
    }

    /// What needs no broker.
    fn local(&mut self, op: Op) -> Result<Seen, Stopped> {
        match op {
            Op::Message((slot, data)) => {
                self.messages.insert(slot, Message::new(data));
                Ok(Seen::Done)
            }
            Op::Topic(slot) => Ok(Seen::Text(self.message(slot)?.topic().map(Into::into))),
            Op::ContentType(slot) => Ok(Seen::Text(self.message(slot)?.content_type().map(Into::into))),
            Op::SetContentType((slot, text)) => self.change(slot, |m| m.set_content_type(text)),
            Op::Data(slot) => Ok(Seen::Bytes(self.message(slot)?.data().into())),
            Op::SetData((slot, data)) => self.change(slot, |m| m.set_data(data)),
            Op::Metadata(slot) => Ok(Seen::Pairs(self.message(slot)?.metadata().map(Into::into))),
            Op::AddMetadata((slot, key, value)) => self.change(slot, |m| m.add_metadata(key, value)),
            Op::SetMetadata((slot, pairs)) => self.change(slot, |m| m.set_metadata(pairs)),
            Op::RemoveMetadata((slot, key)) => self.change(slot, |m| m.remove_metadata(&key)),
            Op::Drop(slot) => self.take(slot).map(|_| Seen::Done),
            _ => Err(Stopped::Misused("not an operation of this driver")),
        }
    }
}

#[async_trait]
impl Session for Driven {
    async fn exec(&mut self, line: &str) -> Result<String, Broken> {
        let op = decode(line)?;
        encode(&match self.step(op).await {
            Ok(seen) => seen,
            Err(Stopped::Failed(error)) => Seen::Failed(error.into()),
            Err(Stopped::Misused(why)) => Seen::Misused(why.into()),
        })
    }
}
