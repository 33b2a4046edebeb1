//! The call in the middle, and what Go functions return around it.

use wit_bindgen_core::abi::Instruction;
use wit_bindgen_core::wit_parser::{Resolve, Type, TypeDefKind};
use wit_bindgen_core::{Direction, dealias};

use super::{Abi, Retry};
use crate::errors::is_error;
use crate::flow::{is_bytes, is_method, nilable};
use crate::func::{Payload, Shape};
use crate::plan::handle;

impl Abi<'_, '_> {
    pub(super) fn call(
        &mut self,
        resolve: &Resolve,
        instruction: &Instruction<'_>,
        from: &[String],
        to: &mut Vec<String>,
    ) -> bool {
        match instruction {
            Instruction::GetArg { nth } => to.push(format!("p{nth}")),
            Instruction::Flush { .. } => to.extend_from_slice(from),
            Instruction::CallWasm { sig, .. } => {
                if self.uses.given {
                    self.line("scope.Commit()");
                }
                let name = self.file.world.plan.funcs.get(&(self.unit, self.func.name.clone()));
                let call = format!("wasm{}({})", name.map(|n| &*n.unique).unwrap_or_default(), from.join(", "));
                match sig.results.is_empty() {
                    true => self.line(call),
                    false => to.push(self.bind(&call)),
                }
                self.keep_alive(resolve);
            }
            Instruction::CallInterface { .. } => {
                let shape = Shape::of(resolve, self.func);
                self.call_handler(&shape, from, to);
            }
            Instruction::Return { .. } if self.direction == Direction::Export => {
                if let [value] = from {
                    let nil = if self.uses.retry.is_some() { ", nil" } else { "" };
                    self.line(format!("return {value}{nil}"));
                }
            }
            Instruction::AsyncTaskReturn { .. } => self.end_handler(from),
            Instruction::Return { func, .. } => {
                let shape = Shape::of_import(resolve, func);
                self.give_back(resolve, &shape, from);
            }
            _ => return false,
        }
        true
    }

    /// A resource whose handle is in use must not be collected, and its handle dropped.
    pub(crate) fn keep_alive(&mut self, resolve: &Resolve) {
        for (i, param) in self.func.params.iter().enumerate() {
            if borrows(resolve, &param.ty) {
                self.file.std("runtime");
                self.line(format!("runtime.KeepAlive(p{i})"));
            }
        }
    }

    /// Returns what an import gave as Go does: a result as an error, an option as a boolean, a tuple as values.
    pub(crate) fn give_back(&mut self, resolve: &Resolve, shape: &Shape, from: &[String]) {
        let Some(value) = from.first() else {
            if shape.fallible {
                self.line("return nil");
            }
            return;
        };
        let value = self.ident(value);
        let mut source = value.clone();
        if shape.result {
            self.line(format!("if {value}.IsErr {{"));
            let error = self.error_of(shape.err, &format!("{value}.Err"));
            self.line(format!("err = {error}"));
            self.line("return");
            self.line("}");
            source += ".Ok";
        }
        let nil = if shape.fallible { ", nil" } else { "" };
        match &shape.payload {
            Payload::Nothing => self.line("return nil"),
            Payload::One(ty) => {
                // What is part of something else has the type that it has there, too.
                let bytes = if is_bytes(resolve, ty) && shape.result { ".(io.ReadCloser)" } else { "" };
                self.line(format!("return {source}{bytes}{nil}"));
            }
            Payload::Option(ty) if is_bytes(resolve, ty) => {
                self.line(format!("result, ok = {source}.(io.ReadCloser)"));
                self.line("return");
            }
            Payload::Option(ty) if nilable(resolve, ty) => {
                self.line(format!("return {source}, {source} != nil{nil}"));
            }
            Payload::Option(_) => {
                self.line(format!("if {source} == nil {{"));
                self.line("return");
                self.line("}");
                self.line(format!("return *{source}, true{nil}"));
            }
            Payload::Many(types) => {
                let bytes = |ty| if is_bytes(resolve, ty) { ".(io.ReadCloser)" } else { "" };
                let all: Vec<_> =
                    types.iter().enumerate().map(|(i, ty)| format!("{source}.F{i}{}", bytes(ty))).collect();
                self.line(format!("return {}{nil}", all.join(", ")));
            }
        }
    }

    /// The error side of a result as a Go error.
    pub(super) fn error_of(&mut self, ty: Option<Type>, value: &str) -> String {
        let Some(ty) = ty else { return self.file.wit("ErrFailed") };
        if is_error(self.file.world, &ty) {
            return value.to_owned();
        }
        let name = self.ty(&ty);
        format!("&{}{{Value: {value}}}", self.file.wit(&format!("Fail[{name}]")))
    }

