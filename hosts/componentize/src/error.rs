//! What can be wrong with a module, and what to do about it.

use std::fmt;

/// Why no component came out. The message says what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input is not binary WebAssembly at all.
    #[error("the input is not a wasm binary: {found}")]
    NotWasm {
        /// What it looks like instead, and what to do.
        found: String,
    },
    /// The input starts like WebAssembly, but is truncated or damaged, or uses something that no engine accepts.
    #[error(
        "the wasm binary is truncated or damaged at byte {offset} of {length}: {reason}; build it again, and check that it was \
         copied whole"
    )]
    Invalid {
        /// Where it stops making sense.
        offset: usize,
        /// How long the input is.
        length: usize,
        /// What the validator says.
        reason: String,
    },
    /// The input is an encoded WIT package, which describes programs and is none.
    #[error(
        "the input is a WIT package encoded as wasm, not a program: give it as the world, and a core module as the input"
    )]
    WitPackage,
    /// A given world cannot be read, is not there, or contradicts another.
    #[error("cannot use {world}: {reason}")]
    World {
        /// Which world was asked for, and where.
        world: String,
        /// Why not.
        reason: String,
    },
    /// There is no world: none was given, and the module brings none.
    #[error(
        "there is no world to make a component for: the module has no `component-type` section, so give the WIT and the world that \
         its bindings were generated from; a C program has one from `-lwasi_cloud` if it calls it or handles messages"
    )]
    NoWorld,
    /// The exports are not those of the world. At least one of the lists has an element.
    #[error("{}", ExportsMessage { world, missing, outside, hint: *hint })]
    Exports {
        /// The world.
        world: String,
        /// What the world exports and the input does not.
        missing: Vec<String>,
        /// What the input exports and the world does not. An encoder would drop it in silence.
        outside: Vec<String>,
        /// More about the likely cause, if it is known.
        hint: Option<&'static str>,
    },
    /// The component imports what the given world does not.
    #[error(
        "{} outside {world}: add {them} to the world, or remove the code that uses {them}",
        list("import", imports),
        them = if imports.len() == 1 { "it" } else { "them" }
    )]
    Imports {
        /// The world.
        world: String,
        /// What is imported.
        imports: Vec<String>,
    },
    /// The module imports a core function that nothing provides: neither the world nor the adapter.
    #[error("the module imports `{name}` from `{module}`, which {world} does not have: {hint}")]
    ForeignImport {
        /// The first half of the import's name.
        module: String,
        /// The second half of the import's name.
        name: String,
        /// The world.
        world: String,
        /// What to do.
        hint: &'static str,
    },
    /// The module is Go's and has no `cabi_realloc`, so that its runtime and the adapter would write over each other's memory.
    #[error(
        "a Go module needs a `cabi_realloc`, which code of bindgen-go exports: without it, Go's memory and the adapter's are the \
         same. Give `wasi-cloud componentize` the folder of the Go program; `wasi-cloud run` takes a Go program as it is, \
         without making a component of it"
    )]
    GoMemory,
    /// The command adapter was asked for, but there is nothing for it to call.
    #[error(
        "the command adapter calls `_start`, which the module does not export: use the reactor adapter, or link it as a program"
    )]
    NoStart,
    /// The names are those of the world, but a type is not.
    #[error("the component has other types than {world}: {reason}; generate its bindings again from that world")]
    Types {
        /// The world.
        world: String,
        /// What differs.
        reason: String,
    },
    /// The wasm is valid, but what it says about its world makes the decoder panic.
    #[error(
        "the wasm describes its world in a way that makes no sense ({reason}): its `component-type` section is damaged, so build \
         it again; if that does not help, report it as a bug"
    )]
    Confused {
        /// What the decoder says.
        reason: String,
    },
    /// The encoder refuses the module, for a reason that none of the checks before it knows.
    #[error(
        "the module cannot be encoded: {reason}; if a function has another type there, generate the bindings again"
    )]
    Encode {
        /// What the encoder says.
        reason: String,
    },
}

struct ExportsMessage<'a> {
    world: &'a str,
    missing: &'a [String],
    outside: &'a [String],
    hint: Option<&'static str>,
}

impl fmt::Display for ExportsMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { world, missing, outside, hint } = self;
        if !missing.is_empty() {
            write!(f, "{} missing, required by {world}: ", list("export", missing))?;
            write!(f, "implement {}, or choose another world", if missing.len() == 1 { "it" } else { "them" })?;
        }
        if !outside.is_empty() {
            let separator = if missing.is_empty() { "" } else { "; and " };
            let them = if outside.len() == 1 { "it" } else { "them" };
            write!(f, "{separator}{} outside {world}, and would be lost: ", list("export", outside))?;
            write!(f, "add {them} to the world, or do not export {them}")?;
        }
        match hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// "export `a` is", "exports `a`, `b` and 3 more are".
fn list(noun: &str, names: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut text = format!("{noun}{} ", if names.len() == 1 { "" } else { "s" });
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    text += &shown.join(", ");
    if names.len() > SHOWN {
        text += &format!(" and {} more", names.len() - SHOWN);
    }
    text += if names.len() == 1 { " is" } else { " are" };
    text
}
