//! What Go has beyond the functions of the WIT, by name: options of constructors, and iterators over pages.

use std::collections::HashMap;

use wit_bindgen_core::Direction;
use wit_bindgen_core::wit_parser::{Function, FunctionKind, Resolve, Type, TypeDefKind, TypeId};

use super::{Plan, Unit, kind, result_of};
use crate::names::{Scope, exported};

/// What setters are as options of their resource's constructor.
pub(crate) struct Setters {
    /// The type of the options.
    pub(crate) option: String,
    /// The WIT names of the setters, with those of what makes an option of each.
    pub(crate) with: Vec<(String, String)>,
}

/// A listing: its result is a record with a list, and a cursor for the next page.
pub(crate) struct Pages {
    pub(crate) record: TypeId,
    pub(crate) element: Type,
    /// Which fields of the record the list and the cursor are, and which parameter of the function the cursor is.
    pub(crate) list: usize,
    pub(crate) cursor: usize,
    pub(crate) param: usize,
}

impl Plan {
    /// `WithTopic`, or `WithMessageTopic` where two resources have a `set-topic`.
    pub(super) fn name_setters(&mut self, package: usize, scope: &mut Scope) {
        let mut found = Vec::<(TypeId, String, Vec<(String, String)>)>::new();
        for (_, unit) in self.units_of(package, Direction::Import) {
            for (_, id) in &unit.types {
                let constructed = unit.funcs.iter().any(|func| func.kind == FunctionKind::Constructor(*id));
                let setters: Vec<_> = unit.funcs.iter().filter_map(|func| setter(unit, func, *id)).collect();
                if constructed && !setters.is_empty() {
                    let name = self.types.get(id).map(|(_, name)| name.clone()).unwrap_or_default();
                    found.push((*id, name, setters));
                }
            }
        }
        let mut wanted = Vec::new();
        for (_, name, setters) in &found {
            wanted.push(vec![format!("{name}Option"), format!("{name}SetterOption")]);
            wanted.extend(setters.iter().map(|(_, what)| vec![format!("With{what}"), format!("With{name}{what}")]));
        }
        let mut names = scope.assign(&wanted).into_iter();
        for (id, _, setters) in found {
            let option = names.next().unwrap_or_default();
            let with = setters.into_iter().map(|(func, _)| func).zip(&mut names).collect();
            self.setters.insert(id, Setters { option, with });
        }
    }

    /// Iterators among the functions of one scope, each called after the list it goes through.
    pub(super) fn name_iterators<'n>(
        &mut self,
        resolve: &Resolve,
        funcs: impl Iterator<Item = &'n (usize, String)>,
        scope: &mut Scope,
    ) {
        let (mut keys, mut wanted) = (Vec::new(), Vec::new());
        for key in funcs {
            let unit = &self.units[key.0];
            let Some(func) = unit.funcs.iter().find(|func| func.name == key.1) else { continue };
            let pages = pages(resolve, func).filter(|_| unit.direction == Direction::Import);
            if let Some(TypeDefKind::Record(record)) = pages.as_ref().map(|p| &resolve.types[p.record].kind) {
                let field = exported(&record.fields[pages.as_ref().map_or(0, |p| p.list)].name);
                let listing = self.funcs.get(key).map(|func| format!("{}Seq", func.name)).unwrap_or_default();
                wanted.push(vec![field, listing]);
                keys.push(key.clone());
            }
        }
        self.iterators.extend(keys.into_iter().zip(scope.assign(&wanted)).collect::<HashMap<_, _>>());
    }
}

/// `set-x: func(value: t)` of the resource: its name, and `X`.
fn setter(unit: &Unit, func: &Function, id: TypeId) -> Option<(String, String)> {
    let what = func.item_name().strip_prefix("set-")?;
    let fits = func.kind == FunctionKind::Method(id) && func.params.len() == 2 && func.result.is_none();
    (fits && unit.direction == Direction::Import).then(|| (func.name.clone(), exported(what)))
}

/// What a function pages through, if it does.
pub(crate) fn pages(resolve: &Resolve, func: &Function) -> Option<Pages> {
    let text = |ty: &Type| match kind(resolve, ty) {
        Some(TypeDefKind::Option(inner)) => is_string(resolve, inner),
        _ => false,
    };
    let param = func.params.iter().position(|param| param.name == "cursor" && text(&param.ty))?;
    let result = func.result?;
    let ok = result_of(resolve, &result).map_or(Some(result), |(ok, _)| ok)?;
    let Type::Id(id) = ok else { return None };
    let record = wit_bindgen_core::dealias(resolve, id);
    let TypeDefKind::Record(fields) = &resolve.types[record].kind else { return None };
    let cursor = fields.fields.iter().position(|field| field.name == "cursor" && text(&field.ty))?;
    let list = 1_usize.checked_sub(cursor).filter(|_| fields.fields.len() == 2)?;
    let Some(TypeDefKind::List(element)) = kind(resolve, &fields.fields[list].ty) else { return None };
    Some(Pages { record, element: *element, list, cursor, param })
}

fn is_string(resolve: &Resolve, ty: &Type) -> bool {
    match ty {
        Type::Id(id) => matches!(&resolve.types[*id].kind, TypeDefKind::Type(ty) if is_string(resolve, ty)),
        ty => *ty == Type::String,
    }
}
