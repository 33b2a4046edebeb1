//! The table of CloudEvents that the tests of all SDKs have, as a header for `cloudevents.c`, which has the types.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::{fmt::Write, fs};

const STRUCTURED: &str = "a CloudEvent in structured mode: the SDK for C reads binary mode alone";

/// The tables. In C events in structured mode are refused, whatever they say.
pub fn header() -> String {
    let file = super::cc::sdk().join("../bindgen-go/go/messaging/cloudevents/testdata/messages.json");
    let golden: Value = serde_json::from_slice(&fs::read(file).expect("the table")).expect("JSON");
    let [written, read, refused, unwritable] = ["written", "read", "refused", "unwritable"].map(|part| {
        let rows = golden[part].as_array().expect(part);
        assert!(!rows.is_empty(), "{part}");
        rows
    });
    let mut events = String::new();
    let mut refusals = String::new();
    let mut refusal = |row: &Value, message: &str, kind: &str, says: &str| {
        let status = format!("WCL_{}", kind.to_uppercase());
        let _ = writeln!(refusals, "{{{}, {message}, {status}, {}}},", text(&row["name"]), quoted(says.as_bytes()));
    };
    for (row, message) in
        written.iter().map(|row| (row, &row["binary"])).chain(read.iter().map(|row| (row, &row["message"])))
    {
        if is_structured(message) {
            refusal(row, &given(message), "unsupported", STRUCTURED);
        } else {
            let (message, attributes) = (given(message), attributes(&row["event"]));
            let _ = writeln!(events, "{{{}, {message}, {attributes}}},", text(&row["name"]));
        }
    }
    for row in written {
        let message =
            format!("{{\"application/cloudevents+json\", {{{{0}}}}, {0}}}", bytes(row["structured"].as_str()));
        refusal(row, &message, "unsupported", STRUCTURED);
    }
    for row in refused {
        let (kind, says) = (row["kind"].as_str().expect("a kind"), row["says"].as_str().expect("a text"));
        let (kind, says) = if is_structured(&row["message"]) { ("unsupported", STRUCTURED) } else { (kind, says) };
        refusal(row, &given(&row["message"]), kind, says);
    }

    let mut others = String::new();
    for row in unwritable {
        // In C an attribute is an extension by its name alone.
        if !row["says"].as_str().expect("a text").contains("no extension") {
            let (name, attributes, says) = (text(&row["name"]), attributes(&row["event"]), text(&row["says"]));
            let status = format!("WCL_{}", row["kind"].as_str().expect("a kind").to_uppercase());
            let _ = writeln!(others, "{{{name}, {attributes}, {status}, {says}}},");
        }
    }
    let table = |of: &str, name: &str, rows: &str| format!("static const struct {of} {name}[] = {{\n{rows}}};\n");
    table("event", "events", &events)
        + &table("refusal", "refusals", &refusals)
        + &table("unwritable", "unwritable", &others)
}

fn is_structured(message: &Value) -> bool {
    let content_type = message["content_type"].as_str().unwrap_or_default().to_lowercase();
    content_type.split(';').next().is_some_and(|name| name.trim() == "application/cloudevents+json")
}

fn given(message: &Value) -> String {
    let pairs = message["metadata"].as_object().into_iter().flatten();
    let metadata = list(pairs.map(|(name, value)| (name.as_str(), value)));
    let data = match message["data_base64"].as_str() {
        Some(base64) => {
            let decoded = STANDARD.decode(base64).expect("Base64");
            format!("{}, {}", quoted(&decoded), decoded.len())
        }
        None => bytes(message["data"].as_str()),
    };
    format!("{{{}, {metadata}, {data}}}", text(&message["content_type"]))
}

fn bytes(data: Option<&str>) -> String {
    let data = data.unwrap_or_default();
    format!("{}, {}", quoted(data.as_bytes()), data.len())
}

fn attributes(event: &Value) -> String {
    let core =
        event.as_object().into_iter().flatten().filter(|(name, value)| !name.starts_with("data_") && value.is_string());
    let core = core.filter(|(name, _)| *name != "data");
    let extensions = event["extensions"].as_object().into_iter().flatten();
    list(core.chain(extensions).map(|(name, value)| (name.as_str(), value)))
}

/// Pairs, and one that is NULL.
fn list<'a>(pairs: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    let all: String =
        pairs.map(|(name, value)| format!("{{{}, {}}}, ", quoted(name.as_bytes()), text(value))).collect();
    format!("{{{all}{{NULL, NULL}}}}")
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| "NULL".to_owned(), |text| quoted(text.as_bytes()))
}

/// A string of C.
fn quoted(bytes: &[u8]) -> String {
    let escaped: String = bytes.iter().map(|byte| format!("\\{byte:03o}")).collect();
    format!("\"{escaped}\"")
}
