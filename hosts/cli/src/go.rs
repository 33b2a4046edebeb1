//! Builds a Go program, and finds the worlds that it was generated from.

mod program;
mod tool;

use anyhow::Context;
use program::Program;
use std::path::Path;
use tool::Go;
use wasi_cloud_componentize::{World, exports_for_a_world};

/// What a component is made of.
pub struct Built {
    /// The core module.
    pub module: Vec<u8>,
    /// Its worlds.
    pub worlds: Vec<World>,
    /// What to name the component.
    pub name: String,
}

/// A reactor, in which `_initialize` runs what `init` functions there are. The linker's check must be off for `runtime.sbrk`,
/// which generated code uses.
const REACTOR: [&str; 2] = ["-buildmode=c-shared", "-ldflags=-checklinkname=0 -s -w"];
/// A program of which `_start` runs the main function.
const COMMAND: [&str; 1] = ["-ldflags=-s -w"];

/// What exports the main function of a reactor. A program with a `cabi_realloc` of its own cannot be a command: the adapter
/// allocates with it before `_start`. What differs from a command is that a panic aborts, which is a trap.
const RUN: &str = "package main\n\n\
    //go:wasmexport wasi:cli/run@0.2.12#run\n\
    func wasiCloudRunMain() int32 {\n\tmain()\n\treturn 0\n}\n";
/// The world of it. The version is that of the command adapter.
const RUN_WORLD: &str = "package wasi-cloud:command; world command { export wasi:cli/run@0.2.12; }
    package wasi:cli@0.2.12 { interface run { run: func() -> result; } }";

/// Builds the main package in `folder`. Its worlds are those that bindgen-go wrote, or the one that is given.
///
/// A program that exports nothing for a world is a command.
pub fn build(folder: &Path, given: Option<World>) -> anyhow::Result<Built> {
    let go = Go::find(folder)?;
    let program = Program::of(&go)?;
    let mut worlds = match given {
        Some(world) => vec![world],
        None => program.worlds()?,
    };
    let name = program.name();
    let scratch = tempfile::tempdir().context("cannot make a folder for what Go builds")?;
    let module = scratch.path().join("module.wasm");
    tracing::info!("building `{}` with {}", program.import_path, go.version);
    if worlds.is_empty() {
        let module = go.build(&module, &COMMAND)?;
        return Ok(Built { module, worlds, name });
    }
    let reactor = go.build(&module, &REACTOR)?;
    if !exports_for_a_world(&reactor)?.is_empty() {
        return Ok(Built { module: reactor, worlds, name });
    }
    let run = scratch.path().join("run.go");
    std::fs::write(&run, RUN).with_context(|| format!("cannot write `{}`", run.display()))?;
    let overlay = scratch.path().join("overlay.json");
    let replace =
        serde_json::json!({ "Replace": { program.folder.join("wasi_cloud_run_main.go").display().to_string(): run } });
    std::fs::write(&overlay, replace.to_string()).with_context(|| format!("cannot write `{}`", overlay.display()))?;
    let overlay = format!("-overlay={}", overlay.display());
    let module = go.build(&module, &[&REACTOR[..], &[&overlay]].concat())?;
    worlds.push(World::text(RUN_WORLD));
    Ok(Built { module, worlds, name })
}
