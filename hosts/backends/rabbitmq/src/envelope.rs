//! A message as properties and headers.

use crate::names::short;
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldArray, FieldTable, LongString, ShortString},
};
use wasi_cloud_core::{Error, Kind, Result, messaging::Payload};

/// The metadata that no header can be: keys and values by turns.
const OTHER_METADATA: &str = "x-wasi-cloud-metadata";
/// A content type that is too long to be one here.
const LONG_CONTENT_TYPE: &str = "x-wasi-cloud-content-type";
/// How often a quorum queue has taken a message back.
const DELIVERY_COUNT: &str = "x-delivery-count";
/// What the server's own headers begin with.
const SERVERS: &str = "x-";
/// Headers by which a sender has the server route to others too.
const ROUTES: [&str; 2] = ["CC", "BCC"];
/// Where a reply may go: elsewhere it could be any message at all.
const REPLY_QUEUES: [&str; 2] = ["amq.rabbitmq.reply-to.", "amq.gen-"];
/// Room in a frame for what is no metadata and no content type, in bytes.
const ROOM: usize = 2 << 10;
/// On disk, where the queue is.
const PERSISTENT: u8 = 2;

/// A key as a header, if it can be one.
fn header(key: &str) -> Option<ShortString> {
    if key.is_empty() || is_servers(key) { None } else { short(key) }
}

fn is_servers(header: &str) -> bool {
    header.starts_with(SERVERS) || ROUTES.contains(&header)
}

/// The properties of a message. They are one frame, which cannot be longer than `frame` bytes (0: as long as one likes).
pub(crate) fn properties(message: &Payload, frame: usize) -> Result<BasicProperties> {
    let mut properties = BasicProperties::default().with_delivery_mode(PERSISTENT);
    let (mut headers, mut others, mut size) = (FieldTable::default(), FieldArray::default(), ROOM);
    for (key, value) in &message.metadata {
        size += key.len() + value.len() + 16;
        match header(key) {
            Some(name) => {
                headers.insert(name, text(value));
            }
            None => [key, value].iter().for_each(|part| others.push(text(part))),
        }
    }
    if !others.as_slice().is_empty() {
        headers.insert(OTHER_METADATA.into(), AMQPValue::FieldArray(others));
    }
    if let Some(content_type) = &message.content_type {
        size += content_type.len();
        match short(content_type) {
            Some(short) => properties = properties.with_content_type(short),
            None => {
                headers.insert(LONG_CONTENT_TYPE.into(), text(content_type));
            }
        }
    }
    if frame > 0 && size > frame {
        let why = format!("metadata of {size} bytes exceeds this server's frames of {frame} (`frame_max`)");
        return Err(Error::new(Kind::Quota, why));
    }
    Ok(properties.with_headers(headers))
}

/// The message of a delivery. Headers that are no text are no metadata.
pub(crate) fn payload(data: Vec<u8>, properties: &BasicProperties) -> Payload {
    let content_type = properties.content_type().as_ref().map(|short| short.as_str().to_owned());
    let mut message = Payload { data, content_type, metadata: Vec::new() };
    for (name, value) in headers(properties) {
        match name.as_str() {
            OTHER_METADATA => message.metadata.extend(pairs(value)),
            LONG_CONTENT_TYPE => message.content_type = read(value),
            name if is_servers(name) => {}
            name => message.metadata.extend(read(value).map(|value| (name.to_owned(), value))),
        }
    }
    // What others wrote could name a key twice.
    message.metadata.sort_unstable();
    message.metadata.dedup_by(|one, other| one.0 == other.0);
    message
}

/// How often the message has been delivered, this time included, as its queue has counted.
pub(crate) fn attempt(properties: &BasicProperties) -> u32 {
    let count = properties.headers().as_ref().and_then(|headers| headers.inner().get(DELIVERY_COUNT));
    let count = match count {
        Some(AMQPValue::LongLongInt(count)) => *count,
        Some(AMQPValue::LongInt(count)) => i64::from(*count),
        Some(AMQPValue::ShortInt(count)) => i64::from(*count),
        Some(AMQPValue::ShortShortInt(count)) => i64::from(*count),
        Some(AMQPValue::LongUInt(count)) => i64::from(*count),
        Some(AMQPValue::ShortUInt(count)) => i64::from(*count),
        Some(AMQPValue::ShortShortUInt(count)) => i64::from(*count),
        _ => 0,
    };
    u32::try_from(count.max(0)).unwrap_or(u32::MAX).saturating_add(1)
}

/// Where replies go: a queue and, after a space, what tells them apart there. A queue that the server names has no space.
pub(crate) fn reply_to(properties: &BasicProperties) -> Option<String> {
    let queue = properties.reply_to().as_ref()?.as_str();
    if !is_reply_queue(queue) {
        return None;
    }
    let correlation = properties.correlation_id().as_ref().map(ShortString::as_str).unwrap_or_default();
    Some(format!("{queue} {correlation}"))
}

