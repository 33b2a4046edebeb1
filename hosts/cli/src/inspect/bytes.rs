//! What the bytes say by themselves.

use anyhow::bail;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{
    ComponentTypeRef, KnownCustom, Parser, Payload, ProducersSectionReader, TypeBounds, Validator, WasmFeatures,
};

pub const COMPONENT: &str = "component";
pub const MODULE: &str = "module";

/// A language or tool that the file was made with. Languages often have no version.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Producer {
    pub name: String,
    pub version: String,
}

/// Whether these bytes are a component or a core module. They are valid from the first to the last if there is no error;
/// whether this host can run them is not asked.
pub fn kind(wasm: &[u8]) -> anyhow::Result<&'static str> {
    if wasm.trim_ascii_start().starts_with(b"(") {
        bail!("this is the text format of WebAssembly; assemble it first, such as with `wasm-tools parse`");
    }
    if !wasm.starts_with(b"\0asm") {
        bail!("this is not WebAssembly: the first bytes are not those of a component or a core module");
    }
    if let Err(e) = Validator::new_with_features(WasmFeatures::all()).validate_all(wasm) {
        let (at, length) = (e.offset(), wasm.len());
        bail!(
            "the file is damaged or incomplete, or in a version of WebAssembly that this program does not know; build or \
             copy it again: {} (at byte {at} of {length})",
            e.message()
        );
    }
    Ok(if Parser::is_component(wasm) { COMPONENT } else { MODULE })
}

/// The names of what the outermost component or module imports and exports, each once and in its order. Of what a module
/// imports the names of the modules. The types of a world are imports as well, which no host has to have.
pub fn names(wasm: &[u8]) -> (Vec<String>, Vec<String>) {
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0u32;
    for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
        match payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ if depth > 1 => {}
            Payload::ComponentImportSection(section) => {
                let asked = section.into_iter().flatten();
                let asked = asked.filter(|import| !matches!(import.ty, ComponentTypeRef::Type(TypeBounds::Eq(_))));
                imports.extend(asked.map(|import| import.name.name.to_owned()));
            }
            Payload::ComponentExportSection(section) => {
                exports.extend(section.into_iter().flatten().map(|export| export.name.name.to_owned()));
            }
            Payload::ImportSection(section) => {
                imports.extend(section.into_imports().flatten().map(|import| import.module.to_owned()));
            }
            Payload::ExportSection(section) => {
                exports.extend(section.into_iter().flatten().map(|export| export.name.to_owned()));
            }
            _ => {}
        }
    }
    let once = |names: Vec<String>| {
        let mut seen = BTreeSet::new();
        names.into_iter().filter(|name| seen.insert(name.clone())).collect()
    };
    (once(imports), once(exports))
}

/// What the `producers` sections say, those of nested modules and components included: `language`, `processed-by`, `sdk`.
/// Anyone can write them, so that they are a hint and no proof.
pub fn producers(wasm: &[u8]) -> BTreeMap<String, Vec<Producer>> {
    let mut all: BTreeMap<String, BTreeSet<Producer>> = BTreeMap::new();
    for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
        let Payload::CustomSection(section) = payload else { continue };
        if let KnownCustom::Producers(fields) = section.as_known() {
            add(&mut all, fields);
        }
    }
    all.into_iter().map(|(field, producers)| (field, producers.into_iter().collect())).collect()
}

/// What cannot be read is left out, for the section says nothing that matters to a host.
fn add(all: &mut BTreeMap<String, BTreeSet<Producer>>, fields: ProducersSectionReader<'_>) {
    for field in fields.into_iter().map_while(Result::ok) {
        let producers = field.values.into_iter().map_while(Result::ok);
        let producers = producers.map(|one| Producer { name: one.name.to_owned(), version: one.version.to_owned() });
        all.entry(field.name.to_owned()).or_default().extend(producers);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test")]

    use super::*;

    const NESTED: &str = r#"(component
        (import "a:b/c@1.0.0" (instance))
        (core module (@producers (language "C" "") (processed-by "clang" "22")) (import "inner" "f" (func)))
        (component (import "inner" (func)) (core module (@producers (language "C" "") (sdk "mine" "1"))))
        (instance $e) (export "d:e/f" (instance $e)))"#;

    #[test]
    fn names_are_of_the_outermost_and_producers_of_all() {
        let wasm = wat::parse_str(NESTED).expect("assembles");
        assert_eq!(kind(&wasm).expect("valid"), COMPONENT);
        assert_eq!(names(&wasm), (vec!["a:b/c@1.0.0".to_owned()], vec!["d:e/f".to_owned()]));
        let producers = producers(&wasm);
        let of = |field: &str| producers[field].iter().map(|one| (&*one.name, &*one.version)).collect::<Vec<_>>();
        assert_eq!(
            (of("language"), of("processed-by"), of("sdk")),
            (vec![("C", "")], vec![("clang", "22")], vec![("mine", "1")])
        );
    }

    #[test]
    fn damage_is_an_error_and_nothing_panics() {
        let whole = wat::parse_str(NESTED).expect("assembles");
        for length in 0..whole.len() {
            let cut = &whole[..length];
            let _ = (names(cut), producers(cut));
            // A component may end behind any of its sections.
            if let Err(why) = kind(cut) {
                let why = why.to_string();
                assert!(why.contains("not WebAssembly") || why.contains("damaged"), "{why}");
            }
        }
        assert!(kind(&whole[..whole.len() - 1]).is_err());
        for at in 0..whole.len() {
            for flip in [1, 0x80, 0xff] {
                let mut wrong = whole.clone();
                wrong[at] ^= flip;
                let _ = (kind(&wrong).is_ok(), names(&wrong), producers(&wrong));
            }
        }
    }
}
