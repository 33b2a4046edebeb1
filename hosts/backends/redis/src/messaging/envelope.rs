//! A message as one piece of bytes, for channels.
//!
//! Bytes alone go as they are. What has more to it gets a first line: a mark, and JSON. Bytes that begin like the mark
//! get one too, so that every message comes out as it went in, except that another program's message which happens to
//! be a well-formed first line is read as one.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wasi_cloud_core::messaging::Payload;

const MARK: &[u8] = b"wasi-cloud:1 ";

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Header {
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_to: Option<String>,
}

/// The bytes to publish.
pub(super) fn encode(message: &Payload, reply_to: Option<&str>) -> Vec<u8> {
    let header = Header {
        content_type: message.content_type.clone(),
        metadata: message.metadata.iter().cloned().collect(),
        reply_to: reply_to.map(str::to_owned),
    };
    if header == Header::default() && !message.data.starts_with(MARK) {
        return message.data.clone();
    }
    // Strings and maps of strings are always JSON.
    let json = serde_json::to_vec(&header).unwrap_or_default();
    [MARK, &json, b"\n", &message.data].concat()
}

/// The message that was published, and where its replies go.
pub(super) fn decode(bytes: &[u8]) -> (Payload, Option<String>) {
    let Some((header, data)) = split(bytes) else {
        return (Payload { data: bytes.to_vec(), ..Payload::default() }, None);
    };
    let metadata = header.metadata.into_iter().collect();
    (Payload { data: data.to_vec(), content_type: header.content_type, metadata }, header.reply_to)
}

fn split(bytes: &[u8]) -> Option<(Header, &[u8])> {
    let rest = bytes.strip_prefix(MARK)?;
    let end = rest.iter().position(|b| *b == b'\n')?;
    Some((serde_json::from_slice(&rest[..end]).ok()?, &rest[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(data: &[u8], content_type: Option<&str>, metadata: &[(&str, &str)]) -> Payload {
        Payload {
            data: data.to_vec(),
            content_type: content_type.map(str::to_owned),
            metadata: metadata.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        }
    }

    #[test]
    fn every_message_comes_out_as_it_went_in() {
        for data in [&b""[..], b"plain", b"\0\xff\n", MARK, b"wasi-cloud:1 {}\nsplit", b"wasi-cloud:1 {\n"] {
            for content_type in [None, Some(""), Some("text/plain")] {
                for metadata in [&[][..], &[("a", "1\n2"), ("b", "")]] {
                    for reply_to in [None, Some("somewhere")] {
                        let message = message(data, content_type, metadata);
                        let (decoded, to) = decode(&encode(&message, reply_to));
                        assert_eq!((decoded, to.as_deref()), (message, reply_to));
                    }
                }
            }
        }
    }

    #[test]
    fn bytes_alone_stay_bytes_alone() {
        assert_eq!(encode(&message(b"plain", None, &[]), None), b"plain");
        for foreign in [&b"wasi-cloud:1 no json\nx"[..], b"wasi-cloud:1 {}", b"wasi-cloud:2 {}\nx"] {
            assert_eq!(decode(foreign), (message(foreign, None, &[]), None));
        }
    }
}
