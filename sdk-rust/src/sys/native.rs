//! The native twin: the core's portable types on the memory backend, with the errors that a guest would see.

pub(crate) mod config;
pub(crate) mod keyvalue;
pub(crate) mod messaging;
mod thread;
