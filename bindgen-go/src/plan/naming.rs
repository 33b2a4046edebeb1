//! Names for everything: types and functions first, since the names of cases are made of theirs.

use std::collections::HashMap;

use wit_bindgen_core::Direction;
use wit_bindgen_core::wit_parser::{Function, FunctionKind, Resolve, TypeDefKind, TypeId};

use super::{Case, FuncName, Plan, Unit, handle, result_of};
use crate::names::{Scope, exported};
use crate::streams::Stream;

/// What all Go packages reserve: the error that functions return, and what stands in for the host in tests.
const RESERVED: &[&str] = &["Error", "Native"];
/// What all resources have from `wit.Resource`.
const OF_RESOURCES: &[&str] = &["Close", "Resource"];

impl Plan {
    pub(super) fn name_all(&mut self, resolve: &Resolve) {
        for package in 0..self.packages.len() {
            let mut scope = Scope::with(RESERVED);
            self.name_handlers(package, &mut scope);
            self.name_types_and_functions(resolve, package, &mut scope);
            self.name_methods(resolve, package);
            self.name_cases(resolve, package, &mut scope);
            self.name_uniquely(package);
        }
    }

    fn units_in(&self, package: usize) -> impl Iterator<Item = (usize, &Unit)> {
        self.units.iter().enumerate().filter(move |(_, unit)| unit.package == package)
    }

    /// `Handle` and `Handler`, where the package has one exported unit, or `HandleApi` and `ApiHandler`.
    fn name_handlers(&mut self, package: usize, scope: &mut Scope) {
        let exports: Vec<_> =
            self.units_of(package, Direction::Export).map(|(i, unit)| (i, exported(&unit.label))).collect();
        let single = exports.len() == 1;
        for (i, label) in exports {
            let base = if single { String::new() } else { scope.number(&label) };
            for name in [format!("Handle{base}"), format!("{base}Handler"), format!("{base}HandlerFunc")] {
                scope.number(&name);
            }
            self.handlers.insert(i, base);
        }
    }

