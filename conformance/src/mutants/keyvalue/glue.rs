//! Hosts that link one defective function of the extension into guests.

use crate::{
    host::embedded::Linker,
    mutants::{
        Row,
        glue::{Cut, Link},
    },
};
use std::sync::Arc;
use wasi_cloud_core::{Kind, keyvalue::Bucket};
use wasi_cloud_wasmtime::{
    HostError,
    bindings::{
        wasi::keyvalue::store::{self, HostBucket},
        wasi_cloud::keyvalue::extension::{Condition, Host, PutOptions},
    },
};
use wasmtime::{Result, component::Resource};

pub(in crate::mutants) fn rows() -> Vec<Row> {
    let row = |name, bug, clauses, link: Link| Row { name, bug, clauses, tamper: Arc::new(Cut(link)) };
    vec![
        row("glue-ttl-0-is-none", "A lifetime of 0 is none.", &["KVX-35"], no_ttl),
        row("glue-limit-0-is-1", "A limit of 0 is the least.", &["KVX-42"], least_limit),
        row("glue-delete-if-absent", "`absent` is no condition of `delete`.", &["KVX-24", "KVX-65"], delete_anyway),
        row("glue-extension-apart", "The extension has keys of its own.", &["KVX-50"], keys_apart),
        row("glue-outage-is-absence", "A read that failed finds nothing.", &["KV-STORE-22"], outage_is_absence),
        row("glue-extension-denied-is-gone", "A denied `put` finds no bucket.", &["KVX-64"], denied_is_gone),
        row("glue-extension-traps", "A failed `get` of the extension traps.", &["KVX-72"], get_traps),
    ]
}

const EXTENSION: &str = "wasi-cloud:keyvalue/extension@0.1.0";

type Put = (Resource<Bucket>, String, Vec<u8>, PutOptions);

fn no_ttl(linker: &mut Linker) -> Result<()> {
    linker.instance(EXTENSION)?.func_wrap_async("put", |mut cx, (bucket, key, value, options): Put| {
        Box::new(async move {
            let mut host = cx.data_mut().cloud();
            let options = PutOptions { ttl_ms: options.ttl_ms.filter(|ttl| *ttl > 0), ..options };
            Ok((match Host::put(&mut host, bucket, key, value, options).await {
                Ok(version) => Ok(version),
                Err(e) => Err(Host::convert_error(&mut host, e)?),
            },))
        })
    })
}

fn denied_is_gone(linker: &mut Linker) -> Result<()> {
    linker.instance(EXTENSION)?.func_wrap_async("put", |mut cx, (bucket, key, value, options): Put| {
        Box::new(async move {
            let mut host = cx.data_mut().cloud();
            Ok((match Host::put(&mut host, bucket, key, value, options).await {
                Ok(version) => Ok(version),
                Err(HostError::Cloud(mut e)) if e.kind == Kind::AccessDenied => {
                    e.kind = Kind::NotFound;
                    Err(Host::convert_error(&mut host, e.into())?)
                }
                Err(e) => Err(Host::convert_error(&mut host, e)?),
            },))
        })
    })
}

fn least_limit(linker: &mut Linker) -> Result<()> {
    linker.instance(EXTENSION)?.func_wrap_async(
        "list-keys",
        |mut cx, (bucket, prefix, cursor, limit): (Resource<Bucket>, String, Option<String>, u32)| {
            Box::new(async move {
                let mut host = cx.data_mut().cloud();
                Ok((match Host::list_keys(&mut host, bucket, prefix, cursor, limit.max(1)).await {
                    Ok(page) => Ok(page),
                    Err(e) => Err(Host::convert_error(&mut host, e)?),
                },))
            })
        },
    )
}

fn delete_anyway(linker: &mut Linker) -> Result<()> {
    linker.instance(EXTENSION)?.func_wrap_async(
        "delete",
        |mut cx, (bucket, key, condition): (Resource<Bucket>, String, Condition)| {
            Box::new(async move {
                let mut host = cx.data_mut().cloud();
                let condition = if matches!(condition, Condition::Absent) { Condition::Always } else { condition };
                Ok((match Host::delete(&mut host, bucket, key, condition).await {
                    Ok(there) => Ok(there),
                    Err(e) => Err(Host::convert_error(&mut host, e)?),
                },))
            })
        },
    )
}

fn keys_apart(linker: &mut Linker) -> Result<()> {
    linker.instance(EXTENSION)?.func_wrap_async("put", |mut cx, (bucket, key, value, options): Put| {
        Box::new(async move {
            let mut host = cx.data_mut().cloud();
            Ok((match Host::put(&mut host, bucket, format!("x:{key}"), value, options).await {
                Ok(version) => Ok(version),
                Err(e) => Err(Host::convert_error(&mut host, e)?),
            },))
        })
    })?;
    linker.instance(EXTENSION)?.func_wrap_async("get", |mut cx, (bucket, key): (Resource<Bucket>, String)| {
        Box::new(async move {
            let mut host = cx.data_mut().cloud();
            Ok((match Host::get(&mut host, bucket, format!("x:{key}")).await {
                Ok(entry) => Ok(entry),
                Err(e) => Err(Host::convert_error(&mut host, e)?),
            },))
        })
    })
}

fn outage_is_absence(linker: &mut Linker) -> Result<()> {
    linker.instance("wasi:keyvalue/store@0.2.0-draft2")?.func_wrap_async(
        "[method]bucket.get",
        |mut cx, (bucket, key): (Resource<Bucket>, String)| {
            Box::new(async move {
                let mut host = cx.data_mut().cloud();
                Ok((match HostBucket::get(&mut host, bucket, key).await {
                    Ok(value) => Ok(value),
                    Err(HostError::Cloud(e)) if e.kind == Kind::Unavailable => Ok(None),
                    Err(e) => Err(store::Host::convert_error(&mut host, e)?),
                },))
            })
        },
    )
}

fn get_traps(linker: &mut Linker) -> Result<()> {
    linker.instance(EXTENSION)?.func_wrap_async("get", |mut cx, (bucket, key): (Resource<Bucket>, String)| {
        Box::new(async move {
            let mut host = cx.data_mut().cloud();
            match Host::get(&mut host, bucket, key).await {
                Ok(entry) => {
                    Ok((Ok::<_, wasi_cloud_wasmtime::bindings::wasi_cloud::keyvalue::extension::Error>(entry),))
                }
                Err(e) => wasmtime::bail!("{e:?}"),
            }
        })
    })
}
