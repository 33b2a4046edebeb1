//! What is generated, before a line of it is: the Go packages of a world, what is in each, and the names of all.

mod extras;
mod naming;
mod placed;

use std::collections::{BTreeSet, HashMap, HashSet};

use anyhow::{Result, bail};
use wit_bindgen_core::Direction;
use wit_bindgen_core::wit_parser::{
    Docs, Function, Handle, InterfaceId, PackageName, Resolve, Type, TypeDefKind, TypeId, WorldId, WorldItem, WorldKey,
};

use crate::flow::is_async;
use crate::names;
pub(crate) use extras::{Setters, pages};
pub(crate) use placed::Placed;

/// One Go package.
pub(crate) struct Package {
    /// Where it is below the module's root, with slashes.
    pub(crate) dir: String,
    /// What its clause says.
    pub(crate) name: String,
    /// What of the WIT it was generated from.
    pub(crate) source: String,
    pub(crate) docs: Docs,
}

/// What the world has under one key: an interface, or the functions and types of the world itself.
pub(crate) struct Unit {
    pub(crate) package: usize,
    pub(crate) direction: Direction,
    /// The interface's key in the world.
    pub(crate) key: Option<WorldKey>,
    /// The WIT name: that of the interface, or of the world.
    pub(crate) label: String,
    pub(crate) docs: Docs,
    pub(crate) types: Vec<(String, TypeId)>,
    pub(crate) funcs: Vec<Function>,
}

/// How a variant's case is called: its type, and the variable that an error's case without a payload has.
#[derive(Default)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) var: String,
}

/// How a function is called.
pub(crate) struct FuncName {
    pub(crate) name: String,
    /// The resource that it is a method of.
    pub(crate) receiver: Option<TypeId>,
    /// A name that no other function of the Go package has, for what is private.
    pub(crate) unique: String,
}

/// The plan of one world.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) packages: Vec<Package>,
    pub(crate) units: Vec<Unit>,
    /// Types that have a name of their own, with their package.
    pub(crate) types: HashMap<TypeId, (usize, String)>,
    /// The cases of variants, enums and flags.
    pub(crate) cases: HashMap<TypeId, Vec<Case>>,
    /// The fields of records.
    pub(crate) fields: HashMap<TypeId, Vec<String>>,
    /// Enums and variants that functions fail with, so that they are Go errors.
    pub(crate) errors: HashSet<TypeId>,
    /// Functions, by the unit's number and their own WIT name.
    pub(crate) funcs: HashMap<(usize, String), FuncName>,
    /// The setters of imported resources, as options of their constructors.
    pub(crate) setters: HashMap<TypeId, Setters>,
    /// The names of iterators beside the functions that list.
    pub(crate) iterators: HashMap<(usize, String), String>,
    /// What stands before `Handler` in the names of an exported unit.
    pub(crate) handlers: HashMap<usize, String>,
    /// Resources that the component implements, with their unit.
    pub(crate) exported: HashMap<TypeId, usize>,
    /// Whether the world has async functions, streams or futures.
    pub(crate) asynchronous: bool,
}

impl Plan {
    pub(crate) fn new(resolve: &Resolve, world: WorldId, placed: Placed) -> Result<Plan> {
        let mut plan = Plan::default();
        plan.collect(resolve, world, placed)?;
        plan.find_errors(resolve);
        plan.name_all(resolve);
        plan.find_cycles(resolve)?;
        Ok(plan)
    }

    /// The units of a Go package, with their numbers.
    pub(crate) fn units_of(&self, package: usize, direction: Direction) -> impl Iterator<Item = (usize, &Unit)> {
        self.units.iter().enumerate().filter(move |(_, unit)| unit.package == package && unit.direction == direction)
    }

