use super::Limits;
use std::time::Duration;
use wasmtime::{
    Cache, CacheConfig, Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result,
    format_err,
};

/// How often deadlines are looked at, and how long one guest keeps a thread before others get a turn.
pub(super) const TICK: Duration = Duration::from_millis(10);

/// How deep a guest may call itself, in bytes of wasm frames: Go and Rust recurse deeper than wasmtime's 512 KiB, and
/// 8 MiB is what they have as native programs. It is address space, of which a guest takes what it uses.
const GUEST_STACK: usize = 8 << 20;
/// What host functions have beyond it.
const HOST_STACK: usize = 1536 << 10;

/// An engine that pools its instances, or, where the machine does not grant that much address space, one that does not.
pub(super) fn engine(limits: &Limits) -> Result<Engine> {
    let mut config = Config::new();
    config.epoch_interruption(true);
    config.max_wasm_stack(GUEST_STACK).async_stack_size(GUEST_STACK + HOST_STACK);
    // Without a cache every start compiles anew: slower, and no reason to fail.
    config.cache(Cache::new(CacheConfig::new()).inspect_err(|e| tracing::debug!("no compilation cache: {e:#}")).ok());
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits)));
    Engine::new(&config).or_else(|refused| {
        tracing::info!("instances are allocated on demand, since a pool was refused: {refused:#}");
        // A machine that has no address space for the pool has none for 4 GiB around each memory either. Without them
        // every access is checked by code, which is slower and runs anywhere.
        config.memory_reservation(0).memory_reservation_for_growth(1 << 20).memory_guard_size(64 << 10);
        Engine::new(config.allocation_strategy(InstanceAllocationStrategy::OnDemand))
    })
}

fn pool(limits: &Limits) -> PoolingAllocationConfig {
    // A component is seldom one core instance: an adapter, shims, and the other components composed with it.
    const PARTS: u32 = 8;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(limits.instances)
        .total_stacks(limits.instances)
        .total_core_instances(limits.instances.saturating_mul(PARTS))
        .total_memories(limits.instances.saturating_mul(2))
        .total_tables(limits.instances.saturating_mul(PARTS))
        .max_memory_size(limits.memory)
        .max_component_instance_size(4 << 20)
        .max_core_instance_size(4 << 20)
        // Go puts every function into a table.
        .table_elements(200_000);
    // Where the kernel says what a guest wrote to, the next one finds those pages in place: a Go program starts in half
    // the time. Elsewhere all that is kept would be cleared each time.
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        const KEPT: usize = 1 << 20;
        pool.pagemap_scan(Enabled::Yes).linear_memory_keep_resident(KEPT).table_keep_resident(KEPT);
    }
    pool
}

/// Moves the engine's epoch on from a thread of its own, so that no busy executor can stop the clock.
pub(super) fn tick(engine: &Engine) -> Result<()> {
    let engine = engine.weak();
    let ticker = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    };
    let spawned = std::thread::Builder::new().name("wasi-cloud-epoch".to_owned()).spawn(ticker);
    spawned.map(drop).map_err(|e| format_err!("no thread for deadlines: {e}"))
}
