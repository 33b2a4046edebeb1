//! Core functions: those that a package imports and those that it exports, with the code between them and Go.

use std::collections::BTreeSet;

use wit_bindgen_core::Direction;
use wit_bindgen_core::abi::{self, AbiVariant, LiftLower, WasmSignature, WasmType};
use wit_bindgen_core::wit_parser::{
    Function, LiftLowerAbi, Mangling, ManglingAndAbi, Resolve, ResourceIntrinsic, TypeDefKind, TypeId, WasmExport,
    WasmExportKind, WasmImport,
};

use crate::abi::{Abi, Intrinsic, Retry, Uses, core, intrinsic_name};
use crate::errors;
use crate::file::File;
use crate::flow::{self, is_async, is_method};
use crate::func::Shape;
use crate::plan::FuncName;

pub(crate) const MANGLING: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
const ASYNC: ManglingAndAbi = ManglingAndAbi::Legacy(LiftLowerAbi::AsyncCallback);

/// What a whole file needs once.
#[derive(Default)]
pub(crate) struct Shared {
    intrinsics: BTreeSet<(Intrinsic, TypeId)>,
    errors: BTreeSet<TypeId>,
}

impl Shared {
    fn add(&mut self, uses: &Uses) {
        self.intrinsics.extend(&uses.intrinsics);
        self.errors.extend(&uses.errors);
    }

    /// The core functions for handles, and what makes errors of handlers WIT's.
    pub(crate) fn declare(self, file: &mut File<'_>) {
        for (intrinsic, id) in self.intrinsics {
            let world = file.world;
            let exported = world.plan.exported.contains_key(&id);
            let unit = world.plan.units.iter().find(|unit| unit.types.iter().any(|(_, ty)| *ty == id));
            let kind = match intrinsic {
                Intrinsic::Drop if exported => ResourceIntrinsic::ExportedDrop,
                Intrinsic::Drop => ResourceIntrinsic::ImportedDrop,
                Intrinsic::New => ResourceIntrinsic::ExportedNew,
                Intrinsic::Rep => ResourceIntrinsic::ExportedRep,
            };
            let interface = unit.and_then(|unit| unit.key.as_ref());
            let import = WasmImport::ResourceIntrinsic { interface, resource: id, intrinsic: kind };
            let (module, field) = world.resolve.wasm_import_name(MANGLING, import);
            let name = intrinsic_name(file, intrinsic, id);
            let result = if intrinsic == Intrinsic::Drop { "" } else { " int32" };
            file.std("unsafe");
            file.code.gap();
            file.code.add(format!("//go:wasmimport {module} {field}\nfunc {name}(handle int32){result}"));
        }
        for id in self.errors {
            errors::lower(file, id);
        }
    }
}

/// The imports of a unit: for each function the core function, and the private one that the API calls.
pub(crate) fn imports(file: &mut File<'_>, unit: usize, shared: &mut Shared) {
    let plan = file.world.plan;
    for func in &plan.units[unit].funcs {
        if let Some(name) = plan.funcs.get(&(unit, func.name.clone())) {
            import(file, unit, func, name, shared);
        }
    }
}

fn import(file: &mut File<'_>, unit: usize, func: &Function, name: &FuncName, shared: &mut Shared) {
    let resolve = file.world.resolve;
    let shape = Shape::of_import(resolve, func);
    let (mangling, variant) =
        if shape.asynchronous { (ASYNC, AbiVariant::GuestImportAsync) } else { (MANGLING, AbiVariant::GuestImport) };
    let signature = resolve.wasm_signature(variant, func);
    let interface = file.world.plan.units[unit].key.as_ref();
    let (module, field) = resolve.wasm_import_name(mangling, WasmImport::Func { interface, func });
    let unique = &name.unique;

    let params: Vec<_> = signature.params.iter().enumerate().map(|(i, ty)| format!("p{i} {}", core(*ty))).collect();
    let result = signature.results.first().map(|ty| format!(" {}", core(*ty))).unwrap_or_default();
    file.std("unsafe");
    file.code.gap();
    file.code.add(format!("//go:wasmimport {module} {field}\n//go:noescape"));
    file.code.add(format!("func wasm{unique}({}){result}", params.join(", ")));

    // The arguments of an async call have to stay where they are until it has returned.
    let in_memory = signature.indirect_params || shape.asynchronous;
    let mut body = Abi::new(file, unit, func, Direction::Import, in_memory);
    match shape.asynchronous {
        true => call_async(resolve, func, &shape, &signature, unique, &mut body),
        false => abi::call(resolve, variant, LiftLower::LowerArgsLiftResults, func, &mut body, false),
    }
    let (lines, mut uses) = body.finish();

    let declared = private_signature(file, func, &shape);
    file.code.gap();
    file.code.add(format!("func import{unique}{declared} {{"));
    let enter = file.wit("Enter()");
    file.code.add(enter);
    if shape.fallible && !func.params.is_empty() {
        let catch = file.wit("Catch(&err)");
        file.code.add(format!("defer {catch}"));
    }
    if uses.scope {
        let scope = file.wit("Scope");
        file.code.add(format!("var scope {scope}\ndefer scope.Free()"));
    }
    file.code.add(lines.join("\n"));
    file.code.add("}");
    flow::declare(file, unit, func, Direction::Import, &mut uses);
    shared.add(&uses);
}

