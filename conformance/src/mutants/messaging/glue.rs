//! Hosts that link one defective function of clients, of messages, or `send`.

use crate::{
    host::embedded::Linker,
    mutants::{
        Row,
        glue::{Cut, Entry, shadow},
    },
};
use std::sync::Arc;
use wasi_cloud_core::{
    Error, Kind,
    messaging::{Client, Message},
};
use wasi_cloud_wasmtime::{
    CloudView, HostError,
    bindings::wasi::messaging::{
        producer,
        types::{self, Host, HostClient, HostMessage, Metadata},
    },
};
use wasmtime::{Result, bail, component::Resource};

pub(in crate::mutants) fn rows() -> Vec<Row> {
    let row = |(name, bug, clauses, link): &Entry| Row { name, bug, clauses, tamper: Arc::new(Cut(*link)) };
    ROWS.iter().map(row).collect()
}

const ROWS: &[Entry] = &[
    ("glue-missing-broker-is-default", "An unknown broker is the default one.", &["MSG-TYPES-02"], missing_is_default),
    ("glue-denied-broker-is-other", "A denied broker is `other`.", &["MSG-TYPES-13"], denied_is_other),
    ("glue-disconnect-fails", "`disconnect` says that the connection is gone.", &["MSG-TYPES-03"], disconnect_fails),
    ("glue-disconnect-does-nothing", "A disconnected client goes on.", &["MSG-M14"], disconnect_does_nothing),
    ("glue-disconnect-takes-all", "`disconnect` ends all clients.", &["MSG-TYPES-03"], disconnect_takes_all),
    ("glue-data-is-text", "What is not UTF-8 in `data` is replaced.", &["MSG-TYPES-04"], data_is_text),
    ("glue-data-moves-out", "`data` leaves nothing behind.", &["MSG-TYPES-04"], data_moves_out),
    ("glue-fresh-message-is-typed", "A new message has a content type.", &["MSG-TYPES-05"], fresh_is_typed),
    ("glue-content-type-is-tidied", "A content type loses its parameters.", &["MSG-TYPES-06"], type_is_tidied),
    ("glue-set-data-keeps-tail", "Shorter data leave the tail of the longer.", &["MSG-TYPES-07"], keeps_tail),
    ("glue-add-keeps-first", "A name that has a value keeps it.", &["MSG-TYPES-08"], add_keeps_first),
    ("glue-set-metadata-adds", "Setting all metadata leaves the old.", &["MSG-TYPES-09"], set_adds),
    ("glue-remove-removes-all", "Removing a pair removes all.", &["MSG-TYPES-10"], remove_removes_all),
    ("glue-remove-missing-is-trap", "Removing what is not there traps.", &["MSG-TYPES-10"], remove_missing_traps),
    ("glue-no-metadata-is-a-list", "No metadata are an empty list.", &["MSG-M09"], none_is_empty),
    ("glue-first-pair-wins", "Of a name given twice the first pair wins.", &["MSG-M09"], first_wins),
    ("glue-failed-send-is-ok", "A `send` that failed is `ok`.", &["MSG-PROD-01", "MSG-PROD-03"], failed_send_is_ok),
    ("glue-failed-send-is-trap", "A `send` that failed traps.", &["MSG-PROD-03"], failed_send_is_trap),
    ("glue-topics-are-tidied", "What a topic cannot hold is taken out of it.", &["MSG-M07"], topics_are_tidied),
    ("glue-too-much-is-cut", "What is refused for its size is sent all the same, cut.", &["MSG-M08"], too_much_is_cut),
    ("glue-send-ends-at-space", "A payload ends at its first space.", &["MSG-PROD-04"], ends_at_space),
];

const TYPES: &str = "wasi:messaging/types@0.2.0-draft";
const PRODUCER: &str = "wasi:messaging/producer@0.2.0-draft";

/// What the guest of an honest host is told of a result.
pub(super) fn told<T>(
    host: &mut CloudView<'_>,
    result: std::result::Result<T, HostError>,
) -> Result<(std::result::Result<T, types::Error>,)> {
    Ok((match result {
        Ok(answer) => Ok(answer),
        Err(error) => Err(Host::convert_error(host, error)?),
    },))
}

fn missing_is_default(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[static]client.connect", host, (label: String) => {
        let connected = match HostClient::connect(&mut host, label).await {
            Err(HostError::Cloud(error)) if error.kind == Kind::NotFound => {
                HostClient::connect(&mut host, "default".into()).await
            }
            connected => connected,
        };
        told(&mut host, connected)
    })
}

fn denied_is_other(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[static]client.connect", host, (label: String) => {
        match HostClient::connect(&mut host, label).await {
            Err(HostError::Cloud(error)) if error.kind == Kind::AccessDenied => {
                Ok((Err(types::Error::Other(error.to_string())),))
            }
            connected => told(&mut host, connected),
        }
    })
}

fn disconnect_fails(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[method]client.disconnect", host, (client: Resource<Client>) => {
        let gone = Error::new(Kind::Unavailable, "the connection is gone");
        let done = HostClient::disconnect(&mut host, client).await;
        told::<()>(&mut host, done.and(Err(gone.into())))
    })
}

fn disconnect_does_nothing(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[method]client.disconnect", host, (client: Resource<Client>) => {
        host.table.get(&client)?;
        Ok((Ok::<(), types::Error>(()),))
    })
}

fn disconnect_takes_all(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[method]client.disconnect", host, (client: Resource<Client>) => {
        let done = HostClient::disconnect(&mut host, client).await;
        for at in 0..100 {
            if let Ok(other) = host.table.get(&Resource::<Client>::new_borrow(at)) {
                let _ = other.disconnect();
            }
        }
        told(&mut host, done)
    })
}

