#![doc = include_str!("../README.md")]
#![deny(missing_docs)]
#![allow(clippy::test_attr_in_doctest, reason = "the README shows how a component is tested")]

mod case;
mod error;
mod export;
mod sys;

pub mod config;
pub mod keyvalue;
pub mod messaging;
#[cfg(not(target_family = "wasm"))]
pub mod testing;

/// Generated from `wit/` by `tests/generated.rs`, and not part of the API.
#[cfg(target_family = "wasm")]
#[allow(missing_docs, unsafe_code, reason = "generated: the ABI of components is made of raw pointers")]
#[allow(clippy::panic, clippy::unwrap_used, reason = "generated: for what a host never sends")]
#[doc(hidden)]
#[rustfmt::skip]
pub mod bindings;

/// As [`bindings`], of the world in which changes are told.
#[cfg(target_family = "wasm")]
#[allow(missing_docs, unsafe_code, reason = "generated: the ABI of components is made of raw pointers")]
#[doc(hidden)]
#[rustfmt::skip]
pub mod watching;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use error::{Applied, Error, Kind, Result};
pub use wasi_cloud_sdk_macros::{handlers, on_message};
