use super::{
    engine::{TICK, tick},
    one_line,
    topics::TOPICS_SECTION,
};
use std::time::Duration;
use wasm_encoder::{CustomSection, Encode, Section};
use wasmparser::{ExternalKind, Parser, Payload};
use wasmtime::{
    Config, Engine, Extern, ExternType, Linker, Module, OptLevel, Result, Store, StoreLimits, StoreLimitsBuilder, Trap,
    error::Context as _, format_err,
};
use wasmtime_wasi::{
    I32Exit, WasiCtx,
    p1::{self, WasiP1Ctx},
    p2::pipe::MemoryOutputPipe,
};

/// The function with which a core module tells the topics that it handles, once it is initialized.
///
/// It has no parameters, and returns the address of two `u32`: where the text begins, and its length in bytes. The text is
/// that of [`TOPICS_SECTION`]: UTF-8, a topic a line. Languages that know their handlers only at run time export it.
pub const TOPICS_FUNCTION: &str = "wasi-cloud:topics";

/// How long a module may take to initialize.
const MOST_TIME: Duration = Duration::from_secs(10);
/// How much memory it may have for that.
const MOST_MEMORY: usize = 256 << 20;
/// The longest text, in bytes.
const MOST_TEXT: usize = 1 << 20;

/// Asks a core module which topics it handles: calls `_initialize`, if it exports that, and [`TOPICS_FUNCTION`]. A module
/// without this function handles none that it could tell of.
///
/// The module runs here, with WASI preview 1 and nothing in it: no arguments, variables, files or input, and its output goes
/// nowhere. It has 10 s and 256 MiB, and every other import traps. Blocks for as long as compiling takes. Must not be called
/// inside a tokio runtime.
///
/// # Errors
/// If the module does not come through this, or what it tells is no text; the error's `{:#}` is one line.
pub fn declared_topics(module: &[u8]) -> Result<Vec<String>> {
    if !declares_topics(module) {
        return Ok(Vec::new());
    }
    let mut config = Config::new();
    // It runs once, and briefly.
    config.epoch_interruption(true).cranelift_opt_level(OptLevel::None);
    let engine = Engine::new(&config)?;
    let module = Module::from_binary(&engine, module).map_err(|e| format_err!("{}", one_line(&e)))?;
    tick(&engine)?;

    let errors = MemoryOutputPipe::new(MOST_TEXT);
    let wasi = WasiCtx::builder().stderr(errors.clone()).build_p1();
    let limits = StoreLimitsBuilder::new().memory_size(MOST_MEMORY).build();
    let mut store = Store::new(&engine, State { wasi, limits });
    store.limiter(|state| &mut state.limits);
    store.set_epoch_deadline(u64::try_from(MOST_TIME.as_nanos() / TICK.as_nanos()).unwrap_or(u64::MAX));
    ask(&module, &mut store).map_err(|e| why(&e, &errors.contents()))
}

/// `module` with a section that records `topics`, which [`recorded_topics`](super::recorded_topics) finds in the component
/// that is made of it. Without topics it is unchanged.
#[must_use]
pub fn record_topics(mut module: Vec<u8>, topics: &[String]) -> Vec<u8> {
    if !topics.is_empty() {
        let data = topics.iter().flat_map(|topic| [topic.as_bytes(), b"\n"].concat()).collect::<Vec<_>>();
        let section = CustomSection { name: TOPICS_SECTION.into(), data: data.into() };
        module.push(section.id());
        section.encode(&mut module);
    }
    module
}

struct State {
    wasi: WasiP1Ctx,
    limits: StoreLimits,
}

fn declares_topics(module: &[u8]) -> bool {
    Parser::is_core_wasm(module)
        && Parser::new(0).parse_all(module).map_while(std::result::Result::ok).any(|payload| match payload {
            Payload::ExportSection(exports) => exports
                .into_iter()
                .flatten()
                .any(|export| export.name == TOPICS_FUNCTION && export.kind == ExternalKind::Func),
            _ => false,
        })
}

fn ask(module: &Module, store: &mut Store<State>) -> Result<Vec<String>> {
    let mut linker = Linker::new(module.engine());
    p1::add_to_linker_sync(&mut linker, |state: &mut State| &mut state.wasi)?;
    for import in module.imports() {
        if let (None, ExternType::Func(ty)) = (linker.get_by_import(&mut *store, &import), import.ty()) {
            let called = format!("{}#{}", import.module(), import.name());
            linker.func_new(import.module(), import.name(), ty, move |_, _, _| Err(Called(called.clone()).into()))?;
        }
    }
    let instance = linker.instantiate(&mut *store, module)?;
    if instance.get_func(&mut *store, "_initialize").is_some() {
        instance.get_typed_func::<(), ()>(&mut *store, "_initialize")?.call(&mut *store, ())?;
    }
    let at = instance.get_typed_func::<(), u32>(&mut *store, TOPICS_FUNCTION)?.call(&mut *store, ())?;
    let Some(Extern::Memory(memory)) = instance.get_export(&mut *store, "memory") else {
        return Err(format_err!("the module exports no memory"));
    };
    let text =
        text(memory.data(&*store), at).with_context(|| format!("what `{TOPICS_FUNCTION}` returns is no text"))?;
    let mut topics: Vec<_> = text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    topics.sort();
    topics.dedup();
    Ok(topics)
}

fn text(memory: &[u8], at: u32) -> Option<&str> {
    let word = |at: usize| {
        let bytes = memory.get(at..at.checked_add(4)?)?;
        usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
    };
    let at = usize::try_from(at).ok()?;
    let (start, length) = (word(at)?, word(at.checked_add(4)?)?);
    let bytes = memory.get(start..start.checked_add(length).filter(|_| length <= MOST_TEXT)?)?;
    std::str::from_utf8(bytes).ok()
}

/// An import was called that is not there yet.
#[derive(Debug)]
struct Called(String);

impl std::fmt::Display for Called {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "it calls the host while it starts: `{}`", self.0)
    }
}

impl std::error::Error for Called {}

fn why(error: &wasmtime::Error, printed: &[u8]) -> wasmtime::Error {
    if let Some(called) = error.downcast_ref::<Called>() {
        return format_err!("{called}");
    }
    let printed = String::from_utf8_lossy(printed);
    let said = printed.lines().find(|line| !line.trim().is_empty()).map(|line| format!(": {line}")).unwrap_or_default();
    match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => format_err!("it took longer than {MOST_TIME:?} to start"),
        _ if error.is::<I32Exit>() => format_err!("it ended while it started{said}"),
        _ => format_err!("it failed while it started: {}{said}", one_line(error)),
    }
}
