//! The sync face of key-value: the standard package and the extension, on the portable `Bucket` and `Cas`.

mod atomics;
mod batch;
mod extension;
mod store;
