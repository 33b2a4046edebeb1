//! [CloudEvents 1.0](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md) as messages, with the feature
//! `cloudevents`.
//!
//! A message carries an event in one of two modes, and its content type says in which:
//!
//! - **Binary:** the data is the message's data, `datacontenttype` its content type, and every other attribute is
//!   metadata under its name with `ce-` in front, as in the bindings for HTTP and NATS. A value is written as it is and
//!   not percent-encoded: metadata is any text, and a host brings it into the form of its broker.
//! - **Structured:** the content type is `application/cloudevents+json`, and the data is the event as JSON. Metadata is
//!   neither written nor read.
//!
//! The SDKs for C and Go write the same bytes and refuse the same messages, in the same words.
//!
//! Functions here are local and do not block.
//!
//! # Errors
//! [`Kind::Unsupported`] for a batch, for another format than JSON and for another `specversion` than 1.0, and
//! [`Kind::Invalid`] for what is no CloudEvent. Never [`Applied::Maybe`](crate::Applied::Maybe).
//!
//! ```
//! use wasi_cloud_sdk::messaging::{Message, cloudevents::{Event, Mode}};
//!
//! # fn main() -> wasi_cloud_sdk::Result<()> {
//! let mut event = Event::new("7", "/counter", "com.example.order");
//! event.datacontenttype = Some("application/json".to_owned());
//! event.data = br#"{"cups":2}"#.to_vec();
//!
//! let message = event.to_message(Mode::Structured)?;
//! let json = r#"{"specversion":"1.0","id":"7","source":"/counter","type":"com.example.order","datacontenttype":"application/json","data":{"cups":2}}"#;
//! assert_eq!(message.data(), json.as_bytes());
//! assert_eq!(Event::from_message(&message)?, event);
//! # Ok(()) }
//! ```

mod attributes;
mod binary;
mod structured;

use super::Message;
use crate::{Error, Kind, Result};
use std::collections::BTreeMap;

/// How a message carries an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Attributes as metadata, and the data as it is.
    Binary,
    /// One JSON document.
    Structured,
}

// Not that of the crate `cloudevents-sdk`: it makes JSON, times and URLs anew, so that their bytes change, takes any name,
// and brings `chrono`, `url` and 280 KB into a component.
/// An event. What its attributes must be is looked at when it becomes a message, and when it is read of one.
///
/// No attribute may have control characters, and all but extensions must not be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// Together with the source, what tells this event from all others.
    pub id: String,
    /// Where it happened: a URI reference, which is not checked.
    pub source: String,
    /// What happened.
    pub ty: String,
    /// The media type of the data. [`Event::from_message`] sets that of JSON where a structured message has JSON data
    /// and leaves it out.
    pub datacontenttype: Option<String>,
    /// The schema of the data: a URI, which is not checked.
    pub dataschema: Option<String>,
    /// What of the source it happened to.
    pub subject: Option<String>,
    /// When it happened, as in RFC 3339: `2026-01-31T12:00:00Z`. Kept as it is written.
    pub time: Option<String>,
    /// Other attributes. A name is made of `a` to `z` and `0` to `9`. Numbers and booleans of a structured message are
    /// read as their text, and written as text.
    pub extensions: BTreeMap<String, String>,
    /// The data; empty if there is none.
    pub data: Vec<u8>,
}

impl Event {
    /// An event without data, and without attributes but those that each must have.
    #[must_use]
    pub fn new(id: impl Into<String>, source: impl Into<String>, ty: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            source: source.into(),
            ty: ty.into(),
            datacontenttype: None,
            dataschema: None,
            subject: None,
            time: None,
            extensions: BTreeMap::new(),
            data: Vec::new(),
        }
    }

    /// The event as a message, without a topic.
    ///
    /// In structured mode data is a JSON value where `datacontenttype` is JSON, and text where it is something else.
    /// Where it is missing, and data is not what it says, the data is in Base64.
    ///
    /// # Errors
    /// See the [module](self).
    pub fn to_message(&self, mode: Mode) -> Result<Message> {
        let attributes = attributes::of(self)?;
        match mode {
            Mode::Binary => binary::write(&attributes, &self.data),
            Mode::Structured => structured::write(self, &attributes),
        }
    }

    /// Reads the event of a message, in whichever mode it is.
    ///
    /// # Errors
    /// See the [module](self).
    pub fn from_message(message: &Message) -> Result<Self> {
        let content_type = message.content_type();
        match content_type.as_deref().and_then(format).as_deref() {
            None => binary::read(message, content_type),
            Some(structured::CONTENT_TYPE) => structured::read(&message.data()),
            Some("application/cloudevents-batch+json") => {
                Err(Error::new(Kind::Unsupported, "a batch of CloudEvents: send each as a message of its own"))
            }
            Some(other) => {
                let known = structured::CONTENT_TYPE;
                Err(Error::new(Kind::Unsupported, format!("CloudEvents as {other}: only {known} is read")))
            }
        }
    }
}

/// The media type, without parameters and in small letters.
fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim_matches([' ', '\t']).to_ascii_lowercase()
}

/// The media type, if it is one of events as a whole.
fn format(content_type: &str) -> Option<String> {
    Some(media_type(content_type)).filter(|media_type| media_type.starts_with("application/cloudevents"))
}

fn invalid(text: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, text)
}
