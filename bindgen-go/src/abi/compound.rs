//! Values that are made of others, and handles.

use wit_bindgen_core::abi::{Instruction, WasmType};
use wit_bindgen_core::wit_parser::{Handle, Resolve, Type, TypeId, Variant};
use wit_bindgen_core::{Direction, dealias};

use super::{Abi, Block, Intrinsic, scalar::core};
use crate::flow::{is_bytes, nilable, trailed};

impl Abi<'_, '_> {
    pub(super) fn compound(
        &mut self,
        resolve: &Resolve,
        instruction: &Instruction<'_>,
        from: &[String],
        to: &mut Vec<String>,
    ) -> bool {
        use Instruction as I;
        match instruction {
            I::RecordLower { ty, .. } => {
                let value = self.ident(&from[0]);
                let fields = self.file.world.plan.fields.get(&dealias(resolve, *ty));
                to.extend(fields.into_iter().flatten().map(|field| format!("{value}.{field}")));
            }
            I::RecordLift { ty, .. } => {
                let ty = dealias(resolve, *ty);
                let fields = self.file.world.plan.fields.get(&ty);
                let all: Vec<_> =
                    fields.into_iter().flatten().zip(from).map(|(field, value)| format!("{field}: {value}")).collect();
                let name = self.file.named(ty).unwrap_or_default();
                to.push(format!("{name}{{{}}}", all.join(", ")));
            }
            I::TupleLower { tuple, .. } if trailed(resolve, tuple) => {
                let (stream, future) = (format!("v{}", self.number()), format!("v{}", self.number()));
                let bytes = is_bytes(resolve, &tuple.types[0]);
                let split = self.file.wit(if bytes { "Trailer" } else { "TrailerSeq" });
                self.line(format!("{stream}, {future} := {split}({})", from[0]));
                to.extend([stream, future]);
            }
            I::TupleLift { tuple, .. } if trailed(resolve, tuple) => {
                let bytes = is_bytes(resolve, &tuple.types[0]);
                let join = self.file.wit(if bytes { "WithTrailer" } else { "WithTrailerSeq" });
                to.push(self.bind(&format!("{join}({}, {})", from[0], from[1])));
            }
            I::TupleLower { tuple, .. } => {
                let value = self.ident(&from[0]);
                to.extend((0..tuple.types.len()).map(|i| format!("{value}.F{i}")));
            }
            I::TupleLift { tuple, .. } => to.push(self.tuple(&tuple.types, from)),
            I::FlagsLower { .. } | I::EnumLower { .. } => to.push(format!("int32({})", from[0])),
            I::FlagsLift { ty, .. } | I::EnumLift { ty, .. } => {
                let name = self.file.named(dealias(resolve, *ty)).unwrap_or_default();
                to.push(format!("{name}({})", from[0]));
            }
            I::VariantPayloadName => to.push(format!("e{}", self.open.last().map_or(0, |(_, id)| *id))),
            I::VariantLower { variant, ty, results, .. } => {
                self.lower_variant(variant, dealias(resolve, *ty), &from[0], results, to);
            }
            I::VariantLift { variant, ty, .. } => to.push(self.lift_variant(variant, dealias(resolve, *ty), &from[0])),
            I::OptionLower { payload, results, .. } => {
                let value = self.ident(&from[0]);
                let blocks = self.blocks(2);
                let pointer = if nilable(resolve, payload) { "" } else { "*" };
                let some = format!("e{} := {pointer}{value}", blocks[1].id);
                self.choose(&format!("{value} == nil"), blocks, ["".to_owned(), some], results, to);
            }
            I::ResultLower { result, results, .. } => {
                let value = self.ident(&from[0]);
                let blocks = self.blocks(2);
                let bind = |ty: &Option<Type>, block: &Block, field: &str| match ty {
                    Some(_) => format!("e{} := {value}.{field}", block.id),
                    None => String::new(),
                };
                let bound = [bind(&result.ok, &blocks[0], "Ok"), bind(&result.err, &blocks[1], "Err")];
                self.choose(&format!("!{value}.IsErr"), blocks, bound, results, to);
            }
            I::OptionLift { payload, .. } => to.push(self.lift_option(resolve, payload, &from[0])),
            I::ResultLift { ty, .. } => to.push(self.lift_result(*ty, &from[0])),
            I::HandleLower { handle, .. } => to.push(self.lower_handle(resolve, handle, &from[0])),
            I::HandleLift { handle, .. } => to.push(self.lift_handle(resolve, handle, &from[0])),
            _ => return false,
        }
        true
    }

