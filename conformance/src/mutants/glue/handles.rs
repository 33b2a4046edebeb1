//! Handles that leak, or take others with them.

use super::{Entry, STORE, shadow, told};
use crate::host::embedded::Linker;
use wasi_cloud_core::{Kind, keyvalue::Bucket};
use wasi_cloud_wasmtime::{HostError, bindings::wasi::keyvalue::store::Host};
use wasmtime::{
    Result, bail,
    component::{Resource, ResourceType},
};

pub(super) const ROWS: &[Entry] = &[
    ("glue-leaks-handles", "A dropped handle keeps its place in the table.", &["KV-STORE-01"], leaks),
    ("glue-drop-takes-next", "Dropping a handle drops the next one too.", &["KV-STORE-23"], drop_takes_next),
    ("glue-full-table-is-trap", "A full table of handles traps the guest.", &["KV-STORE-22"], full_is_trap),
];

fn leaks(linker: &mut Linker) -> Result<()> {
    linker.instance(STORE)?.resource_async("bucket", ResourceType::host::<Bucket>(), |_, _| Box::new(async { Ok(()) }))
}

fn drop_takes_next(linker: &mut Linker) -> Result<()> {
    linker.instance(STORE)?.resource_async("bucket", ResourceType::host::<Bucket>(), |mut cx, rep| {
        Box::new(async move {
            let host = cx.data_mut().cloud();
            host.table.delete(Resource::<Bucket>::new_own(rep))?;
            let is_bucket = |at: &u32| host.table.get(&Resource::<Bucket>::new_borrow(*at)).is_ok();
            if let Some(next) = (rep + 1..rep + 100).find(is_bucket) {
                host.table.delete(Resource::<Bucket>::new_own(next))?;
            }
            Ok(())
        })
    })
}

fn full_is_trap(linker: &mut Linker) -> Result<()> {
    shadow!(linker, STORE, "open", host, (label: String) => match Host::open(&mut host, label).await {
        Err(HostError::Cloud(error)) if error.kind == Kind::Quota => bail!("{error}"),
        opened => told(&mut host, opened),
    })
}
