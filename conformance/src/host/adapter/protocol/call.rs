//! What the suite writes.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A line of the suite.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Names the request in its answer. No two requests of a session have the same.
    pub id: u64,
    /// What is asked.
    #[serde(flatten)]
    pub call: Call,
}

/// What the suite asks. Names of deployments, guests and programs are the suite's choice, and are never used again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum Call {
    /// The first request. Answered with `Hello`.
    Hello {
        /// The version of the protocol that the suite speaks.
        protocol: u32,
        /// The version of the suite.
        suite: String,
    },
    /// Makes a deployment: data, grants and configuration of its own.
    Deploy {
        /// Its name.
        deployment: String,
        /// The labels that lead somewhere. Each has data of its own.
        links: Vec<Link>,
        /// What the guests may use: `keyvalue:default` and the like.
        grants: Vec<String>,
        /// What `wasi:config` shows.
        config: BTreeMap<String, String>,
    },
    /// Starts a guest: a command that reads operations from its standard input and prints observations.
    Start {
        /// Where.
        deployment: String,
        /// Its name.
        guest: u64,
        /// Which one it is: `keyvalue`, `keyvalue-ext`, `messaging` or `config`.
        driver: String,
        /// The path of the component.
        component: String,
    },
    /// Writes a line to a guest's standard input and reads one from its standard output. Answered with `Seen`.
    Exec {
        /// The guest.
        guest: u64,
        /// The line, without its end.
        line: String,
    },
    /// Ends a guest.
    End {
        /// The guest.
        guest: u64,
    },
    /// Replaces the grants, also for guests that run. Control `grant`.
    Grant {
        /// Where.
        deployment: String,
        /// The new rules.
        grants: Vec<String>,
    },
    /// Links a label to an empty store, also for guests that run. Control `switch`.
    Switch {
        /// Where.
        deployment: String,
        /// The capability.
        capability: String,
        /// The label.
        label: String,
    },
    /// Ends the host with all its guests and programs, and starts it again with the deployment's first grants and links.
    /// Control `restart`.
    Restart {
        /// Where.
        deployment: String,
    },
    /// Lets time pass for the host. Control `time`.
    Advance {
        /// Where.
        deployment: String,
        /// How much, in milliseconds.
        ms: u64,
    },
    /// Makes a call of a guest fail that is still to come. Control `fault`.
    Fault {
        /// Where.
        deployment: String,
        /// The capability, or `*`.
        capability: String,
        /// The operation by its WIT name, or `*`.
        op: String,
        /// How many calls that match go by first.
        nth: u32,
        /// When it strikes.
        moment: Moment,
        /// As which kind it fails.
        kind: String,
    },
    /// Writes past the host, as another program would. Control `foreign`.
    Foreign {
        /// Where.
        deployment: String,
        /// The label of the key-value store.
        label: String,
        /// The bytes of the key, which need not be UTF-8.
        key: Vec<u8>,
        /// The value; `null` removes the key.
        value: Option<Vec<u8>>,
    },
    /// Starts a program that handles messages. Its lines come as events. It is subscribed when this is answered. Control `serve`.
    Serve {
        /// Where.
        deployment: String,
        /// Its name.
        program: u64,
        /// The path of the component.
        component: String,
        /// Exact topics. If there are none, those that the component records.
        topics: Vec<String>,
        /// Programs of one group share the messages; without one each gets all.
        group: Option<String>,
        /// How often a message is delivered at most when its handler fails.
        max_deliveries: u32,
        /// Where a message goes that was delivered so often and not handled.
        dead_letter: Option<String>,
    },
    /// Starts a program that is told of changes. Its lines come as events. It is told of all changes after the answer. Control
    /// `serve`.
    Watch {
        /// Where.
        deployment: String,
        /// Its name.
        program: u64,
        /// The path of the component.
        component: String,
        /// The label of the key-value store.
        label: String,
    },
    /// Ends a program: a message in its handler is finished or goes back.
    Stop {
        /// The program.
        program: u64,
    },
    /// Ends a deployment: its guests, its programs and its data. Sent once, also where `deploy` failed.
    Clean {
        /// Which one.
        deployment: String,
    },
    /// The last request. The adapter answers and ends.
    Bye,
}

impl Call {
    /// The word that the line has for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Hello { .. } => "hello",
            Self::Deploy { .. } => "deploy",
            Self::Start { .. } => "start",
            Self::Exec { .. } => "exec",
            Self::End { .. } => "end",
            Self::Grant { .. } => "grant",
            Self::Switch { .. } => "switch",
            Self::Restart { .. } => "restart",
            Self::Advance { .. } => "advance",
            Self::Fault { .. } => "fault",
            Self::Foreign { .. } => "foreign",
            Self::Serve { .. } => "serve",
            Self::Watch { .. } => "watch",
            Self::Stop { .. } => "stop",
            Self::Clean { .. } => "clean",
            Self::Bye => "bye",
        }
    }
}

/// A label that leads somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The capability.
    pub capability: String,
    /// The label.
    pub label: String,
}

/// When a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// Before the backend hears of the call.
    Before,
    /// When the backend has done the work, and its reply is lost.
    After,
    /// The call is late by so many milliseconds, and does not fail.
    Delay(u64),
    /// The call never ends by itself.
    Hang,
}
