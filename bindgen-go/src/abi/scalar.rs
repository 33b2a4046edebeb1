//! Numbers: between WIT's types and those of core wasm, and between those.

use wit_bindgen_core::abi::{Bitcast, Instruction};
use wit_bindgen_core::wit_parser::abi::WasmType;

use super::Abi;

/// The Go type of a core value.
pub(crate) fn core(ty: WasmType) -> &'static str {
    match ty {
        WasmType::I32 => "int32",
        WasmType::I64 | WasmType::PointerOrI64 => "int64",
        WasmType::F32 => "float32",
        WasmType::F64 => "float64",
        WasmType::Pointer => "unsafe.Pointer",
        WasmType::Length => "uint32",
    }
}

impl Abi<'_, '_> {
    pub(super) fn scalar(&mut self, instruction: &Instruction<'_>, from: &[String], to: &mut Vec<String>) -> bool {
        use Instruction as I;
        let convert = match instruction {
            I::I64FromU64 | I::I64FromS64 | I::S64FromI64 if from[0].starts_with("int64(") => "",
            I::I64FromS64 | I::S64FromI64 | I::I32FromS32 | I::S32FromI32 => "",
            I::CoreF32FromF32 | I::CoreF64FromF64 | I::F32FromCoreF32 | I::F64FromCoreF64 => "",
            I::I64FromU64 => "int64",
            I::I32FromU32 | I::I32FromU16 | I::I32FromS16 | I::I32FromU8 | I::I32FromS8 => "int32",
            I::S8FromI32 => "int8",
            I::U8FromI32 => "uint8",
            I::S16FromI32 => "int16",
            I::U16FromI32 => "uint16",
            I::U32FromI32 => "uint32",
            I::U64FromI64 => "uint64",
            I::CharFromI32 => "rune",
            I::I32FromChar => &self.file.wit("Char"),
            I::BoolFromI32 => &self.file.wit("ToBool"),
            I::I32FromBool => &self.file.wit("FromBool"),
            I::I32Const { val } => {
                to.push(val.to_string());
                return true;
            }
            I::ConstZero { tys } => {
                to.extend(tys.iter().map(|ty| if *ty == WasmType::Pointer { "nil" } else { "0" }.to_owned()));
                return true;
            }
            I::Bitcasts { casts } => {
                to.extend(casts.iter().zip(from).map(|(cast, value)| self.cast(cast, value)));
                return true;
            }
            _ => return false,
        };
        to.push(if convert.is_empty() { from[0].clone() } else { format!("{convert}({})", from[0]) });
        true
    }

    fn cast(&mut self, cast: &Bitcast, x: &str) -> String {
        let mut float = |call: &str| {
            self.file.std("math");
            format!("math.{call}")
        };
        match cast {
            Bitcast::None | Bitcast::P64ToI64 | Bitcast::I64ToP64 => x.to_owned(),
            Bitcast::F32ToI32 => format!("int32({}({x}))", float("Float32bits")),
            Bitcast::F64ToI64 => format!("int64({}({x}))", float("Float64bits")),
            Bitcast::F32ToI64 => format!("int64({}({x}))", float("Float32bits")),
            Bitcast::I32ToF32 => format!("{}(uint32({x}))", float("Float32frombits")),
            Bitcast::I64ToF64 => format!("{}(uint64({x}))", float("Float64frombits")),
            Bitcast::I64ToF32 => format!("{}(uint32({x}))", float("Float32frombits")),
            Bitcast::I32ToI64 => format!("int64(uint32({x}))"),
            Bitcast::I64ToI32 | Bitcast::LToI32 => format!("int32({x})"),
            Bitcast::I64ToL | Bitcast::I32ToL => format!("uint32({x})"),
            Bitcast::LToI64 => format!("int64({x})"),
            Bitcast::P64ToP | Bitcast::I32ToP | Bitcast::LToP => format!("{}(uint32({x}))", self.file.wit("Ptr")),
            Bitcast::PToP64 => format!("int64(uintptr({x}))"),
            Bitcast::PToI32 => format!("int32(uintptr({x}))"),
            Bitcast::PToL => format!("uint32(uintptr({x}))"),
            Bitcast::Sequence(both) => {
                let first = self.cast(&both[0], x);
                self.cast(&both[1], &first)
            }
        }
    }
}
