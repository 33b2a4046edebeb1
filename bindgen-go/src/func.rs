//! A WIT function as Go declares it: what it returns, and how its parameters are called.

use wit_bindgen_core::wit_parser::{Function, Resolve, Type, TypeDefKind};

use crate::file::File;
use crate::flow::{is_async, trailed};
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
    /// Whether the WIT has a result for that.
    pub(crate) result: bool,
    pub(crate) asynchronous: bool,
    /// Whether what it returns comes from the other side.
    received: bool,
    /// The error's type in WIT.
    pub(crate) err: Option<Type>,
}

impl Shape {
    pub(crate) fn of(resolve: &Resolve, func: &Function) -> Shape {
        let (result, payload, err) = match func.result.map(|ty| (result_of(resolve, &ty), ty)) {
            None => (false, Payload::Nothing, None),
            Some((Some((ok, err)), _)) => (true, payload(resolve, ok), err),
            Some((None, ty)) => (false, payload(resolve, Some(ty)), None),
        };
        Shape { payload, fallible: result, result, asynchronous: is_async(func), received: false, err }
    }

    /// The same where the host has the function: an async call can be cancelled, and so can always fail.
    pub(crate) fn of_import(resolve: &Resolve, func: &Function) -> Shape {
        let shape = Shape::of(resolve, func);
        Shape { fallible: shape.fallible || shape.asynchronous, received: true, ..shape }
    }

    fn ty(&self, file: &mut File<'_>, ty: &Type) -> String {
        if self.received { file.received(ty) } else { file.ty(ty) }
    }

    /// The names and Go types of what is returned.
    pub(crate) fn results(&self, file: &mut File<'_>) -> Vec<(String, String)> {
        let mut results = match &self.payload {
            Payload::Nothing => Vec::new(),
            Payload::One(ty) => vec![("result".to_owned(), self.ty(file, ty))],
            Payload::Option(ty) => vec![("result".to_owned(), self.ty(file, ty)), ("ok".to_owned(), "bool".to_owned())],
            Payload::Many(types) => {
                types.iter().enumerate().map(|(i, ty)| (format!("r{i}"), self.ty(file, ty))).collect::<Vec<_>>()
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
        Some(TypeDefKind::Tuple(tuple)) if !trailed(resolve, tuple) => Payload::Many(tuple.types.clone()),
        _ => Payload::One(ty),
    }
}

/// Parameters as a Go programmer sees them. A method's first is its receiver, and not among them.
pub(crate) fn params(file: &mut File<'_>, func: &Function, name: &FuncName) -> Vec<(String, String)> {
    let mut scope = names::Scope::default();
    let skip = usize::from(name.receiver.is_some());
    func.params.iter().skip(skip).map(|p| (scope.number(&names::local(&p.name)), file.ty(&p.ty))).collect()
}

/// The same for a handler, to which they come from the other side.
pub(crate) fn received(file: &mut File<'_>, func: &Function, name: &FuncName) -> Vec<(String, String)> {
    let skip = usize::from(name.receiver.is_some());
    let names = params(file, func, name).into_iter().map(|(name, _)| name);
    names.zip(func.params.iter().skip(skip)).map(|(name, param)| (name, file.received(&param.ty))).collect()
}

/// What a future has besides its error, and the two sides of the result that has both.
pub(crate) fn future_of(resolve: &Resolve, payload: Option<Type>) -> (Option<Type>, Option<Option<Type>>) {
    match payload.map(|ty| (result_of(resolve, &ty), ty)) {
        None => (None, None),
        Some((Some((ok, err)), _)) => (ok, Some(err)),
        Some((None, ty)) => (Some(ty), None),
    }
}

/// `(ctx context.Context, name string) (result []byte, ok bool, err error)`
pub(crate) fn signature(file: &mut File<'_>, shape: &Shape, params: &[(String, String)]) -> String {
    let mut all = Vec::new();
    if shape.fallible || shape.asynchronous {
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
