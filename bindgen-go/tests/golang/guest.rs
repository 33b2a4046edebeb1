//! A Go module in a folder of its own: generated, built, made a component, and run.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

use bindgen_go::{Options, tree};
use tempfile::TempDir;
use wasi_cloud_componentize::{Componentize, World};
use wasmtime::component::{Component, Instance, Linker, ResourceTable, Val};
use wasmtime::error::Context as _;
use wasmtime::{Config, Engine, OptLevel, ResourceLimiter, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_core::{Files, WorldGenerator};

/// A Go module `example.com/guest`.
pub struct Module {
    folder: TempDir,
}

/// The path of a WIT of the tests.
pub fn wit(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wit");
    let file = folder.join(name).with_extension("wit");
    if file.exists() { file } else { folder.join(name) }
}

/// A tool of Go's: that on the PATH, or that beside the `go` which `BINDGEN_GO_GO` names.
pub fn go(program: &str) -> PathBuf {
    match env::var_os("BINDGEN_GO_GO").map(PathBuf::from) {
        Some(go) if program == "go" => go,
        Some(go) if program == "gofmt" => go.with_file_name("gofmt"),
        _ => program.into(),
    }
}

/// All WITs of the tests.
pub fn wits() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wit");
    fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path()).collect()
}

/// What the generator makes of the only world of a WIT.
pub fn generate(wit: &Path, module: &str, runtime: Option<&str>) -> Files {
    generate_world(wit, None, module, runtime)
}

/// What the generator makes of a world.
pub fn generate_world(wit: &Path, world: Option<&str>, module: &str, runtime: Option<&str>) -> Files {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit).expect("the WIT parses");
    let world = resolve.select_world(&[package], world).expect("it has the world");
    let mut files = Files::default();
    let options =
        Options { module: module.to_owned(), runtime: runtime.map(str::to_owned), go_mod: false, ..Options::default() };
    options.build().generate(&mut resolve, world, &mut files).expect("it is generated");
    files
}

impl Module {
    /// The module, with the code for a WIT in `gen`.
    pub fn new(name: &str) -> Module {
        let module = Module::empty();
        module.write("go.mod", "module example.com/guest\n\ngo 1.26\n");
        module.add("gen", &generate(&wit(name), "example.com/guest/gen", None));
        module
    }

    /// A folder with nothing in it.
    pub fn empty() -> Module {
        Module { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn add(&self, folder: &str, files: &Files) {
        tree::sync(&self.folder.path().join(folder), files, true).expect("the files are written");
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is there");
        fs::write(path, text).expect("the file is written");
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).expect(name)
    }

    /// Runs a Go tool in the module, and returns what it prints to both outputs.
    pub fn tool(&self, program: &str, arguments: &[&str], wasm: bool) -> (bool, String) {
        let mut command = Command::new(go(program));
        command.args(arguments).current_dir(self.folder.path());
        command.envs([("GOTOOLCHAIN", "local"), ("GOFLAGS", "-mod=mod"), ("GOPROXY", "off"), ("GOWORK", "off")]);
        if wasm {
            command.envs([("GOOS", "wasip1"), ("GOARCH", "wasm")]);
        }
        let output = command.output().expect(program);
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&text).into_owned())
    }

    /// Builds the module, and makes a component of it for the worlds.
    pub fn component(&self, worlds: &[PathBuf]) -> Vec<u8> {
        let arguments =
            ["build", "-trimpath", "-buildmode=c-shared", "-ldflags=-checklinkname=0 -s -w", "-o", "guest.wasm", "."];
        let (built, text) = self.tool("go", &arguments, true);
        assert!(built, "go build: {text}");
        let core = fs::read(self.folder.path().join("guest.wasm")).expect("the module");
        let componentize = worlds.iter().fold(Componentize::new(), |c, path| c.world(World::path(path)));
        componentize.run(&core).unwrap_or_else(|e| panic!("no component: {e}"))
    }

    /// Makes a component of a core module in the folder, for the world in a file there.
    pub fn componentize(&self, core: &str, world: &str) -> Vec<u8> {
        let core = fs::read(self.folder.path().join(core)).expect("the module");
        let world = World::path(self.folder.path().join(world));
        Componentize::new().world(world).run(&core).unwrap_or_else(|e| panic!("no component: {e}"))
    }
}

/// What the store of a test has.
pub struct State {
    wasi: WasiCtx,
    table: ResourceTable,
    /// The largest linear memory that was asked for, in bytes.
    pub memory: usize,
    pub buckets: crate::resources::Buckets,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl ResourceLimiter for State {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.memory = self.memory.max(desired);
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

/// A component that runs.
pub struct Running {
    pub store: Store<State>,
    pub instance: Instance,
    pub component: Component,
}

pub fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = Config::new();
        config.cranelift_opt_level(OptLevel::None);
        config.wasm_component_model_map(true).wasm_component_model_fixed_length_lists(true);
        Engine::new(&config).expect("an engine")
    })
}

impl Running {
    /// Instantiates a component with WASI and what `link` adds.
    pub fn new(bytes: &[u8], link: impl FnOnce(&mut Linker<State>, &Component)) -> Running {
        Running::with(bytes, WasiCtx::builder().inherit_stderr(), link)
    }

    /// The same with a WASI of its own.
    pub fn with(bytes: &[u8], wasi: &mut WasiCtxBuilder, link: impl FnOnce(&mut Linker<State>, &Component)) -> Running {
        let component = Component::new(engine(), bytes).expect("it compiles");
        let mut linker = Linker::new(engine());
        wasmtime_wasi::p2::add_to_linker_sync(&mut linker).expect("WASI links");
        link(&mut linker, &component);
        let state = State { wasi: wasi.build(), table: ResourceTable::new(), memory: 0, buckets: Default::default() };
        let mut store = Store::new(engine(), state);
        store.limiter(|state| state);
        let instance = linker.instantiate(&mut store, &component).expect("it starts");
        Running { store, instance, component }
    }

    /// Calls a function of an exported interface.
    pub fn call(&mut self, interface: &str, function: &str, arguments: &[Val]) -> wasmtime::Result<Val> {
        let at = self.instance.get_export_index(&mut self.store, None, interface).expect(interface);
        let at = self.instance.get_export_index(&mut self.store, Some(&at), function).expect(function);
        let called = self.instance.get_func(&mut self.store, at).expect("a function");
        let results = called.ty(&self.store).results().len();
        let mut out = vec![Val::Bool(false); results];
        called.call(&mut self.store, arguments, &mut out).with_context(|| function.to_owned())?;
        Ok(out.pop().unwrap_or(Val::Tuple(Vec::new())))
    }
}