    fn name_types_and_functions(&mut self, resolve: &Resolve, package: usize, scope: &mut Scope) {
        let (mut types, mut funcs, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
        for (i, unit) in self.units_in(package) {
            let label = exported(&unit.label);
            for (wit, id) in &unit.types {
                let name = exported(wit);
                wanted.push(match &*name {
                    "Error" => vec![format!("Error{}", error_suffix(resolve, *id)), format!("{label}Error")],
                    _ => vec![name.clone(), label.clone() + &name],
                });
                types.push((i, *id));
            }
        }
        let mut bare = Vec::new();
        for (i, unit) in self.units_in(package).filter(|(_, unit)| unit.direction == Direction::Import) {
            for func in &unit.funcs {
                if receiver(self, resolve, unit, func).is_some() {
                    continue;
                }
                let name = free_name(resolve, &func.kind, func.item_name());
                bare.extend(bare_name(resolve, func).map(|name| (wanted.len(), name)));
                wanted.push(vec![name.clone(), exported(&unit.label) + &name]);
                funcs.push((i, func.name.clone()));
            }
        }
        shorten(&mut wanted, bare);
        let mut names = scope.assign(&wanted).into_iter();
        for ((unit, id), name) in types.into_iter().zip(&mut names) {
            if self.units[unit].direction == Direction::Export
                && matches!(resolve.types[id].kind, TypeDefKind::Resource)
            {
                self.exported.insert(id, unit);
            }
            self.types.insert(id, (package, name));
        }
        for (key, name) in funcs.iter().cloned().zip(names) {
            self.funcs.insert(key, FuncName { name, receiver: None, unique: String::new() });
        }
        self.name_setters(package, scope);
        self.name_iterators(resolve, funcs.iter(), scope);
    }

    /// Names inside a resource, and inside a handler.
    fn name_methods(&mut self, resolve: &Resolve, package: usize) {
        let mut scopes = HashMap::<(usize, Option<TypeId>), Vec<(String, Vec<String>)>>::new();
        let mut order = Vec::new();
        let mut bare = HashMap::<_, Vec<_>>::new();
        for (i, unit) in self.units_in(package) {
            for func in &unit.funcs {
                let receiver = receiver(self, resolve, unit, func);
                let name = match receiver {
                    Some(_) => exported(func.item_name()),
                    None if unit.direction == Direction::Export => free_name(resolve, &func.kind, func.item_name()),
                    None => continue,
                };
                // The methods of a resource come from all units, those of a handler from its own.
                let key = if receiver.is_some() { (usize::MAX, receiver) } else { (i, None) };
                if !scopes.contains_key(&key) {
                    order.push(key);
                }
                let wanted = vec![name.clone(), exported(&unit.label) + &name];
                let scope = scopes.entry(key).or_default();
                bare.entry(key).or_default().extend(bare_name(resolve, func).map(|name| (scope.len(), name)));
                scope.push((format!("{i} {}", func.name), wanted));
            }
        }
        for key in order {
            let Some(funcs) = scopes.remove(&key) else { continue };
            let mut scope = Scope::with(if key.1.is_some() { OF_RESOURCES } else { &[] });
            if let Some(stream) = key.1.and_then(|id| Stream::of(resolve, id)) {
                scope.number(stream.method());
            }
            let mut wanted: Vec<_> = funcs.iter().map(|(_, wanted)| wanted.clone()).collect();
            shorten(&mut wanted, bare.remove(&key).unwrap_or_default());
            let names = scope.assign(&wanted);
            let mut keys = Vec::new();
            for ((func, _), name) in funcs.into_iter().zip(names) {
                let Some((unit, func)) = func.split_once(' ') else { continue };
                let unit = unit.parse().unwrap_or_default();
                keys.push((unit, func.to_owned()));
                self.funcs.insert((unit, func.to_owned()), FuncName { name, receiver: key.1, unique: String::new() });
            }
            self.name_iterators(resolve, keys.iter(), &mut scope);
        }
    }

    /// `ColorRed` for enums, flags and variants. An error's cases are `OtherError`, with `ErrNoSuchStore` for one where nothing
    /// is in it.
    fn name_cases(&mut self, resolve: &Resolve, package: usize, scope: &mut Scope) {
        let types: Vec<TypeId> =
            self.units_in(package).flat_map(|(_, unit)| unit.types.iter().map(|(_, id)| *id)).collect();
        let (mut owners, mut wanted, mut vars) = (Vec::new(), Vec::new(), Vec::new());
        for id in types {
            let of = self.types.get(&id).map(|(_, name)| name.clone()).unwrap_or_default();
            let is_error = self.errors.contains(&id);
            let mut plain = |id, name: &str| {
                owners.push((id, None));
                wanted.push(vec![of.clone() + &exported(name)]);
            };
            match &resolve.types[id].kind {
                TypeDefKind::Record(record) => {
                    let mut scope = Scope::default();
                    let fields = record.fields.iter().map(|field| scope.number(&exported(&field.name))).collect();
                    self.fields.insert(id, fields);
                }
                TypeDefKind::Enum(enumeration) => enumeration.cases.iter().for_each(|case| plain(id, &case.name)),
                TypeDefKind::Flags(flags) => flags.flags.iter().for_each(|flag| plain(id, &flag.name)),
                TypeDefKind::Variant(variant) if !is_error => {
                    variant.cases.iter().for_each(|case| plain(id, &case.name))
                }
                TypeDefKind::Variant(variant) => {
                    for case in &variant.cases {
                        let name = exported(&case.name);
                        let short = name.strip_suffix("Error").unwrap_or(&name);
                        wanted.push(vec![format!("{short}Error"), format!("{of}{name}")]);
                        owners.push((id, case.ty.is_none().then_some(vars.len())));
                        if case.ty.is_none() {
                            vars.push(vec![format!("Err{short}"), format!("Err{of}{name}")]);
                        }
                    }
                }
                _ => {}
            }
        }
        let (names, vars) = (scope.assign(&wanted), scope.assign(&vars));
        for ((id, var), name) in owners.into_iter().zip(names) {
            let var = var.map(|i| vars[i].clone()).unwrap_or_default();
            self.cases.entry(id).or_default().push(Case { name, var });
        }
    }

    fn name_uniquely(&mut self, package: usize) {
        let mut scope = Scope::default();
        let keys: Vec<_> = self
            .units_in(package)
            .flat_map(|(i, unit)| unit.funcs.iter().map(move |func| (i, func.name.clone())))
            .collect();
        for key in keys {
            let Some(func) = self.funcs.get(&key) else { continue };
            let of = func.receiver.and_then(|id| self.types.get(&id)).map(|(_, name)| &**name).unwrap_or_default();
            let unique = scope.number(&format!("{of}{}", func.name));
            if let Some(func) = self.funcs.get_mut(&key) {
                func.unique = unique;
            }
        }
    }
}

/// WIT calls most errors `error`, which is the name of what Go functions return: that has an operation, and this inside.
fn error_suffix(resolve: &Resolve, id: TypeId) -> &'static str {
    match &resolve.types[id].kind {
        TypeDefKind::Enum(_) | TypeDefKind::Variant(_) => "Case",
        TypeDefKind::Resource => "Resource",
        _ => "Value",
    }
}

