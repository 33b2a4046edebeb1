//! `wasi-cloud compose`: one component of several.

pub mod bridge;
mod graph;

use crate::{
    file,
    inspect::{
        bytes,
        host::{self, Hint},
        report::{escaped, plain},
    },
};
use anyhow::{Context, bail};
use clap::Args;
use graph::{Part, Plugged};
use serde::Serialize;
use std::{
    io::Write,
    path::{Path, PathBuf},
};

pub const HELP: &str = "\
Examples:
  Give a component what it imports of another that exports it:
    wasi-cloud compose app.wasm --plug adapter.wasm -o whole.wasm

  A cache between the component and the store, and the store as well: a plug's own imports are
  fulfilled by later plugs:
    wasi-cloud compose app.wasm --plug cache.wasm --plug store.wasm \\
      -o whole.wasm --require-closed

  Middleware around a handler imports what the handler exports, so it comes first:
    wasi-cloud compose auth.wasm --plug site.wasm -o whole.wasm

Each import is fulfilled by the first later component that exports it, in the same version or one
compatible by semantic versioning. What nothing fulfils stays an import, once for all that have
it. The result exports what APP exports, and records the topics of all. Claims hold for the bytes
that were signed, so they are left out: sign the result.

What the JSON holds; fields may be added:
  file      the result, as --output names it
  size      of it, in bytes
  plugged   [{import, of, by}]: which import of which file another one fulfils
  imports   what is left
  exports   what it exports
  missing   [{import, hint}]: what is left and this host has not
  unsigned  the files whose claims were left out";

#[derive(Debug, Args)]
pub struct Compose {
    /// The component whose exports the result has.
    pub app: PathBuf,

    /// A component that exports what one before it imports. May be given several times; the order counts.
    #[arg(long = "plug", value_name = "FILE", required = true)]
    pub plugs: Vec<PathBuf>,

    /// Where to write the result.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,

    /// Fail if an import is left that this host does not have.
    #[arg(long)]
    pub require_closed: bool,

    /// Tell what was done as one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Report {
    file: String,
    size: usize,
    plugged: Vec<Plugged>,
    imports: Vec<String>,
    exports: Vec<String>,
    missing: Vec<Hint>,
    unsigned: Vec<String>,
}

/// Makes one component of several.
pub fn compose(job: &Compose) -> anyhow::Result<()> {
    let mut unsigned = Vec::new();
    let files = std::iter::once(&job.app).chain(&job.plugs);
    let parts = files.map(|path| part(path, &mut unsigned)).collect::<anyhow::Result<Vec<_>>>()?;
    let (component, plugged) = graph::join(&parts, 1).map_err(|e| anyhow::Error::msg(plain(&format!("{e:#}"))))?;
    let (imports, exports) = bytes::names(&component);
    let missing = host::missing(&imports);
    if job.require_closed && !missing.is_empty() {
        let list = missing.iter().map(|Hint { import, hint }| format!("\n  {}\n    {hint}", plain(import)));
        bail!("nothing fulfils these imports; add a --plug that exports them:{}", list.collect::<String>());
    }
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

impl Report {
    fn log(&self) {
        for Plugged { import, of, by } in &self.plugged {
            tracing::info!("`{}` of `{of}` is fulfilled by `{by}`", plain(import));
        }
        for Hint { import, .. } in &self.missing {
            tracing::warn!("`{}` is left, and this host does not have it", plain(import));
        }
        for file in &self.unsigned {
            tracing::warn!("the claims of `{file}` hold for its own bytes alone and were left out: sign the result");
        }
        tracing::info!("`{}` is a component of {} bytes", self.file, self.size);
    }
}

/// A component without its claims.
fn part(path: &Path, unsigned: &mut Vec<String>) -> anyhow::Result<Part> {
    let name = path.display().to_string();
    let wasm = crate::read(path)?;
    let told = |why: anyhow::Error| anyhow::Error::msg(plain(&format!("`{name}`: {why:#}")));
    if bytes::kind(&wasm).map_err(told)? != bytes::COMPONENT {
        bail!("`{name}` is a core module; make a component of it with `wasi-cloud componentize`");
    }
    let body = wasi_cloud_claims::strip(&wasm).with_context(|| format!("`{name}`"))?;
    if body.len() < wasm.len() {
        unsigned.push(name.clone());
    }
    Ok(Part { name, wasm: body.to_vec() })
}
