//! A message as a payload with properties.

use crate::names;
use bytes::Bytes;
use rumqttc::v5::mqttbytes::v5::{Publish, PublishProperties};
use std::{collections::BTreeMap, fmt::Write};
use wasi_cloud_core::{Error, Kind, Result, messaging::Payload};

/// Between the topic for replies and what tells them apart; no topic holds it.
const SEPARATOR: char = '\0';

/// The properties of a message.
pub(super) fn properties(message: &Payload) -> Result<PublishProperties> {
    let user_properties: Vec<_> =
        message.metadata.iter().map(|(key, value)| (names::text(key), names::text(value))).collect();
    let content_type = message.content_type.as_deref().map(names::text);
    let texts = || user_properties.iter().flat_map(|(key, value)| [key, value]).chain(&content_type);
    if texts().any(|text| text.len() > usize::from(u16::MAX)) {
        let why = "a content type, and a key or value of the metadata, has at most 65,535 bytes, escaped";
        return Err(Error::new(Kind::Quota, why));
    }
    Ok(PublishProperties { user_properties, content_type, ..PublishProperties::default() })
}

/// The properties of a reply, and the topic to publish it on.
pub(super) fn reply(message: &Payload, address: &str) -> Result<(String, PublishProperties)> {
    let invalid = || Error::new(Kind::Invalid, "the requester named no topic that replies can be published on");
    let (topic, data) = match address.split_once(SEPARATOR) {
        None => (address, None),
        Some((topic, digits)) => (topic, Some(read_hex(digits).ok_or_else(invalid)?)),
    };
    if !names::is_address(topic) {
        return Err(invalid());
    }
    Ok((topic.to_owned(), PublishProperties { correlation_data: data, ..properties(message)? }))
}

/// The message, and where its replies go. Of a key that is there twice the last counts.
pub(super) fn payload(publish: &Publish) -> (Payload, Option<String>) {
    let data = publish.payload.to_vec();
    let Some(properties) = &publish.properties else { return (Payload { data, ..Payload::default() }, None) };
    let metadata: BTreeMap<_, _> = properties
        .user_properties
        .iter()
        .map(|(key, value)| (names::read_text(key), names::read_text(value)))
        .collect();
    let content_type = properties.content_type.as_deref().map(names::read_text);
    let reply_to = properties.response_topic.as_ref().map(|topic| match &properties.correlation_data {
        None => topic.clone(),
        Some(data) => format!("{topic}{SEPARATOR}{}", hex(data)),
    });
    (Payload { data, content_type, metadata: metadata.into_iter().collect() }, reply_to)
}

fn hex(data: &[u8]) -> String {
    data.iter().fold(String::with_capacity(data.len() * 2), |mut digits, byte| {
        // A string takes everything.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

fn read_hex(digits: &str) -> Option<Bytes> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rumqttc::v5::mqttbytes::QoS;
    use wasi_cloud_core::escape::hostile;

    fn arrives(message: &Payload, properties: PublishProperties) -> (Payload, Option<String>) {
        payload(&Publish::new("t", QoS::AtLeastOnce, message.data.clone(), Some(properties)))
    }

    #[test]
    fn a_message_comes_back_from_its_properties() {
        let mut metadata: Vec<_> =
            hostile().into_iter().map(|h| (h.text.clone(), h.text)).chain([(String::new(), String::new())]).collect();
        metadata.sort_unstable();
        for content_type in [None, Some(String::new()), Some("text/plain; a=\"100%\"".to_owned())] {
            let message = Payload { data: b"\0\xff".to_vec(), content_type, metadata: metadata.clone() };
            let properties = properties(&message).expect("fits");
            assert_eq!(arrives(&message, properties), (message, None));
        }
        let bare = Publish::new("t", QoS::AtMostOnce, Bytes::new(), None);
        assert_eq!(payload(&bare), (Payload::default(), None));
    }

    #[test]
    fn a_reply_goes_where_and_as_the_requester_wants_it() {
        for correlation_data in [None, Some(Bytes::new()), Some(Bytes::from_static(b"\0\xff1"))] {
            let asked = PublishProperties {
                response_topic: Some("devices/1".to_owned()),
                correlation_data: correlation_data.clone(),
                ..PublishProperties::default()
            };
            let (message, address) = arrives(&Payload::default(), asked);
            let (topic, properties) = reply(&message, &address.expect("an address")).expect("replied");
            assert_eq!((&*topic, properties.correlation_data), ("devices/1", correlation_data));
        }
        for bad in ["", "$SYS/a", "a/#", "a\0zz"] {
            assert!(reply(&Payload::default(), bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_no_property_can_hold_is_refused() {
        let long = |text: String| Payload { metadata: vec![("k".to_owned(), text)], ..Payload::default() };
        assert!(properties(&long("x".repeat(65_535))).is_ok());
        assert_eq!(properties(&long("x".repeat(65_536))).expect_err("long").kind, Kind::Quota);
        assert_eq!(properties(&long("\n".repeat(22_000))).expect_err("escaped").kind, Kind::Quota);
    }

    #[test]
    fn the_last_of_two_values_counts() {
        let twice = ["1", "2"].map(|value| ("k".to_owned(), value.to_owned())).to_vec();
        let properties = PublishProperties { user_properties: twice, ..PublishProperties::default() };
        assert_eq!(arrives(&Payload::default(), properties).0.metadata, [("k".to_owned(), "2".to_owned())]);
    }
}