/// The name of a function that is no method.
fn free_name(resolve: &Resolve, kind: &FunctionKind, item: &str) -> String {
    let resource = |id: &TypeId| exported(resolve.types[*id].name.as_deref().unwrap_or_default());
    match kind {
        FunctionKind::Constructor(id) => format!("New{}", resource(id)),
        FunctionKind::Static(id) | FunctionKind::AsyncStatic(id) if item == "new" => format!("New{}", resource(id)),
        FunctionKind::Static(id) | FunctionKind::AsyncStatic(id) => resource(id) + &exported(item),
        _ => exported(item),
    }
}

/// `Connect` for a static function `connect` that makes a client.
fn bare_name(resolve: &Resolve, func: &Function) -> Option<String> {
    let (FunctionKind::Static(id) | FunctionKind::AsyncStatic(id)) = func.kind else { return None };
    let result = func.result?;
    let made = result_of(resolve, &result).map_or(Some(result), |(ok, _)| ok)?;
    let own = handle(resolve, &made) == Some((wit_bindgen_core::dealias(resolve, id), false));
    (own && func.item_name() != "new").then(|| exported(func.item_name()))
}

/// Puts short names first where nothing else wants them.
fn shorten(wanted: &mut [Vec<String>], bare: Vec<(usize, String)>) {
    let taken = |name: &String| wanted.iter().any(|names| names[0] == *name);
    let free: Vec<_> = bare
        .iter()
        .filter(|(_, name)| !taken(name) && bare.iter().filter(|(_, other)| other == name).count() == 1)
        .collect();
    for (i, name) in free {
        wanted[*i].insert(0, name.clone());
    }
}

/// A method's resource. Imported functions that begin by borrowing a resource of their own Go package are its methods too.
fn receiver(plan: &Plan, resolve: &Resolve, unit: &Unit, func: &Function) -> Option<TypeId> {
    if let FunctionKind::Method(id) | FunctionKind::AsyncMethod(id) = func.kind {
        return Some(wit_bindgen_core::dealias(resolve, id));
    }
    if unit.direction == Direction::Export
        || !matches!(func.kind, FunctionKind::Freestanding | FunctionKind::AsyncFreestanding)
    {
        return None;
    }
    let (id, true) = handle(resolve, &func.params.first()?.ty)? else { return None };
    let home = plan.units.iter().find(|unit| unit.types.iter().any(|(_, ty)| *ty == id))?;
    (home.package == unit.package && home.direction == Direction::Import).then_some(id)
}
