//! Turns a core wasm module and a WIT world into a component.
//!
//! A compiler that knows nothing of components (stock Go, C, Rust for `wasm32-wasip1`) emits a core module. Three steps make a
//! component of it: the type of its world is embedded as a `component-type` section, the old `wasi_snapshot_preview1` imports are
//! satisfied by an adapter, and the whole is encoded. This crate does the three in one call, without external tools, and it
//! refuses what encoders let pass in silence.
//!
//! ```
//! use wasi_cloud_componentize::{Componentize, World};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let module = wat::parse_str(
//!     r#"(module
//!         (func (export "add") (param i32 i32) (result i32)
//!             (i32.add (local.get 0) (local.get 1))))"#,
//! )?;
//! let world = World::text("package demo:math; world calc { export add: func(a: u32, b: u32) -> u32; }");
//!
//! let component = Componentize::new().world(world.clone()).run(&module)?;
//!
//! // What is a component already comes back as it is, checked against the world.
//! assert_eq!(component, Componentize::new().world(world).run(&component)?);
//!
//! // An export that the world lacks would be dropped by an encoder. Here it is an error.
//! let world = World::text("package demo:math; world calc { export sub: func(a: u32, b: u32) -> u32; }");
//! let error = Componentize::new().world(world).run(&module).unwrap_err().to_string();
//! assert!(error.contains("`sub`") && error.contains("`add`"));
//! # Ok(())
//! # }
//! ```
//!
//! # Where the world comes from
//!
//! - From [`Componentize::world`]: a folder of WIT, a file of WIT, or a WIT package that another tool encoded as wasm. The world is
//!   embedded. Several worlds are merged, for a program that links two sets of bindings (an SDK's and its own); if they give one
//!   thing two types, that is an error, where an encoder would take the first. Of a world with [`World::only_implemented`], the
//!   program need not have every export.
//! - From the module: if it carries `component-type` sections (wit-bindgen's Rust and C write them), nothing is embedded.
//! - From both: the module's section is what its bindings were generated from, so the section alone decides how the module is
//!   encoded, and the given world becomes the contract that the result is held to. Neither wins in silence: embedding the second
//!   next to the first would merge them, and the component could then import and export things that the given world does not name.
//!   The module may import less than the world, because bindings omit what is not used; its section may not export less or more,
//!   and the component may not import anything else, or have other types.
//! - From neither: allowed only for a plain command, a module that exports `_start` and imports nothing but preview 1.
//!
//! # Which exports are checked
//!
//! Every function of the world's exports must be exported by the module. The other way round, an exported function that is not
//! in the world is an error if it can be meant for one:
//!
//! - A name that only bindings generators write, `interface#function`, `[async-lift]...`, `[callback]...`, `cm32p2|...` or
//!   `cabi_post_...`, always is.
//! - A plain name is if it could be the name of a WIT function, `ping` or `on-message`, except for what C libraries are known to
//!   export (`main`, `malloc`, `calloc`, `realloc`, `free`).
//! - Any other plain name, `_initialize`, `cabi_realloc`, `__wasm_call_ctors` or `my_helper`, cannot be meant for a world, since
//!   WIT names contain no underscore. It passes, unless the world lacks just the function that it would be with hyphens.
//!
//! [`Componentize::allow_export`] makes an exception for one name. Exported memories, tables and globals are never looked at.
//!
//! # Imports
//!
//! An encoded component imports only what the module uses. When a component, or a module with a section of its own, is held to a
//! given world, then every function it imports must be in the world, in a compatible version. Exempt are WASI's own `wasi:cli`,
//! `wasi:clocks`, `wasi:filesystem`, `wasi:io`, `wasi:random` and `wasi:sockets`, which languages and the adapter bring along
//! whatever the world says. What is a component already may export more than the world: nothing of it is lost.

mod contract;
mod error;
mod exports;
mod input;
mod world;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as PREVIEW1, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::ComponentEncoder;

pub use crate::error::Error;
pub use crate::world::World;

use crate::input::{Input, Module};
use crate::world::Described;

/// Which `wasi_snapshot_preview1` adapter a module gets. The adapters are those of Wasmtime 48; they import WASI 0.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Adapter {
    /// None, unless the module imports preview 1. If it does: [`Command`](Adapter::Command) if it exports `_start`, else
    /// [`Reactor`](Adapter::Reactor).
    #[default]
    Auto,
    /// None. A module that imports preview 1 is then an error.
    None,
    /// The adapter for a library: translates the imports, exports nothing.
    Reactor,
    /// The adapter for a program: translates the imports, and exports `wasi:cli/run`, which calls `_start`. It can be asked for
    /// when the module does not import preview 1.
    Command,
}

