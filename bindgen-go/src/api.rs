//! What a Go programmer sees of functions: imports as functions and methods, exports as handlers.

use wit_bindgen_core::Direction;
use wit_bindgen_core::wit_parser::{Docs, Function, Type, TypeDefKind, TypeId};

use crate::docs;
use crate::extras;
use crate::file::{File, World};
use crate::flow::is_method;
use crate::func::{Shape, params, received, signature};
use crate::plan::FuncName;
use crate::streams;

/// The imported functions of a unit.
pub(crate) fn imports(file: &mut File<'_>, unit: usize) {
    let plan = file.world.plan;
    for func in &plan.units[unit].funcs {
        if let Some(name) = plan.funcs.get(&(unit, func.name.clone())) {
            import(file, unit, func, name);
        }
    }
    streams::methods(file, unit);
}

fn import(file: &mut File<'_>, unit: usize, func: &Function, name: &FuncName) {
    let shape = Shape::of_import(file.world.resolve, func);
    let parameters = params(file, func, name);
    let mut args: Vec<_> = parameters.iter().map(|(name, _)| name.clone()).collect();
    let setters = extras::setters(file, func);
    let mut declared = parameters.clone();
    let mut apply = String::new();
    if let Some((_, setters)) = setters {
        let opts = if args.iter().any(|name| name == "opts") { "options" } else { "opts" };
        declared.push((opts.to_owned(), format!("...{}", setters.option)));
        apply = format!("for _, set := range {opts} {{\nset(result)\n}}");
    }
    let signature = signature(file, &shape, &declared);
    let mut receiver = None;
    if let Some(ty) = name.receiver.and_then(|id| file.named(id)) {
        // One letter, as Go has it, or more where a parameter is called so.
        let mut short = ty[..1].to_lowercase();
        while args.contains(&short) {
            short += &ty[..1].to_lowercase();
        }
        args.insert(0, short.clone());
        receiver = Some((short, format!("*{ty}")));
    }
    if shape.asynchronous {
        args.insert(0, "ctx".to_owned());
    }
    let call = format!("import{}({})", name.unique, args.join(", "));
    comment(file, func, &name.name);
    let on = receiver.as_ref().map(|(name, ty)| format!("({name} {ty}) ")).unwrap_or_default();
    file.code.add(format!("func {on}{}{signature} {{", name.name));
    if shape.fallible {
        fallible(file, func, name, &shape, &parameters, &call, &apply);
    } else if !apply.is_empty() {
        file.code.add(format!("result := {call}\n{apply}\nreturn result\n}}"));
    } else {
        file.code.add(if func.result.is_some() { format!("return {call}") } else { call });
        file.code.add("}");
    }
    if let Some((id, setters)) = setters {
        extras::options(file, unit, name, id, setters);
    }
    let plan = file.world.plan;
    if let Some(iterator) = plan.iterators.get(&(unit, func.name.clone())) {
        extras::iterator(file, func, name, iterator, receiver, &parameters);
    }
}

/// The body of a function that returns an error.
fn fallible(
    file: &mut File<'_>,
    func: &Function,
    name: &FuncName,
    shape: &Shape,
    parameters: &[(String, String)],
    call: &str,
    apply: &str,
) {
    let key = func
        .params
        .iter()
        .skip(usize::from(name.receiver.is_some()))
        .zip(parameters)
        .find(|(param, _)| is_string(file, &param.ty))
        .map_or("\"\"", |(_, (name, _))| name);
    let results: Vec<_> = shape.results(file).into_iter().map(|(name, _)| name).collect();
    if let [only] = &results[..] {
        file.code.add(format!("{only} := ctx.Err()\nif err == nil {{\nerr = {call}\n}}"));
    } else {
        file.code.add(format!("if err = ctx.Err(); err == nil {{\n{} = {call}\n}}", results.join(", ")));
    }
    if !apply.is_empty() {
        file.code.add(format!("if err == nil {{\n{apply}\n}}"));
    }
    let values: String = results.iter().take(results.len() - 1).map(|name| format!("{name}, ")).collect();
    file.code.add(format!("return {values}fail(\"{}\", {key}, err)\n}}", func.item_name()));
}

fn is_string(file: &File<'_>, ty: &Type) -> bool {
    match ty {
        Type::Id(id) => matches!(&file.world.resolve.types[*id].kind, TypeDefKind::Type(ty) if is_string(file, ty)),
        ty => *ty == Type::String,
    }
}

