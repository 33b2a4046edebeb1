//! The checks. Each ends the adapter by `bye`, which shows that every request was answered, and once.

use super::{
    Check, Subject, VERSION, deploy, exec, hello, scope, seen, sees,
    wire::{Checked, Stop, Wire, wrong},
};
use crate::host::{
    Control,
    adapter::protocol::{Call, FailureKind, Moment},
};
use futures::FutureExt;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

/// The table: name, function, sentence.
macro_rules! checks {
    ($($name:literal $function:ident $about:literal;)+) => {
        pub(super) const CHECKS: &[Check] = &[$(Check {
            name: $name,
            about: $about,
            run: |subject| $function(subject).boxed(),
        }),+];
    };
}

checks! {
    "hello" says_who_it_is "It says its protocol, its name and its version";
    "guest" drives_a_guest "A guest is started, and its lines come through unchanged";
    "long-line" carries_long_lines "Lines of 200 KiB come through, both ways";
    "guests" tells_guests_apart "What is asked of one guest is answered by that guest";
    "deployments" tells_deployments_apart "What one deployment stores no other sees";
    "ids" answers_by_id "Answers have their requests' ids, which may be large and come in any order";
    "at-once" takes_many_at_once "As many requests as it takes at once are all answered";
    "slow-line" waits_for_the_end_of_a_line "A line that comes in parts is one request, and two lines in one part are two";
    "unknown-fields" ignores_unknown_fields "Fields that it does not know change nothing";
    "unknown-request" refuses_unknown_requests "A request that it does not know is `unsupported`";
    "undeclared" refuses_what_it_does_not_declare "Controls that it does not declare are `unsupported`";
    "malformed" survives_what_is_no_request "What is no request is no reason to end";
    "guest-that-ends" tells_of_a_guest_that_ends "A guest that ends is told as an error, and the next one starts";
    "no-component" refuses_what_is_no_component "A file that is no component is an error, and the adapter goes on";
    "ended-guest" knows_who_has_ended "A guest that was ended answers no more, and can be ended again";
    "restart" restarts "A restart ends the guests, and others start";
    "clean" cleans "`clean` ends the guests, and is done for a deployment that is not there";
    "bye" says_goodbye "After `bye` it ends";
    "end-of-input" ends_with_its_input "It ends when its input ends, wherever that is";
    "truncated" ignores_half_a_line "Half a line is no request";
}

async fn says_who_it_is(subject: &Subject) -> Checked {
    let (wire, hello) = subject.greeted().await?;
    if hello.protocol != VERSION {
        return wrong(format!("it speaks version {} of the protocol, not {VERSION}", hello.protocol));
    }
    if hello.name.trim().is_empty() || hello.version.trim().is_empty() {
        return wrong("the name or the version is empty");
    }
    if hello.at_once == Some(0) {
        return wrong("`at-once` is at least 1");
    }
    wire.bye().await
}

