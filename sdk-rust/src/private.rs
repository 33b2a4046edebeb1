//! What macros of this crate expand to. Not part of its API.

#[cfg(target_family = "wasm")]
pub use crate::{
    bindings,
    sys::{keyvalue::Watching, messaging::Exported},
    watching,
};

use crate::{Error, Kind, Result, messaging::Message};
use std::{any::Any, fmt::Display};

/// Makes the outcome of a handler function that of the handler: an SDK error stays what it is, any other becomes
/// `Other` with its text.
pub fn outcome<E: Display + 'static>(outcome: Result<(), E>) -> Result<()> {
    outcome.map_err(|error| match (&error as &dyn Any).downcast_ref::<Error>() {
        Some(own) => own.clone(),
        None => Error::other(error),
    })
}

/// A message on a topic that nobody handles is an error, not a silent ok.
pub fn unhandled(message: &Message) -> Error {
    match message.topic() {
        Some(topic) => Error::new(Kind::NotFound, format!("no handler for the topic `{topic}`")),
        None => Error::new(Kind::Invalid, "the message names no topic"),
    }
}