fn data_is_text(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[method]message.data", host, (message: Resource<Message>) => {
        let data = HostMessage::data(&mut host, message).await?;
        Ok((String::from_utf8_lossy(&data).into_owned().into_bytes(),))
    })
}

fn data_moves_out(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[method]message.data", host, (message: Resource<Message>) => {
        let data = host.table.get(&message)?.data().to_vec();
        host.table.get_mut(&message)?.set_data(Vec::new());
        Ok((data,))
    })
}

fn fresh_is_typed(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[constructor]message", host, (data: Vec<u8>) => {
        let message = HostMessage::new(&mut host, data).await?;
        host.table.get_mut(&message)?.set_content_type("application/octet-stream".into());
        Ok((message,))
    })
}

fn type_is_tidied(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[method]message.set-content-type", host, (message: Resource<Message>, text: String) => {
        let essence = text.split(';').next().unwrap_or_default().to_owned();
        HostMessage::set_content_type(&mut host, message, essence).await
    })
}

fn keeps_tail(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[method]message.set-data", host, (message: Resource<Message>, data: Vec<u8>) => {
        let message = host.table.get_mut(&message)?;
        let mut whole = message.data().to_vec();
        whole.splice(..data.len().min(whole.len()), data);
        message.set_data(whole);
        Ok(())
    })
}

fn add_keeps_first(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[method]message.add-metadata", host, (message: Resource<Message>, key: String, value: String) => {
        let message = host.table.get_mut(&message)?;
        if !message.metadata().unwrap_or_default().iter().any(|(name, _)| *name == key) {
            message.add_metadata(key, value);
        }
        Ok(())
    })
}

fn set_adds(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[method]message.set-metadata", host, (message: Resource<Message>, pairs: Metadata) => {
        let message = host.table.get_mut(&message)?;
        pairs.into_iter().for_each(|(key, value)| message.add_metadata(key, value));
        Ok(())
    })
}

fn remove_removes_all(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[method]message.remove-metadata", host, (message: Resource<Message>, _key: String) => {
        HostMessage::set_metadata(&mut host, message, Vec::new()).await
    })
}

fn remove_missing_traps(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[method]message.remove-metadata", host, (message: Resource<Message>, key: String) => {
        let message = host.table.get_mut(&message)?;
        if !message.metadata().unwrap_or_default().iter().any(|(name, _)| *name == key) {
            bail!("there is no such pair");
        }
        message.remove_metadata(&key);
        Ok(())
    })
}

fn none_is_empty(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[method]message.metadata", host, (message: Resource<Message>) => {
        let pairs = HostMessage::metadata(&mut host, message).await?;
        Ok((Some(pairs.unwrap_or_default()),))
    })
}

fn first_wins(linker: &mut Linker) -> Result<()> {
    shadow!(linker, TYPES, "[method]message.set-metadata", host, (message: Resource<Message>, pairs: Metadata) => {
        HostMessage::set_metadata(&mut host, message, pairs.into_iter().rev().collect()).await
    })
}

fn failed_send_is_ok(linker: &mut Linker) -> Result<()> {
    shadow!(linker, PRODUCER, "send", host, (client: Resource<Client>, topic: String, message: Resource<Message>) => {
        match producer::Host::send(&mut host, client, topic, message).await {
            Err(HostError::Cloud(_)) => Ok((Ok::<(), types::Error>(()),)),
            sent => told(&mut host, sent),
        }
    })
}

fn failed_send_is_trap(linker: &mut Linker) -> Result<()> {
    shadow!(linker, PRODUCER, "send", host, (client: Resource<Client>, topic: String, message: Resource<Message>) => {
        match producer::Host::send(&mut host, client, topic, message).await {
            Err(HostError::Cloud(error)) => bail!("{error}"),
            sent => told(&mut host, sent),
        }
    })
}

/// The topic without what it cannot hold.
pub(super) fn tidy(topic: &str) -> String {
    topic.chars().filter(|c| !c.is_control() && !"*>#+".contains(*c)).collect()
}

fn topics_are_tidied(linker: &mut Linker) -> Result<()> {
    shadow!(linker, PRODUCER, "send", host, (client: Resource<Client>, topic: String, message: Resource<Message>) => {
        let sent = producer::Host::send(&mut host, client, tidy(&topic), message).await;
        told(&mut host, sent)
    })
}

fn ends_at_space(linker: &mut Linker) -> Result<()> {
    shadow!(linker, PRODUCER, "send", host, (client: Resource<Client>, topic: String, message: Resource<Message>) => {
        let cut = host.table.get_mut(&message)?;
        cut.set_data(cut.data().split(|byte| *byte == b' ').next().unwrap_or_default().to_vec());
        let sent = producer::Host::send(&mut host, client, topic, message).await;
        told(&mut host, sent)
    })
}

fn too_much_is_cut(linker: &mut Linker) -> Result<()> {
    shadow!(linker, PRODUCER, "send", host, (client: Resource<Client>, topic: String, message: Resource<Message>) => {
        let mut cut = host.table.get(&message)?.clone();
        let again = Resource::new_borrow(client.rep());
        let sent = producer::Host::send(&mut host, client, topic.clone(), message).await;
        if let Err(HostError::Cloud(Error { kind: Kind::Quota, .. })) = &sent {
            cut.set_data(b"what fits".to_vec());
            let cut = host.table.push(cut)?;
            let _ = producer::Host::send(&mut host, again, topic, cut).await;
        }
        told(&mut host, sent)
    })
}
