//! Messaging: what a guest holds, what it sends, what a host delivers, and requests with replies.

mod handler;
mod producer;
mod request_reply;
pub(super) mod seat;
mod types;

use super::Case;

/// All of it.
pub const CASES: &[&[Case]] = &[types::CASES, producer::CASES, handler::CASES, request_reply::CASES];
