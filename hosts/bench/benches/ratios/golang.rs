//! A handler in Go, on our SDK and on the bindings of wit-bindgen-go: the same fifteen calls to the host for a message.

use crate::{
    meter::cpu_of,
    table::{Goal, Row, Table},
};
use criterion::Criterion;
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};
use tokio::runtime::Runtime;
use wasi_cloud_componentize::{Componentize, World};
use wasi_cloud_core::{Grants, Layers, Links, config::Fixed, messaging::Message};
use wasi_cloud_memory::Memory;
use wasi_cloud_wasmtime::{CloudCtx, CloudView, bindings::Service};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
    component::{Component, InstancePre, Linker, ResourceTable},
};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wit_bindgen_core::{Files, wit_parser::Resolve};

/// Of this repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// What is not counted: the first calls of an instance.
const WARM: u64 = 200;

type Built<T> = Result<T, Box<dyn std::error::Error>>;

pub fn measure(criterion: &mut Criterion, runtime: &Runtime, table: &mut Table) {
    let what = "a message to a handler in Go, which calls the host 15 times";
    let (ours, peer) = match ours().and_then(|ours| Ok((ours, peer()?))) {
        Ok((ours, peer)) => (prepared(&ours), prepared(&peer)),
        Err(why) => return table.skip(what, &why.to_string()),
    };
    let mut group = criterion.benchmark_group("go-message");
    group.bench_function("ours", |b| b.iter_custom(|n| runtime.block_on(messages(&ours, n))));
    group.bench_function("peer", |b| b.iter_custom(|n| runtime.block_on(messages(&peer, n))));
    group.finish();
    table.add(Row { id: "go-message".into(), what: what.into(), peer: "wit-bindgen-go's" });
    let goal = Duration::from_micros(15);
    table.goal(Goal { id: "go-message".into(), what: "the same".into(), goal });

    let what = "a fresh instance of it, from a pool";
    let mut group = criterion.benchmark_group("go-instantiate");
    group.bench_function("ours", |b| b.iter_custom(|n| runtime.block_on(cpu_of(instances(&ours, n)))));
    group.bench_function("peer", |b| b.iter_custom(|n| runtime.block_on(cpu_of(instances(&peer, n)))));
    group.finish();
    table.add(Row { id: "go-instantiate".into(), what: what.into(), peer: "wit-bindgen-go's" });
    let goal = Duration::from_micros(500);
    table.goal(Goal { id: "go-instantiate".into(), what: "the same".into(), goal });
}

fn ours() -> Built<Vec<u8>> {
    let into = tempfile::tempdir()?;
    component(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golang/ours"), into.path())
}

/// Generates the peer's bindings, and puts the handler where they look for it.
fn peer() -> Built<Vec<u8>> {
    let into = tempfile::tempdir()?;
    let dir = into.path();
    let (mut resolve, mut files) = (Resolve::default(), Files::default());
    let (package, _) = resolve.push_path(Path::new(ROOT).join("wit"))?;
    let world = resolve.select_world(&[package], Some("service"))?;
    wit_bindgen_go::Opts::default().build().generate(&mut resolve, world, &mut files)?;
    for (name, bytes) in files.iter() {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap_or(dir))?;
        fs::write(path, bytes)?;
    }
    let handler = dir.join("export_wasi_messaging_incoming_handler");
    fs::create_dir_all(&handler)?;
    fs::write(handler.join("handler.go"), include_str!("../../golang/peer/handler.go"))?;
    // Its runtime cannot be fetched everywhere, and wants a newer Go than it needs. The generator's crate has a copy.
    let runtime = dir.join("pkg");
    copy(&generator()?.join("src/pkg"), &runtime)?;
    fs::write(runtime.join("go.mod"), "module go.bytecodealliance.org/pkg\n\ngo 1.26\n")?;
    let required = "require go.bytecodealliance.org/pkg v0.4.0\nreplace go.bytecodealliance.org/pkg => ./pkg\n";
    fs::write(dir.join("go.mod"), format!("module wit_component\n\ngo 1.26\n\n{required}"))?;
    component(dir, dir)
}

