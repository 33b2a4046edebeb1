//! Programs that misbehave at once, for tests of what stands around guests. Too small for the corpus.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test")]

use wasi_cloud_componentize::{Adapter, Componentize};

/// A program that traps.
pub fn trap() -> Vec<u8> {
    program("unreachable")
}

/// A program that never ends.
pub fn endless() -> Vec<u8> {
    program("(loop (br 0))")
}

/// A `wasi:cli/run` component with this body.
fn program(body: &str) -> Vec<u8> {
    let module = wat::parse_str(format!("(module (memory (export \"memory\") 1) (func (export \"_start\") {body}))"));
    Componentize::new().adapter(Adapter::Command).run(&module.expect("valid text")).expect("a program")
}
