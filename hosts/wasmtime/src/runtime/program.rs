//! Programs that are core modules for WASI preview 1.

use super::{
    Ending, Env, Runtime,
    app::{failed, full},
    instance::{Limited, Memory, limited, surroundings},
    one_line,
};
use wasmparser::{ExternalKind, Parser, Payload};
use wasmtime::{InstancePre, Linker, Module, Result, format_err};
use wasmtime_wasi::{
    WasiView,
    p1::{self, WasiP1Ctx},
};

const PREVIEW1: &str = "wasi_snapshot_preview1";

/// Whether this is a core module that exports `_start` and imports functions of `wasi_snapshot_preview1` alone: what
/// compilers that know no components make of a program. Damage beyond its imports and exports is not looked for.
#[must_use]
pub fn is_program(wasm: &[u8]) -> bool {
    let mut starts = false;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(Payload::Version { encoding: wasmparser::Encoding::Component, .. }) | Err(_) => return false,
            Ok(Payload::ImportSection(imports)) => {
                let mut imports = imports.into_imports();
                if !imports.all(|import| import.is_ok_and(|import| import.module == PREVIEW1)) {
                    return false;
                }
            }
            Ok(Payload::ExportSection(exports)) => {
                let mut exports = exports.into_iter().flatten();
                starts = exports.any(|export| export.name == "_start" && export.kind == ExternalKind::Func);
            }
            Ok(_) => {}
        }
    }
    starts
}

/// A compiled core module that is a program for WASI preview 1. Clones share the code.
///
/// It is run as it is and not made a component: the adapter that a component needs takes memory from the module, and Go's
/// runtime, which takes itself for the only one that grows memory, then writes over it.
#[derive(Clone)]
pub struct Program {
    runtime: Runtime,
    pre: InstancePre<State>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").finish_non_exhaustive()
    }
}

/// What the store of one instance holds.
struct State {
    wasi: WasiP1Ctx,
    busy: u64,
    memory: Memory,
}

impl Limited for State {
    fn busy(&mut self) -> &mut u64 {
        &mut self.busy
    }

    fn memory(&mut self) -> &mut Memory {
        &mut self.memory
    }

    fn out_of_memory(&self) -> bool {
        self.memory.refused()
    }
}

impl Runtime {
    /// Compiles a core module that [is a program](is_program), or takes it from wasmtime's cache. Blocks for as long as
    /// compiling takes.
    ///
    /// # Errors
    /// If it is another module, or none; the error's `{:#}` is one line.
    pub fn compile_program(&self, wasm: &[u8]) -> Result<Program> {
        if !is_program(wasm) {
            return Err(format_err!("this is no core module that is a program for `{PREVIEW1}`"));
        }
        let module = Module::from_binary(self.engine(), wasm)
            .map_err(|e| format_err!("the module is damaged or not supported: {}", one_line(&e)))?;
        let mut linker = Linker::new(self.engine());
        p1::add_to_linker_async(&mut linker, |state: &mut State| {
            // Every host function comes through here.
            state.busy = 0;
            &mut state.wasi
        })?;
        let pre = linker
            .instantiate_pre(&module)
            .map_err(|e| format_err!("the module asks for what `{PREVIEW1}` does not have: {}", one_line(&e)))?;
        Ok(Program { runtime: self.clone(), pre })
    }
}

impl Program {
    /// Runs it once, in a fresh instance. Dropping the future ends the instance. Links and grants mean nothing to it: a
    /// core module has no capabilities.
    pub async fn run(&self, mut env: Env) -> Ending {
        let Some(_place) = self.runtime.place() else { return full(&self.runtime) };
        let mut wasi = match surroundings(&mut env) {
            Ok(mut wasi) => wasi.build_p1(),
            Err(e) => return Ending::Failed(one_line(&e)),
        };
        let limits = &self.runtime.limits;
        wasi.ctx().table.set_max_capacity(limits.handles);
        let mut store = limited(&self.runtime, State { wasi, busy: 0, memory: Memory::new(limits.memory) });
        let instance = match self.pre.instantiate_async(&mut store).await {
            Ok(instance) => instance,
            Err(e) => return failed(&store, &e, Ending::Failed),
        };
        let start = match instance.get_typed_func::<(), ()>(&mut store, "_start") {
            Ok(start) => start,
            Err(e) => return Ending::Failed(one_line(&e)),
        };
        match start.call_async(&mut store, ()).await {
            Ok(()) => Ending::Exited(0),
            Err(e) => failed(&store, &e, Ending::Trapped),
        }
    }
}