fn comment(file: &mut File<'_>, func: &Function, name: &str) {
    let comment = match docs::comment(&func.docs) {
        none if none.is_empty() => docs::comment_of(&format!("{name} is {} of the WIT.", func.name)),
        comment => comment,
    };
    file.code.gap();
    file.code.add(comment);
}

/// A resource that the component implements: an interface with its methods.
pub(crate) fn exported_resource(file: &mut File<'_>, unit: usize, id: TypeId, name: &str, docs: &Docs) {
    let go = file.named(id).unwrap_or_default();
    let text = docs.contents.clone().unwrap_or_else(|| format!("{go} is the resource {name}."));
    let closed =
        "The component implements it. If it has a method Close() error, that is called when the last owner drops it.";
    file.code.gap();
    file.code.add(docs::comment_of_all(&[text, closed.to_owned()]));
    file.code.add(format!("type {go} interface {{"));
    methods(file, unit, |name| name.receiver == Some(id));
    file.code.add("}");
}

fn methods(file: &mut File<'_>, unit: usize, choose: impl Fn(&FuncName) -> bool) {
    let plan = file.world.plan;
    for func in &plan.units[unit].funcs {
        let Some(name) = plan.funcs.get(&(unit, func.name.clone())).filter(|name| choose(name)) else { continue };
        let shape = Shape::of(file.world.resolve, func);
        let parameters = received(file, func, name);
        let signature = signature(file, &shape, &parameters);
        comment(file, func, &name.name);
        file.code.add(format!("{}{signature}", name.name));
    }
}

/// What a component registers for an exported unit.
pub(crate) fn handler(file: &mut File<'_>, unit: usize) {
    let plan = file.world.plan;
    let (base, at) = (&plan.handlers[&unit], &plan.units[unit]);
    let free: Vec<_> = at.funcs.iter().filter(|func| !is_method(func)).collect();
    if free.is_empty() {
        return;
    }
    let what = match at.key {
        Some(_) => format!("interface {}", at.label),
        None => format!("world {}", at.label),
    };
    file.code.gap();
    let first = format!("{base}Handler is the component's side of the {what}.");
    file.code.add(docs::comment_of_all(&[first, at.docs.contents.clone().unwrap_or_default()]));
    file.code.add(format!("type {base}Handler interface {{"));
    methods(file, unit, |name| name.receiver.is_none());
    file.code.add("}");
    if let [func] = free[..] {
        handler_func(file, unit, base, func);
    }
    let package = &plan.packages[file.package].name;
    file.code.gap();
    file.code.add(format!("var handler{base} {base}Handler"));
    file.code.gap();
    file.code.add(docs::comment_of(&format!(
        "Handle{base} registers the component's side of the {what}. Call it in an init function:\nthe main function of a component never runs."
    )));
    file.code.add(format!("func Handle{base}(h {base}Handler) {{\nif h == nil {{"));
    file.code.add(format!("panic(\"{package}: Handle{base} needs a handler\")\n}}\nhandler{base} = h\n}}"));
}

/// A function as a handler, where there is but one to handle.
fn handler_func(file: &mut File<'_>, unit: usize, base: &str, func: &Function) {
    let Some(name) = file.world.plan.funcs.get(&(unit, func.name.clone())) else { return };
    let shape = Shape::of(file.world.resolve, func);
    let parameters = received(file, func, name);
    let signature = signature(file, &shape, &parameters);
    let mut args: Vec<_> = parameters.iter().map(|(name, _)| &**name).collect();
    if shape.fallible || shape.asynchronous {
        args.insert(0, "ctx");
    }
    let receiver = if args.contains(&"f") { "handle" } else { "f" };
    file.code.gap();
    file.code.add(format!("// {base}HandlerFunc is a function as a {base}Handler."));
    file.code.add(format!("type {base}HandlerFunc func{signature}"));
    file.code.gap();
    file.code.add(format!("// {} calls {receiver}.", name.name));
    file.code.add(format!("func ({receiver} {base}HandlerFunc) {}{signature} {{", name.name));
    let ret = if shape.results(file).is_empty() { "" } else { "return " };
    file.code.add(format!("{ret}{receiver}({})\n}}", args.join(", ")));
}

/// Whether functions of the package return errors.
pub(crate) fn fails(world: &World<'_>, package: usize) -> bool {
    let mut imports = world.plan.units_of(package, Direction::Import);
    imports.any(|(_, unit)| unit.funcs.iter().any(|func| Shape::of_import(world.resolve, func).fallible))
}
