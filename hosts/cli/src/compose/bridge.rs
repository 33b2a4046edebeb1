//! `wasi-cloud bridge`: a component for a host that links another key-value package than ours.

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
use std::{io::Write, path::PathBuf};

pub const HELP: &str = "\
Examples:
  wasi-cloud bridge counter.wasm --to wasmtime -o counter.wasmtime.wasm
  wasmtime run -Skeyvalue counter.wasmtime.wasm

The bridge gives the component our packages and takes `wasi:keyvalue@0.2.0-draft` of the host. Where the host knows no store
`default`, its nameless one is it. What the draft has no words for fails with an error that says so: compare-and-swap, an
increment by less than 0, and the extension. Claims hold for the bytes that were signed, so they are left out: sign the result.

What the JSON holds is what `compose --json` prints.";

/// What all hosts of the draft link. `cloud-conformance build` makes it of `conformance/guests/bridges`.
const KEYVALUE_DRAFT: &[u8] = include_bytes!("../../bridges/keyvalue-draft.wasm");

/// The package that the bridge stands for.
const OURS: &str = "wasi:keyvalue/";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Host {
    /// The command line of wasmtime.
    Wasmtime,
    /// wasmCloud.
    Wasmcloud,
}

#[derive(Debug, Args)]
pub struct Bridge {
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

/// Puts the bridge under a component.
pub fn bridge(job: &Bridge) -> anyhow::Result<()> {
    let mut unsigned = Vec::new();
    let app = part(&job.app, &mut unsigned)?;
    let (imports, _) = bytes::names(&app.wasm);
    if !imports.iter().any(|import| import.starts_with(OURS)) {
        bail!("`{}` imports nothing of `wasi:keyvalue`: there is nothing to bridge", plain(&app.name));
    }
    let host = match job.to {
        Host::Wasmtime => "wasmtime",
        Host::Wasmcloud => "wasmcloud",
    };
    let bridge = graph::Part { name: format!("the bridge to {host}"), wasm: KEYVALUE_DRAFT.to_vec() };
    let (component, plugged) = graph::join(&[app, bridge]).map_err(|e| anyhow::Error::msg(plain(&format!("{e:#}"))))?;
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
