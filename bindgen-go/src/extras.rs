//! What Go has beyond the functions of the WIT: options of constructors, and iterators over pages.

use wit_bindgen_core::wit_parser::{Function, FunctionKind, TypeId};

use crate::docs;
use crate::file::File;
use crate::func::Shape;
use crate::names;
use crate::plan::{FuncName, Setters, pages};

/// The options that a constructor takes, if its resource has setters.
pub(crate) fn setters<'a>(file: &File<'a>, func: &Function) -> Option<(TypeId, &'a Setters)> {
    let FunctionKind::Constructor(id) = func.kind else { return None };
    file.world.plan.setters.get(&id).map(|setters| (id, setters))
}

/// The type of the options, and what makes one of each setter.
pub(crate) fn options(file: &mut File<'_>, unit: usize, constructor: &FuncName, id: TypeId, setters: &Setters) {
    let plan = file.world.plan;
    let (option, resource) = (&setters.option, file.named(id).unwrap_or_default());
    file.code.gap();
    file.code.add(format!("// {option} is what {} can be given besides.", constructor.name));
    file.code.add(format!("type {option} func(*{resource})"));
    for (setter, with) in &setters.with {
        let func = plan.units[unit].funcs.iter().find(|func| func.name == *setter);
        let (Some(func), Some(name)) = (func, plan.funcs.get(&(unit, setter.clone()))) else { continue };
        let mut scope = names::Scope::default();
        let value = scope.number(&names::local(&func.params[1].name));
        let of = scope.number(&resource[..1].to_lowercase());
        let ty = file.ty(&func.params[1].ty);
        file.code.gap();
        file.code.add(docs::comment_of(&format!("{with} is {} as an option of {}.", name.name, constructor.name)));
        file.code.add(format!("func {with}({value} {ty}) {option} {{"));
        file.code.add(format!("return func({of} *{resource}) {{\n{of}.{}({value})\n}}\n}}", name.name));
    }
}

/// The iterator over all that a listing has.
pub(crate) fn iterator(
    file: &mut File<'_>,
    func: &Function,
    name: &FuncName,
    iterator: &str,
    receiver: Option<(String, String)>,
    parameters: &[(String, String)],
) {
    let Some(pages) = pages(file.world.resolve, func) else { return };
    let fallible = Shape::of_import(file.world.resolve, func).fallible;
    let element = file.ty(&pages.element);
    let fields = &file.world.plan.fields[&pages.record];
    let at = pages.param - usize::from(name.receiver.is_some());
    let mut scope = names::Scope::default();
    parameters.iter().chain(&receiver).for_each(|(name, _)| drop(scope.number(name)));
    let cursor = parameters[at].0.clone();
    let [yield_, page, item, none] = ["yield", "page", "item", "none"].map(|name| scope.number(name));
    file.std("iter");

    let kept = || parameters.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, param)| param);
    let mut declared: Vec<_> = kept().map(|(name, ty)| format!("{name} {ty}")).collect();
    let mut passed: Vec<_> = parameters.iter().map(|(name, _)| name.clone()).collect();
    let (seq, sends) = match fallible {
        true => (format!("iter.Seq2[{element}, error]"), format!("{element}, error")),
        false => (format!("iter.Seq[{element}]"), element.clone()),
    };
    let mut last = "";
    if fallible {
        declared.insert(0, "ctx context.Context".to_owned());
        passed.insert(0, "ctx".to_owned());
        last = " An error is the last that it yields.";
    }
    let on = receiver.as_ref().map(|(name, ty)| format!("({name} {ty}) ")).unwrap_or_default();
    let call = receiver.map(|(name, _)| name + ".").unwrap_or_default() + &name.name;
    file.code.gap();
    file.code.add(docs::comment_of(&format!(
        "{iterator} goes through what {} lists, and asks for the next page when the loop gets there.{last}",
        name.name
    )));
    file.code.add(format!("func {on}{iterator}({}) {seq} {{", declared.join(", ")));
    file.code.add(format!("return func({yield_} func({sends}) bool) {{"));
    file.code.add(format!("var {cursor} {}\nfor {{", parameters[at].1));
    let passed = passed.join(", ");
    if fallible {
        file.code.add(format!("{page}, err := {call}({passed})\nif err != nil {{"));
        file.code.add(format!("var {none} {element}\n{yield_}({none}, err)\nreturn\n}}"));
    } else {
        file.code.add(format!("{page} := {call}({passed})"));
    }
    let nil = if fallible { ", nil" } else { "" };
    file.code.add(format!("for _, {item} := range {page}.{} {{", fields[pages.list]));
    file.code.add(format!("if !{yield_}({item}{nil}) {{\nreturn\n}}\n}}"));
    file.code.add(format!("if {cursor} = {page}.{}; {cursor} == nil {{\nreturn\n}}", fields[pages.cursor]));
    file.code.add("}\n}\n}");
}
