//! What goes over the wire: Vault's messages, and values as fields of secrets.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use wasi_cloud_core::{Error, Kind, Result, keyvalue::Version};

/// The field of a value that is text, and of one that is not.
const TEXT: &str = "value";
const BYTES: &str = "base64";

/// Most bytes of text as Vault stores it: what the largest value has in Base64.
const MOST_TEXT: usize = crate::keyvalue::MAX_VALUE_SIZE as usize / 3 * 4;

pub(crate) type Fields = Map<String, Value>;

/// Any answer.
#[derive(Debug, Deserialize)]
pub(crate) struct Body<T> {
    #[serde(default = "Option::default")]
    pub(crate) data: Option<T>,
    /// Empty where there is nothing at a path.
    #[serde(default)]
    pub(crate) errors: Vec<String>,
}

/// Which write made what is there, or was there.
#[derive(Debug, Default, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Written {
    /// It grows by one with each write; 0 before the first.
    #[serde(rename = "version")]
    pub(crate) number: u64,
    #[serde(rename = "created_time")]
    pub(crate) time: String,
}

impl Written {
    /// With its time, for numbers begin anew where another program removed the key's metadata.
    pub(crate) fn version(&self) -> Version {
        Version(format!("{}-{}", self.number, self.time))
    }
}

/// A secret, or the names of its fields.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Held {
    #[serde(rename = "metadata")]
    pub(crate) written: Written,
    #[serde(rename = "data", alias = "subkeys")]
    fields: Option<Fields>,
}

impl Held {
    /// Whether it has not been deleted, which by us leaves a secret without fields.
    pub(crate) fn is_there(&self) -> bool {
        self.fields.as_ref().is_some_and(|fields| !fields.is_empty())
    }

    pub(crate) fn is_version(&self, version: &Version) -> bool {
        self.is_there() && self.written.version() == *version
    }

    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.as_ref()?.get(name)?.as_str()
    }

    /// The value, or `None` where there is none.
    pub(crate) fn value(&self) -> Result<Option<Vec<u8>>> {
        if !self.is_there() {
            return Ok(None);
        }
        let text = self.field(TEXT).map(|text| text.as_bytes().to_vec());
        let bytes = || BASE64_STANDARD.decode(self.field(BYTES)?).ok();
        let foreign = || {
            let why = "another program wrote this secret: it has neither text in `value` nor Base64 in `base64`";
            Error::new(Kind::Other, why)
        };
        text.or_else(bytes).map(Some).ok_or_else(foreign)
    }
}

/// The names in a folder.
#[derive(Debug, Deserialize)]
pub(crate) struct Names {
    pub(crate) keys: Vec<String>,
}

/// What is mounted at the beginning of a path.
#[derive(Debug, Deserialize)]
pub(crate) struct Mount {
    pub(crate) path: String,
    #[serde(rename = "type")]
    pub(crate) engine: String,
    pub(crate) options: Option<Fields>,
}

impl Mount {
    pub(crate) fn is_versioned(&self) -> bool {
        let version = self.options.as_ref().and_then(|options| options.get("version"));
        self.engine == "kv" && version.is_some_and(|version| version == "2")
    }
}

/// The fields of a secret that holds this value.
pub(crate) fn fields(value: &[u8]) -> Value {
    match std::str::from_utf8(value) {
        Ok(text) if stored(text) <= MOST_TEXT => json!({ TEXT: text }),
        _ => json!({ BYTES: BASE64_STANDARD.encode(value) }),
    }
}

/// How many bytes Vault makes of a text at most, which it stores as JSON that is safe in HTML.
fn stored(text: &str) -> usize {
    let size = |c: char| match c {
        '"' | '\\' => 2,
        '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => 6,
        c if c.is_ascii_control() => 6,
        c => c.len_utf8(),
    };
    text.chars().map(size).sum()
}

/// `None` for what is no such message.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Option<Body<T>> {
    serde_json::from_slice(body).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(body: &str) -> Held {
        read(body.as_bytes()).and_then(|body| body.data).expect(body)
    }

    #[test]
    fn a_value_comes_back_as_it_went_and_is_readable_where_it_can_be() {
        let largest = crate::keyvalue::MAX_VALUE_SIZE as usize;
        let escaped = "<".repeat(largest).into_bytes();
        for value in [&b""[..], b"17", b"\0\x1b caf\xc3\xa9 \"<&\\", b"\xff\xfe", &escaped, &vec![b'v'; largest]] {
            let data = json!({ "data": { "data": fields(value), "metadata": { "version": 1, "created_time": "t" } } });
            assert_eq!(held(&data.to_string()).value().expect("a value").as_deref(), Some(value));
            // Smaller than the 1 MiB of a server as it comes, with all that is around it.
            assert!(stored(&fields(value).to_string()) < 800 << 10);
        }
        assert_eq!(fields(b"a<b"), json!({ "value": "a<b" }));
        assert_eq!(fields(b"\xff"), json!({ "base64": "/w==" }));
        assert_eq!(fields(&escaped).get("value"), None);
    }

    #[test]
    fn what_is_deleted_by_anybody_is_not_there() {
        let around = |data: &str| {
            held(&format!(r#"{{"data":{{{data},"metadata":{{"version":3,"created_time":"t","destroyed":false}}}}}}"#))
        };
        for gone in [r#""data":null"#, r#""data":{}"#, r#""subkeys":{}"#] {
            let held = around(gone);
            assert_eq!((held.is_there(), held.written.number, held.value().expect("none")), (false, 3, None));
            assert!(!held.is_version(&Version("3-t".to_owned())));
        }
        assert!(around(r#""subkeys":{"value":null}"#).is_version(&Version("3-t".to_owned())));
        for foreign in [r#""data":{"password":"x"}"#, r#""data":{"value":5}"#, r#""data":{"base64":"!"}"#] {
            let held = around(foreign);
            assert!(held.is_there());
            assert_eq!(held.value().expect_err(foreign).kind, Kind::Other);
        }
    }

    #[test]
    fn nonsense_is_no_message() {
        for bad in [&b""[..], b"<html>", b"{\"data\":{\"data\":{}}}", b"{\"data\":{\"metadata\":{\"version\":-1}}}"] {
            assert!(read::<Held>(bad).is_none());
        }
        let nothing = read::<Held>(br#"{"errors":[]}"#).expect("nothing there");
        assert!(nothing.data.is_none() && nothing.errors.is_empty());
    }
}
