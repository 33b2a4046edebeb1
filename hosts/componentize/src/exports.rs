//! Holds the exports of a core module to a world.

use std::collections::BTreeSet;

use wasmparser::names::KebabStr;
use wit_parser::{
    Function, LiftLowerAbi, ManglingAndAbi, TypeDefKind, WasmExport, WasmExportKind, WorldItem, WorldKey,
};

use crate::Error;
use crate::input::Module;
use crate::world::Described;

/// The ways in which an export can be spelt. The first is the one that messages use.
const SPELLINGS: [ManglingAndAbi; 4] = [
    ManglingAndAbi::Legacy(LiftLowerAbi::Sync),
    ManglingAndAbi::Legacy(LiftLowerAbi::AsyncCallback),
    ManglingAndAbi::Legacy(LiftLowerAbi::AsyncStackful),
    ManglingAndAbi::Standard32,
];

/// Functions that C libraries export and that could be WIT functions, going by their names.
const HELPERS: [&str; 5] = ["main", "malloc", "calloc", "realloc", "free"];

/// Every function of the world must be there, and nothing that looks like one but is not in the world.
pub(crate) fn check(module: &Module, world: &Described, allowed: &BTreeSet<String>) -> Result<(), Error> {
    let wanted = Wanted::of(world);
    let missing: Vec<String> = wanted
        .functions
        .iter()
        .filter(|spellings| !spellings.iter().any(|name| module.exports(name)))
        .filter_map(|spellings| spellings.first().cloned())
        .collect();
    let mut outside: Vec<String> = module
        .functions
        .iter()
        .filter(|name| !wanted.known.contains(*name) && !allowed.contains(*name))
        .filter(|name| is_meant_for_a_world(name) || missing.contains(&name.replace('_', "-")))
        .cloned()
        .collect();
    // Next to the function itself, its post-return is no news.
    let functions = outside.clone();
    outside.retain(|name| !name.strip_prefix("cabi_post_").is_some_and(|of| functions.iter().any(|name| name == of)));

    if missing.is_empty() && outside.is_empty() {
        return Ok(());
    }
    let runs_itself = module.exports("_start") && missing.iter().any(|name| name.starts_with("wasi:cli/run@"));
    let hint = runs_itself.then_some(
        "the command adapter makes `wasi:cli/run` of `_start` by itself, so choose a world that does not export it",
    );
    Err(Error::Exports { world: world.label.clone(), missing, outside, hint })
}

fn is_meant_for_a_world(name: &str) -> bool {
    let generated = name.contains('#') || ["[", "cm32p2|", "cabi_post_"].iter().any(|prefix| name.starts_with(prefix));
    generated || KebabStr::new(name).is_some() && !HELPERS.contains(&name)
}

/// The core names of the exports of a world.
#[derive(Default)]
struct Wanted {
    /// For each function, the names of which a module must export one.
    functions: Vec<Vec<String>>,
    /// All names that an encoder makes use of.
    known: BTreeSet<String>,
}

impl Wanted {
    fn of(world: &Described) -> Self {
        let mut wanted = Self::default();
        let resolve = world.resolve();
        for (key, item) in &world.world().exports {
            match item {
                WorldItem::Function(function) => wanted.add(world, None, function),
                WorldItem::Interface { id, .. } => {
                    let interface = &resolve.interfaces[*id];
                    for function in interface.functions.values() {
                        wanted.add(world, Some(key), function);
                    }
                    for &resource in interface.types.values() {
                        if matches!(resolve.types[resource].kind, TypeDefKind::Resource) {
                            wanted.known.extend(SPELLINGS.map(|spelling| {
                                resolve
                                    .wasm_export_name(spelling, WasmExport::ResourceDtor { interface: key, resource })
                            }));
                        }
                    }
                }
                WorldItem::Type { .. } => {}
            }
        }
        wanted
    }

    fn add(&mut self, world: &Described, interface: Option<&WorldKey>, func: &Function) {
        let name =
            |spelling, kind| world.resolve().wasm_export_name(spelling, WasmExport::Func { interface, func, kind });
        let names = SPELLINGS.map(|spelling| name(spelling, WasmExportKind::Normal)).to_vec();
        self.known.extend(names.iter().cloned());
        self.known.extend(SPELLINGS.map(|spelling| name(spelling, WasmExportKind::PostReturn)));
        // Only this spelling has callbacks; asking for another's would panic.
        let callback = ManglingAndAbi::Legacy(LiftLowerAbi::AsyncCallback);
        self.known.insert(name(callback, WasmExportKind::Callback));
        self.functions.push(names);
    }
}
