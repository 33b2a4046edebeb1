//! Generated from `wit/`: the one `bindgen!` of this host.
//!
//! The synchronous packages get the *sync face*: an async Rust function that blocks only the guest. A function that
//! WIT marks `async` would get the `async | store` flags by itself and land in a `HostWithStore` trait: that is where an
//! async face stands, beside the sync face of the same capability and on the same portable types.

#![allow(missing_docs, reason = "generated; the WIT documents it")]

wasmtime::component::bindgen!({
    path: "wit",
    world: "wasi-cloud:cloud/service",
    imports: { default: async | trappable },
    exports: { default: async },
    with: {
        "wasi:keyvalue/store.bucket": wasi_cloud_core::keyvalue::Bucket,
        "wasi:keyvalue/atomics.cas": wasi_cloud_core::keyvalue::Cas,
        "wasi:messaging/types.client": wasi_cloud_core::messaging::Client,
        "wasi:messaging/types.message": wasi_cloud_core::messaging::Message,
        "wasi:messaging/request-reply.request-options": wasi_cloud_core::messaging::RequestOptions,
    },
    trappable_error_type: {
        "wasi:keyvalue/store.error" => crate::error::HostError,
        "wasi:keyvalue/atomics.cas-error" => crate::error::HostSwapError,
        "wasi-cloud:keyvalue/extension.error" => crate::error::HostError,
        "wasi:messaging/types.error" => crate::error::HostError,
        "wasi:config/store.error" => crate::error::HostError,
    },
    require_store_data_send: true,
});

/// The world of components that are told of changes. Its imports are those above.
pub mod watching {
    wasmtime::component::bindgen!({
        path: "wit",
        world: "wasi-cloud:cloud/watch-service",
        imports: { default: async | trappable },
        exports: { default: async },
        with: {
            "wasi:keyvalue": crate::bindings::wasi::keyvalue,
            "wasi-cloud:keyvalue": crate::bindings::wasi_cloud::keyvalue,
            "wasi:messaging": crate::bindings::wasi::messaging,
            "wasi:config": crate::bindings::wasi::config,
        },
        require_store_data_send: true,
    });
}