/// The queue, and the properties of a reply to it.
pub(crate) fn reply(address: &str, properties: BasicProperties) -> Result<(ShortString, BasicProperties)> {
    let (queue, correlation) = address.split_once(' ').unwrap_or((address, ""));
    let unknown = || Error::new(Kind::Invalid, "the requester named no queue for replies");
    let queue = short(queue).filter(|queue| is_reply_queue(queue.as_str())).ok_or_else(unknown)?;
    let properties = match short(correlation) {
        Some(correlation) if !correlation.as_str().is_empty() => properties.with_correlation_id(correlation),
        _ => properties,
    };
    Ok((queue, properties))
}

fn is_reply_queue(queue: &str) -> bool {
    !queue.contains(' ') && REPLY_QUEUES.iter().any(|begin| queue.starts_with(begin))
}

fn headers(properties: &BasicProperties) -> impl Iterator<Item = (&ShortString, &AMQPValue)> {
    properties.headers().iter().flat_map(|headers| headers.inner())
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(value))
}

fn read(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok().map(str::to_owned),
        AMQPValue::ShortString(text) => Some(text.as_str().to_owned()),
        _ => None,
    }
}

fn pairs(value: &AMQPValue) -> Vec<(String, String)> {
    let AMQPValue::FieldArray(parts) = value else { return Vec::new() };
    let pairs = parts.as_slice().chunks_exact(2);
    pairs.filter_map(|pair| Some((read(pair.first()?)?, read(pair.last()?)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_cloud_core::escape::hostile;

    fn with(name: &str, value: AMQPValue) -> BasicProperties {
        let mut headers = FieldTable::default();
        headers.insert(name.into(), value);
        BasicProperties::default().with_headers(headers)
    }

    #[test]
    fn a_message_comes_back_from_its_properties() {
        let strange = ["", "CC", "BCC", "x-delivery-count", OTHER_METADATA, LONG_CONTENT_TYPE].map(str::to_owned);
        let long = "k".repeat(300);
        let keys = hostile().into_iter().map(|h| h.text).chain(strange).chain([long.clone()]);
        let mut metadata: Vec<_> = keys.map(|key| (key.clone(), key)).collect();
        metadata.sort_unstable();
        for content_type in [None, Some(String::new()), Some("text/plain".to_owned()), Some(long)] {
            let message = Payload { data: b"\0\xff".to_vec(), content_type, metadata: metadata.clone() };
            let properties = properties(&message, 0).expect("any size");
            for (name, _) in headers(&properties) {
                assert!(!ROUTES.contains(&name.as_str()) && name.as_str() != DELIVERY_COUNT, "{name}");
            }
            assert_eq!(payload(message.data.clone(), &properties), message);
            assert_eq!(attempt(&properties), 1);
        }
        assert_eq!(payload(Vec::new(), &BasicProperties::default()), Payload::default());
    }

    #[test]
    fn metadata_that_no_frame_holds_is_refused() {
        let of = |size| Payload { metadata: vec![("k".to_owned(), "v".repeat(size))], ..Payload::default() };
        assert!(properties(&of(100 << 10), 128 << 10).is_ok());
        assert_eq!(properties(&of(128 << 10), 128 << 10).expect_err("too much").kind, Kind::Quota);
    }

    #[test]
    fn what_others_write_is_read_where_it_can_be() {
        let odd = FieldArray::from(vec![text("a"), text("b"), text("c")]);
        assert_eq!(payload(Vec::new(), &with(OTHER_METADATA, AMQPValue::FieldArray(odd))).metadata.len(), 1);
        let none = [AMQPValue::Void, AMQPValue::LongInt(1), AMQPValue::LongString(LongString::from(&b"\xff"[..]))];
        for value in none {
            assert_eq!(payload(Vec::new(), &with("k", value)), Payload::default());
        }
    }

    #[test]
    fn deliveries_are_counted_by_the_queue() {
        for (count, expected) in [(0, 1), (2, 3), (-1, 1), (i64::MAX, u32::MAX)] {
            assert_eq!(attempt(&with(DELIVERY_COUNT, AMQPValue::LongLongInt(count))), expected, "{count}");
        }
        assert_eq!(attempt(&with(DELIVERY_COUNT, text("7"))), 1);
    }

    #[test]
    fn replies_go_to_queues_that_the_server_named() {
        let asked = |to: &str| BasicProperties::default().with_reply_to(to.into());
        for to in ["orders", "amq.topic", "", "amq.gen-a b"] {
            assert_eq!(reply_to(&asked(to)), None, "{to}");
            assert_eq!(reply(to, BasicProperties::default()).is_err(), !to.starts_with("amq.gen-"), "{to}");
        }
        for to in ["amq.gen-abc", "amq.rabbitmq.reply-to.g1h2"] {
            for correlation in ["", "7 of 9"] {
                let address = reply_to(&asked(to).with_correlation_id(correlation.into())).expect("a queue");
                let (queue, properties) = reply(&address, BasicProperties::default()).expect("the same");
                let given = properties.correlation_id().as_ref().map(ShortString::as_str).unwrap_or_default();
                assert_eq!((queue.as_str(), given), (to, correlation));
            }
        }
    }
}
