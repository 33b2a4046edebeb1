//! A host that takes its time: async functions, streams and futures for the world of `tests/wit/async`.

use std::sync::OnceLock;
use std::task::Poll;
use std::time::{Duration, Instant};

use wasmtime::component::{
    Accessor, Component, ComponentType, FutureReader, Instance, Lift, Linker, Lower, Resource, ResourceTable,
    ResourceType, StreamReader, Val,
};
use wasmtime::error::Context as _;
use wasmtime::{AsContextMut, Config, Engine, OptLevel, ResourceLimiter, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::async_flows::{bytes, collect, produce, receive};

#[derive(ComponentType, Lift, Lower, Clone, Debug, PartialEq)]
#[component(variant)]
pub enum Error {
    #[component(name = "not-found")]
    NotFound,
    #[component(name = "timeout")]
    Timeout,
    #[component(name = "other")]
    Other(String),
}

#[derive(ComponentType, Lift, Lower, Clone, Debug, PartialEq)]
#[component(record)]
pub struct Point {
    pub x: u32,
    pub name: String,
}

/// What the store of a test has.
pub struct Host {
    wasi: WasiCtx,
    table: ResourceTable,
    /// The largest linear memory that was asked for, in bytes.
    pub memory: usize,
    /// Calls of `sleep` that are open now, and at most.
    pub open: usize,
    pub most: usize,
    /// Timers that Go has set, and those that are open.
    pub timers: usize,
    pub ticking: usize,
    pub conns: usize,
}

impl WasiView for Host {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl ResourceLimiter for Host {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.memory = self.memory.max(desired);
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

/// Counts a call for as long as it is open, even if it is cancelled.
struct Open<'a>(&'a Accessor<Host>, fn(&mut Host) -> &mut usize);

impl<'a> Open<'a> {
    fn new(accessor: &'a Accessor<Host>, field: fn(&mut Host) -> &mut usize) -> Self {
        accessor.with(|mut access| *field(access.get()) += 1);
        Open(accessor, field)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.with(|mut access| *(self.1)(access.get()) -= 1);
    }
}

pub struct Conn;

type Stream = StreamReader<u8>;
type Verdict = FutureReader<Result<(), Error>>;

pub fn link(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    linker.root().func_wrap_concurrent("now", |_, (): ()| Box::pin(async { Ok((42u64,)) }))?;
    link_clocks(linker)?;
    let mut at = linker.instance("test:tasks/host")?;
    at.resource("conn", ResourceType::host::<Conn>(), |mut store, _| {
        store.data_mut().conns -= 1;
        Ok(())
    })?;
    at.func_wrap_concurrent("[static]conn.open", |accessor, (name,): (String,)| {
        Box::pin(async move {
            tokio::task::yield_now().await;
            if name.is_empty() {
                return Ok((Err(Error::NotFound),));
            }
            accessor.with(|mut access| access.get().conns += 1);
            // The number of the resource is that of its name.
            Ok((Ok(Resource::<Conn>::new_own(name.len() as u32)),))
        })
    })?;
    at.func_wrap_concurrent("[method]conn.get", |_, (_, key): (Resource<Conn>, String)| {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let value = (key != "missing").then(|| format!("value of {key}"));
            Ok((Ok::<_, Error>(value),))
        })
    })?;
    at.func_wrap("[method]conn.name", |_, (conn,): (Resource<Conn>,)| Ok((["", "a", "db"][conn.rep() as usize],)))?;
    at.func_wrap_concurrent("sleep", |accessor, (ms,): (u32,)| {
        Box::pin(async move {
            let _open = Open::new(accessor, |host| &mut host.open);
            accessor.with(|mut access| {
                let host = access.get();
                host.most = host.most.max(host.open);
            });
            tokio::time::sleep(Duration::from_millis(ms.into())).await;
            Ok(())
        })
    })?;
    at.func_wrap_concurrent("add", |_, (a, b): (u32, u32)| {
        Box::pin(async move {
            // Every other call is done at once.
            if a % 2 == 0 {
                tokio::task::yield_now().await;
            }
            Ok((a.wrapping_add(b),))
        })
    })?;
    at.func_wrap_concurrent(
        "many",
        |_, (text, number, list, maybe, point): (String, u64, Vec<String>, Option<u32>, Point)| {
            Box::pin(async move {
                tokio::task::yield_now().await;
                let maybe = maybe.map(|n| n.to_string()).unwrap_or_default();
                Ok(((format!("{text} {} {maybe} {} {}", list.join(","), point.x, point.name), number),))
            })
        },
    )?;
    at.func_wrap_concurrent("fail", |_, (how,): (String,)| {
        Box::pin(async move {
            let error = if how == "slow" { Error::Timeout } else { Error::Other(how) };
            Ok((Err::<String, _>(error),))
        })
    })?;
    at.func_wrap_concurrent("join", |accessor, (conns,): (Vec<Resource<Conn>>,)| {
        Box::pin(async move {
            tokio::task::yield_now().await;
            accessor.with(|mut access| access.get().conns -= conns.len());
            Ok((conns.len() as u32,))
        })
    })?;
    link_streams(linker)
}

