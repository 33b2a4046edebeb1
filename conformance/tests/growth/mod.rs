//! A driver guest in the product's host, and what the two of them use.

use anyhow::{Context, ensure};
use cloud_conformance::{corpus::Corpus, language::Language};
use serde_json::{Value, json};
use std::{
    fmt, fs,
    sync::{Arc, Mutex},
};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines, duplex};
use wasi_cloud_core::{Clock, Grants, Layer, Links, keyvalue::Bucket};
use wasi_cloud_wasmtime::{
    bindings::wasi::keyvalue::store::Error,
    runtime::{Env, Limits, Runtime, State},
};
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::cli::{AsyncStdinStream, AsyncStdoutStream};

/// Room in a pipe, in bytes: more than the lines of one turn.
const ROOM: usize = 256 << 10;

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
    /// What `exists` is called in this driver's operations.
    exists: &'static str,
    seen: Seen,
}

impl Guest {
    /// Starts a driver on a store in this process, under `default`.
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
        let keyvalue = wasi_cloud::registry(&clock)?.services("memory").await?.keyvalue.context("key-value")?;
        links.keyvalue.set("default", keyvalue, "default", layers.into());
        let mut env = Env::new(links, Grants::parse(["keyvalue:*"])?.shared());
        let (stdin, guest_stdin) = duplex(ROOM);
        let (stdout, guest_stdout) = duplex(ROOM);
        env.stdin = Box::new(AsyncStdinStream::new(guest_stdin));
        env.stdout = Box::new(AsyncStdoutStream::new(ROOM, guest_stdout));
        // It ends with its input.
        tokio::spawn(async move { app.run_command(env).await });
        let exists = if driver == "keyvalue" { "Exists" } else { "PlainExists" };
        Ok(Self { stdin, stdout: BufReader::new(stdout).lines(), exists, seen })
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
        self.all(&[json!({ "Open": [0, "default"] }), json!({ self.exists: [0, "probe"] })]).await?;
        let (guest, handles) = self.seen.lock().ok().and_then(|mut seen| seen.take()).context("no measure")?;
        ensure!(guest > 0, "a guest has memory");
        let statm = fs::read_to_string("/proc/self/statm")?;
        let pages: usize = statm.split(' ').nth(1).context("the second number")?.parse()?;
        Ok(Usage { guest, handles, host: pages * 4096 })
    }
}

/// `exists` tells the host what the guest uses, whatever the key.
fn measured(linker: &mut Linker<State>, seen: Seen) -> wasmtime::Result<()> {
    linker.instance("wasi:keyvalue/store@0.2.0-draft2")?.func_wrap(
        "[method]bucket.exists",
        move |mut cx, (_, _): (Resource<Bucket>, String)| {
            let handles = cx.data_mut().cloud().table.iter_mut().count();
            *seen.lock().map_err(|_| wasmtime::format_err!("poisoned"))? = Some((cx.data().memory(), handles));
            Ok((Ok::<bool, Error>(false),))
        },
    )
}