    fn collect(&mut self, resolve: &Resolve, id: WorldId, placed: Placed) -> Result<()> {
        let world = &resolve.worlds[id];
        let mut dirs = Dirs::new(resolve, id, placed);
        for (direction, items) in [(Direction::Import, &world.imports), (Direction::Export, &world.exports)] {
            let mut own = Unit {
                package: 0,
                direction,
                key: None,
                label: world.name.clone(),
                docs: Docs::default(),
                types: Vec::new(),
                funcs: Vec::new(),
            };
            for (key, item) in items {
                match item {
                    WorldItem::Interface { id: interface, .. } => {
                        let at = &resolve.interfaces[*interface];
                        let package = match key {
                            WorldKey::Interface(_) => dirs.of_interface(self, resolve, *interface, direction)?,
                            WorldKey::Name(_) => dirs.of_world(self, resolve, id)?,
                        };
                        let label = match key {
                            WorldKey::Interface(_) => at.name.clone().unwrap_or_default(),
                            WorldKey::Name(name) => name.clone(),
                        };
                        self.units.push(Unit {
                            package,
                            direction,
                            key: Some(key.clone()),
                            label,
                            docs: at.docs.clone(),
                            types: at.types.iter().map(|(name, id)| (name.clone(), *id)).collect(),
                            funcs: at.functions.values().cloned().collect(),
                        });
                    }
                    WorldItem::Function(func) => own.funcs.push(func.clone()),
                    WorldItem::Type { id, .. } => {
                        own.types.push((resolve.types[*id].name.clone().unwrap_or_default(), *id));
                    }
                }
            }
            // A type that the world only uses has its home elsewhere.
            own.types.retain(|(_, id)| !is_use(resolve, *id));
            if !own.types.is_empty() || !own.funcs.is_empty() {
                own.package = dirs.of_world(self, resolve, id)?;
                self.units.push(own);
            }
        }
        for unit in &mut self.units {
            unit.types.retain(|(_, id)| !is_use(resolve, *id));
        }
        Ok(())
    }

    fn find_errors(&mut self, resolve: &Resolve) {
        for func in self.units.iter().flat_map(|unit| &unit.funcs) {
            let flows = func.find_futures_and_streams(resolve);
            self.asynchronous |= is_async(func) || !flows.is_empty();
            let futures = flows.into_iter().filter_map(|id| match resolve.types[id].kind {
                TypeDefKind::Future(payload) => payload,
                _ => None,
            });
            for (_, err) in func.result.into_iter().chain(futures).filter_map(|ty| result_of(resolve, &ty)) {
                let Some(Type::Id(id)) = err else { continue };
                let id = wit_bindgen_core::dealias(resolve, id);
                if matches!(resolve.types[id].kind, TypeDefKind::Enum(_) | TypeDefKind::Variant(_)) {
                    self.errors.insert(id);
                }
            }
        }
    }
}

/// The two sides of a result.
pub(crate) fn result_of(resolve: &Resolve, ty: &Type) -> Option<(Option<Type>, Option<Type>)> {
    match kind(resolve, ty)? {
        TypeDefKind::Result(result) => Some((result.ok, result.err)),
        _ => None,
    }
}

/// What a type is, behind its aliases.
pub(crate) fn kind<'a>(resolve: &'a Resolve, ty: &Type) -> Option<&'a TypeDefKind> {
    let Type::Id(id) = ty else { return None };
    match &resolve.types[*id].kind {
        TypeDefKind::Type(ty) => kind(resolve, ty),
        kind => Some(kind),
    }
}

/// The resource of a handle, and whether it is borrowed.
pub(crate) fn handle(resolve: &Resolve, ty: &Type) -> Option<(TypeId, bool)> {
    match kind(resolve, ty)? {
        TypeDefKind::Handle(Handle::Own(id)) => Some((wit_bindgen_core::dealias(resolve, *id), false)),
        TypeDefKind::Handle(Handle::Borrow(id)) => Some((wit_bindgen_core::dealias(resolve, *id), true)),
        _ => None,
    }
}

/// A type that is another interface's.
fn is_use(resolve: &Resolve, id: TypeId) -> bool {
    let ty = &resolve.types[id];
    matches!(ty.kind, TypeDefKind::Type(Type::Id(other)) if resolve.types[other].owner != ty.owner)
}

/// Where Go packages are: `wasi/http`, `wasi/http/v0.2.0` where the world has two versions of it, `wasi/http/httpexport`
/// for what is exported of a package that the world also imports in part, `my/app/world` for what is the world's own.
struct Dirs {
    placed: Placed,
    scope: names::Scope,
    known: HashMap<String, usize>,
    versions: HashMap<(String, String), BTreeSet<String>>,
    /// Interfaces that are both imported and exported, and their WIT packages: their types are then two sets.
    both: HashSet<String>,
}

