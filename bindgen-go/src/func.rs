//! A WIT function as Go declares it: what it returns, and how its parameters are called.

use wit_bindgen_core::wit_parser::{Function, Resolve, Type, TypeDefKind};

use crate::file::File;
use crate::names;
use crate::plan::{FuncName, kind, result_of};

/// What a function returns besides its error.
pub(crate) enum Payload {
    Nothing,
    One(Type),
    /// A value, and whether there is one.
    Option(Type),
    /// A tuple: several values.
    Many(Vec<Type>),
}

/// What a function returns.
pub(crate) struct Shape {
    pub(crate) payload: Payload,
    /// Whether it returns an error. Then it takes a context, too.
    pub(crate) fallible: bool,
    /// The error's type in WIT.
    pub(crate) err: Option<Type>,
}

impl Shape {
    pub(crate) fn of(resolve: &Resolve, func: &Function) -> Shape {
        let Some(ty) = func.result else { return Shape { payload: Payload::Nothing, fallible: false, err: None } };
        match result_of(resolve, &ty) {
            Some((ok, err)) => Shape { payload: payload(resolve, ok), fallible: true, err },
            None => Shape { payload: payload(resolve, Some(ty)), fallible: false, err: None },
        }
    }

    /// The names and Go types of what is returned.
    pub(crate) fn results(&self, file: &mut File<'_>) -> Vec<(String, String)> {
        let mut results = match &self.payload {
            Payload::Nothing => Vec::new(),
            Payload::One(ty) => vec![("result".to_owned(), file.ty(ty))],
            Payload::Option(ty) => vec![("result".to_owned(), file.ty(ty)), ("ok".to_owned(), "bool".to_owned())],
            Payload::Many(types) => {
                types.iter().enumerate().map(|(i, ty)| (format!("r{i}"), file.ty(ty))).collect::<Vec<_>>()
            }
        };
        if self.fallible {
            results.push(("err".to_owned(), "error".to_owned()));
        }
        results
    }
}

fn payload(resolve: &Resolve, ty: Option<Type>) -> Payload {
    let Some(ty) = ty else { return Payload::Nothing };
    match kind(resolve, &ty) {
        Some(TypeDefKind::Option(inner)) => Payload::Option(*inner),
        Some(TypeDefKind::Tuple(tuple)) => Payload::Many(tuple.types.clone()),
        _ => Payload::One(ty),
    }
}

/// Parameters as a Go programmer sees them. A method's first is its receiver, and not among them.
pub(crate) fn params(file: &mut File<'_>, func: &Function, name: &FuncName) -> Vec<(String, String)> {
    let mut scope = names::Scope::default();
    let skip = usize::from(name.receiver.is_some());
    func.params.iter().skip(skip).map(|p| (scope.number(&names::local(&p.name)), file.ty(&p.ty))).collect()
}

/// `(ctx context.Context, name string) (result []byte, ok bool, err error)`
pub(crate) fn signature(file: &mut File<'_>, shape: &Shape, params: &[(String, String)]) -> String {
    let mut all = Vec::new();
    if shape.fallible {
        file.std("context");
        all.push("ctx context.Context".to_owned());
    }
    all.extend(params.iter().map(|(name, ty)| format!("{name} {ty}")));
    let results = shape.results(file);
    let named = |results: &[(String, String)]| {
        results.iter().map(|(name, ty)| format!("{name} {ty}")).collect::<Vec<_>>().join(", ")
    };
    let results = match &results[..] {
        [] => String::new(),
        [(_, ty)] => format!(" {ty}"),
        results => format!(" ({})", named(results)),
    };
    format!("({}){results}", all.join(", "))
}
