//! `wasi-cloud bridge`: a component for a host that links other packages than ours.

use super::{Report, graph, part};
use crate::{
    file,
    inspect::{
        bytes,
        host::Hint,
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

Only what the component imports is bridged, to these packages:

  wasmtime     wasi:keyvalue@0.2.0-draft
  wasmcloud    the same, and wasmcloud:messaging@0.2.0
  wasmcloud-1  the same, and wasi:config@0.2.0-draft
  spin         the batch of its wasi:keyvalue@0.2.0-draft2, and
               wasi:config@0.2.0-draft-2024-09-27

What they have no words for fails with an error that says so:

  wasi:keyvalue@0.2.0-draft  compare-and-swap, an increment by less than 0,
                             our extension
  Spin's key-value           our extension
  wasmcloud:messaging@0.2.0  a broker but `default`, content types,
                             metadata, a number of replies but one

Where the host of a draft knows no store `default`, its nameless one is it. An error of
`wasmcloud:messaging` is a text, so it is `other`, also a timeout. A component that exports our
`incoming-handler` exports `wasmcloud:messaging/handler` instead. Claims hold for the bytes that
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

/// How the names of our packages begin.
const OURS: &[&str] = &["wasi-cloud:", "wasi:config/", "wasi:keyvalue/", "wasi:messaging/"];

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

    /// What it links of ours, by how the names begin.
    const fn links(self) -> &'static [&'static str] {
        match self {
            Self::Wasmtime | Self::Wasmcloud => &["wasi:config/store@0.2.0-rc.1"],
            Self::Wasmcloud1 => &[],
            Self::Spin => &["wasi:keyvalue/"],
        }
    }

    /// Of what a component imported and still does, what is ours and not the host's.
    fn misses(self, before: &[String], after: &[String]) -> Vec<Hint> {
        let begins = |name: &str, with: &[&str]| with.iter().any(|begin| name.starts_with(begin));
        let left = after.iter().filter(|name| before.contains(name));
        let missing = left.filter(|name| begins(name, OURS) && !begins(name, self.links()));
        missing.map(|import| Hint { import: import.clone(), hint: "the host has nothing for it".to_owned() }).collect()
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
    let imported = imports;
    let (imports, exports) = bytes::names(&component);
    let missing = job.to.misses(&imported, &imports);
    file::write(&job.output, &component)?;
    let file = job.output.display().to_string();
    let report = Report { file, size: component.len(), plugged, imports, exports, missing, unsigned };
    if job.json {
        writeln!(std::io::stdout(), "{}", escaped(&serde_json::to_string_pretty(&report)?))?;
    } else {
        report.log();
    }
    Ok(())
}
