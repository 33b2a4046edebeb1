//! What is asked of a host that is serving, over a socket of its owner: one line of JSON there, one back.

#[cfg(unix)]
mod client;
#[cfg(not(unix))]
#[path = "control/missing.rs"]
mod client;
#[cfg(unix)]
mod server;
#[cfg(not(unix))]
#[path = "control/missing.rs"]
mod server;

pub use client::link;
pub use server::Control;

use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use tokio::sync::oneshot;

/// The longest line, in bytes.
const LINE: u64 = 64 << 10;

/// Where the socket is if nothing is said: beside what is kept for the manifest's folder.
pub fn usual() -> PathBuf {
    [".wasi-cloud", "control.sock"].iter().collect()
}

/// Not printable: URLs may hold secrets.
#[derive(Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// `link` is as for `--link`.
    LinkSet {
        app: String,
        link: String,
    },
    LinkList,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// What was done.
    Done(String),
    Links(Vec<Linked>),
    /// Why nothing was done.
    Failed(String),
}

/// A link that is in force.
#[derive(Debug, Serialize, Deserialize)]
pub struct Linked {
    pub app: String,
    pub link: String,
    /// Without user, password and query; `None` for what is kept in the manifest's folder.
    pub url: Option<String>,
    pub bucket: String,
    /// Whether it is as the manifest has it.
    pub manifest: bool,
}

/// A question to the host, and where its answer goes.
pub type Asked = (Ask, oneshot::Sender<Answer>);
