//! The drivers' `exec` and what goes with it.

use crate::types::{config, keyvalue, keyvalue_ext, messaging};
use serde::{Serialize, de::DeserializeOwned};
use std::mem::MaybeUninit;

unsafe extern "C" {
    safe fn exports_wasi_cloud_conformance_keyvalue_exec(
        op: &mut MaybeUninit<keyvalue::Op>,
        seen: &mut MaybeUninit<keyvalue::Seen>,
    );
    safe fn exports_wasi_cloud_conformance_keyvalue_seen_free(seen: &mut MaybeUninit<keyvalue::Seen>);
    safe fn exports_wasi_cloud_conformance_keyvalue_drop();

    safe fn exports_wasi_cloud_conformance_keyvalue_ext_exec(
        op: &mut MaybeUninit<keyvalue_ext::Op>,
        seen: &mut MaybeUninit<keyvalue_ext::Seen>,
    );
    safe fn exports_wasi_cloud_conformance_keyvalue_ext_seen_free(seen: &mut MaybeUninit<keyvalue_ext::Seen>);
    safe fn exports_wasi_cloud_conformance_keyvalue_ext_drop();

    safe fn exports_wasi_cloud_conformance_messaging_exec(
        op: &mut MaybeUninit<messaging::Op>,
        seen: &mut MaybeUninit<messaging::Seen>,
    );
    safe fn exports_wasi_cloud_conformance_messaging_seen_free(seen: &mut MaybeUninit<messaging::Seen>);
    safe fn exports_wasi_cloud_conformance_messaging_drop();

    safe fn exports_wasi_cloud_conformance_config_exec(
        op: &mut MaybeUninit<config::Op>,
        seen: &mut MaybeUninit<config::Seen>,
    );
    safe fn exports_wasi_cloud_conformance_config_seen_free(seen: &mut MaybeUninit<config::Seen>);
}

/// A driver of C.
pub(crate) struct Driver {
    /// One operation in, one observation out, as JSON.
    pub(crate) exec: fn(&str) -> serde_json::Result<String>,
    /// Closes what the guest of this thread has open, as a host does.
    pub(crate) end: extern "C" fn(),
}

impl Driver {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "keyvalue" => Self {
                exec: |op| {
                    let free = exports_wasi_cloud_conformance_keyvalue_seen_free;
                    step(op, exports_wasi_cloud_conformance_keyvalue_exec, free)
                },
                end: exports_wasi_cloud_conformance_keyvalue_drop,
            },
            "keyvalue-ext" => Self {
                exec: |op| {
                    let free = exports_wasi_cloud_conformance_keyvalue_ext_seen_free;
                    step(op, exports_wasi_cloud_conformance_keyvalue_ext_exec, free)
                },
                end: exports_wasi_cloud_conformance_keyvalue_ext_drop,
            },
            "messaging" => Self {
                exec: |op| {
                    let free = exports_wasi_cloud_conformance_messaging_seen_free;
                    step(op, exports_wasi_cloud_conformance_messaging_exec, free)
                },
                end: exports_wasi_cloud_conformance_messaging_drop,
            },
            "config" => Self {
                exec: |op| {
                    let free = exports_wasi_cloud_conformance_config_seen_free;
                    step(op, exports_wasi_cloud_conformance_config_exec, free)
                },
                end: nothing,
            },
            _ => return None,
        })
    }
}

extern "C" fn nothing() {}

fn step<Op: DeserializeOwned, Seen: Serialize>(
    line: &str,
    exec: extern "C" fn(&mut MaybeUninit<Op>, &mut MaybeUninit<Seen>),
    free: extern "C" fn(&mut MaybeUninit<Seen>),
) -> serde_json::Result<String> {
    let mut op = MaybeUninit::new(serde_json::from_str(line)?);
    let mut seen = MaybeUninit::uninit();
    // It takes the operation over.
    exec(&mut op, &mut seen);
    // SAFETY: the driver has written what it saw.
    let json = serde_json::to_string(unsafe { seen.assume_init_ref() });
    free(&mut seen);
    json
}
