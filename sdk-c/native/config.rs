//! `wasi:config`.

use crate::abi::{In, List, Lower, Ret, as_it_is};
use wasi_cloud_sdk::{self as sdk, Kind, config};

/// `store.error`.
#[repr(C, u8)]
#[allow(dead_code, reason = "C reads it")]
pub(crate) enum Error {
    Upstream(List<u8>),
    Io(List<u8>),
}

as_it_is!(Error);

/// The case that the SDK made its error of.
fn case(error: sdk::Error) -> Error {
    match error.kind {
        Kind::Unavailable => Error::Io(error.message.lower()),
        Kind::NotFound
        | Kind::AccessDenied
        | Kind::Invalid
        | Kind::Conflict
        | Kind::Unsupported
        | Kind::Quota
        | Kind::Timeout
        | Kind::Other => Error::Upstream(error.message.lower()),
    }
}

#[unsafe(export_name = "__wasm_import_wcl_gen_config_get")]
extern "C" fn get(key: In<'_>, len: usize, ret: Ret<'_, Result<Option<String>, Error>>) {
    ret.write(config::get(key.text(len)).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_config_get_all")]
extern "C" fn get_all(ret: Ret<'_, Result<Vec<(String, String)>, Error>>) {
    ret.write(config::get_all().map_err(case).lower());
}
