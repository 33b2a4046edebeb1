//! The library as its users see it, on modules built from text.

// Clippy sees that a function is a test's only if it is one itself.
#![allow(clippy::unwrap_used, clippy::panic)]

mod adapters;
mod contract;
mod damage;
mod exports;
mod worlds;

use wasi_cloud_componentize::{Componentize, World};
use wit_component::DecodedWasm;
use wit_parser::Resolve;

/// A world with all that matters: a function, an interface with strings and a resource, and an import.
pub(crate) const SHOP: &str = "
    package demo:shop@0.1.0;
    interface types { record item { name: string, price: u32 } }
    interface stock {
        use types.{item};
        resource shelf { constructor(size: u32); put: func(i: item); }
        count: func() -> result<u32, string>;
    }
    interface log { line: func(text: string); unused: func(); }
    world shop { import log; export stock; export on-open: func(day: string) -> string; }
    world market { export on-open: func(day: string) -> string; }
";

/// Exports `add` and a memory.
pub(crate) const CALC: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

pub(crate) fn calc() -> World {
    World::text("package demo:math; world calc { export add: func(a: u32, b: u32) -> u32; }")
}

pub(crate) fn shop() -> World {
    World::text(SHOP).named("shop")
}

pub(crate) fn wat(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A module whose functions are exported under the names, all of type `[] -> []`, after the extra fields.
pub(crate) fn exporting(names: &[&str], fields: &str) -> Vec<u8> {
    let functions: String = names.iter().map(|name| format!("(func (export {name:?}))")).collect();
    wat(&format!("(module {fields} {functions})"))
}

pub(crate) fn error(componentize: Componentize, module: &[u8]) -> String {
    componentize.run(module).unwrap_err().to_string()
}

/// The names of what a component imports and exports.
pub(crate) fn surface(component: &[u8]) -> (Vec<String>, Vec<String>) {
    let Ok(DecodedWasm::Component(resolve, id)) = wit_component::decode(component) else { panic!("not a component") };
    let names = |keys: Vec<_>| keys.into_iter().map(|key| resolve.name_world_key(key)).collect();
    let world = &resolve.worlds[id];
    (names(world.imports.keys().collect()), names(world.exports.keys().collect()))
}

pub(crate) fn shop_resolve(world: &str) -> (Resolve, wit_parser::WorldId) {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("shop.wit", SHOP).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    (resolve, world)
}