/// The body of an async import, for which the core has no instructions.
fn call_async(
    resolve: &Resolve,
    func: &Function,
    shape: &Shape,
    signature: &WasmSignature,
    unique: &str,
    body: &mut Abi<'_, '_>,
) {
    body.uses.scope = true;
    let sizes = body.file.world.sizes;
    let mut args = Vec::new();
    let params = func.params.iter().enumerate().map(|(i, param)| (format!("p{i}"), &param.ty));
    if signature.indirect_params {
        let types: Vec<_> = func.params.iter().map(|param| param.ty).collect();
        body.line(format!("args := scope.Alloc({})", sizes.record(&types).size.size_wasm32()));
        for ((value, ty), (offset, _)) in params.zip(sizes.field_offsets(&types)) {
            let address = format!("unsafe.Add(args, {})", offset.size_wasm32());
            abi::lower_to_memory(resolve, body, address, value, ty);
        }
        args.push("args".to_owned());
    } else {
        args.extend(params.flat_map(|(value, ty)| abi::lower_flat(resolve, body, value, ty)));
    }
    if let Some(ty) = &func.result {
        body.line(format!("area := scope.Alloc({})", sizes.size(ty).size_wasm32()));
        args.push("area".to_owned());
    }
    let wait = body.file.wit("Await");
    let call = format!("{wait}(ctx, &scope, wasm{unique}({}))", args.join(", "));
    let Some(ty) = &func.result else {
        body.line(format!("err = {call}"));
        body.keep_alive(resolve);
        body.line("return err");
        return;
    };
    body.line(format!("if err = {call}; err != nil {{\nreturn\n}}"));
    body.keep_alive(resolve);
    let value = abi::lift_from_memory(resolve, body, "area".to_owned(), ty);
    body.give_back(resolve, shape, &[value]);
}

/// Parameters by number, so that nothing clashes with them. All results have names.
pub(crate) fn private_signature(file: &mut File<'_>, func: &Function, shape: &Shape) -> String {
    let mut params: Vec<_> = func.params.iter().enumerate().map(|(i, p)| format!("p{i} {}", file.ty(&p.ty))).collect();
    if shape.asynchronous {
        file.std("context");
        params.insert(0, "ctx context.Context".to_owned());
    }
    let results: Vec<_> = shape.results(file).into_iter().map(|(name, ty)| format!("{name} {ty}")).collect();
    let results = if results.is_empty() { String::new() } else { format!(" ({})", results.join(", ")) };
    format!("({}){results}", params.join(", "))
}

/// The exports of a unit: for each function the core function and what frees its result, and for each resource the
/// destructor.
pub(crate) fn exports(file: &mut File<'_>, unit: usize, shared: &mut Shared) {
    let plan = file.world.plan;
    let at = &plan.units[unit];
    if at.funcs.iter().any(|func| !is_method(func)) {
        let (base, package) = (&plan.handlers[&unit], &plan.packages[at.package].name);
        file.code.gap();
        file.code.add(format!("func registered{base}() {base}Handler {{\nif handler{base} == nil {{"));
        file.code.add(format!("panic(\"{package}: no handler: call {package}.Handle{base} in an init function\")\n}}"));
        file.code.add(format!("return handler{base}\n}}"));
    }
    for func in &at.funcs {
        if let Some(name) = plan.funcs.get(&(unit, func.name.clone())) {
            export(file, unit, func, &name.unique, shared);
        }
    }
    let resolve = file.world.resolve;
    for (_, id) in &at.types {
        let (Some(interface), TypeDefKind::Resource) = (&at.key, &resolve.types[*id].kind) else { continue };
        let export = resolve.wasm_export_name(MANGLING, WasmExport::ResourceDtor { interface, resource: *id });
        let (name, destroy) = (file.named(*id).unwrap_or_default(), file.wit("Destroy"));
        file.code.gap();
        file.code.add(format!("//go:wasmexport {export}\nfunc destroy{name}(number int32) {{\n{destroy}(number)\n}}"));
    }
}

