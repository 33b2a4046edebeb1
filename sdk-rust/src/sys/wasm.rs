//! The host's functions.

pub(crate) mod config;
pub(crate) mod keyvalue;
pub(crate) mod messaging;