/// Turns a core module into a component: see the [crate's documentation](crate).
#[derive(Clone, Debug, Default)]
#[must_use = "nothing happens before `run`"]
pub struct Componentize {
    worlds: Vec<World>,
    adapter: Adapter,
    allowed: BTreeSet<String>,
}

impl Componentize {
    /// Takes the world from the module's own section, and chooses the adapter by itself.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the world. Called again, it adds one: the component's world is then all of them merged.
    pub fn world(mut self, world: World) -> Self {
        self.worlds.push(world);
        self
    }

    /// Overrides the choice of the preview 1 adapter.
    pub fn adapter(mut self, adapter: Adapter) -> Self {
        self.adapter = adapter;
        self
    }

    /// Lets the module export the function `name`, spelt as in the core module, though the world lacks it. The component will not
    /// export it.
    pub fn allow_export(mut self, name: impl Into<String>) -> Self {
        self.allowed.insert(name.into());
        self
    }

    /// Turns `wasm`, the bytes of a core module, into the bytes of a component.
    ///
    /// Bytes that are a component already are held to the world, if one was given, and returned unchanged. The same input gives the
    /// same output, byte for byte.
    pub fn run(&self, wasm: &[u8]) -> Result<Vec<u8>, Error> {
        // The decoder of worlds trusts them: what is damaged and yet valid wasm can fail its assertions.
        catch_unwind(AssertUnwindSafe(|| self.run_trusting(wasm))).unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Err(Error::Confused { reason: text.unwrap_or_default().replace('\n', " ") })
        })
    }

    fn run_trusting(&self, wasm: &[u8]) -> Result<Vec<u8>, Error> {
        let input = input::inspect(wasm)?;
        let given = world::load(&self.worlds, &input)?;
        match input {
            Input::Module(module) => self.encode(wasm, &module, given),
            Input::Component { .. } => {
                if let Some(given) = &given {
                    contract::check(wasm, given)?;
                }
                Ok(wasm.to_vec())
            }
        }
    }

    fn encode(&self, wasm: &[u8], module: &Module, given: Option<Described>) -> Result<Vec<u8>, Error> {
        let adapter = self.choose_adapter(module)?;
        let own = if module.has_section { Some(world::of_module(wasm)?) } else { None };
        let (world, contract) = match (own, given) {
            (Some(own), given) => (own, given),
            (None, Some(given)) => (given, None),
            (None, None) if module.is_plain_command() && adapter == Adapter::Command => (Described::empty(), None),
            (None, None) => return Err(Error::NoWorld),
        };
        if let Some(contract) = &contract {
            contract::check_exports(&world, contract)?;
        }
        exports::check(module, &world, &self.allowed)?;
        if adapter != Adapter::None && module.fights_for_memory() {
            return Err(Error::GoMemory);
        }

        let component = encode(&world.embed(wasm), adapter).map_err(|reason| {
            module.foreign_import(&world, adapter != Adapter::None).unwrap_or(Error::Encode { reason })
        })?;
        if world.parts.len() > 1 {
            contract::check_types(&component, &world)?;
        }
        if let Some(contract) = &contract {
            contract::check(&component, contract)?;
        }
        Ok(component)
    }

    /// Never `Auto`.
    fn choose_adapter(&self, module: &Module) -> Result<Adapter, Error> {
        match self.adapter {
            Adapter::Auto if !module.imports_preview1() => Ok(Adapter::None),
            Adapter::Auto if module.exports("_start") => Ok(Adapter::Command),
            Adapter::Auto => Ok(Adapter::Reactor),
            Adapter::Command if !module.exports("_start") => Err(Error::NoStart),
            chosen => Ok(chosen),
        }
    }
}

/// The names of the functions that a core module exports. Of a component there are none.
///
/// # Errors
/// If the bytes are no WebAssembly, or a WIT package.
pub fn exported_functions(wasm: &[u8]) -> Result<BTreeSet<String>, Error> {
    Ok(match input::inspect(wasm)? {
        Input::Module(module) => module.functions,
        Input::Component { .. } => BTreeSet::new(),
    })
}

/// Whether a core function of this name is meant for a world: see the
/// [crate's documentation](crate#which-exports-are-checked).
pub fn is_meant_for_a_world(function: &str) -> bool {
    exports::is_meant_for_a_world(function)
}

fn encode(module: &[u8], adapter: Adapter) -> Result<Vec<u8>, String> {
    let encode = || {
        let encoder = ComponentEncoder::default().validate(true).module(module)?;
        match adapter {
            Adapter::Auto | Adapter::None => encoder,
            Adapter::Reactor => encoder.adapter(PREVIEW1, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER)?,
            Adapter::Command => encoder.adapter(PREVIEW1, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER)?,
        }
        .encode()
    };
    encode().map_err(|error| format!("{error:#}"))
}
