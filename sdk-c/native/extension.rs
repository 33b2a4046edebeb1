//! `wasi-cloud:keyvalue/extension`.

use crate::{
    abi::{In, List, Lower, Ret, as_it_is, trap},
    keyvalue::{BUCKETS, KeyResponse, page},
};
use std::time::Duration;
use wasi_cloud_sdk::{
    self as sdk, Applied,
    keyvalue::{Condition, Entry, PutOptions, Version},
};

/// `extension.error`.
#[repr(C)]
#[allow(dead_code, reason = "C reads it")]
pub(crate) struct Error {
    kind: u8,
    applied: bool,
    message: List<u8>,
}

as_it_is!(Error);

fn case(error: sdk::Error) -> Error {
    // In the order of the WIT, as `KINDS` is.
    let kind = error.kind as u8;
    Error { kind, applied: error.applied == Applied::Maybe, message: error.message.lower() }
}

fn condition(case: i32, version: In<'_>, len: usize) -> Condition {
    match case {
        0 => Condition::Always,
        1 => Condition::Absent,
        2 => Condition::Version(Version::new(version.text(len))),
        _ => trap("a condition is none of the three: a host traps here"),
    }
}

/// A value and its version.
type Found = (Vec<u8>, String);

fn found(entry: Entry) -> Found {
    (entry.value, entry.version.as_str().to_owned())
}

#[unsafe(export_name = "__wasm_import_wcl_gen_extension_get")]
extern "C" fn get(bucket: i32, key: In<'_>, len: usize, ret: Ret<'_, Result<Option<Found>, Error>>) {
    let entry = BUCKETS.get(bucket).get_entry(key.text(len));
    ret.write(entry.map(|entry| entry.map(found)).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_extension_put")]
extern "C" fn put(
    bucket: i32,
    key: In<'_>,
    key_len: usize,
    value: In<'_>,
    len: usize,
    under: i32,
    version: In<'_>,
    version_len: usize,
    has_ttl: i32,
    ttl_ms: u64,
    ret: Ret<'_, Result<String, Error>>,
) {
    let mut options = PutOptions::new().condition(condition(under, version, version_len));
    if has_ttl == 1 {
        options = options.ttl(Duration::from_millis(ttl_ms));
    }
    let put = BUCKETS.get(bucket).put(key.text(key_len), value.list(len), options);
    ret.write(put.map(|version| version.as_str().to_owned()).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_extension_delete")]
extern "C" fn delete(
    bucket: i32,
    key: In<'_>,
    len: usize,
    under: i32,
    version: In<'_>,
    version_len: usize,
    ret: Ret<'_, Result<bool, Error>>,
) {
    let condition = condition(under, version, version_len);
    ret.write(BUCKETS.get(bucket).delete_if(key.text(len), condition).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_extension_list_keys")]
extern "C" fn list_keys(
    bucket: i32,
    prefix: In<'_>,
    prefix_len: usize,
    some: i32,
    cursor: In<'_>,
    len: usize,
    limit: u32,
    ret: Ret<'_, Result<KeyResponse, Error>>,
) {
    let listed = BUCKETS.get(bucket).list_page_prefix(prefix.text(prefix_len), cursor.option(some, len), limit);
    ret.write(listed.map(page).map_err(case).lower());
}
