//! The generator as `wit-bindgen-core` drives it: plan, then one set of files per Go package.

use anyhow::{Result, ensure};
use wit_bindgen_core::wit_parser::{Function, InterfaceId, Resolve, SizeAlign, TypeId, WorldId, WorldKey};
use wit_bindgen_core::{Direction, Files, WorldGenerator};

use crate::check::check;
use crate::file::{File, World, mark};
use crate::flow::is_async;
use crate::plan::{Placed, Plan};
use crate::{api, docs, errors, glue, native, runtime, types, wit};

/// What to generate, besides the world.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The Go import path of the folder that the files go to.
    pub module: String,
    /// The import path of a runtime package that is there already. Without one, it is generated as `wit` below the module.
    pub runtime: Option<String>,
    /// Whether the runtime has what async worlds need, although this is none: others may use it too.
    pub asynchronous: bool,
    /// Whether the folder is a Go module of its own, and so gets a `go.mod`.
    pub go_mod: bool,
    /// Where Go packages are below the folder: for a WIT package as `wasi:keyvalue` or an interface as `wasi:keyvalue/store`,
    /// each with its version or without, a path like `keyvalue`, whose last part is the package's Go name.
    pub packages: Vec<(String, String)>,
}

impl Options {
    /// The generator for one world.
    pub fn build(self) -> Generator {
        Generator { options: self, sizes: SizeAlign::default(), plan: Plan::default() }
    }
}

/// A [`WorldGenerator`] of Go.
pub struct Generator {
    options: Options,
    sizes: SizeAlign,
    plan: Plan,
}

impl WorldGenerator for Generator {
    fn preprocess(&mut self, resolve: &Resolve, world: WorldId) -> Result<()> {
        let valid =
            |path: &str| !path.is_empty() && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~/".contains(&b));
        for path in [Some(&self.options.module), self.options.runtime.as_ref()].into_iter().flatten() {
            ensure!(valid(path), "`{path}` is no Go import path: use one like `example.com/app/gen`");
        }
        self.sizes.fill(resolve)?;
        let placed = Placed::new(&self.options.packages, self.options.runtime.is_none(), resolve, world)?;
        self.plan = Plan::new(resolve, world, placed)?;
        check(resolve, &self.plan)
    }

    // All is written at the end: a Go package holds several interfaces.
    fn import_interface(&mut self, _: &Resolve, _: &WorldKey, _: InterfaceId, _: &mut Files) -> Result<()> {
        Ok(())
    }
    fn export_interface(&mut self, _: &Resolve, _: &WorldKey, _: InterfaceId, _: &mut Files) -> Result<()> {
        Ok(())
    }
    fn import_funcs(&mut self, _: &Resolve, _: WorldId, _: &[(&str, &Function)], _: &mut Files) -> Result<()> {
        Ok(())
    }
    fn export_funcs(&mut self, _: &Resolve, _: WorldId, _: &[(&str, &Function)], _: &mut Files) -> Result<()> {
        Ok(())
    }
    fn import_types(&mut self, _: &Resolve, _: WorldId, _: &[(&str, TypeId)], _: &mut Files) -> Result<()> {
        Ok(())
    }

