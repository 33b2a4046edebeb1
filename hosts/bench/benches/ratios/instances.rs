//! A fresh instance of a guest that was written in Rust, with all of its imports: as our runtime allocates it, and on demand.

use crate::{
    meter::cpu_of,
    table::{Row, Table},
};
use cloud_conformance::corpus::Corpus;
use criterion::Criterion;
use tokio::runtime::Runtime;
use wasi_cloud_core::{Grants, Links};
use wasi_cloud_wasmtime::{CloudCtx, CloudView};
use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result, Store,
    component::{Component, InstancePre, Linker, ResourceTable},
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

struct State {
    wasi: WasiCtx,
    cloud: CloudCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl State {
    fn new() -> Self {
        let cloud = CloudCtx::new(Links::default(), Grants::default().shared());
        Self { wasi: WasiCtx::builder().build(), cloud, table: ResourceTable::new() }
    }
}

fn prepared(strategy: InstanceAllocationStrategy) -> Result<InstancePre<State>> {
    let engine = Engine::new(Config::new().epoch_interruption(true).allocation_strategy(strategy))?;
    let mut linker = Linker::<State>::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasi_cloud_wasmtime::add_to_linker(&mut linker, |s| CloudView { ctx: &mut s.cloud, table: &mut s.table })?;
    let guest = Corpus::load().and_then(|corpus| corpus.composed("rust", "keyvalue")).expect("the guest");
    linker.instantiate_pre(&Component::from_binary(&engine, &guest)?)
}

async fn instantiate(pre: &InstancePre<State>, times: u64) {
    for _ in 0..times {
        let mut store = Store::new(pre.engine(), State::new());
        store.set_epoch_deadline(u64::MAX / 2);
        pre.instantiate_async(&mut store).await.expect("an instance");
    }
}

pub fn measure(criterion: &mut Criterion, runtime: &Runtime, table: &mut Table) {
    let what = "a fresh instance, from a pool";
    let pooled = match prepared(InstanceAllocationStrategy::Pooling(PoolingAllocationConfig::new())) {
        Ok(pooled) => pooled,
        // A machine may not grant that much address space.
        Err(why) => return table.skip(what, &format!("{why:#}")),
    };
    let on_demand = prepared(InstanceAllocationStrategy::OnDemand).expect("an engine");
    let mut group = criterion.benchmark_group("instantiate");
    group.bench_function("ours", |b| b.iter_custom(|n| runtime.block_on(cpu_of(instantiate(&pooled, n)))));
    group.bench_function("peer", |b| b.iter_custom(|n| runtime.block_on(cpu_of(instantiate(&on_demand, n)))));
    group.finish();
    table.add(Row { id: "instantiate".into(), what: what.into(), peer: "one allocated on demand" });
}
