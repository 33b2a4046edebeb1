//! Whether an adapter keeps its protocol: each check starts it anew, and says of it what a run of the suite would only suffer from.

mod checks;
mod wire;

use crate::{
    catalogue::deployment::{CONFIG, DEFAULT, GRANTS, LINKS},
    host::adapter::protocol::{Call, Hello, Link, Seen, VERSION},
};
use checks::CHECKS;
use futures::{StreamExt, future::BoxFuture, stream};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use wire::{Checked, Stop, Wire, wrong};

/// How many checks run at the same time.
const AT_ONCE: usize = 4;

/// One thing that an adapter must do.
struct Check {
    name: &'static str,
    about: &'static str,
    run: for<'a> fn(&'a Subject) -> BoxFuture<'a, Checked>,
}

/// What is checked.
pub struct Subject {
    /// How the adapter is started.
    pub argv: Vec<String>,
    /// The driver of `wasi:keyvalue`, as a file.
    pub component: String,
    /// What the host calls the label `default`.
    pub label: String,
    /// How long it may take to answer.
    pub patience: Duration,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The adapter does it.
    Pass,
    /// It does not.
    Fail,
    /// It need not.
    Skip,
}

/// What came of a check.
#[derive(Debug, Clone, Serialize)]
pub struct Checkup {
    /// The check's name.
    pub check: &'static str,
    /// What it is about.
    pub about: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// Why it did not pass.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Makes the checks, and tells of each in its order.
pub async fn check(subject: &Subject, mut tell: impl FnMut(Checkup)) {
    let mut checkups = stream::iter(CHECKS.iter().map(|check| one(check, subject))).buffered(AT_ONCE);
    while let Some(checkup) = checkups.next().await {
        tell(checkup);
    }
}

async fn one(check: &Check, subject: &Subject) -> Checkup {
    let (verdict, why) = match (check.run)(subject).await {
        Ok(()) => (Verdict::Pass, None),
        Err(Stop::Wrong(why)) => (Verdict::Fail, Some(why)),
        Err(Stop::Skip(why)) => (Verdict::Skip, Some(why)),
    };
    Checkup { check: check.name, about: check.about, verdict, why }
}

impl Subject {
    fn start(&self) -> Checked<Wire> {
        Wire::start(&self.argv, self.patience)
    }

    /// An adapter that has said who it is.
    async fn greeted(&self) -> Checked<(Wire, Hello)> {
        let mut wire = self.start()?;
        let said = wire.done(hello()).await?;
        let hello = Hello::deserialize(Value::Object(said));
        hello.map(|hello| (wire, hello)).map_err(|why| Stop::Wrong(format!("the answer to `hello` is none: {why}")))
    }

    /// An adapter with a deployment and a guest, both named 1.
    async fn seated(&self) -> Checked<(Wire, Hello)> {
        let (mut wire, hello) = self.greeted().await?;
        wire.done(deploy(1)).await?;
        wire.done(self.guest(1, 1)).await?;
        Ok((wire, hello))
    }

    fn guest(&self, deployment: u64, guest: u64) -> Call {
        let component = self.component.clone();
        Call::Start { deployment: scope(deployment), guest, driver: "keyvalue".into(), component }
    }

    /// Opens the first store in a guest.
    async fn open(&self, wire: &mut Wire, guest: u64) -> Checked {
        sees(wire, guest, &json!({ "Open": [0, self.label] }), &json!("Done")).await
    }
}

fn hello() -> Call {
    Call::Hello { protocol: VERSION, suite: env!("CARGO_PKG_VERSION").into() }
}

/// Unlike what runs name their deployments.
fn scope(deployment: u64) -> String {
    format!("check-{}-{deployment}", std::process::id())
}

fn deploy(deployment: u64) -> Call {
    let link =
        |(capability, label): &(&str, &str)| Link { capability: (*capability).to_owned(), label: (*label).to_owned() };
    Call::Deploy {
        deployment: scope(deployment),
        links: LINKS.iter().map(link).collect(),
        grants: GRANTS.iter().map(|&grant| grant.to_owned()).collect(),
        config: CONFIG.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect(),
    }
}

fn exec(guest: u64, op: &Value) -> Call {
    Call::Exec { guest, line: op.to_string() }
}

/// What the guest sees of an operation.
async fn seen(wire: &mut Wire, guest: u64, op: &Value) -> Checked<Value> {
    let said = wire.done(exec(guest, op)).await?;
    let Ok(Seen { line }) = Seen::deserialize(Value::Object(said)) else {
        return wrong("the answer to `exec` has no text `line`");
    };
    serde_json::from_str(&line).or_else(|why| wrong(format!("guest {guest}: {}: {why}", cut(&line))))
}

/// The guest does this and sees that.
async fn sees(wire: &mut Wire, guest: u64, op: &Value, expected: &Value) -> Checked {
    let seen = seen(wire, guest, op).await?;
    if seen == *expected {
        return Ok(());
    }
    wrong(format!("guest {guest}: {} was answered with {}, not {}", cut(op), cut(&seen), cut(expected)))
}

fn cut(text: &impl ToString) -> String {
    text.to_string().chars().take(100).collect()
}

/// What the host calls its first store.
#[must_use]
pub fn label(labels: &std::collections::BTreeMap<String, String>) -> String {
    labels.get(DEFAULT).map_or(DEFAULT, String::as_str).to_owned()
}
