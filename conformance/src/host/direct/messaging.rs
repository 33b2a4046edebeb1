use super::{Slots, Stopped, session};
use crate::{
    host::stage::Live,
    wire::messaging::{Op, Request, Seen},
};
use std::{sync::Arc, time::Duration};
use wasi_cloud_core::{
    Applied, Error, Kind,
    messaging::{Client, Message, RequestOptions},
};

pub(super) struct Driven {
    live: Arc<Live>,
    clients: Slots<Client>,
    messages: Slots<Message>,
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

fn done((): ()) -> Seen {
    Seen::Done
}

session!();

impl Driven {
    pub fn new(live: &Arc<Live>) -> Self {
        Self { live: live.clone(), clients: Slots::default(), messages: Slots::default() }
    }

    async fn step(&mut self, op: Op) -> Result<Seen, Stopped> {
        let Self { live, clients, messages } = self;
        Ok(match op {
            Op::Connect((slot, label)) => {
                let link = live.links.messaging.link(&label, &live.grants);
                done(clients.put(slot, Client::connect(link).await.map_err(|e| told(e, false))?))
            }
            Op::Disconnect(slot) => done(clients.get(slot)?.disconnect().map_err(|e| told(e, false))?),
            Op::Close(slot) => done(drop(clients.take(slot)?)),
            Op::Send((client, topic, message)) => {
                let (client, message) = (clients.get(client)?, messages.take(message)?);
                done(client.send(&topic, message).await.map_err(|e| told(e, true))?)
            }
            Op::Request(wanted) => request(clients, messages, wanted).await?,
            Op::Reply((to, message)) => {
                let message = messages.take(message)?;
                done(messages.get(to)?.reply(message).await.map_err(|e| told(e, true))?)
            }
            Op::Message((slot, data)) => done(messages.put(slot, Message::new(data))),
            Op::Topic(slot) => Seen::Text(messages.get(slot)?.topic().map(Into::into)),
            Op::ContentType(slot) => Seen::Text(messages.get(slot)?.content_type().map(Into::into)),
            Op::SetContentType((slot, text)) => done(messages.get_mut(slot)?.set_content_type(text)),
            Op::Data(slot) => Seen::Bytes(messages.get(slot)?.data().into()),
            Op::SetData((slot, data)) => done(messages.get_mut(slot)?.set_data(data)),
            Op::Metadata(slot) => Seen::Pairs(messages.get(slot)?.metadata().map(Into::into)),
            Op::AddMetadata((slot, key, value)) => done(messages.get_mut(slot)?.add_metadata(key, value)),
            Op::SetMetadata((slot, pairs)) => done(messages.get_mut(slot)?.set_metadata(pairs)),
            Op::RemoveMetadata((slot, key)) => done(messages.get_mut(slot)?.remove_metadata(&key)),
            Op::Drop(slot) => done(drop(messages.take(slot)?)),
        })
    }
}

async fn request(clients: &Slots<Client>, messages: &mut Slots<Message>, wanted: Request) -> Result<Seen, Stopped> {
    let options = RequestOptions {
        timeout: wanted.timeout_ms.map(|ms| Duration::from_millis(ms.into())),
        expected_replies: wanted.expected_replies,
    };
    let (client, message) = (clients.get(wanted.client)?, messages.get(wanted.message)?);
    let replies = client.request(&wanted.topic, message, options).await.map_err(|e| told(e, true))?;
    let count = u32::try_from(replies.len()).unwrap_or(u32::MAX);
    for (slot, reply) in (wanted.replies..).zip(replies) {
        messages.put(slot, reply);
    }
    Ok(Seen::Replies(count))
}
