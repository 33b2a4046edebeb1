//! What attributes must be.

use super::{Event, invalid};
use crate::{Error, Kind, Result};
use std::collections::BTreeMap;

pub(super) const VERSION: (&str, &str) = ("specversion", "1.0");
/// All that are no extensions.
pub(super) const CORE: [&str; 8] =
    ["specversion", "id", "source", "type", "datacontenttype", "dataschema", "subject", "time"];

/// The attributes of an event, all of them right, in the order in which JSON has them.
pub(super) fn of(event: &Event) -> Result<Vec<(&str, &str)>> {
    let mut all = vec![VERSION];
    for (name, value) in [("id", &event.id), ("source", &event.source), ("type", &event.ty)] {
        if value.is_empty() {
            return Err(missing(name));
        }
        all.push((name, value.as_str()));
    }
    let optional = [
        ("datacontenttype", &event.datacontenttype),
        ("dataschema", &event.dataschema),
        ("subject", &event.subject),
        ("time", &event.time),
    ];
    for (name, value) in optional {
        if value.as_deref() == Some("") {
            return Err(invalid(format!("`{name}` is empty")));
        }
        all.extend(value.as_deref().map(|value| (name, value)));
    }
    for (name, value) in &event.extensions {
        if CORE.contains(&name.as_str()) {
            return Err(invalid(format!("`{name}` is no extension")));
        }
        named(name)?;
        all.push((name, value));
    }
    for (name, value) in &all {
        if value.chars().any(char::is_control) {
            return Err(invalid(format!("`{name}` has a control character")));
        }
    }
    match &event.time {
        Some(time) if !is_rfc3339(time) => Err(invalid("`time` is not as in RFC 3339: 2026-01-31T12:00:00Z")),
        _ => Ok(all),
    }
}

/// The event of these attributes.
pub(super) fn event(mut attributes: BTreeMap<String, String>, data: Vec<u8>) -> Result<Event> {
    let (specversion, known) = VERSION;
    let version = attributes.remove(specversion).ok_or_else(|| missing(specversion))?;
    if version != known {
        return Err(Error::new(Kind::Unsupported, format!("specversion `{version}`: only `{known}` is supported")));
    }
    let mut take = |name| attributes.remove(name);
    let event = Event {
        id: take("id").unwrap_or_default(),
        source: take("source").unwrap_or_default(),
        ty: take("type").unwrap_or_default(),
        datacontenttype: take("datacontenttype"),
        dataschema: take("dataschema"),
        subject: take("subject"),
        time: take("time"),
        extensions: attributes,
        data,
    };
    of(&event)?;
    Ok(event)
}

fn missing(name: &str) -> Error {
    invalid(format!("the CloudEvent has no `{name}`"))
}

/// Whether an attribute can have this name.
fn named(name: &str) -> Result<()> {
    let right = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if name.is_empty() || name == "data" || !name.bytes().all(right) {
        let rule = "names are a to z and 0 to 9, and `data` is none";
        return Err(invalid(format!("`{name}` is no attribute: {rule}")));
    }
    Ok(())
}

/// A date, a time, and its distance from UTC. Also a second 60, which is there in some years.
fn is_rfc3339(text: &str) -> bool {
    let (Some((date_time, rest)), true) = (text.split_at_checked(19), text.is_ascii()) else { return false };
    let shaped = |text: &str, shape: &str| {
        let fits = |(byte, like): (u8, u8)| byte.to_ascii_uppercase() == like || like == b'0' && byte.is_ascii_digit();
        text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
    };
    let number = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);

    let rest = match rest.strip_prefix('.') {
        Some(fraction) if fraction.starts_with(|first: char| first.is_ascii_digit()) => {
            fraction.trim_start_matches(|digit: char| digit.is_ascii_digit())
        }
        _ => rest,
    };
    let offset = shaped(rest, "Z")
        || (shaped(rest, "+00:00") || shaped(rest, "-00:00")) && number(&rest[1..3]) <= 23 && number(&rest[4..6]) <= 59;
    if !offset || !shaped(date_time, "0000-00-00T00:00:00") {
        return false;
    }
    let [year, month, day] = [0..4, 5..7, 8..10].map(|at| number(&date_time[at]));
    let [hour, minute, second] = [11..13, 14..16, 17..19].map(|at| number(&date_time[at]));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    (1..=12).contains(&month) && (1..=days).contains(&day) && hour <= 23 && minute <= 59 && second <= 60
}
