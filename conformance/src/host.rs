//! What a host must let the suite do: a vendor's whole seat.

pub mod adapter;
pub mod command;
mod deployed;
mod description;
pub mod direct;
pub mod embedded;
pub mod foreign;
pub mod http;
mod lines;
pub mod profiles;
pub mod stage;

use crate::{
    event::plain::one_line,
    language::Language,
    session::{Broken, Session},
};
use async_trait::async_trait;
pub use description::{Control, Declared, HostDescription};
use std::{collections::BTreeMap, fmt, str::FromStr, time::Duration};
use wasi_cloud_core::{Kind, layer::FaultRule};

/// A driver guest: one per WIT package, so that a host with only the standard can run the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Driver {
    /// `wasi:keyvalue`.
    Keyvalue,
    /// `wasi-cloud:keyvalue`.
    KeyvalueExt,
    /// `wasi:messaging`.
    Messaging,
    /// `wasi:config`.
    Config,
}

impl Driver {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Keyvalue, Self::KeyvalueExt, Self::Messaging, Self::Config];

    /// The name in the corpus and in transcripts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keyvalue => "keyvalue",
            Self::KeyvalueExt => "keyvalue-ext",
            Self::Messaging => "messaging",
            Self::Config => "config",
        }
    }
}

/// How often a message is delivered at most when its handler fails, unless a case says otherwise.
pub const MAX_DELIVERIES: u32 = 3;

/// A component that the host calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Prints what is delivered to it and does what the message says: see `guests/recorder`.
    Recorder,
    /// The README's guest.
    Pingpong,
    /// Prints the changes that it is told of: see `guests/watcher`.
    Watcher,
}

impl Program {
    /// The name in the corpus.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Recorder => "recorder",
            Self::Pingpong => "pingpong",
            Self::Watcher => "watcher",
        }
    }
}

/// What a program is subscribed to.
#[derive(Debug, Clone, Copy)]
pub struct Subscribed<'a> {
    /// Exact topics; if there are none, those that the program records (MSG-M12).
    pub topics: &'a [&'a str],
    /// Programs of one group share the messages; without one each gets all.
    pub group: Option<&'a str>,
    /// How often a message is delivered at most when its handler fails.
    pub max_deliveries: u32,
    /// The topic that a message is moved to that was delivered so often and not handled (MSG-M05).
    pub dead_letter: Option<&'a str>,
}

impl From<Subscribed<'_>> for wasi_cloud_core::messaging::Subscription {
    fn from(subscribed: Subscribed<'_>) -> Self {
        Self {
            topics: subscribed.topics.iter().map(|topic| (*topic).to_owned()).collect(),
            group: subscribed.group.map(Into::into),
            max_deliveries: subscribed.max_deliveries,
            dead_letter: subscribed.dead_letter.map(Into::into),
        }
    }
}

/// How much of a host stands between the suite and the backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Altitude {
    /// The portable types, without wasm: red here is the backend or the core.
    Direct,
    /// Guests of one language inside the host, in this process: green above and red here is the glue or the SDK. Red in
    /// one language and green in the others is that language's SDK.
    Embedded(Language),
    /// Guests of one language inside a host that is a program of its own, a process each, or that is deployed, or behind an
    /// adapter.
    Command(Language),
    /// Drivers on somebody else's SDK inside our host: red here is that SDK.
    Sdk,
    /// The guests' drivers on the SDK's native twin, which has no host and no wasm: green above and red here is the
    /// twin. Only a test of the suite stands here.
    Native,
}

impl fmt::Display for Altitude {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct => f.write_str("direct"),
            Self::Embedded(language) => write!(f, "embedded-{language}"),
            Self::Command(language) => write!(f, "command-{language}"),
            Self::Sdk => f.write_str("sdk"),
            Self::Native => f.write_str("native"),
        }
    }
}

impl FromStr for Altitude {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let with_guests =
            Language::ALL.into_iter().flat_map(|language| [Self::Embedded(language), Self::Command(language)]);
        let mut all = with_guests.chain([Self::Direct, Self::Native, Self::Sdk]);
        all.find(|altitude| altitude.to_string() == text)
            .ok_or_else(|| format!("there is no altitude `{}`", one_line(text)))
    }
}

impl Altitude {
    /// How the command line of `run` asks for it.
    #[must_use]
    pub fn flags(self) -> String {
        match self {
            Self::Embedded(language) => format!("--altitude embedded --lang {language}"),
            Self::Command(language) => format!("--altitude command --lang {language}"),
            // `--sdk` says it.
            Self::Sdk => String::new(),
            other => format!("--altitude {other}"),
        }
    }

    /// Whether a user means it by this word; `embedded` and `command` are any language.
    #[must_use]
    pub fn is_called(self, word: &str) -> bool {
        let any = match self {
            Self::Embedded(_) => "embedded",
            Self::Command(_) => "command",
            Self::Direct | Self::Native | Self::Sdk => return word == self.to_string(),
        };
        word == any || word == self.to_string()
    }