impl Dirs {
    fn new(resolve: &Resolve, world: WorldId, placed: Placed) -> Dirs {
        let interfaces = |items: Vec<&WorldKey>| -> Vec<InterfaceId> {
            items
                .into_iter()
                .filter_map(|key| if let WorldKey::Interface(id) = key { Some(*id) } else { None })
                .collect()
        };
        let world = &resolve.worlds[world];
        let (imports, exports) =
            (interfaces(world.imports.keys().collect()), interfaces(world.exports.keys().collect()));
        let mut versions = HashMap::<_, BTreeSet<_>>::new();
        for name in imports.iter().chain(&exports).filter_map(|id| package_name(resolve, *id)) {
            let key = (name.namespace.clone(), name.name.clone());
            versions.entry(key).or_default().insert(name.to_string());
        }
        let imported: HashSet<_> = imports.iter().map(|id| resolve.id_of(*id)).collect();
        let both = exports
            .iter()
            .filter(|id| imported.contains(&resolve.id_of(**id)))
            .flat_map(|id| [resolve.id_of(*id), package_name(resolve, *id).map(ToString::to_string)])
            .flatten()
            .collect();
        Dirs { placed, scope: names::Scope::default(), known: HashMap::new(), versions, both }
    }

    fn of_interface(
        &mut self,
        plan: &mut Plan,
        resolve: &Resolve,
        id: InterfaceId,
        direction: Direction,
    ) -> Result<usize> {
        let interface = &resolve.interfaces[id];
        let Some(name) = package_name(resolve, id) else { return Ok(0) };
        let place = self.placed.of(resolve, id);
        let (of_package, versioned) = place.as_ref().map_or((true, true), |place| (!place.interface, !place.version));
        let mut last = names::package(&name.name);
        let mut dir = format!("{}/{last}", names::package(&name.namespace));
        if let Some(place) = place {
            dir = place.dir;
            last = dir.rsplit('/').next().unwrap_or_default().to_owned();
        }
        let versions = self.versions.get(&(name.namespace.clone(), name.name.clone()));
        if let (true, Some(version), true) =
            (versioned, &name.version, versions.is_some_and(|versions| versions.len() > 1))
        {
            dir += &format!("/v{version}").replace('+', "-");
        }
        let whole = resolve.id_of(id).filter(|_| !of_package).unwrap_or_else(|| name.to_string());
        if direction == Direction::Export && self.both.contains(&whole) {
            last += "export";
            dir += &format!("/{last}");
        }
        let docs = interface.package.filter(|_| of_package).map(|id| resolve.packages[id].docs.clone());
        let package = Package { dir, name: last, source: whole, docs: docs.unwrap_or_default() };
        self.get(plan, package, &name.to_string())
    }

    fn of_world(&mut self, plan: &mut Plan, resolve: &Resolve, id: WorldId) -> Result<usize> {
        let world = &resolve.worlds[id];
        let name = world.package.map(|id| resolve.packages[id].name.clone());
        let parent =
            name.as_ref().map(|name| format!("{}/{}/", names::package(&name.namespace), names::package(&name.name)));
        let last = names::package(&world.name);
        let source = format!("world {} of {}", world.name, name.map(|name| name.to_string()).unwrap_or_default());
        let dir = parent.unwrap_or_default() + &last;
        let package = Package { dir, name: last, source: source.clone(), docs: world.docs.clone() };
        self.get(plan, package, &source)
    }

    /// The Go package at the place: a new one, or that which has more of the same WIT package.
    fn get(&mut self, plan: &mut Plan, mut package: Package, of: &str) -> Result<usize> {
        let key = format!("{} {of}", package.dir);
        if let Some(known) = self.known.get(&key) {
            let at = &mut plan.packages[*known];
            if at.source != package.source && at.source != of {
                at.source += &format!(" and {}", package.source);
            }
            return Ok(*known);
        }
        let dir = self.scope.number(&package.dir);
        if dir != package.dir && self.placed.is_place(&package.dir) {
            bail!("two WIT packages would be in {}: give {of} another folder with --package", package.dir);
        }
        package.dir = dir;
        plan.packages.push(package);
        self.known.insert(key, plan.packages.len() - 1);
        Ok(plan.packages.len() - 1)
    }
}

fn package_name(resolve: &Resolve, id: InterfaceId) -> Option<&PackageName> {
    resolve.interfaces[id].package.map(|id| &resolve.packages[id].name)
}
