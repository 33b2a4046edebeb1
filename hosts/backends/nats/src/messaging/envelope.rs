//! A message as a payload with headers.
//!
//! A header's value has no line breaks and no spaces around it, and its name is ASCII: so values are percent-encoded where
//! they must, and names are written as keys are.

use crate::names;
use async_nats::HeaderMap;
use percent_encoding::AsciiSet;
use wasi_cloud_core::{
    escape::{PRINTABLE, escape, unescape},
    messaging::Payload,
};

const CONTENT_TYPE: &str = "Content-Type";
const METADATA: &str = "Meta-";
const REPLY_TO: &str = "Wasi-Cloud-Reply-To";
/// What the addresses of requests begin with: elsewhere a reply could be any message at all.
const INBOX: &str = "_INBOX.";
const SPACES: &AsciiSet = &PRINTABLE.add(b' ');

fn write(value: &str) -> String {
    let reserved = if value.starts_with(' ') || value.ends_with(' ') { SPACES } else { PRINTABLE };
    escape(value, reserved)
}

/// What another program wrote otherwise is taken as it is.
fn read(value: &str) -> String {
    unescape(value).unwrap_or_else(|| value.to_owned())
}

/// The headers of a message.
pub(super) fn headers(message: &Payload, reply_to: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(content_type) = &message.content_type {
        headers.insert(CONTENT_TYPE, write(content_type));
    }
    for (name, value) in &message.metadata {
        headers.insert(format!("{METADATA}{}", names::key(name)), write(value));
    }
    if let Some(address) = reply_to {
        headers.insert(REPLY_TO, address);
    }
    headers
}

/// The message, and where its replies go. Headers of others are no metadata.
pub(super) fn payload(data: Vec<u8>, headers: Option<&HeaderMap>) -> (Payload, Option<String>) {
    let mut payload = Payload { data, ..Payload::default() };
    let mut reply_to = None;
    for (name, values) in headers.into_iter().flat_map(HeaderMap::iter) {
        let name: &str = name.as_ref();
        let Some(value) = values.first().map(|value| value.as_str()) else { continue };
        if let Some(name) = name.strip_prefix(METADATA).and_then(names::read_key) {
            payload.metadata.push((name, read(value)));
        } else if name == CONTENT_TYPE {
            payload.content_type = Some(read(value));
        } else if name == REPLY_TO && value.starts_with(INBOX) {
            reply_to = Some(value.to_owned());
        }
    }
    payload.metadata.sort_unstable();
    (payload, reply_to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_cloud_core::escape::hostile;

    #[test]
    fn a_message_comes_back_from_its_headers() {
        let mut metadata: Vec<_> =
            hostile().into_iter().map(|h| (h.text.clone(), h.text)).chain([(String::new(), String::new())]).collect();
        metadata.sort_unstable();
        for content_type in [None, Some(String::new()), Some(" text/plain; a=\"b\" ".to_owned())] {
            let message = Payload { data: b"\0\xff".to_vec(), content_type, metadata: metadata.clone() };
            let headers = headers(&message, Some("_INBOX.there"));
            for (name, values) in headers.iter() {
                let name: &str = name.as_ref();
                assert!(name.bytes().all(|b| b.is_ascii_graphic() && b != b':'), "{name}");
                let value = values[0].as_str();
                assert!(value.trim() == value && !value.contains(char::is_control), "{value}");
            }
            assert_eq!(payload(message.data.clone(), Some(&headers)), (message, Some("_INBOX.there".to_owned())));
        }
        assert_eq!(payload(Vec::new(), None), (Payload::default(), None));
    }

    #[test]
    fn what_others_write_is_read_where_it_can_be() {
        let mut headers = HeaderMap::new();
        headers.insert("Nats-Msg-Id", "1");
        headers.insert("Meta-a", "%ff");
        headers.insert("Meta-=zz", "x");
        headers.insert(REPLY_TO, "$JS.API.STREAM.DELETE.MSG_s");
        let (payload, reply_to) = payload(Vec::new(), Some(&headers));
        assert_eq!(reply_to, None);
        assert_eq!(payload.metadata, [("a".to_owned(), "%ff".to_owned())]);
    }
}
