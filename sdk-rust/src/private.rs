//! What macros of this crate expand to. Not part of its API.

#[cfg(target_family = "wasm")]
pub use crate::{bindings, sys::messaging::Exported};

use crate::{Error, Kind, Result, messaging::Message};
use std::{error, iter};

/// Makes the outcome of a handler function that of the handler: an SDK error stays what it is, any other becomes
/// `Other` with its text and that of its causes.
pub fn outcome<E: Into<Box<dyn error::Error>>>(outcome: Result<(), E>) -> Result<()> {
    outcome.map_err(|error| match error.into().downcast::<Error>() {
        Ok(own) => *own,
        Err(foreign) => {
            let causes = iter::successors(Some(&*foreign), |error| error.source());
            Error::new(Kind::Other, causes.map(ToString::to_string).collect::<Vec<_>>().join(": "))
        }
    })
}

/// A message on a topic that nobody handles is an error, not a silent ok.
pub fn unhandled(message: &Message) -> Error {
    match message.topic() {
        Some(topic) => Error::new(Kind::NotFound, format!("no handler for the topic `{topic}`")),
        None => Error::new(Kind::Invalid, "the message names no topic"),
    }
}