fn link_streams(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    let mut at = linker.instance("test:tasks/host")?;
    at.func_wrap_concurrent("upload", |accessor, (data,): (Stream,)| {
        Box::pin(async move {
            let all = accessor.with(|access| collect(access, data, usize::MAX))?.await?;
            wasmtime::ensure!(all == bytes(all.len() as u32), "the bytes are others");
            Ok((all.len() as u64,))
        })
    })?;
    at.func_wrap_concurrent("taste", |accessor, (data, n): (Stream, u32)| {
        Box::pin(async move { Ok((accessor.with(|access| collect(access, data, n as usize))?.await?,)) })
    })?;
    at.func_wrap_concurrent("download", |accessor, (n,): (u32,)| {
        Box::pin(async move { Ok((accessor.with(|access| produce(access, bytes(n), 1000))?,)) })
    })?;
    at.func_wrap("fetch", |mut store, (n, fails): (u32, bool)| {
        let stream = produce(store.as_context_mut(), bytes(n), 100_000)?;
        let verdict: Verdict = FutureReader::new(store, async move {
            tokio::task::yield_now().await;
            wasmtime::error::Ok(if fails { Err(Error::Timeout) } else { Ok(()) })
        })?;
        Ok(((stream, verdict),))
    })?;
    at.func_wrap_concurrent("words", |accessor, (words,): (StreamReader<String>,)| {
        Box::pin(async move { Ok((accessor.with(|access| collect(access, words, usize::MAX))?.await?,)) })
    })?;
    at.func_wrap("count", |store, (n,): (u32,)| {
        let points = (0..n).map(|x| Point { x, name: format!("point {x}") }).collect();
        Ok((produce(store, points, 10)?,))
    })?;
    at.func_wrap("ticks", |store, (n,): (u32,)| Ok((produce(store, vec![(); n as usize], 3)?,)))?;
    at.func_wrap_concurrent("later", |accessor, (value,): (FutureReader<String>,)| {
        Box::pin(async move { Ok((accessor.with(|access| receive(access, value))?.await?,)) })
    })?;
    at.func_wrap_concurrent("soon", |accessor, (n,): (u32,)| {
        Box::pin(async move {
            let future = accessor.with(|access| {
                FutureReader::new(access, async move {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    wasmtime::error::Ok(n)
                })
            })?;
            Ok((Ok::<_, Error>(future),))
        })
    })?;
    at.func_wrap("attempt", |store, (fails,): (bool,)| {
        let result = if fails { Err(Error::NotFound) } else { Ok("done".to_owned()) };
        Ok((FutureReader::new(store, async move { wasmtime::error::Ok(result) })?,))
    })?;
    at.func_wrap("never", |store, (): ()| {
        Ok((FutureReader::new(store, std::future::pending::<wasmtime::Result<()>>())?,))
    })?;
    at.func_wrap("maybe", |store, (some,): (bool,)| {
        let stream = some.then(|| produce(store, b"maybe".to_vec(), 2)).transpose()?;
        Ok((stream,))
    })
}

/// The clock that Go's timers are made of.
fn link_clocks(linker: &mut Linker<Host>) -> wasmtime::Result<()> {
    let mut at = linker.instance("wasi:clocks/monotonic-clock@0.3.0")?;
    let start = Instant::now();
    at.func_wrap("now", move |_, (): ()| Ok((start.elapsed().as_nanos() as u64,)))?;
    at.func_wrap_concurrent("wait-for", |accessor, (nanoseconds,): (u64,)| {
        Box::pin(async move {
            accessor.with(|mut access| access.get().timers += 1);
            let _open = Open::new(accessor, |host| &mut host.ticking);
            tokio::time::sleep(Duration::from_nanos(nanoseconds)).await;
            Ok(())
        })
    })
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = Config::new();
        config.cranelift_opt_level(OptLevel::None).wasm_component_model_async(true);
        Engine::new(&config).expect("an engine")
    })
}

/// A component that runs.
pub struct Running {
    pub store: Store<Host>,
    pub instance: Instance,
}

