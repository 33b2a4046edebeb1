//! Builds a Go program, and finds the worlds that it was generated from.

mod program;
mod tool;

use anyhow::Context;
use program::Program;
use std::path::Path;
use tool::Go;
pub use tool::{OLDEST, minor};
use wasi_cloud_componentize::{World, exported_functions, is_meant_for_a_world};

/// What a component is made of.
pub struct Built {
    /// The core module.
    pub module: Vec<u8>,
    /// Its worlds.
    pub worlds: Vec<World>,
    /// What to name the component.
    pub name: String,
    /// Whether none of its packages has a world.
    pub bare: bool,
}

/// A reactor, in which `_initialize` runs what `init` functions there are. The linker's check must be off for `runtime.sbrk`,
/// which generated code uses.
///
/// Commands are reactors too. Go takes it that nobody else grows the memory, and the command adapter does so if the program
/// exports no `cabi_realloc`: as the heap grows, both use the same pages. If it does export one, the adapter calls it before
/// Go's runtime has started.
const REACTOR: [&str; 2] = ["-buildmode=c-shared", "-ldflags=-checklinkname=0 -s -w"];

/// Exports the main function. What differs from a command of Go's is that a panic aborts, which is a trap.
const RUN: &str = include_str!("go/run.go.txt");
/// Memory for the adapter, which asks for it twice. Generated code brings its own.
const REALLOC: &str = include_str!("go/realloc.go.txt");
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
    let (name, bare) = (program.name(), worlds.is_empty());
    tracing::info!("building `{}` with {}", program.import_path, go.version);
    let scratch = tempfile::tempdir().context("cannot make a folder for what Go builds")?;
    let output = scratch.path().join("module.wasm");
    let mut module = go.build(&output, &REACTOR)?;
    let exports = exported_functions(&module)?;
    let mut added = Vec::new();
    if !exports.iter().any(|name| is_meant_for_a_world(name)) {
        added.push(("wasi_cloud_run_main.go", RUN));
        worlds.push(World::text(RUN_WORLD));
    }
    if !exports.contains("cabi_realloc") {
        added.push(("wasi_cloud_realloc.go", REALLOC));
    }
    if !added.is_empty() {
        let overlay = overlay(scratch.path(), &program.folder, &added)?;
        module = go.build(&output, &[&REACTOR[..], &[&overlay]].concat())?;
    }
    Ok(Built { module, worlds, name, bare })
}

/// The flag with which Go finds more files in a folder than there are. They are written to `scratch`.
fn overlay(scratch: &Path, folder: &Path, files: &[(&str, &str)]) -> anyhow::Result<String> {
    let write = |name: &str, text: &str| {
        let path = scratch.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write `{}`", path.display())).map(|()| path)
    };
    let mut replace = serde_json::Map::new();
    for (name, text) in files {
        replace.insert(folder.join(name).display().to_string(), write(name, text)?.display().to_string().into());
    }
    let list = write("overlay.json", &serde_json::json!({ "Replace": replace }).to_string())?;
    Ok(format!("-overlay={}", list.display()))
}
