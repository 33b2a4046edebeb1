//! A driver guest in the product's host, and what the two of them use.

use anyhow::{Context, ensure};
use cloud_conformance::{corpus::Corpus, language::Language};
use serde_json::{Value, json};
use std::{
    fmt, fs,
    sync::{Arc, Mutex},
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, duplex};
use wasi_cloud_core::{
    Clock, Grants, Layer, Links,
    config::Fixed,
    keyvalue::Bucket,
    messaging::{Client, Disposition, Messaging, Subscription},
};
use wasi_cloud_wasmtime::{
    HostError,
    bindings::wasi::{config::store as config, keyvalue::store as keyvalue, messaging::types as messaging},
    runtime::{Env, Limits, Runtime, State},
};
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::cli::{AsyncStdinStream, AsyncStdoutStream};

/// Room in a pipe, in bytes: more than the lines of one turn.
const ROOM: usize = 256 << 10;

/// Who asks here gets two replies.
pub const QUESTION: &str = "question";

/// What is in use.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Bytes of the guest's linear memories.
    pub guest: usize,
    /// Entries of the guest's table of handles.
    pub handles: usize,
    /// Bytes of this process that are in memory.
    pub host: usize,
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { guest, handles, host } = self;
        write!(f, "{} KiB in the guest, {handles} handles, {} KiB in the host", guest >> 10, host >> 10)
    }
}

/// What a host of a test links in the place of an honest function.
pub type Defect = fn(&mut Linker<State>) -> wasmtime::Result<()>;

type Seen = Arc<Mutex<Option<(usize, usize)>>>;

pub struct Guest {
    stdin: DuplexStream,
    stdout: Lines<BufReader<DuplexStream>>,
    /// Operations of this driver of which the last is measured.
    probe: Vec<Value>,
    seen: Seen,
}

impl Guest {
    /// Starts a driver on memory in this process, under `default`.
    pub async fn start(
        language: Language,
        driver: &str,
        layers: Vec<Arc<dyn Layer>>,
        more: Option<Defect>,
    ) -> anyhow::Result<Self> {
        let wasm = Corpus::load()?.composed(language.name(), driver)?;
        let seen = Seen::default();
        let probe = seen.clone();
        let runtime = Runtime::with_linker(Limits::default(), |linker| {
            linker.allow_shadowing(true);
            more.map_or(Ok(()), |more| more(linker))?;
            measured(linker, probe)
        });
        let app = runtime.and_then(|runtime| runtime.compile(&wasm)).map_err(|e| anyhow::anyhow!("{e:#}"))?;
        let (links, clock) = (Links::default(), Clock::default());
        let memory = wasi_cloud::registry(&clock)?.services("memory").await?;
        links.keyvalue.set("default", memory.keyvalue.context("key-value")?, "default", layers.into());
        let messaging = memory.messaging.context("messaging")?;
        answer_twice(messaging.clone()).await?;
        links.messaging.set("default", messaging, "default", [].into());
        let values = Fixed([("greeting".to_owned(), "hello".to_owned())].into());
        links.config.set("default", Arc::new(values), "default", [].into());
        let mut env = Env::new(links, Grants::parse(["keyvalue:*", "messaging:*", "config:*"])?.shared());
        let (stdin, guest_stdin) = duplex(ROOM);
        let (stdout, guest_stdout) = duplex(ROOM);
        env.stdin = Box::new(AsyncStdinStream::new(guest_stdin));
        env.stdout = Box::new(AsyncStdoutStream::new(ROOM, guest_stdout));
        // It ends with its input.
        tokio::spawn(async move { app.run_command(env).await });
        let probe = match driver {
            "keyvalue" => vec![json!({ "Open": [0, "default"] }), json!({ "Exists": [0, "probe"] })],
            "keyvalue-ext" => vec![json!({ "Open": [0, "default"] }), json!({ "PlainExists": [0, "probe"] })],
            "messaging" => vec![json!({ "Connect": [0, "default"] }), json!({ "Disconnect": 0 })],
            _ => vec![json!({ "Get": "probe" })],
        };
        Ok(Self { stdin, stdout: BufReader::new(stdout).lines(), probe, seen })
    }

