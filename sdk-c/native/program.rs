//! What the program under test has for us: its error slot and its handlers.

use crate::messaging;
use std::ffi::{CString, c_char};
use wasi_cloud_sdk::{Error, Kind, Result, messaging::Message};

unsafe extern "C" {
    fn wcl_fail(status: u32, message: *const c_char) -> u32;
    safe fn wcli_handle(message: i32) -> u32;
}

/// Every kind, in the order of `wcl_status` and of the WIT.
pub(crate) const KINDS: [Kind; 9] = [
    Kind::NotFound,
    Kind::AccessDenied,
    Kind::Invalid,
    Kind::Conflict,
    Kind::Unsupported,
    Kind::Quota,
    Kind::Timeout,
    Kind::Unavailable,
    Kind::Other,
];

/// A `wcl_status`: 0, or the failure that `wcl_errmsg` then tells of.
pub(crate) fn status(outcome: Result<()>) -> u32 {
    let Err(error) = outcome else { return 0 };
    let text = CString::new(error.message.replace('\0', "")).unwrap_or_default();
    // SAFETY: a text with a zero behind it, of which C keeps a copy.
    unsafe { wcl_fail(error.kind as u32 + 1, text.as_ptr()) }
}

/// Why a message was not handled.
pub(crate) enum Unhandled {
    /// The test asked for what there is not.
    Asked(Error),
    /// The handler failed with this status. The error slot is as it left it.
    Failed(u32),
}

impl From<Error> for Unhandled {
    fn from(error: Error) -> Self {
        Self::Asked(error)
    }
}

/// Has the program handle a message as a host would.
///
/// # Errors
/// That of the handler.
pub(crate) fn handle(message: Message) -> Result<(), Unhandled> {
    match wcli_handle(messaging::put(message)) {
        0 => Ok(()),
        failed => Err(Unhandled::Failed(failed)),
    }
}

/// A `wcl_status`: what the handler returned, or why there was none.
pub(crate) fn handled(outcome: Result<(), Unhandled>) -> u32 {
    match outcome {
        Err(Unhandled::Failed(failed)) => failed,
        Err(Unhandled::Asked(error)) => status(Err(error)),
        Ok(()) => 0,
    }
}
