//! `wasi:keyvalue`: store, atomics and batch.

use crate::{
    abi::{In, List, Lower, Pair, Ret, View, as_it_is},
    handles::Handles,
};
use wasi_cloud_sdk::{
    self as sdk, Kind,
    keyvalue::{Bucket, Cas, Found, Page, SwapError},
};

pub(crate) static BUCKETS: Handles<Bucket> = Handles::new("bucket");
pub(crate) static CAS: Handles<Cas> = Handles::new("cas");

/// `store.error`.
#[repr(C, u8)]
#[allow(dead_code, reason = "C reads it")]
pub(crate) enum Error {
    NoSuchStore,
    AccessDenied,
    Other(List<u8>),
}

/// `atomics.cas-error`.
#[repr(C, u8)]
#[allow(dead_code, reason = "C reads it")]
pub(crate) enum CasError {
    StoreError(Error),
    CasFailed(i32),
}

as_it_is!(Error, CasError);

/// The case that the SDK made its error of.
fn case(error: sdk::Error) -> Error {
    match error.kind {
        Kind::NotFound => Error::NoSuchStore,
        Kind::AccessDenied => Error::AccessDenied,
        Kind::Invalid
        | Kind::Conflict
        | Kind::Unsupported
        | Kind::Quota
        | Kind::Timeout
        | Kind::Unavailable
        | Kind::Other => Error::Other(error.message.lower()),
    }
}

/// `key-response`, and the extension's `page`: keys and a cursor.
pub(crate) type KeyResponse = (Vec<String>, Option<String>);

pub(crate) fn page(page: Page) -> KeyResponse {
    (page.keys, page.cursor)
}

#[unsafe(export_name = "__wasm_import_wcl_gen_store_open")]
extern "C" fn open(label: In<'_>, len: usize, ret: Ret<'_, Result<i32, Error>>) {
    ret.write(Bucket::open(label.text(len)).map(|bucket| BUCKETS.put(bucket)).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_store_bucket_drop")]
extern "C" fn bucket_drop(bucket: i32) {
    BUCKETS.close(bucket);
}

#[unsafe(export_name = "__wasm_import_wcl_gen_store_method_bucket_get")]
extern "C" fn get(bucket: i32, key: In<'_>, len: usize, ret: Ret<'_, Result<Option<Vec<u8>>, Error>>) {
    ret.write(BUCKETS.get(bucket).get(key.text(len)).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_store_method_bucket_set")]
extern "C" fn set(
    bucket: i32,
    key: In<'_>,
    key_len: usize,
    value: In<'_>,
    len: usize,
    ret: Ret<'_, Result<(), Error>>,
) {
    ret.write(BUCKETS.get(bucket).set(key.text(key_len), value.list(len)).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_store_method_bucket_delete")]
extern "C" fn delete(bucket: i32, key: In<'_>, len: usize, ret: Ret<'_, Result<(), Error>>) {
    ret.write(BUCKETS.get(bucket).delete(key.text(len)).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_store_method_bucket_exists")]
extern "C" fn exists(bucket: i32, key: In<'_>, len: usize, ret: Ret<'_, Result<bool, Error>>) {
    ret.write(BUCKETS.get(bucket).exists(key.text(len)).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_store_method_bucket_list_keys")]
extern "C" fn list_keys(bucket: i32, some: i32, cursor: In<'_>, len: usize, ret: Ret<'_, Result<KeyResponse, Error>>) {
    ret.write(BUCKETS.get(bucket).list_page(cursor.option(some, len)).map(page).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_atomics_increment")]
extern "C" fn increment(bucket: i32, key: In<'_>, len: usize, delta: i64, ret: Ret<'_, Result<i64, Error>>) {
    ret.write(BUCKETS.get(bucket).increment(key.text(len), delta).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_atomics_static_cas_new")]
extern "C" fn cas_new(bucket: i32, key: In<'_>, len: usize, ret: Ret<'_, Result<i32, Error>>) {
    ret.write(Cas::new(&BUCKETS.get(bucket), key.text(len)).map(|cas| CAS.put(cas)).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_atomics_method_cas_current")]
extern "C" fn cas_current(cas: i32, ret: Ret<'_, Result<Option<Vec<u8>>, Error>>) {
    ret.write(CAS.get(cas).current().map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_atomics_swap")]
extern "C" fn swap(cas: i32, value: In<'_>, len: usize, ret: Ret<'_, Result<(), CasError>>) {
    let failed = |error| match error {
        SwapError::Store(error) => CasError::StoreError(case(error)),
        SwapError::Failed(fresh) => CasError::CasFailed(CAS.put(fresh)),
    };
    ret.write(CAS.take(cas).swap(value.list(len)).map_err(failed).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_atomics_cas_drop")]
extern "C" fn cas_drop(cas: i32) {
    CAS.close(cas);
}

#[unsafe(export_name = "__wasm_import_wcl_gen_batch_get_many")]
extern "C" fn get_many(bucket: i32, keys: In<'_, View<'_>>, len: usize, ret: Ret<'_, Result<Vec<Found>, Error>>) {
    ret.write(BUCKETS.get(bucket).get_many(&texts(keys.list(len))).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_batch_set_many")]
extern "C" fn set_many(
    bucket: i32,
    pairs: In<'_, Pair<View<'_>, View<'_>>>,
    len: usize,
    ret: Ret<'_, Result<(), Error>>,
) {
    let pairs: Vec<_> = pairs.list(len).iter().map(|Pair(key, value)| (key.text(), value.bytes())).collect();
    ret.write(BUCKETS.get(bucket).set_many(&pairs).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_batch_delete_many")]
extern "C" fn delete_many(bucket: i32, keys: In<'_, View<'_>>, len: usize, ret: Ret<'_, Result<(), Error>>) {
    ret.write(BUCKETS.get(bucket).delete_many(&texts(keys.list(len))).map_err(case).lower());
}

fn texts<'a>(keys: &[View<'a>]) -> Vec<&'a str> {
    keys.iter().map(View::text).collect()
}
