//! The event as JSON.
//!
//! Data that is JSON stays as it is written, which no type of serde does: a map would order its members, and a float
//! cut its numbers. So the outermost object is taken apart and put together here, and all in it by `serde_json`.

use super::{Event, attributes, invalid, media_type};
use crate::{Error, Result, messaging::Message};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, de::IgnoredAny};
use std::{borrow::Cow, collections::BTreeMap, str};

pub(super) const CONTENT_TYPE: &str = "application/cloudevents+json";
const JSON: &str = "application/json";
/// White space of JSON.
const SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

pub(super) fn write(event: &Event, attributes: &[(&str, &str)]) -> Result<Message> {
    let mut members = Vec::new();
    for (name, value) in attributes {
        members.push(format!("\"{name}\":{}", quoted(value)?));
    }
    if !event.data.is_empty() {
        members.push(match as_declared(event) {
            Some(value) => format!("\"data\":{}", value?),
            None => format!("\"data_base64\":\"{}\"", STANDARD.encode(&event.data)),
        });
    }
    let mut message = Message::new(format!("{{{}}}", members.join(",")));
    message.set_content_type(CONTENT_TYPE);
    Ok(message)
}

/// The data as its content type says, if there is one and it is right.
fn as_declared(event: &Event) -> Option<Result<Cow<'_, str>>> {
    let content_type = event.datacontenttype.as_deref()?;
    let text = str::from_utf8(&event.data).ok()?;
    if is_json(content_type) {
        let value = text.trim_matches(SPACE);
        return serde_json::from_str::<IgnoredAny>(value).ok().map(|_| Ok(value.into()));
    }
    Some(quoted(text).map(Cow::Owned))
}

fn quoted(text: &str) -> Result<String> {
    serde_json::to_string(text).map_err(Error::other)
}

pub(super) fn read(json: &[u8]) -> Result<Event> {
    let members = str::from_utf8(json).ok().and_then(members);
    let members = members.ok_or_else(|| invalid("the CloudEvent is not a JSON object"))?;
    let (mut attributes, mut data, mut data_base64) = (BTreeMap::new(), None, None);
    for (name, value) in members {
        match name.as_str() {
            "data" => data = Some(value),
            // What is null is not there. Of data it is a value.
            _ if value == "null" => {}
            "data_base64" => data_base64 = Some(value),
            _ => {
                let value = text(&name, value)?;
                attributes.insert(name, value);
            }
        }
    }
    let data = match (data, data_base64) {
        (None, None) => Vec::new(),
        (Some(_), Some(_)) => return Err(invalid("`data` and `data_base64` are both there")),
        (None, Some(base64)) => {
            let bytes = serde_json::from_str::<String>(base64).ok().and_then(|text| STANDARD.decode(text).ok());
            bytes.ok_or_else(|| invalid("`data_base64` is not Base64"))?
        }
        (Some(value), None) => {
            let content_type = attributes.entry("datacontenttype".to_owned()).or_insert_with(|| JSON.to_owned());
            if is_json(content_type) {
                value.as_bytes().to_vec()
            } else {
                let text = serde_json::from_str::<String>(value);
                text.map_err(|_| invalid("`data` is not text, and its content type is not JSON"))?.into_bytes()
            }
        }
    };
    attributes::event(attributes, data)
}

/// An attribute as text. Extensions may be of two more types that JSON has a form for.
fn text(name: &str, value: &str) -> Result<String> {
    if let Ok(text) = serde_json::from_str(value) {
        return Ok(text);
    }
    let typed = matches!(value, "true" | "false") || value.parse::<i32>().is_ok();
    if attributes::CORE.contains(&name) || !typed {
        return Err(invalid(format!("`{name}` is not text")));
    }
    Ok(value.to_owned())
}

fn is_json(content_type: &str) -> bool {
    let media_type = media_type(content_type);
    media_type.ends_with("/json") || media_type.ends_with("+json")
}

/// The members of a JSON object, each value as it is written. Of a name given twice the last.
fn members(json: &str) -> Option<BTreeMap<String, &str>> {
    let mut members = BTreeMap::new();
    let mut rest = after(json, '{')?;
    let mut end = after(rest, '}');
    while end.is_none() {
        let (name, behind) = first(rest)?;
        let value = after(behind, ':')?.trim_start_matches(SPACE);
        let (IgnoredAny, behind) = first(value)?;
        members.insert(name, &value[..value.len() - behind.len()]);
        end = after(behind, '}');
        rest = if end.is_none() { after(behind, ',')? } else { behind };
    }
    end?.trim_matches(SPACE).is_empty().then_some(members)
}

/// What is behind this character, if it comes first.
fn after(text: &str, character: char) -> Option<&str> {
    text.trim_start_matches(SPACE).strip_prefix(character)
}

/// The value that comes first, and what is behind it.
fn first<'text, T: Deserialize<'text>>(text: &'text str) -> Option<(T, &'text str)> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    let value = values.next()?.ok()?;
    Some((value, text.get(values.byte_offset()..)?))
}
