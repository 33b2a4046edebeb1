use super::thread::run;
use crate::{Error, Result, case, testing};
use wasi_cloud_core::{self as core, Kind, config::Store};

/// The case that a host shows, as `wasi-cloud-wasmtime` has it.
fn error(error: core::Error) -> Error {
    let text = error.to_string();
    match error.kind {
        Kind::Timeout | Kind::Unavailable => case::Config::Io(text),
        Kind::NotFound
        | Kind::AccessDenied
        | Kind::Invalid
        | Kind::Conflict
        | Kind::Unsupported
        | Kind::Quota
        | Kind::Other => case::Config::Upstream(text),
    }
    .into()
}

fn store() -> Store {
    Store::new(testing::current().config())
}

pub(crate) fn get(key: &str) -> Result<Option<String>> {
    let (store, key) = (store(), key.to_owned());
    run(async move { store.get(&key).await })?.map_err(error)
}

pub(crate) fn get_all() -> Result<Vec<(String, String)>> {
    let store = store();
    let pairs = run(async move { store.get_all().await })?.map_err(error)?;
    Ok(pairs.into_iter().collect())
}
