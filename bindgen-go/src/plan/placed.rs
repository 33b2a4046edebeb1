//! Go packages whose place the caller chose, as with `--package wasi:keyvalue=keyvalue`, and whether they can import each
//! other.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use wit_bindgen_core::wit_parser::{InterfaceId, LiveTypes, Resolve, WorldId, WorldKey};

use super::{Plan, package_name};
use crate::names;

/// What the caller chose: folders by the names of WIT packages and interfaces.
#[derive(Default)]
pub(crate) struct Placed(BTreeMap<String, String>);

/// The folder for one interface.
pub(crate) struct Place {
    pub(crate) dir: String,
    /// Whether it was chosen for this interface, and not for its package.
    pub(crate) interface: bool,
    /// Whether it was chosen for this version.
    pub(crate) version: bool,
}

impl Placed {
    pub(crate) fn new(packages: &[(String, String)], runtime: bool, resolve: &Resolve, id: WorldId) -> Result<Placed> {
        let mut placed = Placed::default();
        for (wit, dir) in packages {
            let last = dir.rsplit('/').next().unwrap_or_default();
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-._".contains(&b);
            let parts = dir.split('/').all(|part| part.starts_with(|c: char| c.is_ascii_alphanumeric()));
            if !names::is_package(last) || !parts || !dir.bytes().all(|b| b == b'/' || fits(b)) {
                bail!("`{dir}` cannot be the folder of a Go package: use one like `keyvalue`");
            }
            ensure!(!runtime || dir != "wit", "the folder `wit` is the runtime's: give {wit} another one");
            if let Some(other) = placed.0.insert(wit.clone(), dir.clone()) {
                bail!("{wit} is given two folders, {other} and {dir}: leave one out");
            }
        }
        let world = &resolve.worlds[id];
        let keys = world.imports.keys().chain(world.exports.keys());
        let interfaces: Vec<_> =
            keys.filter_map(|key| if let WorldKey::Interface(id) = key { Some(*id) } else { None }).collect();
        for wit in placed.0.keys() {
            if !interfaces.iter().any(|id| names_of(resolve, *id).iter().any(|(name, _)| name == wit)) {
                let mut known: Vec<_> = interfaces.iter().filter_map(|id| resolve.id_of(*id)).collect();
                known.dedup();
                bail!("the world {} has no {wit}, which --package names; it has: {}", world.name, known.join(", "));
            }
        }
        Ok(placed)
    }

    pub(super) fn of(&self, resolve: &Resolve, id: InterfaceId) -> Option<Place> {
        names_of(resolve, id).into_iter().find_map(|(name, interface)| {
            let version = name.contains('@');
            self.0.get(&name).map(|dir| Place { dir: dir.clone(), interface, version })
        })
    }

    pub(super) fn is_place(&self, dir: &str) -> bool {
        self.0.values().any(|place| place == dir)
    }
}

/// What an interface can be called, the most exact name first, and whether that is the interface's own.
fn names_of(resolve: &Resolve, id: InterfaceId) -> Vec<(String, bool)> {
    let (Some(package), Some(interface)) = (package_name(resolve, id), &resolve.interfaces[id].name) else {
        return Vec::new();
    };
    let bare = format!("{}:{}", package.namespace, package.name);
    let mut names = vec![(format!("{bare}/{interface}"), true), (bare.clone(), false)];
    if let Some(version) = &package.version {
        names.insert(0, (format!("{bare}/{interface}@{version}"), true));
        names.insert(2, (format!("{bare}@{version}"), false));
    }
    names
}

impl Plan {
    /// WIT packages cannot depend on each other. Interfaces of one can, and then they cannot be two Go packages.
    pub(super) fn find_cycles(&self, resolve: &Resolve) -> Result<()> {
        let mut reach = vec![vec![false; self.packages.len()]; self.packages.len()];
        for unit in &self.units {
            let mut live = LiveTypes::default();
            unit.types.iter().for_each(|(_, id)| live.add_type_id(resolve, *id));
            unit.funcs.iter().for_each(|func| live.add_func(resolve, func));
            for (package, _) in live.iter().filter_map(|id| self.types.get(&id)) {
                reach[unit.package][*package] = true;
            }
        }
        for middle in 0..reach.len() {
            let beyond = reach[middle].clone();
            for from in reach.iter_mut().filter(|from| from[middle]) {
                from.iter_mut().zip(&beyond).for_each(|(to, more)| *to |= more);
            }
        }
        for (a, to) in reach.iter().enumerate() {
            if let Some(b) = (a + 1..to.len()).find(|b| to[*b] && reach[*b][a]) {
                let (a, b) = (&self.packages[a].dir, &self.packages[b].dir);
                bail!("the Go packages {a} and {b} would import each other: give them one folder with --package");
            }
        }
        Ok(())
    }
}
