//! Imports where there is no host: what a test sets, or an error.

use wit_bindgen_core::Direction;
use wit_bindgen_core::wit_parser::Function;

use crate::code::fields;
use crate::file::File;
use crate::func::Shape;
use crate::glue::private_signature;
use crate::plan::FuncName;

/// The private functions behind the API, and the variable with their stand-ins.
pub(crate) fn imports(file: &mut File<'_>) {
    let plan = file.world.plan;
    let funcs: Vec<(&Function, &FuncName)> = plan
        .units_of(file.package, Direction::Import)
        .flat_map(|(i, unit)| unit.funcs.iter().map(move |func| (i, func)))
        .filter_map(|(i, func)| Some((func, plan.funcs.get(&(i, func.name.clone()))?)))
        .collect();
    if funcs.is_empty() {
        return;
    }
    let mut all = Vec::new();
    for (func, name) in &funcs {
        let shape = Shape::of_import(file.world.resolve, func);
        let ctx = shape.asynchronous.then(|| "context.Context".to_owned());
        let params: Vec<_> = ctx.into_iter().chain(func.params.iter().map(|param| file.ty(&param.ty))).collect();
        let results: Vec<_> = shape.results(file).into_iter().map(|(_, ty)| ty).collect();
        let results = match &results[..] {
            [] => String::new(),
            [only] => format!(" {only}"),
            many => format!(" ({})", many.join(", ")),
        };
        all.push((String::new(), name.unique.clone(), format!("func({}){results}", params.join(", "))));
    }
    file.code.add(
        "// Native stands in for the host where the program is no component, as in tests. A function\n\
         // that is nil returns wit.ErrNative, or panics with it where it returns no error.\n\
         var Native struct {",
    );
    file.code.add(fields(&all));
    file.code.add("}");
    for (func, name) in funcs {
        import(file, func, &name.unique);
    }
}

fn import(file: &mut File<'_>, func: &Function, unique: &str) {
    let shape = Shape::of_import(file.world.resolve, func);
    let declared = private_signature(file, func, &shape);
    let error = file.wit("ErrNative");
    let ctx = shape.asynchronous.then(|| "ctx".to_owned());
    let arguments: Vec<_> = ctx.into_iter().chain((0..func.params.len()).map(|i| format!("p{i}"))).collect();
    let call = format!("Native.{unique}({})", arguments.join(", "));
    file.code.gap();
    file.code.add(format!("func import{unique}{declared} {{\nif Native.{unique} == nil {{"));
    file.code.add(if shape.fallible { format!("err = {error}\nreturn") } else { format!("panic({error})") });
    file.code.add("}");
    file.code.add(if shape.fallible || func.result.is_some() { format!("return {call}") } else { call });
    file.code.add("}");
}
