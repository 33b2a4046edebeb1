//! One operation in, one observation out.

use super::{Op, Request, Seen};
use driver::{Slots, Stop};
use std::time::Duration;
use wasi_cloud_sdk::messaging::{Client, Message, RequestOptions};

#[derive(Default)]
pub(super) struct State {
    clients: Slots<Client>,
    messages: Slots<Message>,
}

pub(super) fn step(state: &mut State, op: Op) -> Result<Seen, Stop> {
    let State { clients, messages } = state;
    Ok(match op {
        Op::Connect((slot, label)) => done(clients.put(slot, Client::connect(&label)?)),
        Op::Disconnect(slot) => done(clients.get(slot)?.disconnect()?),
        Op::Close(slot) => done(drop(clients.take(slot)?)),
        Op::Message((slot, data)) => done(messages.put(slot, Message::new(&data))),
        Op::Topic(slot) => Seen::Text(messages.get(slot)?.topic()),
        Op::ContentType(slot) => Seen::Text(messages.get(slot)?.content_type()),
        Op::SetContentType((slot, text)) => done(messages.get_mut(slot)?.set_content_type(&text)),
        Op::Data(slot) => Seen::Bytes(messages.get(slot)?.data()),
        Op::SetData((slot, data)) => done(messages.get_mut(slot)?.set_data(&data)),
        Op::Metadata(slot) => Seen::Pairs(messages.get(slot)?.metadata()),
        Op::AddMetadata((slot, key, value)) => done(messages.get_mut(slot)?.add_metadata(&key, &value)),
        Op::SetMetadata((slot, pairs)) => done(messages.get_mut(slot)?.set_metadata(pairs)),
        Op::RemoveMetadata((slot, key)) => done(messages.get_mut(slot)?.remove_metadata(&key)),
        Op::Drop(slot) => done(drop(messages.take(slot)?)),
        Op::Send((client, topic, message)) => done(clients.get(client)?.send(&topic, messages.take(message)?)?),
        Op::Request(wanted) => request(clients, messages, &wanted)?,
        Op::Reply((to, with)) => {
            let with = messages.take(with)?;
            done(messages.get(to)?.reply(with)?)
        }
    })
}

fn request(clients: &Slots<Client>, messages: &mut Slots<Message>, wanted: &Request) -> Result<Seen, Stop> {
    let mut options = RequestOptions::new();
    if let Some(ms) = wanted.timeout_ms {
        options = options.timeout(Duration::from_millis(ms.into()));
    }
    if let Some(count) = wanted.expected_replies {
        options = options.expected_replies(count);
    }
    let replies = clients.get(wanted.client)?.request(&wanted.topic, messages.get(wanted.message)?, options)?;
    let mut count = 0;
    for reply in replies {
        messages.put(wanted.replies + count, reply);
        count += 1;
    }
    Ok(Seen::Replies(count))
}

fn done((): ()) -> Seen {
    Seen::Done
}
