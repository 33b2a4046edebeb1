//! Hosts that link one defective function into guests.

mod cases;
mod handles;

use super::Row;
use crate::host::{embedded::Linker, stage::Tamper};
use std::sync::Arc;
use wasi_cloud_core::{Kind, keyvalue::Bucket};
use wasi_cloud_wasmtime::{
    CloudView, HostError,
    bindings::wasi::{
        config::store as config,
        keyvalue::store::{self, Host, HostBucket, KeyResponse},
    },
};
use wasmtime::{Result, bail, component::Resource};

/// Redefines functions that are linked into guests.
pub(super) type Link = fn(&mut Linker) -> Result<()>;

pub(super) struct Cut(pub(super) Link);

impl Tamper for Cut {
    fn linker(&self, linker: &mut Linker) -> Result<()> {
        linker.allow_shadowing(true);
        (self.0)(linker)
    }
}

/// Defines `$function` of `$interface` anew; `$body` may use the arguments and the instance's `$host`.
macro_rules! shadow {
    ($linker:ident, $interface:expr, $function:literal, $host:ident, ($($arg:ident: $type:ty),*) => $body:expr) => {
        $linker.instance($interface)?.func_wrap_async($function, |mut cx, ($($arg,)*): ($($type,)*)| {
            Box::new(async move {
                #[allow(unused_mut, reason = "functions of a handle alone do not need the instance")]
                let mut $host = cx.data_mut().cloud();
                $body
            })
        })
    };
}
pub(super) use shadow;

pub(super) fn rows() -> Vec<Row> {
    let row = |(name, bug, clauses, link): Entry| Row { name, bug, clauses, tamper: Arc::new(Cut(link)) };
    OWN.iter().chain(handles::ROWS).chain(cases::ROWS).copied().map(row).collect()
}

/// A row of a table: name, defect, clauses, and what is linked.
pub(super) type Entry = (&'static str, &'static str, &'static [&'static str], Link);

const OWN: &[Entry] = &[
    ("glue-denied-is-missing", "A denied label is `no-such-store`.", &["KV-STORE-03"], denied_is_missing),
    ("glue-error-is-trap", "An error of the backend traps the guest.", &["KV-STORE-22"], error_is_trap),
    ("glue-absent-is-empty", "An absent key reads as an empty value.", &["KV-STORE-05"], absent_is_empty),
    ("glue-one-page-only", "A listing never has a cursor.", &["KV-STORE-12"], one_page_only),
    ("glue-drop-clears", "Dropping a bucket deletes a key.", &["KV-STORE-23"], drop_clears),
    ("glue-empty-config-is-missing", "An empty setting is no setting.", &["CFG-STORE-06"], empty_config_is_missing),
];

pub(super) const STORE: &str = "wasi:keyvalue/store@0.2.0-draft2";
pub(super) const ATOMICS: &str = "wasi:keyvalue/atomics@0.2.0-draft2";
const BATCH: &str = "wasi:keyvalue/batch@0.2.0-draft2";
const CONFIG: &str = "wasi:config/store@0.2.0-rc.1";

/// What the guest of an honest host is told of a result.
pub(super) fn told<T>(
    host: &mut CloudView<'_>,
    result: std::result::Result<T, HostError>,
) -> Result<(std::result::Result<T, store::Error>,)> {
    Ok((match result {
        Ok(answer) => Ok(answer),
        Err(error) => Err(Host::convert_error(host, error)?),
    },))
}

fn denied_is_missing(linker: &mut Linker) -> Result<()> {
    linker.instance(STORE)?.func_wrap_async("open", |mut cx, (label,): (String,)| {
        Box::new(async move {
            let mut host = cx.data_mut().cloud();
            Ok((match Host::open(&mut host, label).await {
                Ok(bucket) => Ok(bucket),
                Err(HostError::Cloud(e)) if e.kind == Kind::AccessDenied => Err(store::Error::NoSuchStore),
                Err(e) => Err(host.convert_error(e)?),
            },))
        })
    })
}

fn error_is_trap(linker: &mut Linker) -> Result<()> {
    linker.instance(STORE)?.func_wrap_async(
        "[method]bucket.set",
        |mut cx, (bucket, key, value): (Resource<Bucket>, String, Vec<u8>)| {
            Box::new(async move {
                let mut host = cx.data_mut().cloud();
                match HostBucket::set(&mut host, bucket, key, value).await {
                    Ok(()) => Ok((Ok::<(), store::Error>(()),)),
                    Err(HostError::Cloud(error)) => bail!("{error}"),
                    Err(HostError::Trap(trap)) => Err(trap),
                }
            })
        },
    )
}

fn absent_is_empty(linker: &mut Linker) -> Result<()> {
    linker.instance(STORE)?.func_wrap_async(
        "[method]bucket.get",
        |mut cx, (bucket, key): (Resource<Bucket>, String)| {
            Box::new(async move {
                let mut host = cx.data_mut().cloud();
                Ok((match HostBucket::get(&mut host, bucket, key).await {
                    Ok(value) => Ok(Some(value.unwrap_or_default())),
                    Err(e) => Err(host.convert_error(e)?),
                },))
            })
        },
    )
}

fn one_page_only(linker: &mut Linker) -> Result<()> {
    linker.instance(STORE)?.func_wrap_async(
        "[method]bucket.list-keys",
        |mut cx, (bucket, cursor): (Resource<Bucket>, Option<String>)| {
            Box::new(async move {
                let mut host = cx.data_mut().cloud();
                Ok((match HostBucket::list_keys(&mut host, bucket, cursor).await {
                    Ok(page) => Ok(KeyResponse { cursor: None, ..page }),
                    Err(e) => Err(host.convert_error(e)?),
                },))
            })
        },
    )
}

fn drop_clears(linker: &mut Linker) -> Result<()> {
    let ty = wasmtime::component::ResourceType::host::<Bucket>();
    linker.instance(STORE)?.resource_async("bucket", ty, |mut cx, rep| {
        Box::new(async move {
            let host = cx.data_mut().cloud();
            let bucket = host.table.delete(Resource::<Bucket>::new_own(rep))?;
            // The mutant's own failures would hide its defect from no case.
            for key in bucket.list_keys(None).await.map(|page| page.keys).unwrap_or_default() {
                let _ = bucket.delete(&key).await;
            }
            Ok(())
        })
    })
}

fn empty_config_is_missing(linker: &mut Linker) -> Result<()> {
    linker.instance(CONFIG)?.func_wrap_async("get", |mut cx, (key,): (String,)| {
        Box::new(async move {
            let mut host = cx.data_mut().cloud();
            Ok((match config::Host::get(&mut host, key).await {
                Ok(value) => Ok(value.filter(|text| !text.is_empty())),
                Err(e) => Err(config::Host::convert_error(&mut host, e)?),
            },))
        })
    })
}
