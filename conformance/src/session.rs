//! One guest that is driven line by line, and the ways in which that can break.

use async_trait::async_trait;
use std::{fmt, time::Duration};

/// A fresh guest instance. One operation in, one observation out, both JSON lines of [`crate::wire`].
#[async_trait]
pub trait Session: Send {
    /// Runs one operation.
    ///
    /// # Errors
    /// How the guest or the host broke. A session that broke once is not used again.
    async fn exec(&mut self, op: &str) -> Result<String, Broken>;
}

/// What is not an answer. Never confused with an error that the guest saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Broken {
    /// The guest trapped.
    Trap(String),
    /// The host itself ended or panicked.
    HostDied(String),
    /// No answer within the case's deadline.
    Hung(Duration),
    /// Something answered what is not of the line protocol.
    Protocol(String),
    /// The host could not be brought into the state that the case needs.
    Setup(String),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trap(why) => write!(f, "the guest trapped: {why}"),
            Self::HostDied(why) => write!(f, "the host died: {why}"),
            Self::Hung(after) => write!(f, "no answer within {after:?}"),
            Self::Protocol(why) => write!(f, "the line protocol was broken: {why}"),
            Self::Setup(why) => write!(f, "the host could not be set up: {why}"),
        }
    }
}

impl std::error::Error for Broken {}
