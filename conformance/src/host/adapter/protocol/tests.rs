use super::*;
use std::{fs, path::PathBuf};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("adapter").join(name)
}

/// One with everything, made for reading, and one that the suite and the host in Python had.
const SESSIONS: [&str; 2] = ["session.jsonl", "recorded.jsonl"];

/// The schema names what the types write, no more and no less, and asks for no field that a line has not.
#[test]
fn the_schema_has_the_fields_of_the_types() {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(file("protocol.schema.json")).expect("it")).expect("JSON");
    let names = |value: &Value| -> BTreeSet<String> {
        let of_object = value.as_object().into_iter().flat_map(|object| object.keys().cloned());
        let of_list = value.as_array().into_iter().flatten().filter_map(|name| name.as_str().map(str::to_owned));
        of_object.chain(of_list).collect()
    };
    let mut seen = BTreeSet::new();
    for (by_suite, line) in lines_of("session.jsonl") {
        let read: Value = serde_json::from_str(&line).expect(&line);
        // Written by the types: with every field, also those that the line leaves out.
        let written = if by_suite {
            serde_json::to_value(serde_json::from_value::<Request>(read.clone()).expect(&line))
        } else {
            serde_json::to_value(Said::read(line.as_bytes()).expect(&line))
        };
        let name = match (read["call"].as_str(), read["event"].as_str()) {
            (Some(call), _) => format!("request-{call}"),
            (None, Some(event)) => format!("event-{event}"),
            (None, None) if read["ok"].is_object() => "done".to_owned(),
            (None, None) => "failed".to_owned(),
        };
        let of_schema = &schema["$defs"][&name];
        assert_eq!(names(&of_schema["properties"]), names(&written.expect("JSON")), "{name}");
        assert!(names(&of_schema["required"]).is_subset(&names(&read)), "{name}: {line}");
        seen.insert(name);
    }
    let hello = Hello {
        protocol: 1,
        name: String::new(),
        version: String::new(),
        controls: BTreeSet::new(),
        at_once: Some(1),
        notes: Vec::new(),
    };
    let parts = [("hello", serde_json::to_value(hello)), ("seen", serde_json::to_value(Seen { line: String::new() }))];
    for (name, written) in parts {
        assert_eq!(names(&schema["$defs"][name]["properties"]), names(&written.expect("JSON")), "{name}");
        seen.insert(name.to_owned());
    }
    let unions = ["failure", "request", "said"].map(str::to_owned);
    assert_eq!(names(&schema["$defs"]), seen.into_iter().chain(unions).collect(), "each is in the session");
}

/// The lines of a session: who wrote each, and what.
fn lines_of(name: &str) -> Vec<(bool, String)> {
    let text = fs::read_to_string(file(name)).expect(name);
    let lines = text.lines().map(|line| (line.starts_with("> "), line[2..].to_owned()));
    lines.collect()
}

/// What the suite writes is promised to adapters that have no JSON parser: order, and no spaces.
#[test]
fn requests_are_written_as_in_the_sessions() {
    let mut words = BTreeSet::new();
    let all = SESSIONS.into_iter().flat_map(lines_of);
    for line in all.filter_map(|(by_suite, line)| by_suite.then_some(line)) {
        let request: Request = serde_json::from_str(&line).expect(&line);
        words.insert(request.call.word());
        assert_eq!(serde_json::to_string(&request).expect("JSON"), line);
        assert!(line.starts_with(&format!(r#"{{"id":{},"call":""#, request.id)), "{line}");
        if let Call::Exec { line: last, .. } = &request.call {
            assert!(line.ends_with(&format!(r#","line":{}}}"#, serde_json::to_string(last).expect("JSON"))), "{line}");
        }
    }
    assert_eq!(words.len(), 16, "every request: {words:?}");
}

#[test]
fn answers_and_events_are_read_as_in_the_sessions() {
    let said = SESSIONS.into_iter().flat_map(lines_of).filter(|(by_suite, _)| !by_suite);
    let said: Vec<_> = said.map(|(_, line)| Said::read(line.as_bytes()).expect(&line)).collect();
    let is_known = |said: &Said| !matches!(said, Said::Event(Event::Unknown));
    assert!(said.iter().all(is_known));
    let count = |is: fn(&Said) -> bool| said.iter().filter(|said| is(said)).count();
    assert!(count(|said| matches!(said, Said::Failed(_))) >= 5, "an error of each kind");
    assert!(count(|said| matches!(said, Said::Event(_))) >= 4, "an event of each kind");
}

/// What a later adapter says that this suite does not know is no mistake.
#[test]
fn what_a_later_version_says_is_ignored() {
    let of_later = lines_of("later.jsonl");
    let said: Vec<_> = of_later.iter().map(|(_, line)| Said::read(line.as_bytes()).expect(line)).collect();
    let [
        Said::Done(hello),
        Said::Done(seen),
        Said::Failed(failed),
        Said::Event(Event::Line { .. }),
        Said::Event(event),
    ] = &*said
    else {
        panic!("{said:?}")
    };
    let hello = Hello::deserialize(Value::Object(hello.ok.clone())).expect("a hello");
    assert_eq!(hello.known_controls(), [Control::Restart].into());
    assert_eq!(Seen::deserialize(Value::Object(seen.ok.clone())).expect("a line").line, "\"Done\"");
    assert_eq!((failed.error.kind, event), (FailureKind::Other, &Event::Unknown));
}

#[test]
fn what_is_no_line_of_the_protocol_says_what_is_wrong() {
    for (line, words) in [
        ("hello", "no JSON object"),
        ("[1]", "no JSON object"),
        ("", "no JSON object"),
        ("\u{fffd}", "no JSON object"),
        (r#"{"id":1}"#, "missing field `ok`"),
        (r#"{"ok":{}}"#, "missing field `id`"),
        (r#"{"id":-1,"ok":{}}"#, "invalid value"),
        (r#"{"id":1,"ok":null}"#, "invalid type: null"),
        (r#"{"id":1,"error":"no"}"#, "invalid type: string"),
        (r#"{"event":"line","program":1}"#, "missing field `line`"),
    ] {
        let why = Said::read(line.as_bytes()).expect_err(line);
        assert!(why.contains(words), "{line}: {why}");
    }
    assert!(Said::read(&[0xff, b'\n']).is_err());
}
