//! Attributes as metadata.

use super::{Event, attributes, format, invalid, structured::CONTENT_TYPE};
use crate::{Result, messaging::Message};
use std::collections::BTreeMap;

const PREFIX: &str = "ce-";
const CONTENT: &str = "datacontenttype";

pub(super) fn write(attributes: &[(&str, &str)], data: &[u8]) -> Result<Message> {
    let mut message = Message::new(data);
    let mut metadata = Vec::new();
    for (name, value) in attributes {
        if *name != CONTENT {
            metadata.push((format!("{PREFIX}{name}"), *value));
        } else if format(value).is_some() {
            return Err(invalid(format!("`{CONTENT}` is that of an event: only structured mode can carry it")));
        } else {
            message.set_content_type(value);
        }
    }
    message.set_metadata(metadata);
    Ok(message)
}

pub(super) fn read(message: &Message, content_type: Option<String>) -> Result<Event> {
    let mut attributes = BTreeMap::new();
    for (name, value) in message.metadata().unwrap_or_default() {
        if let Some(name) = name.strip_prefix(PREFIX) {
            attributes.insert(name.to_owned(), value);
        }
    }
    if !attributes.contains_key(attributes::VERSION.0) {
        let none = format!("no CloudEvent: its content type is not {CONTENT_TYPE}, and it has no {PREFIX}specversion");
        return Err(invalid(none));
    }
    if attributes.contains_key(CONTENT) {
        return Err(invalid(format!("{PREFIX}{CONTENT} is there: it belongs into the content type")));
    }
    attributes.extend(content_type.map(|content_type| (CONTENT.to_owned(), content_type)));
    attributes::event(attributes, message.data())
}
