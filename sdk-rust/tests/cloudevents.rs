//! CloudEvents as messages: the same table as the tests of the SDKs for C and Go have.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use std::{collections::BTreeMap, error, path::Path};
use wasi_cloud_sdk::messaging::{
    Message,
    cloudevents::{Event, Mode},
};

#[derive(Deserialize)]
struct Golden {
    written: Vec<Written>,
    read: Vec<Read>,
    refused: Vec<Refused>,
    unwritable: Vec<Unwritable>,
}

#[derive(Deserialize)]
struct Written {
    name: String,
    event: Attributes,
    binary: Carrier,
    structured: String,
}

#[derive(Deserialize)]
struct Read {
    name: String,
    message: Carrier,
    event: Attributes,
}

#[derive(Deserialize)]
struct Refused {
    name: String,
    message: Carrier,
    kind: String,
    says: String,
}

#[derive(Deserialize)]
struct Unwritable {
    name: String,
    event: Attributes,
    modes: Vec<String>,
    kind: String,
    says: String,
}

#[derive(Deserialize)]
struct Attributes {
    id: String,
    source: String,
    r#type: String,
    datacontenttype: Option<String>,
    dataschema: Option<String>,
    subject: Option<String>,
    time: Option<String>,
    #[serde(default)]
    extensions: BTreeMap<String, String>,
    #[serde(flatten)]
    data: Data,
}

/// What a message holds.
#[derive(Deserialize)]
struct Carrier {
    content_type: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    #[serde(flatten)]
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    data: Option<String>,
    data_base64: Option<String>,
}

type Outcome<T = ()> = Result<T, Box<dyn error::Error>>;

impl Data {
    fn bytes(self) -> Outcome<Vec<u8>> {
        Ok(match self.data_base64 {
            Some(base64) => STANDARD.decode(base64)?,
            None => self.data.unwrap_or_default().into_bytes(),
        })
    }
}

impl Attributes {
    fn event(self) -> Outcome<Event> {
        let mut event = Event::new(self.id, self.source, self.r#type);
        event.datacontenttype = self.datacontenttype;
        event.dataschema = self.dataschema;
        event.subject = self.subject;
        event.time = self.time;
        event.extensions = self.extensions;
        event.data = self.data.bytes()?;
        Ok(event)
    }
}

impl Carrier {
    fn message(self) -> Outcome<Message> {
        let mut message = Message::new(self.data.bytes()?);
        if let Some(content_type) = &self.content_type {
            message.set_content_type(content_type);
        }
        message.set_metadata(self.metadata);
        Ok(message)
    }
}

fn golden() -> Outcome<Golden> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../bindgen-go/go/messaging/cloudevents/testdata/messages.json");
    Ok(serde_json::from_slice(&std::fs::read(file)?)?)
}

/// All that a message holds, and metadata in one order.
fn parts(message: &Message) -> (Option<String>, Option<BTreeMap<String, String>>, Vec<u8>) {
    (message.content_type(), message.metadata().map(BTreeMap::from_iter), message.data())
}

fn refusal<T>(outcome: wasi_cloud_sdk::Result<T>) -> Option<(String, String)> {
    outcome.err().map(|error| (error.kind.to_string(), error.message))
}

#[test]
fn events_are_written_byte_for_byte_and_read_again() -> Outcome {
    for Written { name, event, binary, structured } in golden()?.written {
        let (event, binary) = (event.event()?, binary.message()?);
        let written = event.to_message(Mode::Binary).map_err(|error| format!("{name}: {error}"))?;
        assert_eq!(parts(&written), parts(&binary), "{name}");
        assert_eq!(Event::from_message(&written)?, event, "{name}");

        let written = event.to_message(Mode::Structured)?;
        assert_eq!(String::from_utf8(written.data())?, structured, "{name}");
        let content_type = Some("application/cloudevents+json".to_owned());
        assert_eq!((written.content_type(), written.metadata()), (content_type, None), "{name}");
        assert_eq!(Event::from_message(&written)?, event, "{name}");
    }
    Ok(())
}

#[test]
fn events_of_others_are_read() -> Outcome {
    for Read { name, message, event } in golden()?.read {
        let read = Event::from_message(&message.message()?).map_err(|error| format!("{name}: {error}"))?;
        assert_eq!(read, event.event()?, "{name}");
    }
    Ok(())
}

#[test]
fn what_is_wrong_is_refused() -> Outcome {
    let golden = golden()?;
    for Refused { name, message, kind, says } in golden.refused {
        assert_eq!(refusal(Event::from_message(&message.message()?)), Some((kind, says)), "{name}");
    }
    for Unwritable { name, event, modes, kind, says } in golden.unwritable {
        let event = event.event()?;
        for (mode, word) in [(Mode::Binary, "binary"), (Mode::Structured, "structured")] {
            let expected = modes.iter().any(|mode| mode == word).then(|| (kind.clone(), says.clone()));
            assert_eq!(refusal(event.to_message(mode)), expected, "{name}, {word}");
        }
    }
    let mut event = Event::new("7", "/counter", "com.example.order");
    event.subject = Some(String::new());
    assert_eq!(refusal(event.to_message(Mode::Binary)), Some(("invalid".into(), "`subject` is empty".into())));
    Ok(())
}

/// However a message is cut or changed, it is read or refused.
#[test]
fn nothing_panics() -> Outcome {
    for Written { structured, .. } in golden()?.written {
        for at in 0..structured.len() {
            for byte in [None, Some(b'"'), Some(b'\\'), Some(b'{'), Some(0xff)] {
                let mut data = structured.clone().into_bytes();
                match byte {
                    None => data.truncate(at),
                    Some(byte) => data[at] = byte,
                }
                let mut message = Message::new(data);
                message.set_content_type("application/cloudevents+json");
                if let Ok(event) = Event::from_message(&message) {
                    event.to_message(Mode::Structured)?;
                }
            }
        }
    }
    Ok(())
}

#[test]
fn the_readme_shows_the_example() {
    let (_, example) =
        include_str!("../examples/orders.rs").split_once("#![forbid(unsafe_code)]\n\n").unwrap_or_default();
    assert!(!example.is_empty() && include_str!("../README.md").contains(&format!("```rust\n{example}```")));
}