/// Where cargo keeps the generator's sources.
fn generator() -> Built<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output =
        Command::new(cargo).args(["metadata", "--format-version", "1", "--locked"]).current_dir(ROOT).output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    let package = packages.iter().find(|package| package["name"] == "wit-bindgen-go").ok_or("no wit-bindgen-go")?;
    let manifest = Path::new(package["manifest_path"].as_str().ok_or("it has no manifest")?);
    Ok(manifest.parent().ok_or("its manifest is nowhere")?.to_owned())
}

fn copy(from: &Path, to: &Path) -> Built<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            // The registry's files may be read-only.
            fs::write(&target, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

fn component(module: &Path, into: &Path) -> Built<Vec<u8>> {
    let core = into.join("core.wasm");
    let arguments =
        ["build", "-trimpath", "-buildvcs=false", "-buildmode=c-shared", "-ldflags=-checklinkname=0 -s -w", "-o"];
    let mut go = Command::new("go");
    go.args(arguments).arg(&core).current_dir(module).env("GOOS", "wasip1").env("GOARCH", "wasm");
    let output = go.output().map_err(|why| format!("go: {why}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let world = World::path(Path::new(ROOT).join("wit")).named("wasi-cloud:cloud/service");
    Ok(Componentize::new().world(world).run(&fs::read(core)?)?)
}

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

fn prepared(component: &[u8]) -> InstancePre<State> {
    // As the host has it.
    let mut pool = PoolingAllocationConfig::new();
    pool.table_elements(200_000);
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Yes).linear_memory_keep_resident(1 << 20).table_keep_resident(1 << 20);
    }
    let pooling = InstanceAllocationStrategy::Pooling(pool);
    let engine = Engine::new(Config::new().epoch_interruption(true).allocation_strategy(pooling)).expect("an engine");
    let mut linker = Linker::<State>::new(&engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker).expect("WASI");
    wasi_cloud_wasmtime::add_to_linker(&mut linker, |s| CloudView { ctx: &mut s.cloud, table: &mut s.table })
        .expect("the capabilities");
    let component = Component::from_binary(&engine, component).expect("a component");
    linker.instantiate_pre(&component).expect("all imports")
}

async fn instance(pre: &InstancePre<State>) -> (Store<State>, Service) {
    let (links, memory) = (Links::default(), Memory::new().services());
    links.keyvalue.set("default", memory.keyvalue.expect("key-value"), "default", Layers::default());
    links.messaging.set("default", memory.messaging.expect("messaging"), "default", Layers::default());
    links.config.set("default", Arc::new(Fixed::default()), "default", Layers::default());
    let grants = Grants::parse(["keyvalue:*", "messaging:*", "config:*"]).expect("grants").shared();
    let state =
        State { wasi: WasiCtx::builder().build(), cloud: CloudCtx::new(links, grants), table: ResourceTable::new() };
    let mut store = Store::new(pre.engine(), state);
    store.set_epoch_deadline(u64::MAX / 2);
    let instance = pre.instantiate_async(&mut store).await.expect("an instance");
    let service = Service::new(&mut store, &instance).expect("a handler");
    (store, service)
}

async fn instances(pre: &InstancePre<State>, times: u64) {
    for _ in 0..times {
        instance(pre).await;
    }
}

/// The time of so many messages to one instance. A fresh one for each sample, because the peer's grows.
async fn messages(pre: &InstancePre<State>, times: u64) -> Duration {
    let (mut store, service) = instance(pre).await;
    handle(&mut store, &service, WARM).await;
    cpu_of(handle(&mut store, &service, times)).await
}

async fn handle(store: &mut Store<State>, service: &Service, times: u64) {
    for _ in 0..times {
        let message = store.data_mut().table.push(Message::new(b"ping".to_vec())).expect("a handle");
        let handler = service.wasi_messaging_incoming_handler();
        handler.call_handle(&mut *store, message).await.expect("no trap").expect("no error");
    }
}
