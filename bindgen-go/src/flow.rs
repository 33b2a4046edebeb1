//! Streams and futures: what they are in Go, and the core functions of each.

use wit_bindgen_core::wit_parser::{
    Function, FunctionKind, FutureIntrinsic, Resolve, StreamIntrinsic, Tuple, Type, TypeDefKind, TypeId, WasmImport,
};
use wit_bindgen_core::{Direction, abi};

use crate::abi::{Abi, Uses};
use crate::file::File;
use crate::func::future_of;
use crate::glue::MANGLING;
use crate::plan::{handle, kind, result_of};

pub(crate) fn is_async(func: &Function) -> bool {
    use FunctionKind as K;
    matches!(func.kind, K::AsyncFreestanding | K::AsyncMethod(_) | K::AsyncStatic(_))
}

pub(crate) fn is_method(func: &Function) -> bool {
    matches!(func.kind, FunctionKind::Method(_) | FunctionKind::AsyncMethod(_))
}

/// Whether the type is a Go stream of bytes: an `io.Reader` or an `io.ReadCloser`.
pub(crate) fn is_bytes(resolve: &Resolve, ty: &Type) -> bool {
    match kind(resolve, ty) {
        Some(TypeDefKind::Stream(Some(Type::U8))) => true,
        Some(TypeDefKind::Tuple(tuple)) => trailed(resolve, tuple) && is_bytes(resolve, &tuple.types[0]),
        _ => false,
    }
}

/// A stream, and a future that has nothing but its error: one thing in Go.
pub(crate) fn trailed(resolve: &Resolve, tuple: &Tuple) -> bool {
    let [stream, future] = &tuple.types[..] else { return false };
    let Some(TypeDefKind::Future(Some(payload))) = kind(resolve, future) else { return false };
    matches!(kind(resolve, stream), Some(TypeDefKind::Stream(_)))
        && matches!(result_of(resolve, payload), Some((None, _)))
}

/// Whether the Go type has a nil, which is then the option that is none.
pub(crate) fn nilable(resolve: &Resolve, ty: &Type) -> bool {
    handle(resolve, ty).is_some()
        || match kind(resolve, ty) {
            Some(TypeDefKind::Stream(_) | TypeDefKind::Future(_)) => true,
            Some(TypeDefKind::Tuple(tuple)) => trailed(resolve, tuple),
            _ => false,
        }
}

/// The variable that describes a stream or a future of a function.
pub(crate) fn variable(file: &File<'_>, unit: usize, func: &Function, id: TypeId) -> String {
    let world = file.world;
    let unique = world.plan.funcs.get(&(unit, func.name.clone())).map(|name| &*name.unique).unwrap_or_default();
    let index = func.find_futures_and_streams(world.resolve).iter().position(|ty| *ty == id).unwrap_or_default();
    format!("{}{unique}{index}", world.resolve.types[id].kind.as_str())
}

/// Declares what a function's code uses of streams and futures.
pub(crate) fn declare(file: &mut File<'_>, unit: usize, func: &Function, direction: Direction, uses: &mut Uses) {
    let mut done = 0;
    while let Some(id) = uses.flows.get(done).copied() {
        done += 1;
        match file.world.resolve.types[id].kind {
            TypeDefKind::Stream(payload) => Flow { file, unit, func, direction, id, uses }.stream(payload),
            TypeDefKind::Future(payload) => Flow { file, unit, func, direction, id, uses }.future(payload),
            _ => {}
        }
    }
}

struct Flow<'f, 'a> {
    file: &'f mut File<'a>,
    unit: usize,
    func: &'f Function,
    direction: Direction,
    id: TypeId,
    uses: &'f mut Uses,
}

impl Flow<'_, '_> {
    fn stream(&mut self, payload: Option<Type>) {
        use StreamIntrinsic as S;
        let data = "end int32, p unsafe.Pointer, n uint32";
        let names = [
            self.core("new", S::New, false, "", " int64"),
            self.core("read", S::Read, true, data, " int32"),
            self.core("write", S::Write, true, data, " int32"),
            self.core("cancelRead", S::CancelRead, false, "end int32", " int32"),
            self.core("cancelWrite", S::CancelWrite, false, "end int32", " int32"),
            self.core("dropReadable", S::DropReadable, false, "end int32", ""),
            self.core("dropWritable", S::DropWritable, false, "end int32", ""),
        ];
        let ty = self.file.opt(payload.as_ref());
        self.head("StreamOf", &ty, &names, payload);
        let (lift, lower) = match payload {
            Some(Type::U8) | None => (Vec::new(), Vec::new()),
            Some(payload) => {
                let lift = self.body(|resolve, body| {
                    let value = abi::lift_from_memory(resolve, body, "p".to_owned(), &payload);
                    body.line(format!("return {value}"));
                });
                let lower = self.body(|resolve, body| {
                    abi::lower_to_memory(resolve, body, "p".to_owned(), "v".to_owned(), &payload);
                });
                (lift, lower)
            }
        };
        let scope = self.file.wit("Scope");
        let code = &mut self.file.code;
        if lift.is_empty() {
            code.add(format!(
                "func(unsafe.Pointer) (v {ty}) {{ return }},\nfunc(*{scope}, unsafe.Pointer, {ty}) {{}},\n)"
            ));
            return;
        }
        code.add(format!("func(p unsafe.Pointer) {ty} {{\n{}\n}},", lift.join("\n")));
        code.add(format!("func(scope *{scope}, p unsafe.Pointer, v {ty}) {{\n{}\n}},\n)", lower.join("\n")));
    }

