//! `Link::run` without wasm: against the backend called directly, and with five layers.

use crate::{
    meter::cpu_of,
    table::{Row, Table},
};
use criterion::Criterion;
use prometheus_client::registry::Registry;
use std::{hint::black_box, num::NonZeroU32, sync::Arc, time::Duration};
use tokio::runtime::Runtime;
use wasi_cloud_core::{
    Grants, Layer, Layers, Links,
    keyvalue::{Bucket, KeyValue},
    layer::{Limit, Metrics, Retry, Timeout, Trace},
};
use wasi_cloud_memory::Memory;

const KEY: &str = "key-0001";

/// The five, outside in, set so that none of them ever acts.
pub fn five() -> Layers {
    let (metrics, _) = Metrics::register(&mut Registry::default());
    let layers: [Arc<dyn Layer>; 5] = [
        Arc::new(Trace::default()),
        Arc::new(metrics),
        Arc::new(Limit::new(NonZeroU32::MIN.saturating_add(1000))),
        Arc::new(Timeout(Duration::from_secs(30))),
        Arc::new(Retry { times: 3, pause: Duration::from_millis(100) }),
    ];
    layers.into()
}

/// An open bucket on a backend, with these layers.
pub async fn bucket(backend: &Arc<dyn KeyValue>, layers: Layers) -> Bucket {
    let links = Links::default();
    links.keyvalue.set("default", backend.clone(), "default", layers);
    let grants = Grants::parse(["keyvalue:default"]).expect("a grant").shared();
    Bucket::open(links.keyvalue.link("default", &grants)).await.expect("a bucket")
}

pub fn measure(criterion: &mut Criterion, runtime: &Runtime, table: &mut Table) {
    let backend = Memory::new().services().keyvalue.expect("memory has key-value");
    let bare = runtime.block_on(bucket(&backend, [].into()));
    let layered = runtime.block_on(bucket(&backend, five()));
    runtime.block_on(bare.set(KEY, &[7; 16])).expect("a value");
    let through = |bucket: &Bucket, n: u64| {
        runtime.block_on(cpu_of(async {
            for _ in 0..n {
                black_box(bucket.get(black_box(KEY)).await.expect("an answer"));
            }
        }))
    };
    let direct = |n: u64| {
        runtime.block_on(cpu_of(async {
            for _ in 0..n {
                black_box(backend.get("default", black_box(KEY)).await.expect("an answer"));
            }
        }))
    };
    let mut group = criterion.benchmark_group("link-0");
    group.bench_function("ours", |b| b.iter_custom(|n| through(&bare, n)));
    group.bench_function("peer", |b| b.iter_custom(&direct));
    group.finish();
    table.add(Row {
        id: "link-0".into(),
        what: "`Link::run` without layers, around `get` of 16 B".into(),
        peer: "the memory backend, called directly",
    });
    let mut group = criterion.benchmark_group("link-5");
    group.bench_function("ours", |b| b.iter_custom(|n| through(&layered, n)));
    group.bench_function("peer", |b| b.iter_custom(|n| through(&bare, n)));
    group.finish();
    table.add(Row {
        id: "link-5".into(),
        what: "`Link::run` with trace, metrics, limit, timeout and retry".into(),
        peer: "`Link::run` without layers",
    });
}
