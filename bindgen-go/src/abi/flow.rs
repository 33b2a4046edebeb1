//! Streams and futures, and what is around the handler of an async export.

use wit_bindgen_core::Direction;
use wit_bindgen_core::abi::Instruction;
use wit_bindgen_core::wit_parser::{Resolve, Type, TypeId};

use super::call::owns;
use super::{Abi, Retry};
use crate::flow::{is_async, is_bytes, variable};
use crate::func::future_of;

impl Abi<'_, '_> {
    pub(super) fn flow(&mut self, instruction: &Instruction<'_>, from: &[String], to: &mut Vec<String>) -> bool {
        use Instruction as I;
        let (kind, lift) = match instruction {
            I::StreamLower { ty, .. } => (*ty, false),
            I::StreamLift { ty, .. } => (*ty, true),
            I::FutureLower { payload, ty } => {
                let flow = self.described(*ty);
                let value = match future_of(self.file.world.resolve, **payload).0 {
                    Some(_) => from[0].clone(),
                    None => format!("{}({})", self.file.wit("WithNoValue"), from[0]),
                };
                let lower = self.file.wit("LowerFuture");
                to.push(self.give(&format!("{lower}({flow}, {}, {value})", self.scope)));
                return true;
            }
            I::FutureLift { payload, ty } => {
                let flow = self.described(*ty);
                let future = format!("{}({flow}, {})", self.file.wit("NewFuture"), from[0]);
                let future = match future_of(self.file.world.resolve, **payload).0 {
                    Some(_) => future,
                    None => format!("{}({future})", self.file.wit("NoValue")),
                };
                to.push(self.bind(&future));
                return true;
            }
            _ => return false,
        };
        let flow = self.described(kind);
        let bytes = is_bytes(self.file.world.resolve, &Type::Id(kind));
        to.push(if lift {
            let new = self.file.wit(if bytes { "NewReader" } else { "NewSeq" });
            self.bind(&format!("{new}({flow}, {})", from[0]))
        } else {
            let lower = self.file.wit(if bytes { "LowerReader" } else { "LowerSeq" });
            self.give(&format!("{lower}({flow}, {}, {})", self.scope, from[0]))
        });
        true
    }

    /// Whether a handle that is lent to the function could be closed, or given away, before the function returns: by other
    /// code, or by the call itself.
    pub(super) fn lends(&self, resolve: &Resolve) -> bool {
        let gives = || self.func.params.iter().any(|param| owns(resolve, &param.ty));
        self.direction == Direction::Import && (is_async(self.func) || gives())
    }

    /// A handle that the call gives away.
    fn give(&mut self, expression: &str) -> String {
        self.uses.scope = true;
        self.uses.given = true;
        self.bind(expression)
    }

    fn described(&mut self, id: TypeId) -> String {
        if !self.uses.flows.contains(&id) {
            self.uses.flows.push(id);
        }
        variable(self.file, self.unit, self.func, id)
    }

    /// The end of what takes a future's value out of memory.
    pub(crate) fn lift_future(&mut self, lifted: &str, result: Option<Option<Type>>, value: bool) {
        let Some(err) = result else { return self.line(format!("return {lifted}, nil")) };
        self.line(format!("if {lifted}.IsErr {{"));
        let error = self.error_of(err, &format!("{lifted}.Err"));
        self.line(format!("return v, {error}\n}}"));
        self.line(if value { format!("return {lifted}.Ok, nil") } else { "return v, nil".to_owned() });
    }

    /// The beginning of what puts it there.
    pub(crate) fn lower_future(&mut self, payload: &Type, result: Option<Option<Type>>, value: bool) -> String {
        let Some(err) = result else {
            let certain = self.file.wit("Certain");
            self.line(format!("{certain}(err)"));
            return "v".to_owned();
        };
        let ty = self.ty(payload);
        self.line(format!("var r {ty}\nif err != nil {{"));
        if let Some(err) = err {
            let lowered = self.lower_error(&err, "err");
            self.line(format!("r.Err = {lowered}"));
        }
        self.line("r.IsErr = true");
        if value {
            self.line("} else {\nr.Ok = v");
        }
        self.line("}");
        "r".to_owned()
    }

    /// The parameters are lifted: from here on it is the handler's goroutine.
    pub(super) fn begin_handler(&mut self) {
        self.file.std("context");
        if self.indirect {
            let size = self.file.world.sizes.record(self.func.params.iter().map(|param| &param.ty)).size;
            let free = self.file.wit("Free");
            self.line(format!("{free}(p0, {})", size.size_wasm32()));
        }
        let start = self.file.wit("Start");
        self.line(format!("return {start}(func(ctx context.Context) (func(), error) {{"));
    }

    /// Lowers a result, and if that cannot be the error that says why.
    fn lower_or_fail(&mut self, retry: &Retry) {
        let lowering = self.lines.split_off(retry.line);
        let (catch, result) = (self.file.wit("Catch(&err)"), &retry.result);
        self.line(format!("lower := func() (err error) {{\ndefer {catch}"));
        self.lines.extend(lowering);
        self.line("return nil\n}\nif err := lower(); err != nil {");
        if self.uses.scope {
            self.line("scope.Undo()");
        }
        if let Some(error) = &retry.error {
            self.line(format!("{result}.Err = {error}"));
        }
        self.line(format!("{result}.IsErr = true\nif err = lower(); err != nil {{\npanic(err)\n}}\n}}"));
    }

    /// Gives the result to the host, in the task of the call.
    pub(super) fn end_handler(&mut self, from: &[String]) {
        let name = self.file.world.plan.funcs.get(&(self.unit, self.func.name.clone()));
        let name = name.map(|name| &*name.unique).unwrap_or_default();
        self.line(format!("return{name}({})", from.join(", ")));
        if let Some(retry) = self.uses.retry.take() {
            self.lower_or_fail(&retry);
        }
        let (begin, error) = std::mem::take(&mut self.result);
        if self.uses.scope {
            let scope = self.file.wit("Scope");
            self.lines.insert(begin, format!("var scope {scope}"));
            if self.uses.given {
                self.line("scope.Commit()");
            }
            self.line("scope.Free()");
        }
        self.line(format!("}}, {error}\n}})"));
    }
}