    /// Whether guests take part.
    #[must_use]
    pub const fn has_guests(self) -> bool {
        matches!(self, Self::Embedded(_) | Self::Command(_) | Self::Sdk)
    }
}

/// What one case needs to stand: an isolated deployment.
#[derive(Debug, Clone, Default)]
pub struct Deployment {
    /// Unique in the world: names data so that neither two cases nor two runs meet.
    pub scope: String,
    /// `(capability, label)` pairs to link; each gets data of its own below `scope`.
    pub links: Vec<(&'static str, &'static str)>,
    /// Grant rules as `wasi-cloud` takes them.
    pub grants: Vec<String>,
    /// Configuration pairs.
    pub config: BTreeMap<String, String>,
}

/// Brings deployments to life.
#[async_trait]
pub trait Host: Send + Sync {
    /// What it is and offers.
    fn describe(&self) -> &HostDescription;

    /// Makes ready what the cases of these ids will start, before the first of their deadlines begins. Does not fail: what
    /// cannot be made ready fails where a case starts it.
    async fn warm(&self, cases: &[&str]) {
        let _ = cases;
    }

    /// How many cases it can have at the same time, if not as many as there are.
    fn at_once(&self) -> Option<usize> {
        None
    }

    /// Makes a deployment. Dropping the environment ends its guests.
    async fn deploy(&self, deployment: &Deployment) -> Result<Box<dyn Environment>, Broken>;
}

/// A live deployment. A host without a control leaves its method out: no case that needs it runs where
/// [`HostDescription::controls`] lacks it.
#[async_trait]
pub trait Environment: Send + Sync {
    /// Starts a fresh driver guest.
    async fn guest(&self, driver: Driver) -> Result<Box<dyn Session>, Broken>;

    /// Starts a program that handles what is sent to these topics. It is subscribed on return.
    async fn serve(&self, program: Program, to: Subscribed<'_>) -> Result<Box<dyn Serving>, Broken> {
        let _ = (program, to);
        no_control("serve")
    }

    /// Starts the program `watcher`, which is told of what changes behind a key-value label from now on.
    async fn watch(&self, label: &str) -> Result<Box<dyn Serving>, Broken> {
        let _ = label;
        no_control("serve")
    }

    /// Replaces the grants.
    async fn grant(&self, rules: &[&str]) -> Result<(), Broken> {
        let _ = rules;
        no_control("grant")
    }

    /// Links the label to an empty store.
    async fn switch(&self, capability: &str, label: &str) -> Result<(), Broken> {
        let _ = (capability, label);
        no_control("switch")
    }

    /// Ends the host with all its guests and starts it again.
    async fn restart(&self) -> Result<(), Broken> {
        no_control("restart")
    }

    /// Lets this much time pass for the host: at once where the clock is virtual.
    async fn advance(&self, by: Duration) -> Result<(), Broken> {
        let _ = by;
        no_control("time")
    }

    /// Plans a fault, and the kind of failure that it is.
    async fn fault(&self, rule: FaultRule, kind: Kind) -> Result<(), Broken> {
        let _ = (rule, kind);
        no_control("fault")
    }

    /// Writes past the host to the bucket behind a key-value label, as another program would: under the name that the
    /// backend documents for these bytes as a key, which need not be UTF-8. `None` removes.
    async fn foreign(&self, label: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Broken> {
        let _ = (label, key, value);
        no_control("foreign")
    }

    /// The host calls so far, if the host shows them.
    fn calls(&self) -> Vec<HostCall> {
        Vec::new()
    }

    /// What the host has said in its own words so far: its log.
    fn log(&self) -> Vec<String> {
        Vec::new()
    }

    /// Deletes what the deployment stored. Called once, after the case, whatever came of it.
    async fn clean(&self) -> Result<(), Broken> {
        Ok(())
    }
}

fn no_control<T>(word: &str) -> Result<T, Broken> {
    Err(Broken::Setup(format!("the suite has no control `{word}` over this host")))
}

/// A program at work.
#[async_trait]
pub trait Serving: Send + Sync {
    /// The next line that it prints; waits for ever if none comes. Cancel-safe.
    async fn line(&mut self) -> Result<String, Broken>;

    /// Ends it: a message in a handler is finished or goes back to the broker.
    async fn stop(self: Box<Self>) -> Result<(), Broken>;
}

/// One call that reached the host, as its trace shows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HostCall {
    /// Since the deployment began.
    pub at_us: u64,
    /// The capability word.
    pub capability: String,
    /// The operation, by its WIT name.
    pub op: String,
    /// The label.
    pub label: String,
    /// The key or topic.
    pub key: String,
    /// `ok` or an error kind.
    pub outcome: String,
    /// How long it took.
    pub took_us: u64,
}
