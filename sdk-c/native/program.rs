//! What the program under test has for us: its error slot and its handlers.

use crate::{abi::trap, messaging};
use std::{
    ffi::{CStr, CString, c_char, c_void},
    mem::MaybeUninit,
};
use wasi_cloud_sdk::{Error, Kind, Result, messaging::Message};

unsafe extern "C" {
    safe fn wcl_fail(status: u32, message: *const c_char) -> u32;
    safe fn wcl_errmsg() -> *const c_char;
    safe fn exports_wcl_gen_handler_handle(message: Own, error: &mut MaybeUninit<messaging::Error>) -> bool;
    fn free(memory: *mut c_void);
}

/// A handle of which the callee becomes the owner.
#[repr(C)]
struct Own {
    handle: i32,
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
    let mut error = MaybeUninit::uninit();
    if exports_wcl_gen_handler_handle(Own { handle: messaging::put(message) }, &mut error) {
        return Ok(());
    }
    // SAFETY: the program wrote the error, since it failed.
    let messaging::Error::Other(text) = (unsafe { error.assume_init() }) else {
        trap("a handler failed with what the SDK does not say")
    };
    let bytes = text.bytes();
    let told = String::from_utf8_lossy(bytes).into_owned();
    if !bytes.is_empty() {
        // SAFETY: the text was allocated for the host, which frees it, and this is its last use.
        unsafe { free(bytes.as_ptr().cast_mut().cast()) };
    }
    Err(failure(&told))
}

/// The failure of which a host sees this text. A kind is told before its reason, but for `Other`, of which the reason alone is
/// told; that may begin as a kind does, and then is the last failure's own text.
fn failure(told: &str) -> Error {
    // SAFETY: the error slot of this thread always has a text.
    let reason = unsafe { CStr::from_ptr(wcl_errmsg()) }.to_string_lossy();
    if told != reason {
        for kind in KINDS {
            let text = told.strip_prefix(kind.name());
            if let Some(text) = text.filter(|text| text.is_empty() || text.starts_with(": ")) {
                return Error::new(kind, text.trim_start_matches(": "));
            }
        }
    }
    Error::new(Kind::Other, told)
}
