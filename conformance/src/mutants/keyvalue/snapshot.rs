//! A host that takes a refusal to read for an absent key, where somebody who may write takes a snapshot.

use crate::{
    host::{embedded::Linker, stage::Tamper},
    mutants::{
        Row, Shared,
        glue::{ATOMICS, told},
        lock,
    },
};
use std::sync::Arc;
use wasi_cloud_core::{
    Grants, Kind, Links, Result,
    keyvalue::{Bucket, Cas, KeyValue},
};
use wasi_cloud_wasmtime::{HostError, bindings::wasi::keyvalue::atomics::HostCas};
use wasmtime::component::Resource;

pub(in crate::mutants) fn rows() -> Vec<Row> {
    vec![Row {
        name: "glue-write-grant-takes-snapshots",
        bug: "Who may write gets a snapshot, and where the read was refused it is that of an absent key.",
        clauses: &["KV-STORE-03"],
        tamper: Arc::new(WritersTake::default()),
    }]
}

#[derive(Default)]
struct WritersTake(Shared<Option<Arc<dyn KeyValue>>>);

impl Tamper for WritersTake {
    fn keyvalue(&self, honest: Arc<dyn KeyValue>) -> Arc<dyn KeyValue> {
        *lock(&self.0) = Some(honest.clone());
        honest
    }
    fn linker(&self, linker: &mut Linker) -> wasmtime::Result<()> {
        linker.allow_shadowing(true);
        let backend = self.0.clone();
        linker.instance(ATOMICS)?.func_wrap_async(
            "[static]cas.new",
            move |mut cx, (bucket, key): (Resource<Bucket>, String)| {
                let backend = lock(&backend).clone();
                Box::new(async move {
                    let mut host = cx.data_mut().cloud();
                    let asked = host.table.get(&bucket)?.clone();
                    let taken = match (HostCas::new(&mut host, bucket, key).await, backend) {
                        (Err(HostError::Cloud(e)), Some(backend)) if e.kind == Kind::AccessDenied => {
                            // A batch of nothing tells whether it may write.
                            match asked.set_many(&[]).await {
                                Ok(()) => Ok(host.table.push(absent(backend).await.map_err(wasmtime::Error::from)?)?),
                                Err(_) => Err(e.into()),
                            }
                        }
                        (taken, _) => taken,
                    };
                    told(&mut host, taken)
                })
            },
        )
    }
}

/// The snapshot of a key that nobody writes.
async fn absent(backend: Arc<dyn KeyValue>) -> Result<Cas> {
    let links = Links::default();
    links.keyvalue.set("nobody", backend, "nobody", Vec::new().into());
    let grants = Grants::parse(["keyvalue:nobody"])?.shared();
    Cas::new(Bucket::open(links.keyvalue.link("nobody", &grants)).await?, "k").await
}
