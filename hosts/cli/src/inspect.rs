//! `wasi-cloud inspect`: what a component or a core module is, and what it needs to run. It is compiled, not run.

pub mod bytes;
pub mod host;
pub mod needs;
pub mod report;

pub use report::{escaped, plain};

use crate::{
    args::{Format, Inspect},
    claims::{Shown, Trust},
};
use anstream::AutoStream;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    io::{ErrorKind, Write},
    path::Path,
    time::SystemTime,
};
use wasi_cloud_componentize::Componentize;
use wasi_cloud_wasmtime::runtime::{Limits, Runtime, is_program, recorded_topics};

/// The shape of `--json`, and its number. A field may be added within a number; nothing else changes.
const SHAPE: u32 = 1;
/// In characters: a type can be written in a few bytes and be megabytes of text.
const MAX_FUNCTION: usize = 500;

/// All that is said about a file. `args::INSPECT` tells users what the fields mean.
#[derive(Debug, Default, Serialize)]
pub struct Inspection {
    shape: u32,
    file: String,
    kind: &'static str,
    size: usize,
    runs: Vec<&'static str>,
    imports: Vec<String>,
    exports: Vec<String>,
    functions: Vec<String>,
    topics: Vec<String>,
    capabilities: Vec<&'static str>,
    wasi: Vec<String>,
    grants: Vec<needs::Grant>,
    claims: Option<Shown>,
    missing: Vec<host::Hint>,
    refused: Vec<host::Hint>,
    problem: Option<String>,
    producers: BTreeMap<String, Vec<bytes::Producer>>,
}

/// Prints what is known of a file.
pub fn inspect(what: &Inspect) -> anyhow::Result<()> {
    let trust = Trust::read(&what.trust, false)?;
    let wasm = crate::fetch(&what.app, &what.registry)?;
    // What is wrong is told with names that are in the file.
    let wrong = |e| anyhow::Error::msg(report::plain(&format!("`{}`: {e:#}", what.app.display())));
    let mut inspection = Inspection::of(&what.app, &wasm).map_err(wrong)?;
    inspection.claims = Shown::of(&wasm, &trust, SystemTime::now());
    let stdout = std::io::stdout();
    let format = if what.json { Format::Json } else { what.format };
    let mut out = AutoStream::auto(stdout.lock());
    let written = match format {
        Format::Report => report::write(&mut out, &inspection),
        Format::Lines => inspection.lines(&mut out),
        Format::Json => writeln!(out, "{}", report::escaped(&serde_json::to_string_pretty(&inspection)?)),
    };
    match written {
        // Whoever reads has seen enough, as `head` has.
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

impl Inspection {
    fn of(app: &Path, wasm: &[u8]) -> anyhow::Result<Self> {
        let mut found = Self {
            shape: SHAPE,
            file: app.display().to_string(),
            kind: bytes::kind(wasm)?,
            size: wasm.len(),
            producers: bytes::producers(wasm),
            ..Self::default()
        };
        let runtime = Runtime::new(Limits::default()).map_err(|e| anyhow::anyhow!("{e:#}"))?;
        if found.kind == bytes::COMPONENT {
            found.component(&runtime, wasm);
        } else if is_program(wasm) {
            found.names(wasm);
            found.runs = vec!["program"];
            found.problem = runtime.compile_program(wasm).err().map(|e| format!("{e:#}"));
        } else {
            // As `run` does it.
            match Componentize::new().run(wasm) {
                Ok(component) => found.component(&runtime, &component),
                Err(why) => {
                    found.names(wasm);
                    found.problem =
                        Some(format!("`wasi-cloud componentize` makes a component of it with its WIT: {why}"));
                }
            }
        }
        Ok(found)
    }

    fn names(&mut self, wasm: &[u8]) {
        (self.imports, self.exports) = bytes::names(wasm);
        self.topics = recorded_topics(wasm);
    }

    fn component(&mut self, runtime: &Runtime, wasm: &[u8]) {
        self.names(wasm);
        self.capabilities = needs::capabilities(&self.imports, &self.exports);
        self.wasi = needs::wasi(&self.imports);
        self.grants = needs::grants(&self.imports, &self.exports);
        self.refused = host::refused(&self.imports);
        match runtime.compile(wasm) {
            Ok(app) => {
                let of_wasi = |interface: &str| interface.starts_with("wasi:");
                let functions = app.functions().into_iter();
                let functions = functions.filter(|of| of.is_sayable() && !of.interface().is_some_and(of_wasi));
                self.functions = functions.map(|function| capped(function.to_string())).collect();
                let ways = [
                    (app.exports_run(), "command"),
                    (app.exports_handler(), "messages"),
                    (app.exports_watcher(), "changes"),
                    (app.exports_http(), "http"),
                    (!self.functions.is_empty(), "functions"),
                ];
                self.runs = ways.into_iter().filter_map(|(can, how)| can.then_some(how)).collect();
            }
            Err(why) => {
                self.runs = needs::runs(&self.exports);
                self.missing = host::missing(&self.imports);
                self.problem = Some(format!("{why:#}"));
            }
        }
    }

    /// For scripts: a fact a line, its kind first.
    fn lines(&self, out: &mut impl Write) -> std::io::Result<()> {
        writeln!(out, "size {}", self.size)?;
        for (kind, names) in [("import", &self.imports), ("export", &self.exports), ("topic", &self.topics)] {
            for name in names {
                writeln!(out, "{kind} {}", report::plain(name))?;
            }
        }
        Ok(())
    }
}

fn capped(mut text: String) -> String {
    if let Some((at, _)) = text.char_indices().nth(MAX_FUNCTION) {
        text.truncate(at);
        text.push('…');
    }
    text
}