    pub(super) fn tuple(&mut self, types: &[Type], from: &[String]) -> String {
        let types: Vec<_> = types.iter().map(|ty| self.ty(ty)).collect();
        let all: Vec<_> = from.iter().enumerate().map(|(i, value)| format!("F{i}: {value}")).collect();
        self.file.wit(&format!("Tuple{}[{}]{{{}}}", types.len(), types.join(", "), all.join(", ")))
    }

    /// Variables for what all cases of a variant are lowered to.
    fn declare(&mut self, results: &[WasmType], to: &mut Vec<String>) -> Vec<String> {
        let names: Vec<_> = results.iter().map(|_| format!("v{}", self.number())).collect();
        for (name, ty) in names.iter().zip(results) {
            let ty = core(*ty);
            if ty == "unsafe.Pointer" {
                self.file.std("unsafe");
            }
            self.line(format!("var {name} {ty}"));
        }
        to.extend(names.iter().cloned());
        names
    }

    fn block(&mut self, block: Block, names: &[String]) {
        self.lines.extend(block.lines);
        for (name, value) in names.iter().zip(block.results) {
            self.line(format!("{name} = {value}"));
        }
    }

    /// `if` and `else` for two blocks, each with a line before it.
    fn choose(
        &mut self,
        condition: &str,
        blocks: Vec<Block>,
        first: [String; 2],
        results: &[WasmType],
        to: &mut Vec<String>,
    ) {
        let names = self.declare(results, to);
        for ((head, first), block) in
            [format!("if {condition} {{"), "} else {".to_owned()].into_iter().zip(first).zip(blocks)
        {
            self.line(head);
            if !first.is_empty() {
                self.line(first);
            }
            self.block(block, &names);
        }
        self.line("}");
    }

    fn lower_variant(
        &mut self,
        variant: &Variant,
        ty: TypeId,
        value: &str,
        results: &[WasmType],
        to: &mut Vec<String>,
    ) {
        let names = self.declare(results, to);
        let blocks = self.blocks(variant.cases.len());
        let payloads = variant.cases.iter().any(|case| case.ty.is_some());
        let id = self.number();
        let bound = if payloads { format!("c{id} := ") } else { String::new() };
        self.line(format!("switch {bound}{value}.(type) {{"));
        for (i, (case, block)) in variant.cases.iter().zip(blocks).enumerate() {
            let name = self.file.case(ty, i);
            self.line(format!("case {name}:"));
            if let Some(payload) = &case.ty {
                // An error with text is a string, as Go's errors often are.
                let payload = match self.is_text(ty, payload) {
                    true => format!("string(c{id})"),
                    false => format!("c{id}.Value"),
                };
                self.line(format!("e{} := {payload}", block.id));
            }
            self.block(block, &names);
        }
        let check = self.file.wit("Check()");
        self.lines.extend(["default:".to_owned(), check, "}".to_owned()]);
    }

    fn lift_variant(&mut self, variant: &Variant, ty: TypeId, tag: &str) -> String {
        let value = format!("v{}", self.number());
        let name = self.file.named(ty).unwrap_or_default();
        self.line(format!("var {value} {name}"));
        self.line(format!("switch {tag} {{"));
        let blocks = self.blocks(variant.cases.len());
        let last = variant.cases.len() - 1;
        for (i, (case, block)) in variant.cases.iter().zip(blocks).enumerate() {
            // The host checks that the number is that of a case.
            self.line(if i == last { "default:".to_owned() } else { format!("case {i}:") });
            let name = self.file.case(ty, i);
            let lifted = match &case.ty {
                None => format!("{name}{{}}"),
                Some(payload) if self.is_text(ty, payload) => format!("{name}({})", block.results[0]),
                Some(_) => format!("{name}{{Value: {}}}", block.results[0]),
            };
            self.lines.extend(block.lines);
            self.line(format!("{value} = {lifted}"));
        }
        self.line("}");
        value
    }