    /// Calls what the component's author wrote, and makes a WIT value of what it returned.
    fn call_handler(&mut self, shape: &Shape, from: &[String], to: &mut Vec<String>) {
        let plan = self.file.world.plan;
        let Some(name) = plan.funcs.get(&(self.unit, self.func.name.clone())) else { return };
        let base = plan.handlers.get(&self.unit).map(|s| &**s).unwrap_or_default();
        let (target, args) = match (is_method(self.func), from) {
            (true, [receiver, args @ ..]) => (self.ident(receiver), args),
            _ => (format!("registered{base}()"), from),
        };
        let mut all = args.to_vec();
        if shape.asynchronous {
            all.insert(0, "ctx".to_owned());
            self.begin_handler();
        } else if shape.fallible {
            self.file.std("context");
            all.insert(0, "context.Background()".to_owned());
        }
        let call = format!("{target}.{}({})", name.name, all.join(", "));
        let mut names: Vec<String> = match &shape.payload {
            Payload::Nothing => Vec::new(),
            Payload::One(_) => vec![format!("v{}", self.number())],
            Payload::Option(_) => vec![format!("v{}", self.number()), format!("v{}", self.number())],
            Payload::Many(types) => types.iter().map(|_| format!("v{}", self.number())).collect(),
        };
        let values = names.clone();
        if shape.fallible {
            names.push(format!("v{}", self.number()));
        }
        let assign = if names.is_empty() { String::new() } else { format!("{} := ", names.join(", ")) };
        self.line(format!("{assign}{call}"));
        if self.uses.loans {
            self.line("loans.End()");
        }
        if shape.asynchronous {
            let error = names.last().filter(|_| shape.fallible).map_or("nil", |name| name);
            self.line("return func() {");
            self.result = (self.lines.len(), error.to_owned());
        } else {
            let leave = self.file.wit("Leave()");
            self.line(leave);
        }
        match (shape.fallible, names.last()) {
            (true, Some(error)) => {
                let result = self.result(shape, &values, error);
                if self.func.result.is_some_and(|ty| any(self.file.world.resolve, &ty, &refusable)) {
                    let error = shape.err.map(|ty| self.lower_error(&ty, "err"));
                    self.uses.retry = Some(Retry { line: self.lines.len(), result: result.clone(), error });
                }
                to.push(result);
            }
            _ => to.extend(self.value(&shape.payload, &values)),
        }
    }

    fn value(&mut self, payload: &Payload, values: &[String]) -> Option<String> {
        match payload {
            Payload::Nothing => None,
            Payload::One(_) => Some(values[0].clone()),
            Payload::Many(types) => {
                let tuple = self.tuple(types, values);
                Some(self.bind(&tuple))
            }
            Payload::Option(ty) => {
                let (option, (star, address)) = (format!("v{}", self.number()), self.pointer(ty));
                let ty = self.ty(ty);
                self.line(format!("var {option} {star}{ty}"));
                self.line(format!("if {} {{", values[1]));
                self.line(format!("{option} = {address}{}", values[0]));
                self.line("}");
                Some(option)
            }
        }
    }

    /// How an option of the type is declared, and made of a value.
    fn pointer(&self, ty: &Type) -> (&'static str, &'static str) {
        if nilable(self.file.world.resolve, ty) { ("", "") } else { ("*", "&") }
    }

    fn result(&mut self, shape: &Shape, values: &[String], error: &str) -> String {
        let result = format!("v{}", self.number());
        let ty = match self.func.result {
            Some(Type::Id(id)) => self.file.structure(dealias(self.file.world.resolve, id)),
            _ => String::new(),
        };
        self.line(format!("var {result} {ty}"));
        self.line(format!("if {error} != nil {{"));
        if let Some(ty) = shape.err {
            let err = self.lower_error(&ty, error);
            self.line(format!("{result}.Err = {err}"));
        }
        self.line(format!("{result}.IsErr = true"));
        if !values.is_empty() {
            self.line("} else {");
            if let Some(value) = self.value(&shape.payload, values) {
                self.line(format!("{result}.Ok = {value}"));
            }
        }
        self.line("}");
        result
    }

    /// Any Go error as the WIT's.
    pub(super) fn lower_error(&mut self, ty: &Type, error: &str) -> String {
        let resolve = self.file.world.resolve;
        if let (true, Type::Id(id)) = (is_error(self.file.world, ty), ty) {
            let id = dealias(resolve, *id);
            if !self.uses.errors.contains(&id) {
                self.uses.errors.push(id);
            }
            return format!("{}({error})", crate::errors::lower_name(self.file, id));
        }
        let name = self.ty(ty);
        self.file.wit(&format!("ToFail[{name}]({error})"))
    }
}

/// Whether a borrowed handle is in the type.
fn borrows(resolve: &Resolve, ty: &Type) -> bool {
    any(resolve, ty, &|resolve, ty| matches!(handle(resolve, ty), Some((_, true))))
}

/// Whether a handle that is given away is in the type.
pub(super) fn owns(resolve: &Resolve, ty: &Type) -> bool {
    any(resolve, ty, &|resolve, ty| matches!(handle(resolve, ty), Some((_, false))))
}

/// Whether Go has values of the type that WIT cannot pass.
fn refusable(resolve: &Resolve, ty: &Type) -> bool {
    match ty {
        Type::String | Type::Char => true,
        Type::Id(id) => matches!(resolve.types[*id].kind, TypeDefKind::Variant(_) | TypeDefKind::Handle(_)),
        _ => false,
    }
}

/// Whether something is true of the type, or of what it is made of.
fn any(resolve: &Resolve, ty: &Type, is: &dyn Fn(&Resolve, &Type) -> bool) -> bool {
    if is(resolve, ty) {
        return true;
    }
    let Type::Id(id) = ty else { return false };
    let one_of = |mut types: &mut dyn Iterator<Item = &Type>| Iterator::any(&mut types, |ty| any(resolve, ty, is));
    match &resolve.types[*id].kind {
        TypeDefKind::Type(ty)
        | TypeDefKind::List(ty)
        | TypeDefKind::Option(ty)
        | TypeDefKind::FixedLengthList(ty, _) => any(resolve, ty, is),
        TypeDefKind::Map(key, value) => one_of(&mut [key, value].into_iter()),
        TypeDefKind::Record(record) => one_of(&mut record.fields.iter().map(|field| &field.ty)),
        TypeDefKind::Tuple(tuple) => one_of(&mut tuple.types.iter()),
        TypeDefKind::Variant(variant) => one_of(&mut variant.cases.iter().filter_map(|case| case.ty.as_ref())),
        TypeDefKind::Result(result) => one_of(&mut result.ok.iter().chain(&result.err)),
        _ => false,
    }
}
