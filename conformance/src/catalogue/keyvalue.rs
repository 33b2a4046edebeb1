//! Key-value: `wasi:keyvalue` and `wasi-cloud:keyvalue`.

mod atomics;
mod atomics_shapes;
mod axes;
mod batch;
mod cas;
mod cas_race;
mod extension;
mod extension_faults;
mod extension_list;
mod extension_shapes;
mod extension_ttl;
mod extension_ttl_beside;
mod extension_write;
mod faults;
mod foreign;
mod grants;
mod kinds;
mod lifetime;
mod store;
mod store_concurrent;
mod store_limits;
mod store_list;
mod store_names;
mod store_values;
pub(crate) mod support;
mod switch;
mod watcher;

use super::Case;

/// Every file of cases.
pub const CASES: &[&[Case]] = &[
    store::CASES,
    store_values::CASES,
    store_names::CASES,
    store_concurrent::CASES,
    store_limits::CASES,
    store_list::CASES,
    grants::CASES,
    lifetime::CASES,
    faults::CASES,
    atomics::CASES,
    atomics_shapes::CASES,
    cas::CASES,
    cas_race::CASES,
    batch::CASES,
    extension::CASES,
    extension_write::CASES,
    extension_shapes::CASES,
    extension_list::CASES,
    extension_ttl::CASES,
    extension_ttl_beside::CASES,
    extension_faults::CASES,
    kinds::CASES,
    foreign::CASES,
    switch::CASES,
    watcher::CASES,
];
