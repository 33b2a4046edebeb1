//! The built-in corpus is complete, current and clean, and its programs speak the line protocol.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test")]

mod trouble;

use cloud_conformance::{
    corpus::{ARCHIVE, Corpus, LOCK},
    dialect::Dialect,
    language::Language,
    toolchain, wire,
};
use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path, process::Command};
use wasmtime::{
    Cache, CacheConfig, Config, Engine, Store, Trap,
    component::{Component, Linker, ResourceTable, ResourceType, types::ComponentItem},
};
use wasmtime_wasi::{
    WasiCtx, WasiCtxView, WasiView,
    p2::{
        self,
        bindings::sync::Command as Program,
        pipe::{MemoryInputPipe, MemoryOutputPipe},
    },
};

const DRIVERS: [&str; 4] = ["config", "keyvalue", "keyvalue-ext", "messaging"];

/// A driver in C that leaves out an operation is refused by any C compiler, with the operation's name.
#[cfg(unix)] // Where rustc links with a C compiler too.
#[test]
fn a_driver_in_c_without_one_of_its_operations_does_not_compile() {
    let (root, temporary) = (toolchain::find_root(here()).unwrap(), tempfile::tempdir().unwrap());
    let compile = |source: &Path| {
        let mut cc = Command::new("cc");
        cc.args(["-std=c11", "-Wall", "-Werror", "-fsyntax-only"]).arg(source).env("LC_ALL", "C");
        for folder in ["sdk-c/include", "conformance/guests/c/driver", "conformance/guests/c/gen"] {
            cc.arg("-I").arg(root.join(folder));
        }
        String::from_utf8(cc.output().unwrap().stderr).unwrap()
    };
    for driver in DRIVERS {
        let source = root.join("conformance/guests/c").join(driver).join("step.c");
        assert_eq!(compile(&source), "", "{driver}");
        let text = fs::read_to_string(source).unwrap();
        let labels: Vec<_> = text.lines().filter_map(|line| line.trim().strip_prefix("case OP(")).collect();
        assert!(labels.len() > 1, "{driver}");
        for op in labels.iter().map(|label| label.split(')').next().unwrap()) {
            let without = temporary.path().join("step.c");
            fs::write(&without, text.replacen(&format!("case OP({op}):"), ";", 1)).unwrap();
            let said = compile(&without);
            assert!(said.contains(&format!("_OP_{op}' not handled in switch")), "{driver} without {op}: {said}");
        }
    }
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_corpus_is_complete() {
    let corpus = Corpus::load().unwrap();
    let mut expected: BTreeSet<String> = DRIVERS.map(|driver| format!("shell/{driver}")).into();
    expected.extend(DRIVERS.map(|driver| format!("shell-http/{driver}")));
    for language in Language::ALL {
        expected.extend(
            DRIVERS.iter().chain(&["pingpong", "recorder", "watcher"]).map(|guest| format!("{language}/{guest}")),
        );
    }
    let bridges = Dialect::ALL.into_iter().flat_map(|dialect| [Some(dialect.bridge()), dialect.handler()]).flatten();
    expected.extend(bridges.map(str::to_owned));
    expected.extend(toolchain::mutants().unwrap().iter().map(|mutant| format!("mutant/{}", mutant.name)));
    assert_eq!(corpus.names().map(String::from).collect::<BTreeSet<_>>(), expected);
    let missing = corpus.guest("rust/nothing").unwrap_err().to_string();
    assert!(missing.contains("rust/recorder"), "{missing}");
}

/// What `wasi-cloud bridge` has is what hosts are judged with.
#[test]
fn the_commands_bridges_are_those_of_the_corpus() {
    let (corpus, root) = (Corpus::load().unwrap(), toolchain::find_root(here()).unwrap());
    for (name, dialect) in corpus.names().filter_map(|name| Some((name, name.strip_prefix("bridge/")?))) {
        let file = fs::read(root.join("hosts/cli/bridges").join(format!("{dialect}.wasm"))).unwrap();
        assert!(file == corpus.guest(name).unwrap(), "{name}: `cargo run -- build` writes both");
    }
}

#[test]
fn the_corpus_was_built_from_these_sources() {
    let root = toolchain::find_root(here()).unwrap();
    assert!(toolchain::is_current(&root).unwrap(), "build it again: `cargo run -- build`");
}

#[test]
fn the_corpus_says_nothing_of_the_machine_that_built_it() {
    let corpus = Corpus::load().unwrap();
    for name in corpus.names() {
        assert_eq!(toolchain::absolute_paths(corpus.guest(name).unwrap(), &[]), [""; 0], "{name}");
    }
}

#[test]
fn an_archive_that_the_lock_does_not_describe_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(here().join("corpus").join(ARCHIVE), dir.path().join(ARCHIVE)).unwrap();
    let lock = fs::read_to_string(here().join("corpus").join(LOCK)).unwrap();
    fs::write(dir.path().join(LOCK), &lock).unwrap();
    Corpus::from_dir(dir.path()).unwrap();

    let without: Vec<_> = lock.lines().filter(|line| !line.starts_with("\"rust/recorder\"")).collect();
    fs::write(dir.path().join(LOCK), without.join("\n")).unwrap();
    let error = format!("{:#}", Corpus::from_dir(dir.path()).unwrap_err());
    assert!(error.contains("rust/recorder"), "{error}");
}

