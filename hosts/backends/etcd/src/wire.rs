//! What goes over the wire: etcd's messages as JSON, where bytes are Base64, 64-bit numbers are text, and what is 0,
//! empty or false is left out.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};
use serde_json::{Value, json};

pub(crate) fn bytes(bytes: impl AsRef<[u8]>) -> Value {
    Value::String(BASE64_STANDARD.encode(bytes))
}

fn read_bytes<'de, D: Deserializer<'de>>(text: D) -> Result<Vec<u8>, D::Error> {
    BASE64_STANDARD.decode(String::deserialize(text)?).map_err(D::Error::custom)
}

fn read_number<'de, D: Deserializer<'de>>(text: D) -> Result<i64, D::Error> {
    String::deserialize(text)?.parse().map_err(D::Error::custom)
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Pair {
    #[serde(default, deserialize_with = "read_bytes")]
    pub(crate) key: Vec<u8>,
    #[serde(default, deserialize_with = "read_bytes")]
    pub(crate) value: Vec<u8>,
    #[serde(default, deserialize_with = "read_number")]
    pub(crate) mod_revision: i64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Range {
    pub(crate) kvs: Vec<Pair>,
    pub(crate) more: bool,
    #[serde(deserialize_with = "read_number")]
    pub(crate) count: i64,
}

/// A step of a transaction, of which each answer has one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Step {
    pub(crate) response_range: Option<Range>,
    pub(crate) response_delete_range: Option<Deleted>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Deleted {
    #[serde(default, deserialize_with = "read_number")]
    pub(crate) deleted: i64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Header {
    #[serde(deserialize_with = "read_number")]
    pub(crate) revision: i64,
}

/// What became of a transaction.
#[derive(Debug, Deserialize)]
pub(crate) struct Done {
    pub(crate) header: Header,
    /// Whether its conditions held.
    #[serde(default)]
    pub(crate) succeeded: bool,
    #[serde(default)]
    pub(crate) responses: Vec<Step>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct LoggedIn {
    pub(crate) token: String,
}

/// A refusal: a code of gRPC.
#[derive(Debug, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) code: u64,
}

pub(crate) fn get(name: &str) -> Value {
    json!({ "request_range": { "key": bytes(name) } })
}

pub(crate) fn put(name: &str, value: &[u8]) -> Value {
    json!({ "request_put": { "key": bytes(name), "value": bytes(value) } })
}

pub(crate) fn delete(name: &str) -> Value {
    json!({ "request_delete_range": { "key": bytes(name) } })
}

/// That the key was last written at this revision; 0 stands for a key that is not there.
pub(crate) fn at(name: &str, revision: i64) -> Value {
    json!({ "key": bytes(name), "target": "MOD", "result": "EQUAL", "mod_revision": revision.to_string() })
}

/// `None` for what is no such message.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    serde_json::from_slice(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_empty() {
        let range: Range = read(b"{\"header\":{},\"kvs\":[{\"key\":\"YQ==\"}],\"count\":\"1\"}").expect("a range");
        assert_eq!(
            (range.kvs[0].key.as_slice(), range.kvs[0].value.len(), range.count, range.more),
            (&b"a"[..], 0, 1, false)
        );
        let done: Done =
            read(b"{\"header\":{\"revision\":\"7\"},\"responses\":[{\"response_delete_range\":{}}]}").expect("done");
        assert_eq!((done.header.revision, done.succeeded, done.responses.len()), (7, false, 1));
    }

    #[test]
    fn nonsense_is_no_message() {
        for bad in [&b""[..], b"{}", b"[]", b"{\"header\":{\"revision\":\"x\"}}", b"{\"header\":{\"revision\":7}}"] {
            assert!(read::<Done>(bad).is_none());
        }
        assert!(read::<Range>(b"{\"kvs\":[{\"key\":\"!\"}]}").is_none());
    }
}
