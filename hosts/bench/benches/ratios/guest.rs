//! One guest, hosted by us and by wasmtime's own crate for an older draft of the same interface.

use wasi_cloud_core::{Grants, Layers, Links};
use wasi_cloud_memory::Memory;
use wasi_cloud_wasmtime::{CloudCtx, CloudView};
use wasmtime::{
    Config, Engine, Result, Store,
    component::{Component, Linker, ResourceTable, TypedFunc},
};
use wasmtime_wasi_keyvalue::{WasiKeyValue, WasiKeyValueCtx, WasiKeyValueCtxBuilder};

/// The text of the guest. Both drafts have the three functions that it calls; only the version in the name differs, so
/// the two hosts run the same instructions.
const GUEST: &str = include_str!("guest.wat");

type Calls = TypedFunc<(u32, u32), (bool,)>;

/// An instance with an open bucket.
pub struct Guest<T: 'static> {
    store: Store<T>,
    get: Calls,
    set: Calls,
}

/// What our host keeps for an instance.
pub struct Ours {
    cloud: CloudCtx,
    table: ResourceTable,
}

/// What the other host keeps for an instance.
pub struct Peer {
    keyvalue: WasiKeyValueCtx,
    table: ResourceTable,
}

/// One engine for both hosts, set up as our runtime does.
pub fn engine() -> Result<Engine> {
    Engine::new(Config::new().epoch_interruption(true))
}

/// The component for a host of this draft.
pub fn component(engine: &Engine, version: &str) -> Result<Component> {
    Component::new(engine, wat::parse_str(GUEST.replace("VERSION", version))?)
}

pub async fn ours(engine: &Engine, layers: Layers) -> Result<Guest<Ours>> {
    let mut linker = Linker::<Ours>::new(engine);
    wasi_cloud_wasmtime::add_to_linker(&mut linker, |s| CloudView { ctx: &mut s.cloud, table: &mut s.table })?;
    let links = Links::default();
    let keyvalue = Memory::new().services().keyvalue.expect("memory has key-value");
    links.keyvalue.set("default", keyvalue, "default", layers);
    let grants = Grants::parse(["keyvalue:default"])?.shared();
    let state = Ours { cloud: CloudCtx::new(links, grants), table: ResourceTable::new() };
    Guest::start(engine, &linker, state, "0.2.0-draft2", "default").await
}

pub async fn peer(engine: &Engine) -> Result<Guest<Peer>> {
    let mut linker = Linker::<Peer>::new(engine);
    wasmtime_wasi_keyvalue::add_to_linker(&mut linker, |s| WasiKeyValue::new(&s.keyvalue, &mut s.table))?;
    let state = Peer { keyvalue: WasiKeyValueCtxBuilder::new().build(), table: ResourceTable::new() };
    // Its only store is the one without a name.
    Guest::start(engine, &linker, state, "0.2.0-draft", "").await
}

impl<T: Send> Guest<T> {
    async fn start(engine: &Engine, linker: &Linker<T>, state: T, version: &str, label: &str) -> Result<Self> {
        let mut store = Store::new(engine, state);
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = linker.instantiate_async(&mut store, &component(engine, version)?).await?;
        let open: TypedFunc<(u32,), (bool,)> = instance.get_typed_func(&mut store, "open")?;
        let get = instance.get_typed_func(&mut store, "get")?;
        let set = instance.get_typed_func(&mut store, "set")?;
        let (opened,) = open.call_async(&mut store, (u32::try_from(label.len())?,)).await?;
        wasmtime::ensure!(opened, "the bucket `{label}` did not open");
        Ok(Self { store, get, set })
    }

    /// So many calls, each of which must find a value of this size.
    pub async fn get(&mut self, times: u32, size: u32) -> Result<()> {
        let (ok,) = self.get.call_async(&mut self.store, (times, size)).await?;
        wasmtime::ensure!(ok, "a `get` failed, or found no value of {size} bytes");
        Ok(())
    }

    /// So many calls, each of which must write.
    pub async fn set(&mut self, times: u32, size: u32) -> Result<()> {
        let (ok,) = self.set.call_async(&mut self.store, (times, size)).await?;
        wasmtime::ensure!(ok, "a `set` failed");
        Ok(())
    }
}
