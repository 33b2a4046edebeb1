//! What the program under test has for us: its error slot and its handlers.

use crate::{abi::trap, messaging};
use std::ffi::{CStr, CString, c_char};
use wasi_cloud_sdk::{Error, Kind, Result, messaging::Message};

unsafe extern "C" {
    safe fn wcl_fail(status: u32, message: *const c_char) -> u32;
    safe fn wcli_handle(message: i32) -> u32;
    safe fn wcli_reason(status: u32) -> *const c_char;
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
    wcl_fail(error.kind as u32 + 1, text.as_ptr())
}

/// Has the program handle a message as a host would.
///
/// # Errors
/// That of the handler.
pub(crate) fn handle(message: Message) -> Result<()> {
    let status = wcli_handle(messaging::put(message));
    let Some(kind) = status.checked_sub(1) else { return Ok(()) };
    // SAFETY: the error slot of this thread always has a text.
    let reason = unsafe { CStr::from_ptr(wcli_reason(status)) }.to_string_lossy();
    let kind = KINDS.get(kind as usize).unwrap_or_else(|| trap("a handler returned what is no wcl_status"));
    Err(Error::new(*kind, reason))
}
