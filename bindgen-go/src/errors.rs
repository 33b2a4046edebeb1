//! WIT errors as Go errors: what their types have besides, the error that functions return, and the way back.

use wit_bindgen_core::dealias;
use wit_bindgen_core::wit_parser::{Type, TypeDefKind, TypeId, Variant};

use crate::api;
use crate::file::{File, World};

/// Cases that mean that time ran out: as errors they are `context.DeadlineExceeded` too.
const TIMEOUTS: &[&str] = &["timeout", "timed-out", "deadline-exceeded"];
/// Cases for whatever else went wrong, best first.
const OTHERS: &[&str] = &["other", "unknown", "internal", "internal-error", "unexpected", "io"];

/// Whether a case is a Go string: in errors, what is only text.
pub(crate) fn is_text(world: &World<'_>, variant: TypeId, payload: &Type) -> bool {
    let text = match payload {
        Type::Id(id) => {
            matches!(world.resolve.types[dealias(world.resolve, *id)].kind, TypeDefKind::Type(Type::String))
        }
        ty => *ty == Type::String,
    };
    text && world.plan.errors.contains(&variant)
}

/// Whether a value of the type is a Go error.
pub(crate) fn is_error(world: &World<'_>, ty: &Type) -> bool {
    matches!(ty, Type::Id(id) if world.plan.errors.contains(&dealias(world.resolve, *id)))
}

/// `no-such-store` as text.
pub(crate) fn words(case: &str) -> String {
    case.replace('-', " ")
}

/// The methods of an enum that is an error.
pub(crate) fn enum_methods(file: &mut File<'_>, name: &str, id: TypeId, cases: &[&str]) {
    file.code.gap();
    file.code.add(format!("// Error is the text of the case.\nfunc (e {name}) Error() string {{"));
    file.code.add("switch e {");
    for (i, case) in cases.iter().enumerate() {
        let constant = file.case(id, i);
        file.code.add(format!("case {constant}:\nreturn \"{}\"", words(case)));
    }
    file.code.add("}\nreturn \"unknown error\"\n}");
    if let Some(i) = cases.iter().position(|case| TIMEOUTS.contains(case)) {
        file.std("context");
        let constant = file.case(id, i);
        file.code.gap();
        file.code.add(format!(
            "// Is says that {constant} is context.DeadlineExceeded.\nfunc (e {name}) Is(target error) bool {{"
        ));
        file.code.add(format!("return e == {constant} && target == context.DeadlineExceeded\n}}"));
    }
}

/// One case of a variant that is an error.
pub(crate) fn case_methods(file: &mut File<'_>, id: TypeId, variant: &Variant, i: usize) {
    let case = &variant.cases[i];
    let name = file.case(id, i);
    let text = words(&case.name);
    let body = match &case.ty {
        Some(payload) if is_text(file.world, id, payload) => match OTHERS.contains(&&*case.name) {
            true => "string(e)".to_owned(),
            false => format!("\"{text}: \" + string(e)"),
        },
        Some(payload) if is_error(file.world, payload) => format!("\"{text}: \" + e.Value.Error()"),
        _ => format!("\"{text}\""),
    };
    let receiver = if body.ends_with('"') { "" } else { "e " };
    file.code.gap();
    file.code.add(format!(
        "// Error is the text of the case.\nfunc ({receiver}{name}) Error() string {{\nreturn {body}\n}}"
    ));
    if case.ty.is_some_and(|payload| is_error(file.world, &payload)) {
        file.code.gap();
        file.code.add(format!("// Unwrap is the error inside.\nfunc (e {name}) Unwrap() error {{\nreturn e.Value\n}}"));
    }
    if case.ty.is_none() && TIMEOUTS.contains(&&*case.name) {
        file.std("context");
        file.code.gap();
        file.code
            .add(format!("// Is says that it is context.DeadlineExceeded.\nfunc ({name}) Is(target error) bool {{"));
        file.code.add("return target == context.DeadlineExceeded\n}");
    }
}

/// The error that the functions of a package return.
pub(crate) fn wrapper(file: &mut File<'_>) {
    let package = &file.world.plan.packages[file.package].name;
    file.code.gap();
    file.code.add(format!(
        r#"// An Error is what the functions of this package return: what was tried, on what, and what
// went wrong. errors.Is and errors.As look into it.
type Error struct {{
// Op is the function, as the WIT calls it.
Op string

// Key is its first parameter that is a string, if it has one.
Key string

// Err is a case of the WIT, the error of the context, or an error of package wit.
Err error
}}

// Error is the text of all three.
func (e *Error) Error() string {{
text := "{package}: " + e.Op
if e.Key != "" {{
text += " " + e.Key
}}
return text + ": " + e.Err.Error()
}}

// Unwrap is e.Err.
func (e *Error) Unwrap() error {{
return e.Err
}}

func fail(op, key string, err error) error {{
if err == nil {{
return nil
}}
return &Error{{Op: op, Key: key, Err: err}}
}}"#
    ));
}

