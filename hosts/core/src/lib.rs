//! The core of wasi-cloud: what every host, backend and native test shares, without wasm and without any client
//! library.
//!
//! A capability is a word, such as `keyvalue`. Per word there is a **driver trait**, the least that a backend must do
//! ([`keyvalue::KeyValue`]), and a **portable type**, what a guest's handle is ([`keyvalue::Bucket`]). Between the two
//! stands one function, [`Link::run`]: it checks the grant, picks the current backend and runs the layers.
//!
//! ```
//! # async fn example(backend: std::sync::Arc<dyn wasi_cloud_core::keyvalue::KeyValue>) -> wasi_cloud_core::Result<()> {
//! use wasi_cloud_core::{Grants, Links, keyvalue::Bucket};
//!
//! let links = Links::default();
//! links.keyvalue.set("default", backend, "default", [].into());
//!
//! let grants = Grants::parse(["keyvalue:default"])?.shared();
//! let bucket = Bucket::open(links.keyvalue.link("default", &grants)).await?;
//! bucket.set("greeting", b"hello").await?;
//! # Ok(()) }
//! ```

pub mod call;
pub mod clock;
pub mod config;
pub mod describe;
pub mod error;
pub mod escape;
pub mod grant;
pub mod keyvalue;
pub mod layer;
pub mod link;
pub mod messaging;
pub mod provider;

pub use call::{Access, Call};
pub use clock::Clock;
pub use describe::Description;
pub use error::{Applied, Error, Kind, Result};
pub use grant::{Grants, Rule};
pub use layer::{Layer, Layers};
pub use link::{Link, Route, SharedGrants};
pub use provider::{Provider, Registry, Services};

/// The capability words. Each names one file in every room of the project.
pub const CAPABILITIES: &[&str] = &["config", "keyvalue", "messaging"];

/// All labels of a host, by capability.
#[derive(Debug, Clone)]
pub struct Links {
    /// Labels that `store.open` takes.
    pub keyvalue: link::Table<dyn keyvalue::KeyValue>,
    /// Labels that `client.connect` takes.
    pub messaging: link::Table<dyn messaging::Messaging>,
    /// `wasi:config` names no label; its link is `default`.
    pub config: link::Table<dyn config::Config>,
}

impl Default for Links {
    fn default() -> Self {
        Self {
            keyvalue: link::Table::new("keyvalue"),
            messaging: link::Table::new("messaging"),
            config: link::Table::new("config"),
        }
    }
}
