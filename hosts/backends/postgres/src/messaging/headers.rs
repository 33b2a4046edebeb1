//! What is known of a message, as JSON.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use wasi_cloud_core::messaging::Payload;

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Headers {
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<String, String>,
}

pub(super) fn write(message: &Payload) -> String {
    let headers =
        Headers { content_type: message.content_type.clone(), metadata: message.metadata.iter().cloned().collect() };
    // Strings and maps of strings are always JSON.
    serde_json::to_string(&headers).unwrap_or_else(|_| "{}".to_owned())
}

/// A message with these headers. Other programs' may be any JSON: what is not as it should be is none.
pub(super) fn read(data: Vec<u8>, headers: &str) -> Payload {
    let Headers { content_type, metadata } = serde_json::from_str(headers).unwrap_or_default();
    Payload { data, content_type, metadata: metadata.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_comes_back_from_its_headers() {
        let full = Payload {
            data: b"\0\xff".to_vec(),
            content_type: Some("a\0b".to_owned()),
            metadata: vec![("a".to_owned(), "\u{e9}\n".to_owned()), ("b".to_owned(), String::new())],
        };
        for message in [full, Payload::default()] {
            assert_eq!(read(message.data.clone(), &write(&message)), message);
        }
    }

    #[test]
    fn headers_of_another_form_are_none() {
        for strange in ["[1]", "null", "{\"metadata\": 7}", "{\"content-type\": []}"] {
            assert_eq!(read(Vec::new(), strange), Payload::default(), "{strange}");
        }
        assert_eq!(read(Vec::new(), "{\"trace\": 1, \"content-type\": \"x\"}").content_type.as_deref(), Some("x"));
    }
}