async fn drives_a_guest(subject: &Subject) -> Checked {
    let (mut wire, _) = subject.seated().await?;
    subject.open(&mut wire, 1).await?;
    let keys = ["plain", "a \"quoted\" \\ key", "tab\tand\nline", "\u{e9}\u{1f600}\u{7f}\u{2028}"];
    for key in keys {
        let value = key.as_bytes();
        sees(&mut wire, 1, &json!({ "Get": [0, key] }), &json!({ "Value": null })).await?;
        sees(&mut wire, 1, &json!({ "Set": [0, key, value] }), &json!("Done")).await?;
        sees(&mut wire, 1, &json!({ "Get": [0, key] }), &json!({ "Value": value })).await?;
    }
    // What is changed on the way in comes back all the same, but for the names of the keys.
    let listed = seen(&mut wire, 1, &json!({ "AllKeys": 0 })).await?;
    let listed: BTreeSet<_> = listed["Keys"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if listed != BTreeSet::from(keys) {
        return wrong(format!("the keys are {keys:?}, and came out as {listed:?}"));
    }
    wire.done(Call::Clean { deployment: scope(1) }).await?;
    wire.bye().await
}

async fn carries_long_lines(subject: &Subject) -> Checked {
    let (mut wire, _) = subject.seated().await?;
    subject.open(&mut wire, 1).await?;
    let value = [101; 50 << 10].as_slice();
    sees(&mut wire, 1, &json!({ "Set": [0, "long", value] }), &json!("Done")).await?;
    sees(&mut wire, 1, &json!({ "Get": [0, "long"] }), &json!({ "Value": value })).await?;
    wire.done(Call::Clean { deployment: scope(1) }).await?;
    wire.bye().await
}

async fn tells_guests_apart(subject: &Subject) -> Checked {
    let (mut wire, _) = subject.seated().await?;
    wire.done(subject.guest(1, 2)).await?;
    subject.open(&mut wire, 1).await?;
    sees(&mut wire, 2, &json!({ "Get": [0, "k"] }), &json!({ "Misused": "slot 0 is empty" })).await?;
    sees(&mut wire, 1, &json!({ "Get": [0, "k"] }), &json!({ "Value": null })).await?;
    wire.done(Call::Clean { deployment: scope(1) }).await?;
    wire.bye().await
}

async fn tells_deployments_apart(subject: &Subject) -> Checked {
    let (mut wire, _) = subject.seated().await?;
    wire.done(deploy(2)).await?;
    wire.done(subject.guest(2, 2)).await?;
    subject.open(&mut wire, 1).await?;
    subject.open(&mut wire, 2).await?;
    sees(&mut wire, 1, &json!({ "Set": [0, "k", [1]] }), &json!("Done")).await?;
    sees(&mut wire, 2, &json!({ "Get": [0, "k"] }), &json!({ "Value": null })).await?;
    wire.done(Call::Clean { deployment: scope(1) }).await?;
    wire.done(Call::Clean { deployment: scope(2) }).await?;
    wire.bye().await
}

async fn answers_by_id(subject: &Subject) -> Checked {
    let (mut wire, _) = subject.greeted().await?;
    for id in [1 << 40, (1 << 53) - 2, 7] {
        wire.count_from(id);
        wire.done(Call::End { guest: id }).await?;
    }
    wire.bye().await
}

async fn takes_many_at_once(subject: &Subject) -> Checked {
    let (mut wire, hello) = subject.greeted().await?;
    let many = u64::from(hello.at_once.unwrap_or(8).min(8));
    wire.done(deploy(1)).await?;
    all(&mut wire, (1..=many).map(|guest| subject.guest(1, guest)).collect()).await?;
    for _ in 0..10 {
        // A slot that is empty: nothing is stored, and the guest has to be asked.
        all(&mut wire, (1..=many).map(|guest| exec(guest, &json!({ "Close": 3 }))).collect()).await?;
    }
    wire.done(Call::Clean { deployment: scope(1) }).await?;
    wire.bye().await
}

/// All of them before the first answer.
async fn all(wire: &mut Wire, calls: Vec<Call>) -> Checked {
    let mut ids = Vec::new();
    for call in calls {
        ids.push(wire.ask(call).await?);
    }
    for id in ids {
        if let Err(failure) = wire.answer(id).await? {
            return wrong(format!("request {id} failed: {:?}: {}", failure.kind, failure.message));
        }
    }
    Ok(())
}

async fn waits_for_the_end_of_a_line(subject: &Subject) -> Checked {
    let (mut wire, hello) = subject.greeted().await?;
    let (id, line) = wire.line(Call::End { guest: 1 })?;
    let (first, rest) = line.split_at(line.len() / 2);
    wire.write(first.as_bytes()).await?;
    // So that the adapter reads this part alone.
    tokio::time::sleep(Duration::from_millis(50)).await;
    wire.write(format!("{rest}\n").as_bytes()).await?;
    let _ = wire.answer(id).await?;
    if hello.at_once != Some(1) {
        let (one, two) = (wire.line(Call::End { guest: 1 })?, wire.line(Call::End { guest: 2 })?);
        wire.write(format!("{}\n{}\n", one.1, two.1).as_bytes()).await?;
        let _ = wire.answer(two.0).await?;
        let _ = wire.answer(one.0).await?;
    }
    wire.bye().await
}

async fn ignores_unknown_fields(subject: &Subject) -> Checked {
    let mut wire = subject.start()?;
    for call in [hello(), deploy(1), subject.guest(1, 1), exec(1, &json!({ "Open": [0, subject.label] }))] {
        let word = call.word();
        let (id, line) = wire.line(call)?;
        // `id` and `call` are the first fields and `line` is the last, also of later versions.
        let called = format!(r#""call":"{word}","#);
        let later = line.replacen(&called, &format!(r#"{called}"later":{{"line":["a"]}},"#), 1);
        wire.write((later + "\n").as_bytes()).await?;
        if let Err(failure) = wire.answer(id).await? {
            return wrong(format!("`{word}` with a field more failed: {}", failure.message));
        }
    }
    wire.done(Call::Clean { deployment: scope(1) }).await?;
    wire.bye().await
}

async fn refuses_unknown_requests(subject: &Subject) -> Checked {
    let (mut wire, _) = subject.greeted().await?;
    let (id, line) = wire.line(Call::End { guest: 1 })?;
    wire.write((line.replacen("\"end\"", "\"of-a-later-version\"", 1) + "\n").as_bytes()).await?;
    match wire.answer(id).await? {
        Err(failure) if failure.kind == FailureKind::Unsupported => wire.bye().await,
        other => wrong(format!("an unknown request was answered with {other:?}")),
    }
}

async fn refuses_what_it_does_not_declare(subject: &Subject) -> Checked {
    let (mut wire, hello) = subject.seated().await?;
    let (deployment, label) = (scope(1), subject.label.clone());
    let declared = hello.known_controls();
    let calls = [
        (Control::Grant, Call::Grant { deployment: deployment.clone(), grants: Vec::new() }),
        (
            Control::Switch,
            Call::Switch { deployment: deployment.clone(), capability: "keyvalue".into(), label: label.clone() },
        ),
        (Control::Restart, Call::Restart { deployment: deployment.clone() }),
        (Control::Time, Call::Advance { deployment: deployment.clone(), ms: 1 }),
        (
            Control::Fault,
            Call::Fault {
                deployment: deployment.clone(),
                capability: "*".into(),
                op: "*".into(),
                nth: 0,
                moment: Moment::Before,
                kind: "unavailable".into(),
            },
        ),
        (
            Control::Foreign,
            Call::Foreign { deployment: deployment.clone(), label: label.clone(), key: b"k".to_vec(), value: None },
        ),
        (Control::Serve, Call::Watch { deployment, program: 2, component: subject.component.clone(), label }),
    ];
    for (control, call) in calls {
        if declared.contains(&control) {
            continue;
        }
        let failure = wire.fails(call).await?;
        if failure.kind != FailureKind::Unsupported {
            return wrong(format!("`{}` is not declared, and fails as {:?}", control.word(), failure.kind));
        }
    }
    wire.done(Call::Clean { deployment: scope(1) }).await?;
    wire.bye().await
}

async fn survives_what_is_no_request(subject: &Subject) -> Checked {
    let (mut wire, _) = subject.greeted().await?;
    for line in ["", "hello", "{", "[]", "3", "{}", "null", r#"{"id":"#] {
        wire.write(format!("{line}\n").as_bytes()).await?;
        wire.done(Call::End { guest: 1 }).await?;
    }
    wire.bye().await
}

async fn tells_of_a_guest_that_ends(subject: &Subject) -> Checked {
    let (mut wire, _) = subject.seated().await?;
    // The drivers give up on what is no operation.
    wire.fails(Call::Exec { guest: 1, line: "no operation".into() }).await?;
    wire.fails(exec(1, &json!({ "Close": 0 }))).await?;
    wire.done(subject.guest(1, 2)).await?;
    subject.open(&mut wire, 2).await?;
    wire.done(Call::Clean { deployment: scope(1) }).await?;
    wire.bye().await
}

async fn refuses_what_is_no_component(subject: &Subject) -> Checked {
    let (mut wire, _) = subject.seated().await?;
    let component = "/".to_owned();
    let start = Call::Start { deployment: scope(1), guest: 2, driver: "keyvalue".into(), component };
    // Who finds out only when the guest has to answer is as good.
    if wire.call(start).await?.is_ok() {
        wire.fails(exec(2, &json!({ "Close": 0 }))).await?;
    }
    subject.open(&mut wire, 1).await?;
    wire.done(Call::Clean { deployment: scope(1) }).await?;
    wire.bye().await
}

async fn knows_who_has_ended(subject: &Subject) -> Checked {
    let (mut wire, _) = subject.seated().await?;
    wire.done(Call::End { guest: 1 }).await?;
    wire.fails(exec(1, &json!({ "Close": 0 }))).await?;
    wire.done(Call::End { guest: 1 }).await?;
    wire.done(Call::Clean { deployment: scope(1) }).await?;
    wire.bye().await
}

async fn restarts(subject: &Subject) -> Checked {
    let (mut wire, hello) = subject.seated().await?;
    if !hello.known_controls().contains(&Control::Restart) {
        return Err(Stop::Skip("it does not declare `restart`".into()));
    }
    wire.done(Call::Restart { deployment: scope(1) }).await?;
    wire.fails(exec(1, &json!({ "Close": 0 }))).await?;
    wire.done(subject.guest(1, 2)).await?;
    subject.open(&mut wire, 2).await?;
    wire.done(Call::Clean { deployment: scope(1) }).await?;
    wire.bye().await
}

async fn cleans(subject: &Subject) -> Checked {
    let (mut wire, _) = subject.seated().await?;
    wire.done(Call::Clean { deployment: scope(1) }).await?;
    wire.fails(exec(1, &json!({ "Close": 0 }))).await?;
    wire.done(Call::Clean { deployment: scope(2) }).await?;
    wire.bye().await
}

async fn says_goodbye(subject: &Subject) -> Checked {
    let (wire, _) = subject.seated().await?;
    wire.bye().await
}

async fn ends_with_its_input(subject: &Subject) -> Checked {
    subject.start()?.hang_up().await?;
    let (wire, _) = subject.seated().await?;
    wire.hang_up().await
}

async fn ignores_half_a_line(subject: &Subject) -> Checked {
    let (mut wire, _) = subject.greeted().await?;
    // A whole object, so that only the missing end tells that it was cut.
    let half: Value = json!({ "id": 999, "call": "end", "guest": 1 });
    wire.write(half.to_string().as_bytes()).await?;
    wire.hang_up().await
}
