//! The wasi-cloud reference host: the backends it has, and how its users name them.
//!
//! The program `wasi-cloud` is a thin shell around this library and `wasi-cloud-wasmtime`; see `wasi-cloud --help`.

mod durable;
pub mod link;
pub mod registry;

pub use durable::prepare;
pub use link::LinkSpec;
pub use registry::{registry, registry_with};
