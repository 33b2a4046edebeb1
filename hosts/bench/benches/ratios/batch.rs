//! `get-many` of a thousand keys, without wasm, against the client library that the backend itself uses.

use crate::{
    layers::bucket,
    table::{Row, Table},
};
use cloud_conformance::service::Service;
use criterion::Criterion;
use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::runtime::Runtime;
use wasi_cloud_core::{Registry, keyvalue::Bucket, provider::EnvSecrets};

const KEYS: usize = 1_000;

fn keys() -> Vec<String> {
    (0..KEYS).map(|n| format!("key-{n:04}")).collect()
}

/// A bucket at this URL, with all keys in it.
async fn filled(registry: &Registry, url: &str) -> Bucket {
    let backend = registry.services(url).await.expect("a server").keyvalue.expect("key-value");
    let bucket = bucket(&backend, [].into()).await;
    let pairs: Vec<_> = keys().into_iter().map(|key| (key, vec![7; 100])).collect();
    bucket.set_many(&pairs).await.expect("written");
    bucket
}

pub fn measure(criterion: &mut Criterion, runtime: &Runtime, table: &mut Table) {
    match runtime.block_on(Service::redis()) {
        Ok(service) => {
            redis(criterion, runtime, table, &service);
            runtime.block_on(service.stop());
        }
        Err(why) => table.skip("`get-many` of 1,000 keys on Redis", &why.to_string()),
    }
    sqlite(criterion, runtime, table);
}

/// The other side asks as one who uses the library by hand would: one prepared statement, key by key, in a transaction.
/// So many calls of ours.
async fn ours(bucket: &Bucket, keys: &[String], n: u64) -> Duration {
    let began = Instant::now();
    for _ in 0..n {
        let found = bucket.get_many(black_box(keys)).await.expect("an answer");
        assert!(found.len() == KEYS && found.iter().all(Option::is_some), "a key is missing");
    }
    began.elapsed()
}

fn sqlite(criterion: &mut Criterion, runtime: &Runtime, table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bench.db");
    let registry = Registry::new(Arc::new(EnvSecrets)).with(wasi_cloud_sqlite::Sqlite::new()).expect("one backend");
    let bucket = runtime.block_on(filled(&registry, &format!("sqlite://{}", path.display())));
    let mut connection = rusqlite::Connection::open(&path).expect("the file");
    let keys = keys();
    let mut peer = |n: u64| {
        let began = Instant::now();
        for _ in 0..n {
            let reading = connection.transaction().expect("a transaction");
            let mut select = reading
                .prepare_cached("select value from keyvalue where bucket = 'default' and key = ?1")
                .expect("a statement");
            let found: Vec<Vec<u8>> =
                black_box(&keys).iter().map(|key| select.query_row([key], |row| row.get(0)).expect("a row")).collect();
            assert_eq!(found.len(), KEYS);
        }
        began.elapsed()
    };
    let mut group = criterion.benchmark_group("sqlite-get-many");
    group.bench_function("ours", |b| b.iter_custom(|n| runtime.block_on(ours(&bucket, &keys, n))));
    group.bench_function("peer", |b| b.iter_custom(&mut peer));
    group.finish();
    table.add(Row {
        id: "sqlite-get-many".into(),
        what: "`get-many` of 1,000 keys of 100 B on SQLite, a file, by the clock".into(),
        peer: "`select` by key of the crate `rusqlite`",
    });
}

fn redis(criterion: &mut Criterion, runtime: &Runtime, table: &mut Table, service: &Service) {
    let registry = Registry::new(Arc::new(EnvSecrets)).with(wasi_cloud_redis::Redis::new()).expect("one backend");
    let bucket = runtime.block_on(filled(&registry, service.url()));
    let client = redis::Client::open(service.url()).expect("a URL");
    let mut connection = runtime.block_on(client.get_multiplexed_async_connection()).expect("a connection");
    let keys = keys();
    let names: Vec<_> = keys.iter().map(|key| format!("default:{key}")).collect();
    let mut peer = async |n: u64| {
        let began = Instant::now();
        for _ in 0..n {
            let mut command = redis::cmd("MGET");
            let asked = command.arg(black_box(&names)).query_async(&mut connection);
            let found: Vec<Option<Vec<u8>>> = asked.await.expect("an answer");
            assert!(found.len() == KEYS && found.iter().all(Option::is_some), "a key is missing");
        }
        began.elapsed()
    };
    let mut group = criterion.benchmark_group("redis-get-many");
    group.bench_function("ours", |b| b.iter_custom(|n| runtime.block_on(ours(&bucket, &keys, n))));
    group.bench_function("peer", |b| b.iter_custom(|n| runtime.block_on(peer(n))));
    group.finish();
    table.add(Row {
        id: "redis-get-many".into(),
        what: "`get-many` of 1,000 keys of 100 B on Redis, by the clock".into(),
        peer: "`MGET` of the crate `redis`",
    });
}
