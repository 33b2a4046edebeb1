//! The shell: a `wasi:cli/run` program around the `exec` of one driver. A JSON line on stdin is an operation, a JSON line
//! on stdout is what came of it, in order; JSON is `serde` on the types that the WIT generates, on both sides of the pipe.
//!
//! A program imports its one conformance interface and WASI's own; a driver of any language is plugged in there.

use serde::{Serialize, de::DeserializeOwned};
use std::io::{self, BufRead, Write};

/// The whole program of one interface: `shell!("keyvalue-shell", keyvalue)`.
#[macro_export]
macro_rules! shell {
    ($world:tt, $interface:ident) => {
        wit_bindgen::generate!({
            path: "../../../wit",
            world: $world,
            additional_derives: [serde::Serialize, serde::Deserialize],
        });

        fn main() -> std::io::Result<()> {
            $crate::run(wasi_cloud::conformance::$interface::exec)
        }
    };
}

/// Answers line by line until stdin ends.
///
/// # Errors
/// As [`converse`].
pub fn run<Op: DeserializeOwned, Seen: Serialize>(exec: impl Fn(&Op) -> Seen) -> io::Result<()> {
    converse(io::stdin().lock(), io::stdout().lock(), exec)
}

/// Answers line by line until there are no more, each before the next is read.
///
/// # Errors
/// A line that is no operation ends it: the suite is wrong then, and nothing that follows can be trusted.
pub fn converse<Op: DeserializeOwned, Seen: Serialize>(
    operations: impl BufRead,
    mut observations: impl Write,
    exec: impl Fn(&Op) -> Seen,
) -> io::Result<()> {
    for line in operations.lines() {
        let op = serde_json::from_str(&line?)?;
        let mut seen = serde_json::to_vec(&exec(&op))?;
        seen.push(b'\n');
        observations.write_all(&seen)?;
        observations.flush()?;
    }
    Ok(())
}
