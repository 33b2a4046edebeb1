//! A message as a record: metadata are its headers, by the same names.

use krafka::{ConsumerRecord, Record};
use wasi_cloud_core::messaging::Payload;

/// The header of the content type.
const CONTENT_TYPE: &str = "content-type";
/// The metadata whose value is also the record's key, as other programs know it.
const KEY: &str = "partition-key";
/// Stands before metadata whose header would be read as something else.
const MARK: char = '+';

/// Metadata that is called like the header of the content type, marked or not.
fn is_taken(name: &str) -> bool {
    name.trim_start_matches(MARK) == CONTENT_TYPE
}

/// The record of a message on a topic of Kafka's.
pub(super) fn record(topic: &str, message: &Payload) -> Record {
    let mut record = Record::new(topic, message.data.clone());
    if let Some(content_type) = &message.content_type {
        record = record.header(CONTENT_TYPE, content_type.clone());
    }
    for (name, value) in &message.metadata {
        if name == KEY {
            record = record.key(value.clone());
        }
        let name = if is_taken(name) { format!("{MARK}{name}") } else { name.clone() };
        record = record.header(name, value.clone());
    }
    record
}

/// The message of a record. What another program wrote is read as well as it can be: of headers by one name the last one
/// counts, one without a value is empty, and a key is metadata.
pub(super) fn payload(record: &ConsumerRecord) -> Payload {
    let mut payload = Payload { data: record.value.as_deref().unwrap_or_default().to_vec(), ..Payload::default() };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for (name, value) in &record.headers {
        let value = text(value.as_deref().unwrap_or_default());
        if name == CONTENT_TYPE {
            payload.content_type = Some(value);
            continue;
        }
        let name = if is_taken(name) { &name[MARK.len_utf8()..] } else { name };
        set(&mut payload.metadata, name, value);
    }
    if let Some(key) = &record.key
        && !payload.metadata.iter().any(|(name, _)| name == KEY)
    {
        payload.metadata.push((KEY.to_owned(), text(key)));
    }
    payload
}

fn set(metadata: &mut Vec<(String, String)>, name: &str, value: String) {
    match metadata.iter_mut().find(|(before, _)| before == name) {
        Some((_, before)) => *before = value,
        None => metadata.push((name.to_owned(), value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a broker hands on what it was sent.
    fn received(record: Record) -> ConsumerRecord {
        let mut received = ConsumerRecord::new(record.topic, 0, 0, record.key, record.value);
        received.headers = record.headers;
        received
    }

    #[test]
    fn a_message_comes_back_as_it_was_sent() {
        let names = ["k", "", "K", "content-type", "+content-type", "++content-type", "+", "Content-Type", KEY];
        let message = Payload {
            data: b"\0\xff".to_vec(),
            content_type: Some("text/plain".into()),
            metadata: names.map(|name| (name.to_owned(), format!("\u{e9}\n{name}"))).to_vec(),
        };
        let sent = record("t", &message);
        assert_eq!(sent.key.as_deref(), Some("\u{e9}\npartition-key".as_bytes()));
        assert_eq!(payload(&received(sent)), message);
        let bare = Payload::default();
        let sent = record("t", &bare);
        assert_eq!((sent.key.is_none(), sent.is_tombstone()), (true, false));
        assert_eq!(payload(&received(sent)), bare);
    }

    #[test]
    fn what_others_write_is_read_as_well_as_it_can_be() {
        let foreign =
            Record::new("t", "data").without_value().key("k").header("a", "1").null_header("b").header("a", "2");
        let read = payload(&received(foreign.header("c", vec![0xff])));
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read.metadata, [pair("a", "2"), pair("b", ""), pair("c", "\u{fffd}"), pair(KEY, "k")]);
        assert_eq!((read.data, read.content_type), (vec![], None));
    }
}