    fn future(&mut self, payload: Option<Type>) {
        use FutureIntrinsic as F;
        let data = "end int32, p unsafe.Pointer";
        let names = [
            self.core("new", F::New, false, "", " int64"),
            self.core("read", F::Read, true, data, " int32"),
            self.core("write", F::Write, true, data, " int32"),
            self.core("cancelRead", F::CancelRead, false, "end int32", " int32"),
            self.core("cancelWrite", F::CancelWrite, false, "end int32", " int32"),
            self.core("dropReadable", F::DropReadable, false, "end int32", ""),
            self.core("dropWritable", F::DropWritable, false, "end int32", ""),
        ];
        let (value, result) = future_of(self.file.world.resolve, payload);
        let ty = self.file.opt(value.as_ref());
        self.head("FutureOf", &ty, &names, payload);
        let scope = self.file.wit("Scope");
        let Some(payload) = payload else {
            let certain = self.file.wit("Certain");
            self.file.code.add(format!("func(unsafe.Pointer) (v {ty}, err error) {{ return }},"));
            self.file
                .code
                .add(format!("func(_ *{scope}, _ unsafe.Pointer, _ {ty}, err error) {{\n{certain}(err)\n}},\n)"));
            return;
        };
        let lift = self.body(|resolve, body| {
            let lifted = abi::lift_from_memory(resolve, body, "p".to_owned(), &payload);
            body.lift_future(&lifted, result, value.is_some());
        });
        let lower = self.body(|resolve, body| {
            let lowered = body.lower_future(&payload, result, value.is_some());
            abi::lower_to_memory(resolve, body, "p".to_owned(), lowered, &payload);
        });
        let code = &mut self.file.code;
        code.add(format!("func(p unsafe.Pointer) (v {ty}, err error) {{\n{}\n}},", lift.join("\n")));
        code.add(format!("func(scope *{scope}, p unsafe.Pointer, v {ty}, err error) {{\n{}\n}},\n)", lower.join("\n")));
    }

    /// One core function: its name, after it is declared.
    fn core(
        &mut self,
        verb: &str,
        intrinsic: impl Into<Intrinsic>,
        async_: bool,
        params: &str,
        result: &str,
    ) -> String {
        let resolve = self.file.world.resolve;
        let interface = self.file.world.plan.units[self.unit].key.as_ref();
        let exported = self.direction == Direction::Export;
        let (func, ty) = (self.func, Some(self.id));
        let (module, field) = resolve.wasm_import_name(
            MANGLING,
            match intrinsic.into() {
                Intrinsic::Stream(intrinsic) => {
                    WasmImport::StreamIntrinsic { interface, func, ty, intrinsic, exported, async_ }
                }
                Intrinsic::Future(intrinsic) => {
                    WasmImport::FutureIntrinsic { interface, func, ty, intrinsic, exported, async_ }
                }
            },
        );
        let variable = variable(self.file, self.unit, self.func, self.id);
        let name = format!("{verb}{}{}", variable[..1].to_uppercase(), &variable[1..]);
        self.file.std("unsafe");
        self.file.code.gap();
        self.file.code.add(format!("//go:wasmimport {module} {field}\nfunc {name}({params}){result}"));
        name
    }

    /// The statements that lift or lower one value, where `scope` is a pointer.
    fn body(&mut self, write: impl FnOnce(&Resolve, &mut Abi<'_, '_>)) -> Vec<String> {
        let resolve = self.file.world.resolve;
        let mut body = Abi::new(self.file, self.unit, self.func, self.direction, true).within("scope");
        body.uses.flows = std::mem::take(&mut self.uses.flows);
        write(resolve, &mut body);
        let (lines, uses) = body.finish();
        self.uses.flows = uses.flows;
        self.uses.intrinsics.extend(uses.intrinsics);
        self.uses.errors.extend(uses.errors);
        lines
    }

    fn head(&mut self, function: &str, ty: &str, names: &[String], payload: Option<Type>) {
        let size = payload.map_or(0, |ty| self.file.world.sizes.size(&ty).size_wasm32());
        let variable = variable(self.file, self.unit, self.func, self.id);
        let function = self.file.wit(function);
        self.file.code.gap();
        self.file.code.add(format!("var {variable} = {function}[{ty}]("));
        self.file.code.add(format!("{},\n{size},", names.join(",\n")));
    }
}

enum Intrinsic {
    Stream(StreamIntrinsic),
    Future(FutureIntrinsic),
}

impl From<StreamIntrinsic> for Intrinsic {
    fn from(intrinsic: StreamIntrinsic) -> Self {
        Intrinsic::Stream(intrinsic)
    }
}

impl From<FutureIntrinsic> for Intrinsic {
    fn from(intrinsic: FutureIntrinsic) -> Self {
        Intrinsic::Future(intrinsic)
    }
}
