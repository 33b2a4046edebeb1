//! The line protocol's types, as `conformance/wit` defines them. JSON is `serde` on the generated types, on both sides.

#[allow(missing_docs, clippy::all, clippy::pedantic)]
mod generated {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "wire",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });
}

pub use generated::exports::wasi_cloud::conformance::{config, keyvalue, keyvalue_ext, messaging};
