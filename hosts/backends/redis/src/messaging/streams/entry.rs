//! A message as the fields of a stream entry.

use std::{borrow::Cow, collections::BTreeMap};
use wasi_cloud_core::messaging::Payload;

const DATA: &str = "data";
const CONTENT_TYPE: &str = "content-type";
const METADATA: &str = "metadata";
const REPLY_TO: &str = "reply-to";
/// How often it has been delivered, this time included; 1 if absent.
const ATTEMPT: &str = "attempt";
/// The only group that it is for: a message that was given back.
const GROUP: &str = "group";

/// Names and contents, as `XADD` takes them.
pub(super) type Fields<'a> = Vec<(&'static str, Cow<'a, [u8]>)>;

/// What to write for a message.
pub(super) fn fields<'a>(message: &'a Payload, reply_to: Option<&'a str>) -> Fields<'a> {
    let mut fields: Fields<'a> = vec![(DATA, Cow::Borrowed(&message.data))];
    if let Some(content_type) = &message.content_type {
        fields.push((CONTENT_TYPE, Cow::Borrowed(content_type.as_bytes())));
    }
    if !message.metadata.is_empty() {
        let pairs: BTreeMap<_, _> = message.metadata.iter().map(|(k, v)| (k, v)).collect();
        // Maps of strings are always JSON.
        fields.push((METADATA, Cow::Owned(serde_json::to_vec(&pairs).unwrap_or_default())));
    }
    if let Some(address) = reply_to {
        fields.push((REPLY_TO, Cow::Borrowed(address.as_bytes())));
    }
    fields
}

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) payload: Payload,
    pub(super) reply_to: Option<String>,
    pub(super) attempt: u32,
    pub(super) group: Option<Vec<u8>>,
}

/// Understands an entry; `None` for another program's that is no message.
pub(super) fn parse(fields: Vec<(Vec<u8>, Vec<u8>)>) -> Option<Entry> {
    let mut fields: BTreeMap<Vec<u8>, Vec<u8>> = fields.into_iter().collect();
    let mut take = |name: &str| fields.remove(name.as_bytes());
    let data = take(DATA)?;
    let content_type = take(CONTENT_TYPE).map(String::from_utf8).transpose().ok()?;
    let metadata: BTreeMap<String, String> = match take(METADATA) {
        None => BTreeMap::new(),
        Some(json) => serde_json::from_slice(&json).ok()?,
    };
    let attempt = match take(ATTEMPT) {
        None => 1,
        Some(text) => std::str::from_utf8(&text).ok()?.parse().ok()?,
    };
    Some(Entry {
        payload: Payload { data, content_type, metadata: metadata.into_iter().collect() },
        reply_to: take(REPLY_TO).map(String::from_utf8).transpose().ok()?,
        attempt,
        group: take(GROUP),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(fields: &[(&str, &[u8])]) -> Vec<(Vec<u8>, Vec<u8>)> {
        fields.iter().map(|(name, text)| (name.as_bytes().to_vec(), text.to_vec())).collect()
    }

    #[test]
    fn a_message_comes_back_from_its_fields() {
        let full = Payload {
            data: b"\0\xff".to_vec(),
            content_type: Some(String::new()),
            metadata: vec![("a".to_owned(), "\u{e9}\n".to_owned()), ("b".to_owned(), String::new())],
        };
        for (payload, reply_to) in [(full, Some("there")), (Payload::default(), None)] {
            let written = fields(&payload, reply_to);
            let written: Vec<_> = written.iter().map(|(name, text)| (*name, &**text)).collect();
            let reply_to = reply_to.map(str::to_owned);
            let expected = Entry { payload: payload.clone(), reply_to, attempt: 1, group: None };
            assert_eq!(parse(owned(&written)), Some(expected));
        }
    }

    #[test]
    fn what_is_no_message_is_none_and_unknown_fields_do_not_matter() {
        let bad: [&[(&str, &[u8])]; 5] = [
            &[("text", b"hello")],
            &[("data", b""), ("content-type", b"\xff")],
            &[("data", b""), ("metadata", b"[1]")],
            &[("data", b""), ("attempt", b"many")],
            &[("data", b""), ("reply-to", b"\xff")],
        ];
        for fields in bad {
            assert_eq!(parse(owned(fields)), None, "{fields:?}");
        }
        let again = parse(owned(&[("group", b"g"), ("attempt", b"2"), ("data", b"x"), ("trace", b"y")]));
        assert!(again.is_some_and(|e| e.attempt == 2 && e.group.as_deref() == Some(b"g")));
    }
}
