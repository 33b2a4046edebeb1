//! Memory: loads and stores, strings and lists.

use wit_bindgen_core::abi::Instruction;
use wit_bindgen_core::wit_parser::{ArchitectureSize, Type};

use super::Abi;

impl Abi<'_, '_> {
    pub(super) fn memory(&mut self, instruction: &Instruction<'_>, from: &[String], to: &mut Vec<String>) -> bool {
        use Instruction as I;
        let loaded = match instruction {
            I::I32Load { offset } => self.at(&from[0], *offset, "int32"),
            I::I32Load8U { offset } => format!("int32({})", self.at(&from[0], *offset, "uint8")),
            I::I32Load8S { offset } => format!("int32({})", self.at(&from[0], *offset, "int8")),
            I::I32Load16U { offset } => format!("int32({})", self.at(&from[0], *offset, "uint16")),
            I::I32Load16S { offset } => format!("int32({})", self.at(&from[0], *offset, "int16")),
            I::I64Load { offset } => self.at(&from[0], *offset, "int64"),
            I::F32Load { offset } => self.at(&from[0], *offset, "float32"),
            I::F64Load { offset } => self.at(&from[0], *offset, "float64"),
            I::LengthLoad { offset } => self.at(&from[0], *offset, "uint32"),
            I::PointerLoad { offset } => {
                let word = self.at(&from[0], *offset, "uint32");
                format!("{}({word})", self.file.wit("Ptr"))
            }
            I::StringLift => {
                let call = format!("{}({}, {})", self.file.wit("String"), from[0], from[1]);
                self.bind(&call)
            }
            I::ListCanonLift { element, .. } => {
                let call = self.file.ty(element);
                let call = format!("{}({}, {})", self.file.wit(&format!("Slice[{call}]")), from[0], from[1]);
                self.bind(&call)
            }
            I::ListLift { element, .. } => self.lift_list(element, from),
            I::MapLift { key, value, .. } => self.lift_map(key, value, from),
            I::FixedLengthListLift { element, size, .. } => {
                format!("[{size}]{}{{{}}}", self.ty(element), from.join(", "))
            }
            I::FixedLengthListLiftFromMemory { element, size, .. } => self.lift_array(element, *size, &from[0]),
            I::IterElem { .. } | I::IterMapValue { .. } => format!("e{}", self.block_number()),
            I::IterMapKey { .. } => format!("k{}", self.block_number()),
            I::IterBasePointer => format!("b{}", self.block_number()),
            _ => return self.store(instruction, from, to),
        };
        to.push(loaded);
        true
    }

    fn store(&mut self, instruction: &Instruction<'_>, from: &[String], to: &mut Vec<String>) -> bool {
        use Instruction as I;
        match instruction {
            I::I32Store { offset } => self.put(from, *offset, "int32", ""),
            I::I32Store8 { offset } => self.put(from, *offset, "uint8", "uint8"),
            I::I32Store16 { offset } => self.put(from, *offset, "uint16", "uint16"),
            I::I64Store { offset } => self.put(from, *offset, "int64", ""),
            I::F32Store { offset } => self.put(from, *offset, "float32", ""),
            I::F64Store { offset } => self.put(from, *offset, "float64", ""),
            I::LengthStore { offset } => self.put(from, *offset, "uint32", ""),
            I::PointerStore { offset } => self.put(from, *offset, "uintptr32", ""),
            I::StringLower { .. } if self.in_place() => {
                let call = format!("{}({})", self.file.wit("Text"), from[0]);
                let text = self.bind(&call);
                to.extend([format!("unsafe.Pointer(unsafe.StringData({text}))"), format!("uint32(len({text}))")]);
            }
            I::StringLower { .. } => {
                self.uses.scope = true;
                let buf = self.bind(&format!("scope.String({})", from[0]));
                to.extend([format!("{buf}.Data"), format!("{buf}.Len")]);
            }
            I::ListCanonLower { .. } if self.in_place() => {
                let list = self.ident(&from[0]);
                to.extend([format!("unsafe.Pointer(unsafe.SliceData({list}))"), format!("uint32(len({list}))")]);
            }
            I::ListCanonLower { .. } => {
                self.uses.scope = true;
                let call = format!("{}({}, {})", self.file.wit("Copy"), self.scope, from[0]);
                let buf = self.bind(&call);
                to.extend([format!("{buf}.Data"), format!("{buf}.Len")]);
            }
            I::ListLower { element, .. } => self.lower_list(element, from, to),
            I::MapLower { key, value, .. } => self.lower_map(key, value, from, to),
            I::FixedLengthListLower { size, .. } => {
                let array = self.ident(&from[0]);
                to.extend((0..*size).map(|i| format!("{array}[{i}]")));
            }
            I::FixedLengthListLowerToMemory { element, .. } => {
                let (size, block) = (self.size(element), self.blocks(1));
                let array = self.ident(&from[0]);
                for block in block {
                    let id = block.id;
                    self.line(format!("for i{id}, e{id} := range {array} {{"));
                    self.line(format!("b{id} := unsafe.Add({}, i{id}*{size})", from[1]));
                    self.lines.extend(block.lines);
                    self.line("}");
                }
            }
            I::GuestDeallocate { size, .. } => {
                let free = self.file.wit("Free");
                self.line(format!("{free}({}, {})", from[0], size.size_wasm32()));
            }
            _ => return false,
        }
        true
    }