#[test]
fn every_mutant_plugs_into_its_shell() {
    let corpus = Corpus::load().unwrap();
    for mutant in toolchain::mutants().unwrap() {
        let lines = mutant.find.lines().count().max(mutant.replace.lines().count());
        assert!(lines <= 25, "{}", mutant.name);
        corpus.mutated(&mutant.name, &mutant.driver).unwrap();
    }
}

#[test]
fn a_program_imports_the_packages_that_it_drives_and_no_other() {
    let expected: [(&str, &[&str]); 4] = [
        ("config", &["wasi:config/store"]),
        ("keyvalue", &["wasi:keyvalue/atomics", "wasi:keyvalue/batch", "wasi:keyvalue/store"]),
        ("keyvalue-ext", &["wasi-cloud:keyvalue/extension", "wasi:keyvalue/atomics", "wasi:keyvalue/store"]),
        ("messaging", &["wasi:messaging/producer", "wasi:messaging/request-reply", "wasi:messaging/types"]),
    ];
    let (corpus, engine) = (Corpus::load().unwrap(), engine(&mut Config::new()));
    let all =
        Language::ALL.into_iter().flat_map(|language| expected.map(|(driver, packages)| (language, driver, packages)));
    for (language, driver, packages) in all {
        let program = Component::new(&engine, corpus.composed(language.name(), driver).unwrap()).unwrap();
        let imports = program.component_type();
        let names = imports.imports(&engine).map(|(name, _)| name.split('@').next().unwrap().to_owned());
        assert_eq!(
            names.filter(|name| !of_the_language(name)).collect::<BTreeSet<_>>(),
            packages.iter().map(|p| (*p).to_owned()).collect(),
            "{driver} in {language}"
        );
    }
}

/// What a language brings along whatever its guests do. A host that offers less cannot run them.
#[test]
fn what_languages_import_of_wasi_is_known() {
    let (corpus, engine) = (Corpus::load().unwrap(), engine(&mut Config::new()));
    let mut text = String::new();
    for language in Language::ALL {
        for guest in DRIVERS.iter().chain(&["pingpong", "recorder", "watcher"]) {
            let component = Component::new(&engine, corpus.guest(&format!("{language}/{guest}")).unwrap()).unwrap();
            let imports = component.component_type();
            let own = imports.imports(&engine).map(|(name, _)| name).filter(|name| of_the_language(name));
            let own: Vec<_> = own.map(|name| name.trim_start_matches("wasi:").split('@').next().unwrap()).collect();
            writeln!(text, "{language}/{guest}: {}", own.join(" ")).unwrap();
        }
    }
    insta::assert_snapshot!("imports_of_wasi", text);
}

#[test]
fn a_program_answers_line_by_line() {
    Language::ALL.into_iter().for_each(answers_line_by_line);
}