/// The name of the function that makes an error of a handler one of the WIT's.
pub(crate) fn lower_name(file: &File<'_>, id: TypeId) -> String {
    let plan = file.world.plan;
    let (package, name) = plan.types.get(&id).map_or((file.package, ""), |(package, name)| (*package, name));
    if package == file.package { format!("lower{name}") } else { format!("lower{name}Of{package}") }
}

/// That function: a case of the WIT as itself, a deadline as the case for it, and all else as the case for that.
pub(crate) fn lower(file: &mut File<'_>, id: TypeId) {
    let resolve = file.world.resolve;
    let (function, ty) = (lower_name(file, id), file.named(id).unwrap_or_default());
    let cases: Vec<(&str, Option<Type>)> = match &resolve.types[id].kind {
        TypeDefKind::Variant(variant) => variant.cases.iter().map(|case| (&*case.name, case.ty)).collect(),
        TypeDefKind::Enum(enumeration) => enumeration.cases.iter().map(|case| (&*case.name, None)).collect(),
        _ => return,
    };
    let is_enum = matches!(resolve.types[id].kind, TypeDefKind::Enum(_));
    let braces = if is_enum { "" } else { "{}" };
    file.std("errors");
    file.code.gap();
    let plain = file.wit("Plain");
    let world = file.world;
    let text = |ty: &Option<Type>| ty.is_some_and(|ty| is_text(world, id, &ty));
    // What was said around a case is part of its text, if it has one.
    let texts: Vec<_> = (0..cases.len()).filter(|&i| text(&cases[i].1)).map(|i| file.case(id, i)).collect();
    file.code.add(format!("func {function}(err error) {ty} {{"));
    if !texts.is_empty() {
        let bare = bare(file, id);
        file.code.add(format!("if plain, ok := {bare}.({ty}); ok {{\nreturn plain\n}}"));
    }
    file.code.add(format!("var known {ty}\nif errors.As(err, &known) {{"));
    if !texts.is_empty() {
        file.code.add("switch known.(type) {");
        for case in texts {
            file.code.add(format!("case {case}:\nreturn {case}({plain}(err))"));
        }
        file.code.add("}");
    }
    file.code.add("return known\n}");
    if let Some(i) = cases.iter().position(|(name, ty)| TIMEOUTS.contains(name) && ty.is_none()) {
        file.std("context");
        let case = file.case(id, i);
        file.code.add(format!("if errors.Is(err, context.DeadlineExceeded) {{\nreturn {case}{braces}\n}}"));
    }
    let find = |fits: &dyn Fn(&Option<Type>) -> bool| {
        OTHERS.iter().find_map(|other| cases.iter().position(|(name, ty)| name == other && fits(ty)))
    };
    let first_text = || cases.iter().position(|(_, ty)| text(ty));
    let last = if let Some(i) = find(&text) {
        format!("return {}({plain}(err))", file.case(id, i))
    } else if let Some(i) = find(&Option::is_none) {
        format!("return {}{braces}", file.case(id, i))
    } else if let Some(i) = first_text() {
        format!("return {}({plain}(err))", file.case(id, i))
    } else {
        let unsayable = file.wit("Unsayable");
        format!("panic({unsayable}(err))")
    };
    file.code.add(last);
    file.code.add("}");
}

/// What a handler gives back as a function returned it is passed on as the host said it: the variable with that.
fn bare(file: &mut File<'_>, id: TypeId) -> &'static str {
    let world = file.world;
    let home = world.plan.types.get(&id).map(|(package, _)| *package).filter(|home| *home != file.package);
    let packages: Vec<_> =
        [Some(file.package), home].into_iter().flatten().filter(|&package| api::fails(world, package)).collect();
    if packages.is_empty() {
        return "err";
    }
    file.code.add("bare := err");
    for package in packages {
        let error = file.name_in(package, "Error");
        file.code.add(format!("if wrapper, ok := bare.(*{error}); ok {{\nbare = wrapper.Err\n}}"));
    }
    "bare"
}
