use super::{Env, Limits, Runtime, engine::TICK};
use crate::{CloudCtx, CloudView};
use wasmtime::{ResourceLimiter, Result, Store, UpdateDeadline, component::ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// What the store of one instance holds.
pub struct State {
    wasi: WasiCtx,
    cloud: CloudCtx,
    table: ResourceTable,
    /// Ticks in which the guest has executed since it last called the host.
    busy: u64,
    memory: Memory,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("busy", &self.busy).finish_non_exhaustive()
    }
}

impl State {
    fn new(env: Env, limits: &Limits) -> Self {
        let mut wasi = WasiCtx::builder();
        wasi.args(&env.args).envs(&env.vars).stdin(env.stdin).stdout(env.stdout).stderr(env.stderr);
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        Self {
            wasi: wasi.build(),
            cloud: CloudCtx::new(env.links, env.grants).with_call_timeout(limits.call),
            table,
            busy: 0,
            memory: Memory { most: limits.memory, used: 0, refused: false },
        }
    }

    /// What the host functions of the capabilities work on. Every one of them comes through here, and so should other
    /// host functions: it sets back the guest's deadline.
    pub fn cloud(&mut self) -> CloudView<'_> {
        self.busy = 0;
        CloudView { ctx: &mut self.cloud, table: &mut self.table }
    }

    pub(super) fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }

    /// Bytes of linear memory that the instance has.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.memory.used
    }

    /// Whether the guest ever asked for more memory than it may have.
    pub(super) fn out_of_memory(&self) -> bool {
        self.memory.refused
    }
}

impl WasiView for State {
    /// Every host function of WASI comes through here.
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.busy = 0;
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// A store for one instance, under the runtime's limits.
///
/// The deadline counts the guest's own execution. The epoch callback runs only while the guest does, once a tick at
/// most, however many ticks a host call took; and the two views above set the count back, since no host function runs
/// without one of them. So a slow backend never uses up a guest's time.
pub(super) fn store(runtime: &Runtime, env: Env) -> Store<State> {
    let limits = &*runtime.limits;
    let mut store = Store::new(runtime.engine(), State::new(env, limits));
    let allowed = u64::try_from(limits.run.as_nanos().div_ceil(TICK.as_nanos())).unwrap_or(u64::MAX);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |mut cx| {
        let busy = &mut cx.data_mut().busy;
        *busy += 1;
        Ok(if *busy > allowed { UpdateDeadline::Interrupt } else { UpdateDeadline::Yield(1) })
    });
    // What a guest can hold it may also pass; wasmtime's own bound is lower than some memories.
    store.set_hostcall_fuel(limits.memory.max(128 << 20));
    store.limiter(|state| &mut state.memory);
    store
}

/// Counts the linear memories of an instance together.
struct Memory {
    most: usize,
    used: usize,
    refused: bool,
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        let used = self.used.saturating_add(desired.saturating_sub(current));
        let granted = used <= self.most;
        if granted {
            self.used = used;
        }
        self.refused |= !granted;
        Ok(granted)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        Ok(desired <= 1_000_000)
    }
}