/// Lowers a result, and if that cannot be the error that says why.
fn lower_or_fail(file: &mut File<'_>, lines: &[String], ty: &str, retry: &Retry, scope: bool) {
    let (before, lowering) = lines.split_at(retry.line);
    let (catch, result) = (file.wit("Catch(&err)"), &retry.result);
    file.code.add(before.join("\n"));
    file.code.add(format!("lower := func() (lowered{ty}, err error) {{\ndefer {catch}"));
    file.code.add(lowering.join("\n"));
    file.code.add("}\nlowered, err := lower()\nif err != nil {");
    if scope {
        file.code.add("scope.Undo()");
    }
    if let Some(error) = &retry.error {
        file.code.add(format!("{result}.Err = {error}"));
    }
    file.code.add(format!("{result}.IsErr = true\nlowered, err = lower()\n}}\nif err != nil {{\npanic(err)\n}}"));
    file.code.add("return lowered");
}

fn export(file: &mut File<'_>, unit: usize, func: &Function, unique: &str, shared: &mut Shared) {
    let resolve = file.world.resolve;
    let asynchronous = is_async(func);
    let (mangling, variant) =
        if asynchronous { (ASYNC, AbiVariant::GuestExportAsync) } else { (MANGLING, AbiVariant::GuestExport) };
    let signature = resolve.wasm_signature(variant, func);
    let interface = file.world.plan.units[unit].key.as_ref();
    let export_name = |kind| resolve.wasm_export_name(mangling, WasmExport::Func { interface, func, kind });

    let mut body = Abi::new(file, unit, func, Direction::Export, signature.indirect_params);
    abi::call(resolve, variant, LiftLower::LiftArgsLowerResults, func, &mut body, asynchronous);
    let (lines, mut uses) = body.finish();

    let mut signature = signature;
    if let (true, Some(receiver)) = (is_method(func), signature.params.first_mut()) {
        // Elsewhere the receiver is an address. Here it is the number of an object.
        *receiver = WasmType::I32;
    }
    let params: Vec<_> = signature.params.iter().enumerate().map(|(i, ty)| format!("p{i} {}", core(*ty))).collect();
    let result = signature.results.first().map(|ty| format!(" {}", core(*ty))).unwrap_or_default();
    if signature.params.iter().chain(&signature.results).any(|ty| core(*ty) == "unsafe.Pointer") {
        file.std("unsafe");
    }
    file.code.gap();
    file.code.add(format!("//go:wasmexport {}", export_name(WasmExportKind::Normal)));
    file.code.add(format!("func export{unique}({}){result} {{", params.join(", ")));
    if uses.scope && !asynchronous {
        let scope = file.wit("Scope");
        file.code.add(format!("var scope {scope}"));
    }
    if uses.loans {
        let loans = file.wit("Loans");
        file.code.add(format!("var loans {loans}"));
    }
    match &uses.retry {
        Some(retry) => lower_or_fail(file, &lines, &result, retry, uses.scope),
        None => file.code.add(lines.join("\n")),
    }
    file.code.add("}");
    if signature.retptr {
        let release = file.wit("Release");
        file.std("unsafe");
        file.code.gap();
        file.code.add(format!("//go:wasmexport {}", export_name(WasmExportKind::PostReturn)));
        file.code.add(format!("func post{unique}(result unsafe.Pointer) {{\n{release}(result)\n}}"));
    }
    if asynchronous {
        let callback = file.wit("Callback");
        file.code.gap();
        file.code.add(format!("//go:wasmexport {}", export_name(WasmExportKind::Callback)));
        file.code.add(format!("func callback{unique}(event, waitable, code int32) int32 {{"));
        file.code.add(format!("return {callback}(event, waitable, code)\n}}"));
        let (module, field, signature) = func.task_return_import(resolve, interface, Mangling::Legacy);
        let params: Vec<_> = signature.params.iter().enumerate().map(|(i, ty)| format!("p{i} {}", core(*ty))).collect();
        file.std("unsafe");
        file.code.gap();
        file.code.add(format!("//go:wasmimport {module} {field}\n//go:noescape"));
        file.code.add(format!("func return{unique}({})", params.join(", ")));
    }
    flow::declare(file, unit, func, Direction::Export, &mut uses);
    shared.add(&uses);
}