    /// Has all of these done, and says how many failed.
    pub async fn all(&mut self, ops: &[Value]) -> anyhow::Result<usize> {
        let lines: String = ops.iter().map(|op| format!("{op}\n")).collect();
        self.stdin.write_all(lines.as_bytes()).await?;
        let mut failed = 0;
        for op in ops {
            let seen = self.stdout.next_line().await?.context("the guest ended")?;
            ensure!(!seen.starts_with("{\"Misused\""), "{op}: {seen}");
            failed += usize::from(seen.starts_with("{\"Failed\""));
        }
        Ok(failed)
    }

    /// What is in use now.
    pub async fn usage(&mut self) -> anyhow::Result<Usage> {
        let probe = self.probe.clone();
        self.all(&probe).await?;
        let (guest, handles) = self.seen.lock().ok().and_then(|mut seen| seen.take()).context("no measure")?;
        ensure!(guest > 0, "a guest has memory");
        let statm = fs::read_to_string("/proc/self/statm")?;
        let pages: usize = statm.split(' ').nth(1).context("the second number")?.parse()?;
        Ok(Usage { guest, handles, host: pages * 4096 })
    }
}

async fn answer_twice(messaging: Arc<dyn Messaging>) -> wasi_cloud_core::Result<()> {
    let subscription =
        Subscription { topics: vec![QUESTION.to_owned()], group: None, max_deliveries: 1, dead_letter: None };
    let mut inbox = messaging.subscribe("default", &subscription).await?;
    tokio::spawn(async move {
        while let Ok(asked) = inbox.next().await {
            let to = asked.reply_to.unwrap_or_default();
            for _ in 0..2 {
                messaging.reply("default", &to, &asked.payload).await?;
            }
            asked.settle.settle(Disposition::Ack).await?;
        }
        anyhow::Ok(())
    });
    Ok(())
}

/// One function of each interface tells what the guest uses, and then does what it always does.
fn measured(linker: &mut Linker<State>, seen: Seen) -> wasmtime::Result<()> {
    let measure = move |state: &mut State| -> wasmtime::Result<()> {
        let handles = state.cloud().table.iter_mut().count();
        *seen.lock().map_err(|_| wasmtime::format_err!("poisoned"))? = Some((state.memory(), handles));
        Ok(())
    };
    let tell = measure.clone();
    linker.instance("wasi:keyvalue/store@0.2.0-draft2")?.func_wrap_async(
        "[method]bucket.exists",
        move |mut cx, (bucket, key): (Resource<Bucket>, String)| {
            let told = tell(cx.data_mut());
            Box::new(async move {
                told?;
                let cloud = &mut cx.data_mut().cloud();
                let found = keyvalue::HostBucket::exists(cloud, bucket, key).await;
                answer(found, |e| keyvalue::Host::convert_error(cloud, e))
            })
        },
    )?;
    let tell = measure.clone();
    linker.instance("wasi:messaging/types@0.2.0-draft")?.func_wrap_async(
        "[method]client.disconnect",
        move |mut cx, (client,): (Resource<Client>,)| {
            let told = tell(cx.data_mut());
            Box::new(async move {
                told?;
                let cloud = &mut cx.data_mut().cloud();
                let done = messaging::HostClient::disconnect(cloud, client).await;
                answer(done, |e| messaging::Host::convert_error(cloud, e))
            })
        },
    )?;
    linker.instance("wasi:config/store@0.2.0-rc.1")?.func_wrap_async("get", move |mut cx, (key,): (String,)| {
        let told = measure(cx.data_mut());
        Box::new(async move {
            told?;
            let cloud = &mut cx.data_mut().cloud();
            let value = config::Host::get(cloud, key).await;
            answer(value, |e| config::Host::convert_error(cloud, e))
        })
    })
}

type Answer<T, E> = wasmtime::Result<(Result<T, E>,)>;

/// As the generated glue answers: a trap, or a result for the guest.
fn answer<T, E>(outcome: Result<T, HostError>, convert: impl FnOnce(HostError) -> wasmtime::Result<E>) -> Answer<T, E> {
    Ok((outcome.map_or_else(|e| convert(e).map(Err), |it| Ok(Ok(it)))?,))
}
