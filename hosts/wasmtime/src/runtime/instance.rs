use super::{Ending, Env, Limits, Runtime, engine::TICK, http::Outgoing, one_line};
use crate::{CloudCtx, CloudView};
use wasmtime::{ResourceLimiter, Result, Store, UpdateDeadline, component::ResourceTable};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// What the store of one instance holds.
pub struct State {
    wasi: WasiCtx,
    cloud: CloudCtx,
    http: WasiHttpCtx,
    outgoing: Outgoing,
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
    fn new(mut env: Env, limits: &Limits) -> Result<Self> {
        let mut wasi = surroundings(&mut env)?;
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        Ok(Self {
            wasi: wasi.build(),
            cloud: CloudCtx::new(env.links, env.grants).with_call_timeout(limits.call),
            http: WasiHttpCtx::new(),
            outgoing: Outgoing,
            table,
            busy: 0,
            memory: Memory::new(limits.memory),
        })
    }

    /// What the host functions of the capabilities work on. Every one of them comes through here, and so should other
    /// host functions: it sets back the guest's deadline.
    pub fn cloud(&mut self) -> CloudView<'_> {
        self.busy = 0;
        CloudView { ctx: &mut self.cloud, table: &mut self.table }
    }

    /// For what the guest is called with; its deadline is that of this call.
    pub(super) fn table(&mut self) -> &mut ResourceTable {
        self.busy = 0;
        &mut self.table
    }

    /// Bytes of linear memory that the instance has.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.memory.used
    }
}

/// What limits need of the data of a store.
pub(super) trait Limited: 'static {
    /// Ticks in which the guest has executed since it last called the host.
    fn busy(&mut self) -> &mut u64;
    /// What counts its memory.
    fn memory(&mut self) -> &mut Memory;
    /// Whether the guest ever asked for more memory than it may have.
    fn out_of_memory(&self) -> bool;
}

impl Limited for State {
    fn busy(&mut self) -> &mut u64 {
        &mut self.busy
    }

    fn memory(&mut self) -> &mut Memory {
        &mut self.memory
    }

    fn out_of_memory(&self) -> bool {
        self.memory.refused
    }
}

/// What WASI shows of the surroundings.
///
/// # Errors
/// If a folder cannot be opened.
pub(super) fn surroundings(env: &mut Env) -> Result<WasiCtxBuilder> {
    let mut wasi = WasiCtx::builder();
    wasi.args(&env.args).envs(&env.vars);
    wasi.stdin(std::mem::replace(&mut env.stdin, Box::new(std::io::empty())));
    wasi.stdout(std::mem::replace(&mut env.stdout, Box::new(std::io::empty())));
    wasi.stderr(std::mem::replace(&mut env.stderr, Box::new(std::io::empty())));
    for folder in &env.folders {
        let perms = if folder.writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
        wasi.preopened_dir(&folder.host, &folder.guest, perms)
            .map_err(|e| e.context(format!("the folder `{}` cannot be opened", folder.host.display())))?;
    }
    Ok(wasi)
}

impl WasiView for State {
    /// Every host function of WASI comes through here.
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.busy = 0;
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    /// Every host function of `wasi:http` comes through here.
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        self.busy = 0;
        WasiHttpCtxView { hooks: &mut self.outgoing, table: &mut self.table, ctx: &mut self.http }
    }
}

/// A store for one instance, under the runtime's limits.
///
/// # Errors
/// [`Ending::Failed`] if a folder of the surroundings cannot be opened.
pub(super) fn store(runtime: &Runtime, env: Env) -> std::result::Result<Store<State>, Ending> {
    let state = State::new(env, &runtime.limits).map_err(|e| Ending::Failed(one_line(&e)))?;
    Ok(limited(runtime, state))
}

/// A store with this data, under the runtime's limits.
///
/// The deadline counts the guest's own execution. The epoch callback runs only while the guest does, once a tick at
/// most, however many ticks a host call took; and the views of the data set the count back, since no host function runs
/// without one of them. So a slow backend never uses up a guest's time.
pub(super) fn limited<T: Limited>(runtime: &Runtime, data: T) -> Store<T> {
    let limits = &*runtime.limits;
    let mut store = Store::new(runtime.engine(), data);
    let allowed = u64::try_from(limits.run.as_nanos().div_ceil(TICK.as_nanos())).unwrap_or(u64::MAX);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |mut cx| {
        let busy = cx.data_mut().busy();
        *busy += 1;
        Ok(if *busy > allowed { UpdateDeadline::Interrupt } else { UpdateDeadline::Yield(1) })
    });
    // What a guest can hold it may also pass; wasmtime's own bound is lower than some memories.
    store.set_hostcall_fuel(limits.memory.max(128 << 20));
    store.limiter(|data| data.memory());
    store
}

/// Counts the linear memories of an instance together.
pub(super) struct Memory {
    most: usize,
    used: usize,
    refused: bool,
}

impl Memory {
    pub(super) fn new(most: usize) -> Self {
        Self { most, used: 0, refused: false }
    }

    /// Whether more was ever asked for than there may be.
    pub(super) fn refused(&self) -> bool {
        self.refused
    }
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
