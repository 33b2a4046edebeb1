//! What the suite and an adapter write to each other: one JSON object a line. `docs/adapter-protocol.md` says what each means, and
//! `adapter/protocol.schema.json` is made of these types. Fields that a reader does not know are ignored, on both sides.

mod call;

pub use call::{Call, Link, Moment, Request};

use crate::host::Control;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The version of the protocol that this suite speaks.
pub const VERSION: u32 = 1;

/// The longest line, in bytes, its end included.
pub const LINE: usize = 16 << 20;

/// A line of the adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Said {
    /// A request was done.
    Done(Done),
    /// A request was not done.
    Failed(Failed),
    /// Something that nobody asked for.
    Event(Event),
}

/// The answer to a request that was done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Done {
    /// That of the request.
    pub id: u64,
    /// `Hello`, `Seen`, or an object without fields.
    pub ok: Map<String, Value>,
}

/// The answer to a request that was not done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// That of the request.
    pub id: u64,
    /// Why.
    pub error: Failure,
}

/// What kept something from being done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Who failed.
    pub kind: FailureKind,
    /// In words, for whoever reads the report.
    #[serde(default)]
    pub message: String,
}

/// Who failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The guest trapped.
    Trap,
    /// The host ended, or does not answer any more.
    HostDied,
    /// The guest ended before it answered, or printed what is no line.
    GuestEnded,
    /// The adapter does not know the request, or cannot do it with this host.
    Unsupported,
    /// The host could not be brought into the state that was asked for.
    Setup,
    /// A kind of a later version.
    #[serde(other)]
    Other,
}

/// What nobody asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Event {
    /// A program printed a line.
    Line {
        /// The program.
        program: u64,
        /// The line, without its end.
        line: String,
    },
    /// A program ended though nobody stopped it.
    Ended {
        /// The program.
        program: u64,
        /// Why.
        error: Failure,
    },
    /// A call of a guest, or the end of a delivery, reached the host: `op` is then `ack` or `nack`, and `key` the topic. Control
    /// `trace`; for the reports also without it.
    Call {
        /// Where.
        deployment: String,
        /// The capability.
        capability: String,
        /// The operation by its WIT name.
        op: String,
        /// The label.
        #[serde(default)]
        label: String,
        /// The key or the topic.
        #[serde(default)]
        key: String,
        /// `ok` or an error kind.
        #[serde(default)]
        outcome: String,
        /// How long it took, in microseconds.
        #[serde(default)]
        took_us: u64,
    },
    /// Words for the reports of a deployment's case. So are the lines on standard error, for all deployments that there are.
    Log {
        /// Where.
        deployment: String,
        /// The words.
        text: String,
    },
    /// An event of a later version.
    #[serde(other)]
    Unknown,
}

/// The answer to `hello`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Hello {
    /// The version of the protocol that the adapter speaks.
    pub protocol: u32,
    /// What the host is called.
    pub name: String,
    /// The host's version.
    pub version: String,
    /// What the suite can do to the host, by the words of the calls' controls. Words that the suite does not know are ignored.
    #[serde(default)]
    pub controls: BTreeSet<String>,
    /// How many requests the adapter takes at the same time, at least 1; without it as many as there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_once: Option<u16>,
    /// Lines for the report's header.
    #[serde(default)]
    pub notes: Vec<String>,
}

impl Hello {
    /// The controls that this suite knows.
    #[must_use]
    pub fn known_controls(&self) -> BTreeSet<Control> {
        Control::ALL.into_iter().filter(|control| self.controls.contains(control.word())).collect()
    }
}

/// The answer to `exec`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The line that the guest printed, without its end.
    pub line: String,
}

impl Said {
    /// Reads a line.
    ///
    /// # Errors
    /// What it is instead.
    pub fn read(line: &[u8]) -> Result<Self, String> {
        let object: Map<String, Value> =
            serde_json::from_slice(line).map_err(|why| format!("no JSON object: {why}"))?;
        // Which of them it is decides one field, so that the error is about what was meant.
        let read = if object.contains_key("event") {
            Event::deserialize(Value::Object(object)).map(Self::Event)
        } else if object.contains_key("error") {
            Failed::deserialize(Value::Object(object)).map(Self::Failed)
        } else {
            Done::deserialize(Value::Object(object)).map(Self::Done)
        };
        read.map_err(|why| format!("no line of the protocol: {why}"))
    }
}

#[cfg(test)]
mod tests;
