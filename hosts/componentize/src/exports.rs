//! Holds the exports of a core module to a world.

use std::collections::{BTreeSet, HashSet};

use wasmparser::names::KebabStr;
use wit_parser::{
    Function, InterfaceId, LiftLowerAbi, ManglingAndAbi, Resolve, TypeDefKind, WasmExport, WasmExportKind, WorldId,
    WorldItem, WorldKey,
};

use crate::Error;
use crate::input::{Input, Module};
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

pub(crate) fn is_meant_for_a_world(name: &str) -> bool {
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
        for (key, item) in &world.world().exports {
            wanted.add(world.resolve(), key, item);
        }
        wanted
    }

    fn add(&mut self, resolve: &Resolve, key: &WorldKey, item: &WorldItem) {
        match item {
            WorldItem::Function(function) => self.add_function(resolve, None, function),
            WorldItem::Interface { id, .. } => {
                let interface = &resolve.interfaces[*id];
                for function in interface.functions.values() {
                    self.add_function(resolve, Some(key), function);
                }
                for &resource in interface.types.values() {
                    if matches!(resolve.types[resource].kind, TypeDefKind::Resource) {
                        self.known.extend(SPELLINGS.map(|spelling| {
                            resolve.wasm_export_name(spelling, WasmExport::ResourceDtor { interface: key, resource })
                        }));
                    }
                }
            }
            WorldItem::Type { .. } => {}
        }
    }

    fn add_function(&mut self, resolve: &Resolve, interface: Option<&WorldKey>, func: &Function) {
        let name = |spelling, kind| resolve.wasm_export_name(spelling, WasmExport::Func { interface, func, kind });
        let names = SPELLINGS.map(|spelling| name(spelling, WasmExportKind::Normal)).to_vec();
        self.known.extend(names.iter().cloned());
        self.known.extend(SPELLINGS.map(|spelling| name(spelling, WasmExportKind::PostReturn)));
        // Only this spelling has callbacks; asking for another's would panic.
        let callback = ManglingAndAbi::Legacy(LiftLowerAbi::AsyncCallback);
        self.known.insert(name(callback, WasmExportKind::Callback));
        self.functions.push(names);
    }
}

/// Takes out of a world the exports of which the input has nothing at all.
///
/// An interface whose types a remaining one uses stays: without it, the types would become an import's.
pub(crate) fn only_implemented(resolve: &mut Resolve, world: WorldId, input: &Input) {
    let mut keep: HashSet<WorldKey> = HashSet::new();
    let mut used: Vec<InterfaceId> = Vec::new();
    for (key, item) in &resolve.worlds[world].exports {
        if implements(input, resolve, key, item) {
            keep.insert(key.clone());
            used.extend(interface(item));
        }
    }
    let mut seen: BTreeSet<InterfaceId> = BTreeSet::new();
    while let Some(id) = used.pop() {
        if seen.insert(id) {
            used.extend(resolve.interface_direct_deps(id));
        }
    }
    resolve.worlds[world]
        .exports
        .retain(|key, item| keep.contains(key) || interface(item).is_some_and(|id| seen.contains(&id)));
}

fn interface(item: &WorldItem) -> Option<InterfaceId> {
    match item {
        WorldItem::Interface { id, .. } => Some(*id),
        _ => None,
    }
}

fn implements(input: &Input, resolve: &Resolve, key: &WorldKey, item: &WorldItem) -> bool {
    match input {
        Input::Module(module) => {
            let mut wanted = Wanted::default();
            wanted.add(resolve, key, item);
            wanted.known.iter().any(|name| module.exports(name))
        }
        Input::Component { exports } => exports.contains(&resolve.name_world_key(key)),
    }
}