pub const GUEST: &str = "test:tasks/guest";

impl Running {
    pub async fn new(
        bytes: &[u8],
        link: impl FnOnce(&mut Linker<Host>) -> wasmtime::Result<()>,
    ) -> wasmtime::Result<Running> {
        let component = Component::new(engine(), bytes)?;
        let mut linker = Linker::new(engine());
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        link(&mut linker)?;
        let wasi = WasiCtx::builder().inherit_stderr().build();
        let table = ResourceTable::new();
        let host = Host { wasi, table, memory: 0, open: 0, most: 0, timers: 0, ticking: 0, conns: 0 };
        let mut store = Store::new(engine(), host);
        store.limiter(|host| host);
        let instance = linker.instantiate_async(&mut store, &component).await?;
        Ok(Running { store, instance })
    }

    /// Calls of the host and timers that go on. What was cancelled as the last thing is dropped when the host is next polled, so
    /// it gets a while, which is short beside what the tests sleep for.
    pub async fn going_on(&mut self) -> wasmtime::Result<(usize, usize)> {
        let until = Instant::now() + Duration::from_secs(5);
        loop {
            let (open, ticking) = (self.store.data().open, self.store.data().ticking);
            if (open, ticking) == (0, 0) || Instant::now() > until {
                return Ok((open, ticking));
            }
            self.store.run_concurrent(async |_| tokio::time::sleep(Duration::from_millis(1)).await).await?;
        }
    }

    pub fn func(&mut self, interface: Option<&str>, function: &str) -> wasmtime::component::Func {
        let store = &mut self.store;
        let at = interface.map(|name| self.instance.get_export_index(&mut *store, None, name).expect(name));
        let at = self.instance.get_export_index(&mut *store, at.as_ref(), function).expect(function);
        self.instance.get_func(store, at).expect("a function")
    }

    /// Runs scenarios of the guest at once, and returns what each returned, in the order in which they did.
    pub async fn scenarios(&mut self, all: &[(&str, u32)]) -> wasmtime::Result<Vec<(usize, Result<String, String>)>> {
        let run = self.func(Some(GUEST), "run");
        let order = std::sync::Mutex::new(Vec::new());
        self.store
            .run_concurrent(async |accessor| {
                let calls = all.iter().enumerate().map(|(i, (what, n))| {
                    let order = &order;
                    async move {
                        let mut out = [Val::Bool(false)];
                        let args = [Val::String((*what).to_owned()), Val::U32(*n)];
                        run.call_concurrent(accessor, &args, &mut out).await.with_context(|| (*what).to_owned())?;
                        let [Val::Result(out)] = out else { panic!("no result: {out:?}") };
                        let out = match out {
                            Ok(Some(value)) => Ok(match *value {
                                Val::String(text) => text,
                                other => panic!("no text: {other:?}"),
                            }),
                            other => Err(format!("{other:?}")),
                        };
                        order.lock().expect("it is no other's").push((i, out));
                        wasmtime::error::Ok(())
                    }
                });
                all_of(calls).await
            })
            .await??;
        Ok(order.into_inner().expect("it is no other's"))
    }

    /// Runs one scenario, which has to succeed.
    pub async fn scenario(&mut self, what: &str, n: u32) -> wasmtime::Result<String> {
        let (_, result) = self.scenarios(&[(what, n)]).await?.remove(0);
        Ok(result.unwrap_or_else(|e| panic!("{what}: {e}")))
    }
}

/// Waits for all futures, which run at once, or until one has failed.
pub async fn all_of<F: Future<Output = wasmtime::Result<()>>>(
    futures: impl Iterator<Item = F>,
) -> wasmtime::Result<()> {
    let mut left: Vec<_> = futures.map(Box::pin).collect();
    std::future::poll_fn(|cx| {
        let mut failed = None;
        left.retain_mut(|future| match future.as_mut().poll(cx) {
            Poll::Pending => true,
            Poll::Ready(result) => {
                failed = failed.take().or(result.err());
                false
            }
        });
        match (failed, left.is_empty()) {
            (Some(error), _) => Poll::Ready(Err(error)),
            (None, true) => Poll::Ready(Ok(())),
            (None, false) => Poll::Pending,
        }
    })
    .await
}

/// Runs a test in an executor.
pub fn block_on(test: impl Future<Output = wasmtime::Result<()>>) -> wasmtime::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let limit = Duration::from_secs(120);
        tokio::time::timeout(limit, test).await.map_err(|_| wasmtime::format_err!("it hangs"))?
    })
}
