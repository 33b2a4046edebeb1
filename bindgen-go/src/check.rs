//! What WIT allows and this generator, or Go, does not: refused with the place and what to do, before anything is written.

use anyhow::{Result, bail};
use wit_bindgen_core::wit_parser::{FunctionKind, Resolve, Type, TypeDefKind};

use crate::plan::{Plan, Unit};

pub(crate) fn check(resolve: &Resolve, plan: &Plan) -> Result<()> {
    for unit in &plan.units {
        for (name, id) in &unit.types {
            check_type(resolve, &Type::Id(*id), &format!("type `{name}` of `{}`", unit.label))?;
        }
        for func in &unit.funcs {
            let at = format!("function `{}` of `{}`", func.name, unit.label);
            check_kind(&func.kind, &at)?;
            for ty in func.params.iter().map(|param| &param.ty).chain(&func.result) {
                check_type(resolve, ty, &at)?;
            }
        }
        check_exports(resolve, unit)?;
    }
    Ok(())
}

fn check_kind(kind: &FunctionKind, at: &str) -> Result<()> {
    use FunctionKind as K;
    match kind {
        K::Freestanding | K::Method(_) | K::Static(_) | K::Constructor(_) => Ok(()),
        K::AsyncFreestanding | K::AsyncMethod(_) | K::AsyncStatic(_) => Ok(()),
        _ => bail!("{at} is a getter or a setter, which bindgen-go does not generate yet: use a function"),
    }
}

fn check_exports(resolve: &Resolve, unit: &Unit) -> Result<()> {
    let exported = unit.direction == wit_bindgen_core::Direction::Export;
    for (name, id) in &unit.types {
        if exported && unit.key.is_none() && matches!(resolve.types[*id].kind, TypeDefKind::Resource) {
            bail!("resource `{name}` is exported by the world itself: put it into an interface");
        }
    }
    Ok(())
}

fn check_type(resolve: &Resolve, ty: &Type, at: &str) -> Result<()> {
    let id = match ty {
        Type::ErrorContext => bail!("{at} has an error-context, which bindgen-go does not generate: use a string"),
        Type::Id(id) => *id,
        _ => return Ok(()),
    };
    let each = |mut types: &mut dyn Iterator<Item = &Type>| -> Result<()> {
        Iterator::try_for_each(&mut types, |ty| check_type(resolve, ty, at))
    };
    match &resolve.types[id].kind {
        TypeDefKind::Future(payload) | TypeDefKind::Stream(payload) => each(&mut payload.iter()),
        TypeDefKind::Tuple(tuple) if tuple.types.len() > 16 => {
            bail!("{at} has a tuple of {}, and in Go there are tuples up to 16: make it a record", tuple.types.len())
        }
        TypeDefKind::Tuple(tuple) => each(&mut tuple.types.iter()),
        TypeDefKind::Record(record) => each(&mut record.fields.iter().map(|field| &field.ty)),
        TypeDefKind::Variant(variant) => each(&mut variant.cases.iter().filter_map(|case| case.ty.as_ref())),
        TypeDefKind::Result(result) => each(&mut result.ok.iter().chain(&result.err)),
        TypeDefKind::Map(key, value) => each(&mut [key, value].into_iter()),
        TypeDefKind::Type(ty)
        | TypeDefKind::List(ty)
        | TypeDefKind::Option(ty)
        | TypeDefKind::FixedLengthList(ty, _) => check_type(resolve, ty, at),
        _ => Ok(()),
    }
}