    fn block_number(&self) -> usize {
        self.open.last().map_or(0, |(_, id)| *id)
    }

    /// A place in memory, as a variable of a type.
    fn at(&mut self, base: &str, offset: ArchitectureSize, ty: &str) -> String {
        self.file.std("unsafe");
        match offset.size_wasm32() {
            0 => format!("*(*{ty})({base})"),
            n => format!("*(*{ty})(unsafe.Add({base}, {n}))"),
        }
    }

    fn put(&mut self, from: &[String], offset: ArchitectureSize, ty: &str, convert: &str) {
        let (place, value) = match ty {
            "uintptr32" => (self.at(&from[1], offset, "uint32"), format!("uint32(uintptr({}))", from[0])),
            _ if convert.is_empty() => (self.at(&from[1], offset, ty), from[0].clone()),
            _ => (self.at(&from[1], offset, ty), format!("{convert}({})", from[0])),
        };
        self.line(format!("{place} = {value}"));
    }

    /// Copies a list whose elements are not plain numbers, and frees it.
    fn lift_list(&mut self, element: &Type, from: &[String]) -> String {
        let (pointer, length) = (self.ident(&from[0]), self.ident(&from[1]));
        let made = format!("make([]{}, {length})", self.ty(element));
        let list = self.bind(&made);
        let size = self.size(element);
        for block in self.blocks(1) {
            let id = block.id;
            self.line(format!("for i{id} := range {list} {{"));
            self.line(format!("b{id} := unsafe.Add({pointer}, i{id}*{size})"));
            self.lines.extend(block.lines);
            self.line(format!("{list}[i{id}] = {}", block.results[0]));
            self.line("}");
        }
        self.free_list(&pointer, &length, size);
        list
    }

    fn lower_list(&mut self, element: &Type, from: &[String], to: &mut Vec<String>) {
        let size = self.size(element);
        let list = self.ident(&from[0]);
        self.uses.scope = true;
        let memory = self.bind(&format!("scope.Alloc(len({list}) * {size})"));
        for block in self.blocks(1) {
            let id = block.id;
            self.line(format!("for i{id}, e{id} := range {list} {{"));
            self.line(format!("b{id} := unsafe.Add({memory}, i{id}*{size})"));
            self.lines.extend(block.lines);
            self.line("}");
        }
        to.extend([memory, format!("uint32(len({list}))")]);
    }

    fn lift_map(&mut self, key: &Type, value: &Type, from: &[String]) -> String {
        let (pointer, length) = (self.ident(&from[0]), self.ident(&from[1]));
        let made = format!("make(map[{}]{}, {length})", self.ty(key), self.ty(value));
        let map = self.bind(&made);
        let size = self.file.world.sizes.record([key, value]).size.size_wasm32();
        for block in self.blocks(1) {
            let id = block.id;
            self.line(format!("for i{id} := range {length} {{"));
            self.line(format!("b{id} := unsafe.Add({pointer}, i{id}*{size})"));
            self.lines.extend(block.lines);
            self.line(format!("{map}[{}] = {}", block.results[0], block.results[1]));
            self.line("}");
        }
        self.free_list(&pointer, &length, size);
        map
    }

    fn lower_map(&mut self, key: &Type, value: &Type, from: &[String], to: &mut Vec<String>) {
        let size = self.file.world.sizes.record([key, value]).size.size_wasm32();
        let map = self.ident(&from[0]);
        self.uses.scope = true;
        let memory = self.bind(&format!("scope.Alloc(len({map}) * {size})"));
        for block in self.blocks(1) {
            let id = block.id;
            self.line(format!("b{id} := {memory}"));
            self.line(format!("for k{id}, e{id} := range {map} {{"));
            self.lines.extend(block.lines);
            self.line(format!("b{id} = unsafe.Add(b{id}, {size})"));
            self.line("}");
        }
        to.extend([memory, format!("uint32(len({map}))")]);
    }

    fn lift_array(&mut self, element: &Type, length: u32, from: &str) -> String {
        let array = format!("v{}", self.number());
        let ty = self.ty(element);
        let size = self.size(element);
        self.line(format!("var {array} [{length}]{ty}"));
        for block in self.blocks(1) {
            let id = block.id;
            self.line(format!("for i{id} := range {array} {{"));
            self.line(format!("b{id} := unsafe.Add({from}, i{id}*{size})"));
            self.lines.extend(block.lines);
            self.line(format!("{array}[i{id}] = {}", block.results[0]));
            self.line("}");
        }
        array
    }

    fn free_list(&mut self, pointer: &str, length: &str, size: usize) {
        let free = self.file.wit("FreeList");
        self.line(format!("{free}({pointer}, {length}, {size})"));
    }
}
