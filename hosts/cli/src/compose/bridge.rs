//! `wasi-cloud bridge`: a component for a host that links other packages than ours.

use super::{Report, graph, part};
use crate::{
    file,
    inspect::{
        bytes,
        report::{escaped, plain},
    },
};
use anyhow::bail;
use clap::{Args, ValueEnum};
use graph::Part;
use std::{io::Write, path::PathBuf};

pub const HELP: &str = "\
Examples:
  wasi-cloud bridge counter.wasm --to wasmtime -o counter.wasmtime.wasm
  wasmtime run -Skeyvalue counter.wasmtime.wasm

  wasi-cloud bridge pingpong.wasm --to wasmcloud -o pingpong.wasmcloud.wasm

Only what the component imports is bridged:

  HOST         key-value                          messaging                   configuration
  wasmtime     wasi:keyvalue@0.2.0-draft          none                        ours
  wasmcloud    wasi:keyvalue@0.2.0-draft          wasmcloud:messaging@0.2.0   ours
  wasmcloud-1  wasi:keyvalue@0.2.0-draft          wasmcloud:messaging@0.2.0   wasi:config@0.2.0-draft
  spin         wasi:keyvalue@0.2.0-draft2, but    none                        wasi:config@0.2.0-draft-2024-09-27
               with a batch of its own

What the other package has no words for fails with an error that says so:

  wasi:keyvalue@0.2.0-draft   compare-and-swap, an increment by less than 0, our extension. Where the host knows no store
                              `default`, its nameless one is it
  Spin's key-value            our extension
  wasmcloud:messaging@0.2.0   any broker but `default`, content types, metadata, any number of replies but one. Every
                              failure is `other`, also one that is a timeout

A component that exports our `incoming-handler` exports `wasmcloud:messaging/handler` instead. Claims hold for the bytes that
were signed, so they are left out: sign the result.

What the JSON holds is what `compose --json` prints.";

/// A component that gives ours and takes theirs. `cloud-conformance build` makes them of `conformance/guests/bridges`.
type Bridge = (&'static str, &'static [u8]);

macro_rules! bridge {
    ($name:literal) => {
        ($name, include_bytes!(concat!("../../bridges/", $name, ".wasm")))
    };
}

const KEYVALUE_DRAFT: Bridge = bridge!("keyvalue-draft");
const KEYVALUE_SPIN: Bridge = bridge!("keyvalue-spin");
const MESSAGING_WASMCLOUD: Bridge = bridge!("messaging-wasmcloud");
const HANDLER_WASMCLOUD: Bridge = bridge!("handler-wasmcloud");
const CONFIG_DRAFT: Bridge = bridge!("config-draft");
const CONFIG_SPIN: Bridge = bridge!("config-spin");

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Host {
    /// The command line of wasmtime.
    Wasmtime,
    /// wasmCloud 2.
    Wasmcloud,
    /// wasmCloud 1, from 1.4 on.
    #[value(name = "wasmcloud-1")]
    Wasmcloud1,
    /// Spin, from 3 on.
    Spin,
}

impl Host {
    /// What stands under a component.
    const fn under(self) -> &'static [Bridge] {
        match self {
            Self::Wasmtime => &[KEYVALUE_DRAFT],
            Self::Wasmcloud => &[KEYVALUE_DRAFT, MESSAGING_WASMCLOUD],
            Self::Wasmcloud1 => &[KEYVALUE_DRAFT, MESSAGING_WASMCLOUD, CONFIG_DRAFT],
            Self::Spin => &[KEYVALUE_SPIN, CONFIG_SPIN],
        }
    }

    /// What stands before a component that the host calls.
    const fn before(self) -> &'static [Bridge] {
        match self {
            Self::Wasmcloud | Self::Wasmcloud1 => &[HANDLER_WASMCLOUD],
            Self::Wasmtime | Self::Spin => &[],
        }
    }
}

#[derive(Debug, Args)]
pub struct Job {
    /// The component.
    app: PathBuf,

    /// The host that it is to run on.
    #[arg(long, value_name = "HOST")]
    to: Host,

    /// Where to write the result.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,

    /// Tell what was done as one JSON object.
    #[arg(long)]
    json: bool,
}

/// Puts the bridges around a component.
pub fn bridge(job: &Job) -> anyhow::Result<()> {
    let mut unsigned = Vec::new();
    let app = part(&job.app, &mut unsigned)?;
    let (imports, exports) = bytes::names(&app.wasm);
    let to = |(name, wasm): &Bridge| Part { name: format!("the bridge {name}"), wasm: wasm.to_vec() };
    let gives = |(_, wasm): &&Bridge| bytes::names(wasm).1.iter().any(|export| imports.contains(export));
    let takes = |(_, wasm): &&Bridge| bytes::names(wasm).0.iter().any(|import| exports.contains(import));
    let under: Vec<_> = job.to.under().iter().filter(gives).map(to).collect();
    let before: Vec<_> = job.to.before().iter().filter(takes).map(to).collect();
    if under.is_empty() && before.is_empty() {
        bail!("`{}` imports nothing that this host has by another name: there is nothing to bridge", plain(&app.name));
    }
    let exporting = before.len() + 1;
    let parts: Vec<_> = before.into_iter().chain([app]).chain(under).collect();
    let joint = graph::join(&parts, exporting);
    let (component, plugged) = joint.map_err(|e| anyhow::Error::msg(plain(&format!("{e:#}"))))?;
    let (imports, exports) = bytes::names(&component);
    file::write(&job.output, &component)?;
    let file = job.output.display().to_string();
    // What is missing here is what the other host has.
    let report = Report { file, size: component.len(), plugged, imports, exports, missing: Vec::new(), unsigned };
    if job.json {
        writeln!(std::io::stdout(), "{}", escaped(&serde_json::to_string_pretty(&report)?))?;
    } else {
        report.log();
    }
    Ok(())
}
