//! The conformance suite of wasi-cloud.
pub mod adapter_check;
pub mod bench;
pub mod bundle;
pub mod catalogue;
pub mod certificate;
pub mod clauses;
pub mod cli;
pub mod compose;
pub mod corpus;
pub mod coverage;
pub mod dialect;
pub mod event;
pub mod field;
pub mod fuzz;
pub mod host;
pub mod language;
pub mod levels;
pub mod matrix;
pub mod mutants;
pub mod outcome;
mod page;
pub mod pattern;
pub mod plan;
mod post;
pub mod report;
pub mod runner;
pub mod service;
pub mod session;
pub mod shapes;
pub mod subject;
pub mod today;
pub mod toolchain;
pub mod transcript;
pub mod waivers;
pub mod wire;

use host::Host;
use std::{process::ExitCode, sync::Arc};

/// The program of a vendor whose host is Rust: `run`, with its flags but those that name a host, on the vendor's own host. One
/// item for each altitude, which is a language where there are guests; `corpus` has them as components.
///
/// `examples/minimal-host.rs` is a whole one.
pub fn main<H: Host + 'static>(hosts: impl IntoIterator<Item = H>) -> ExitCode {
    cli::judge(hosts.into_iter().map(|host| Arc::new(host) as Arc<dyn Host>).collect(), std::env::args_os())
}