    fn finish(&mut self, resolve: &Resolve, world: WorldId, files: &mut Files) -> Result<()> {
        files.push(wit::FILE, wit::text(resolve, world)?.as_bytes());
        let at = &resolve.worlds[world];
        // Without the version, so that files of the next one replace those of this.
        let package = at.package.map(|id| &resolve.packages[id].name);
        let package = package.map(|name| format!(" of {}:{}", name.namespace, name.name)).unwrap_or_default();
        let id = format!("world {}{package}", at.name);
        let runtime = self.options.runtime.clone().unwrap_or_else(|| format!("{}/wit", self.options.module));
        let world = World {
            resolve,
            plan: &self.plan,
            sizes: &self.sizes,
            id: &id,
            module: &self.options.module,
            runtime: &runtime,
        };
        for package in 0..self.plan.packages.len() {
            write_package(&world, package, files);
        }
        if self.options.runtime.is_none() {
            for (name, text) in runtime::FILES {
                files.push(&format!("wit/{name}"), format!("{}\n{text}", mark(&id)).as_bytes());
            }
            for (name, text) in self.async_runtime(resolve, world.plan) {
                files.push(&format!("wit/{name}"), format!("{}\n{text}", mark(&id)).as_bytes());
            }
        }
        if self.options.go_mod {
            files.push("go.mod", format!("module {}\n\ngo 1.26\n", self.options.module).as_bytes());
        }
        Ok(())
    }
}

impl Generator {
    /// The files that async needs. Timers wait in the host, where the world has a function for that.
    fn async_runtime(&self, resolve: &Resolve, plan: &Plan) -> Vec<(&'static str, String)> {
        if !plan.asynchronous && !self.options.asynchronous {
            return Vec::new();
        }
        let clock = plan.units.iter().find_map(|unit| {
            let name = resolve.name_world_key(unit.key.as_ref()?);
            let version = name.strip_prefix("wasi:clocks/monotonic-clock@")?.to_owned();
            let wait_for = unit.funcs.iter().any(|func| func.name == "wait-for" && is_async(func));
            (wait_for && unit.direction == Direction::Import).then_some(version)
        });
        let (name, text) = match clock {
            Some(_) => runtime::TIMERS_THAT_WAIT,
            None => runtime::TIMERS_THAT_POLL,
        };
        let timers = (name, text.replace("@VERSION", &format!("@{}", clock.unwrap_or_default())));
        runtime::ASYNC.iter().map(|(name, text)| (*name, (*text).to_owned())).chain([timers]).collect()
    }
}

/// Three files: what is seen, what is behind it in a component, and what elsewhere.
fn write_package(world: &World<'_>, package: usize, files: &mut Files) {
    let at = &world.plan.packages[package];
    let mut write =
        |suffix: &str, text: String| files.push(&format!("{}/{}{suffix}.go", at.dir, at.name), text.as_bytes());
    let units = |direction| world.plan.units_of(package, direction).map(|(i, _)| i);

    let mut seen = File::new(world, package);
    for unit in units(Direction::Import) {
        types::declare(&mut seen, unit);
        api::imports(&mut seen, unit);
    }
    for unit in units(Direction::Export) {
        types::declare(&mut seen, unit);
        api::handler(&mut seen, unit);
    }
    if api::fails(world, package) {
        errors::wrapper(&mut seen);
    }
    write("", seen.finish(&package_docs(world, package)));

    let (mut wasm, mut native) = (File::new(world, package), File::new(world, package));
    let mut shared = glue::Shared::default();
    for unit in units(Direction::Import) {
        glue::imports(&mut wasm, unit, &mut shared);
    }
    for unit in units(Direction::Export) {
        glue::exports(&mut wasm, unit, &mut shared);
    }
    shared.declare(&mut wasm);
    native::imports(&mut native);
    if !wasm.code.is_empty() {
        write("_wasip1", wasm.finish("//go:build !fake\n\n"));
    }
    if !native.code.is_empty() {
        write("_native", native.finish("//go:build !wasip1 || fake\n\n"));
    }
}

fn package_docs(world: &World<'_>, package: usize) -> String {
    let at = &world.plan.packages[package];
    let mut texts = vec![format!("Package {} is generated from {}.", at.name, at.source)];
    texts.extend(at.docs.contents.clone());
    for unit in world.plan.units.iter().filter(|unit| unit.package == package && unit.key.is_some()) {
        if let Some(docs) = &unit.docs.contents {
            texts.extend([format!("## Interface {}", unit.label), docs.clone()]);
        }
    }
    docs::comment_of_all(&texts)
}
