//! Holds a finished component to a world that was given.

use std::collections::{BTreeMap, BTreeSet};

use wit_component::DecodedWasm;
use wit_component::metadata::Bindgen;
use wit_parser::{CloneMaps, Resolve, TypeDefKind, TypeId, WorldId, WorldItem};

use crate::Error;
use crate::world::{self, Described, Part};

/// What comes along with a language and not with the program.
const OF_THE_LANGUAGE: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

/// The world that a module brings must export what the contract exports: nothing less and nothing more.
pub(crate) fn check_exports(own: &Described, contract: &Described) -> Result<(), Error> {
    let names = |described: &Described| -> BTreeSet<String> {
        described.world().exports.keys().map(|key| described.resolve().name_world_key(key)).collect()
    };
    let (has, wants) = (names(own), names(contract));
    let missing: Vec<_> = wants.difference(&has).cloned().collect();
    let outside: Vec<_> = has.difference(&wants).cloned().collect();
    if missing.is_empty() && outside.is_empty() {
        return Ok(());
    }
    let hint = Some("the bindings, and with them the module's own `component-type` section, are of another world");
    Err(Error::Exports { world: contract.label.clone(), missing, outside, hint })
}

/// The component must export all that the contract exports, import nothing that the contract lacks, and have its types.
pub(crate) fn check(component: &[u8], contract: &Described) -> Result<(), Error> {
    let (resolve, id) = decode(component, contract)?;
    let world = &resolve.worlds[id];

    let has: BTreeSet<_> = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();
    let wants = contract.world().exports.keys().map(|key| contract.resolve().name_world_key(key));
    let missing: Vec<_> = wants.filter(|name| !has.contains(name)).collect();
    if !missing.is_empty() {
        return Err(Error::Exports { world: contract.label.clone(), missing, outside: Vec::new(), hint: None });
    }

    // Hosts link compatible versions of an import, so those are the same here.
    let offered: BTreeMap<_, _> = contract
        .world()
        .imports
        .iter()
        .map(|(key, item)| (contract.resolve().name_canonicalized_world_key(key), item))
        .collect();
    let mut imports = Vec::new();
    for (key, item) in &world.imports {
        let name = resolve.name_world_key(key);
        if OF_THE_LANGUAGE.iter().any(|prefix| name.starts_with(prefix)) {
            continue;
        }
        let needed = needs(&resolve, item);
        match offered.get(&resolve.name_canonicalized_world_key(key)) {
            None if needed.is_empty() => {}
            None => imports.push(name),
            Some(offer) => {
                let has = needs(contract.resolve(), offer);
                imports.extend(needed.difference(&has).map(|need| format!("{name}#{need}")));
            }
        }
    }
    if !imports.is_empty() {
        return Err(Error::Imports { world: contract.label.clone(), imports });
    }
    check_types(component, contract)
}

/// What the host must have for an import: functions and resources. Other types are but names for what is known.
fn needs(resolve: &Resolve, item: &WorldItem) -> BTreeSet<String> {
    let is_resource = |id: TypeId| matches!(resolve.types[id].kind, TypeDefKind::Resource);
    match item {
        WorldItem::Interface { id, .. } => {
            let interface = &resolve.interfaces[*id];
            let resources = interface.types.iter().filter(|(_, id)| is_resource(**id)).map(|(name, _)| name);
            interface.functions.keys().chain(resources).cloned().collect()
        }
        WorldItem::Function(function) => [function.name.clone()].into(),
        WorldItem::Type { id, .. } if is_resource(*id) => resolve.types[*id].name.iter().cloned().collect(),
        WorldItem::Type { .. } => BTreeSet::new(),
    }
}

/// The component must have the types of each of the worlds that the contract was merged from. Merging does not compare types: of
/// two that have the same name, it takes the first.
pub(crate) fn check_types(component: &[u8], contract: &Described) -> Result<(), Error> {
    let (resolve, id) = decode(component, contract)?;
    for part in &contract.parts {
        fits(component, resolve.clone(), id, part)
            .map_err(|reason| Error::Types { world: part.label.clone(), reason })?;
    }
    Ok(())
}

/// Asks the validator whether the component is of the world's type, once the world has got what the component has besides.
///
/// The two are united in a world of its own package, on which nothing can depend. What both have is the first's.
fn fits(component: &[u8], resolve: Resolve, id: WorldId, part: &Part) -> Result<(), String> {
    world::refuse_circles([&part.resolve, &resolve])?;
    let unite_and_check = || {
        let Bindgen { resolve: mut all, world: united, .. } = Bindgen::default();
        for (resolve, world) in [(part.resolve.clone(), part.world), (resolve, id)] {
            let world = all.merge(resolve)?.map_world(world, Default::default())?;
            all.merge_worlds(world, united, &mut CloneMaps::default())?;
        }
        wit_component::targets(&all, united, component)
    };
    unite_and_check().map_err(|e| format!("{e:#}"))
}

fn decode(component: &[u8], contract: &Described) -> Result<(Resolve, WorldId), Error> {
    let error = |reason| Error::Types { world: contract.label.clone(), reason };
    match wit_component::decode(component) {
        Ok(DecodedWasm::Component(resolve, id)) => {
            world::refuse_circles([&resolve]).map_err(error)?;
            Ok((resolve, id))
        }
        Ok(DecodedWasm::WitPackage(..)) => Err(Error::WitPackage),
        Err(e) => Err(error(format!("{e:#}"))),
    }
}