fn answers_line_by_line(language: Language) {
    use wire::{keyvalue, keyvalue_ext, messaging};
    let composed = |driver| Corpus::load().unwrap().composed(language.name(), driver).unwrap();
    let ended = run(&composed("keyvalue"), "{\"Get\":[7,\"k\"]}\n{\"Close\":8}\n");
    let seen: Vec<keyvalue::Seen> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        matches!(&seen[..], [keyvalue::Seen::Misused(seven), keyvalue::Seen::Misused(eight)]
        if seven.contains('7') && eight.contains('8')),
        "{seen:?}"
    );
    ended.result.unwrap();

    let ended = run(&composed("keyvalue-ext"), "{\"PlainGet\":[1,\"k\"]}");
    assert!(matches!(serde_json::from_str(&ended.stdout).unwrap(), keyvalue_ext::Seen::Misused(_)));
    let ended = run(&composed("messaging"), "{\"Data\":1}\n");
    assert!(matches!(serde_json::from_str(&ended.stdout).unwrap(), messaging::Seen::Misused(_)));
    let ended = run(&composed("config"), "");
    assert_eq!((ended.stdout.as_str(), ended.result.is_ok()), ("", true));
}

#[test]
fn a_line_that_is_no_operation_ends_the_program() {
    for line in ["{\"Nonsense\":1}", "not json", ""] {
        let program = Corpus::load().unwrap().composed("rust", "keyvalue").unwrap();
        let ended = run(&program, &format!("{{\"Close\":8}}\n{line}\n{{\"Close\":9}}\n"));
        assert_eq!(ended.stdout.lines().count(), 1, "{line}: {}", ended.stdout);
        assert!(ended.result.is_err() && !ended.stderr.is_empty(), "{line}: {}", ended.stderr);
    }
}

#[test]
fn trouble_is_what_it_says() {
    let trap = |program: &[u8]| run(program, "").result.unwrap_err().downcast::<Trap>().unwrap();
    assert_eq!(trap(&trouble::trap()), Trap::UnreachableCodeReached);
    assert_eq!(trap(&trouble::endless()), Trap::OutOfFuel);
}

struct Ended {
    stdout: String,
    stderr: String,
    result: wasmtime::Result<()>,
}

struct State {
    wasi: WasiCtx,
    table: ResourceTable,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// Gives the component every capability that it imports, each function a trap.
fn without_capabilities(engine: &Engine, component: &Component, linker: &mut Linker<State>) {
    for (name, item) in component.component_type().imports(engine) {
        let ComponentItem::ComponentInstance(interface) = item.ty else { continue };
        if of_the_language(name) {
            continue;
        }
        let mut instance = linker.instance(name).unwrap();
        for (name, item) in interface.exports(engine) {
            match item.ty {
                ComponentItem::ComponentFunc(_) => {
                    instance.func_new(name, |_, _, _, _| Err(wasmtime::Error::msg("no capability here"))).unwrap();
                }
                ComponentItem::Resource(_) => {
                    instance.resource(name, ResourceType::host::<()>(), |_, _| Ok(())).unwrap()
                }
                _ => {}
            }
        }
    }
}

/// With a cache, since programs in Go take long to compile.
fn engine(config: &mut Config) -> Engine {
    Engine::new(config.cache(Cache::new(CacheConfig::new()).ok())).unwrap()
}

fn of_the_language(import: &str) -> bool {
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/"]
        .iter()
        .any(|prefix| import.starts_with(prefix))
}

/// Runs a program to its end, without any capability: calling one is a trap.
fn run(program: &[u8], stdin: &str) -> Ended {
    let engine = engine(Config::new().consume_fuel(true));
    let component = Component::new(&engine, program).unwrap();
    let mut linker = Linker::<State>::new(&engine);
    p2::add_to_linker_sync(&mut linker).unwrap();
    without_capabilities(&engine, &component, &mut linker);

    let (stdout, stderr) = (MemoryOutputPipe::new(1 << 16), MemoryOutputPipe::new(1 << 16));
    let mut wasi = WasiCtx::builder();
    wasi.stdin(MemoryInputPipe::new(stdin.to_owned())).stdout(stdout.clone()).stderr(stderr.clone());
    let mut store = Store::new(&engine, State { wasi: wasi.build(), table: ResourceTable::new() });
    store.set_fuel(100_000_000).unwrap();
    let command = Program::instantiate(&mut store, &component, &linker).unwrap();
    let result = match command.wasi_cli_run().call_run(&mut store) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(())) => Err(wasmtime::Error::msg("the program says that it failed")),
        Err(trap) => Err(trap),
    };
    let text = |pipe: MemoryOutputPipe| String::from_utf8(pipe.contents().to_vec()).unwrap();
    Ended { stdout: text(stdout), stderr: text(stderr), result }
}