    fn is_text(&self, variant: TypeId, payload: &Type) -> bool {
        crate::errors::is_text(self.file.world, variant, payload)
    }

    fn lift_option(&mut self, resolve: &Resolve, payload: &Type, tag: &str) -> String {
        let value = format!("v{}", self.number());
        let is_handle = nilable(resolve, payload);
        let ty = self.ty(payload);
        self.line(format!("var {value} {}{ty}", if is_handle { "" } else { "*" }));
        self.line(format!("if {tag} != 0 {{"));
        if let [_, some] = &mut self.blocks(2)[..] {
            self.lines.append(&mut some.lines);
            match is_handle {
                true => self.line(format!("{value} = {}", some.results[0])),
                false => {
                    self.line(format!("e{} := {}", some.id, some.results[0]));
                    self.line(format!("{value} = &e{}", some.id));
                }
            }
        }
        self.line("}");
        value
    }

    fn lift_result(&mut self, ty: TypeId, tag: &str) -> String {
        let value = format!("v{}", self.number());
        let ty = self.file.structure(ty);
        self.line(format!("var {value} {ty}"));
        if let [ok, err] = &mut self.blocks(2)[..] {
            if let Some(result) = ok.results.pop() {
                self.line(format!("if {tag} == 0 {{"));
                self.lines.append(&mut ok.lines);
                self.line(format!("{value}.Ok = {result}"));
                self.line("} else {");
            } else {
                self.line(format!("if {tag} != 0 {{"));
            }
            self.lines.append(&mut err.lines);
            if let Some(err) = err.results.pop() {
                self.line(format!("{value}.Err = {err}"));
            }
            self.line(format!("{value}.IsErr = true"));
        }
        self.line("}");
        value
    }

    fn lower_handle(&mut self, resolve: &Resolve, handle: &Handle, value: &str) -> String {
        let (Handle::Own(id) | Handle::Borrow(id)) = handle;
        let id = dealias(resolve, *id);
        if self.file.world.plan.exported.contains_key(&id) {
            let new = self.intrinsic(Intrinsic::New, id);
            let register = self.file.wit("Register");
            let made = format!("{new}({register}({value}))");
            if self.uses.retry.is_none() {
                return self.bind(&made);
            }
            let drop = self.intrinsic(Intrinsic::Drop, id);
            self.uses.scope = true;
            return self.bind(&format!("scope.Made({made}, {drop})"));
        }
        match handle {
            Handle::Borrow(_) if self.lends(resolve) => {
                self.uses.scope = true;
                self.bind(&format!("scope.Borrow(&{value}.Resource)"))
            }
            Handle::Borrow(_) => {
                let borrow = self.file.wit("Borrow");
                self.bind(&format!("{borrow}(&{value}.Resource)"))
            }
            Handle::Own(_) => {
                self.uses.scope = true;
                self.uses.given = true;
                self.bind(&format!("scope.Take(&{value}.Resource)"))
            }
        }
    }

    fn lift_handle(&mut self, resolve: &Resolve, handle: &Handle, number: &str) -> String {
        let (Handle::Own(id) | Handle::Borrow(id)) = handle;
        let id = dealias(resolve, *id);
        let name = self.file.named(id).unwrap_or_default();
        if self.file.world.plan.exported.contains_key(&id) {
            if let Handle::Borrow(_) = handle {
                return self.file.wit(&format!("Lookup[{name}]({number})"));
            }
            let number = self.ident(number);
            let rep = self.intrinsic(Intrinsic::Rep, id);
            let reclaim = self.file.wit(&format!("Reclaim[{name}]"));
            let value = self.bind(&format!("{reclaim}({rep}({number}))"));
            let drop = self.intrinsic(Intrinsic::Drop, id);
            self.line(format!("{drop}({number})"));
            return value;
        }
        let drop = self.intrinsic(Intrinsic::Drop, id);
        let value = self.bind(&format!("new({name})"));
        if let (Handle::Borrow(_), Direction::Export) = (handle, self.direction) {
            self.uses.loans = true;
            self.line(format!("loans.Lend(&{value}.Resource, {number}, {drop})"));
        } else {
            let own = self.file.wit("Own");
            self.line(format!("{own}({value}, &{value}.Resource, {number}, {drop})"));
        }
        value
    }
}
