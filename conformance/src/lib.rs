//! The conformance suite of wasi-cloud.
pub mod bench;
pub mod catalogue;
pub mod host;
pub mod outcome;
pub mod session;
pub mod transcript;
pub mod wire;
