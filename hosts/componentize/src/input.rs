//! A first look at the input: what it is, and what it imports and exports.

use std::collections::BTreeSet;

use wasi_preview1_component_adapter_provider::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as PREVIEW1;
use wasmparser::{BinaryReaderError, ExternalKind, Parser, Payload, Validator, WasmFeatures};
use wit_component::DecodedWasm;

use crate::Error;
use crate::world::{Described, SECTION};

const MAGIC: &[u8] = b"\0asm";

pub(crate) enum Input {
    Module(Module),
    Component {
        /// The names of what it exports, as far as they are WIT's.
        exports: BTreeSet<String>,
    },
}

/// What matters of a valid core module.
#[derive(Default)]
pub(crate) struct Module {
    imports: Vec<(String, String)>,
    /// The names of the exported functions.
    pub functions: BTreeSet<String>,
    /// Whether it brings its own world.
    pub has_section: bool,
    /// Whether Go's compiler made it.
    is_go: bool,
}

/// The section in which Go's linker puts the build's id, whatever it strips.
const GO_SECTION: &str = "go:buildid";

/// Tells what `wasm` is. What comes out is valid WebAssembly from the first byte to the last, so that nothing behind this has to
/// expect garbage.
pub(crate) fn inspect(wasm: &[u8]) -> Result<Input, Error> {
    if !wasm.starts_with(MAGIC) {
        return Err(Error::NotWasm { found: describe(wasm) });
    }
    let invalid = |e: BinaryReaderError| Error::Invalid {
        offset: e.offset(),
        length: wasm.len(),
        reason: e.message().to_owned(),
    };
    Validator::new_with_features(WasmFeatures::all()).validate_all(wasm).map_err(invalid)?;
    if Parser::is_component(wasm) {
        return match wit_component::decode(wasm) {
            Ok(DecodedWasm::WitPackage(..)) => Err(Error::WitPackage),
            Ok(DecodedWasm::Component(resolve, id)) => {
                let exports = resolve.worlds[id].exports.keys().map(|key| resolve.name_world_key(key)).collect();
                Ok(Input::Component { exports })
            }
            // What has no WIT that could be decoded is a component all the same.
            Err(_) => Ok(Input::Component { exports: BTreeSet::new() }),
        };
    }
    Module::read(wasm).map(Input::Module).map_err(invalid)
}

impl Module {
    fn read(wasm: &[u8]) -> Result<Self, BinaryReaderError> {
        let mut module = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import?;
                        module.imports.push((import.module.to_owned(), import.name.to_owned()));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact) {
                            module.functions.insert(export.name.to_owned());
                        }
                    }
                }
                Payload::CustomSection(section) => {
                    module.has_section |= section.name().starts_with(SECTION);
                    module.is_go |= section.name() == GO_SECTION;
                }
                _ => {}
            }
        }
        Ok(module)
    }

    pub fn exports(&self, function: &str) -> bool {
        self.functions.contains(function)
    }

    /// Whether the adapter would take memory that Go's runtime takes too: Go believes that it alone grows memory, and the
    /// adapter does so where it cannot ask `cabi_realloc`.
    pub fn fights_for_memory(&self) -> bool {
        self.is_go && self.imports_preview1() && !self.exports("cabi_realloc")
    }

    pub fn imports_preview1(&self) -> bool {
        self.imports.iter().any(|(module, _)| module == PREVIEW1)
    }

    /// Whether it is a program that needs no world.
    pub fn is_plain_command(&self) -> bool {
        self.exports("_start") && self.imports.iter().all(|(module, _)| module == PREVIEW1)
    }

    /// The first import that neither the adapter nor anything in `world` can provide, going by the name of its interface.
    pub fn foreign_import(&self, world: &Described, adapter: bool) -> Option<Error> {
        let (resolve, wit) = (world.resolve(), world.world());
        let known: BTreeSet<String> = wit
            .imports
            .keys()
            .chain(wit.exports.keys())
            .map(|key| without_version(&resolve.name_world_key(key)).to_owned())
            .collect();
        let foreign = |module: &str| {
            let interface = module.strip_prefix("[export]").unwrap_or(module);
            !(module.starts_with("cm32p2")
                || interface == "$root"
                || known.contains(without_version(interface))
                || adapter && module == PREVIEW1)
        };
        let (module, name) = self.imports.iter().find(|(module, _)| foreign(module))?;
        let hint = match module.as_str() {
            PREVIEW1 => "it needs the preview 1 adapter, which was turned off",
            "wasi_unstable" => "that is WASI before preview 1, so build it with a newer toolchain",
            "env" => "it is a symbol that the linker did not find, so link the library that defines it",
            _ => "add the interface to the world, or give the world that its bindings were generated from",
        };
        Some(Error::ForeignImport { module: module.clone(), name: name.clone(), world: world.label.clone(), hint })
    }
}

fn without_version(interface: &str) -> &str {
    interface.split_once('@').map_or(interface, |(name, _)| name)
}

/// What bytes that are not wasm may be.
fn describe(bytes: &[u8]) -> String {
    let text = bytes.trim_ascii_start();
    if bytes.is_empty() {
        "it is empty".to_owned()
    } else if MAGIC.starts_with(bytes) {
        format!("it is only {} bytes long", bytes.len())
    } else if text.starts_with(b"(") || text.starts_with(b";;") {
        "it is WebAssembly text; assemble it first, for example with `wasm-tools parse`".to_owned()
    } else if bytes.starts_with(b"\x7fELF") {
        "it is an ELF file; give the wasm that it was compiled from, or build for a wasm target".to_owned()
    } else if bytes.starts_with(b"!<arch>") {
        "it is a static library; link it into a module".to_owned()
    } else {
        format!(
            "it starts with {:02x?} where `\\0asm` is expected; give a core module or a component",
            &bytes[..bytes.len().min(4)]
        )
    }
}
