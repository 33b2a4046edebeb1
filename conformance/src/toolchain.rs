//! Builds the corpus: the one place that knows how guests are compiled. For maintainers; who tests a host needs none of it.
//!
//! A build is a function of the sources and the compilers. It happens in a copy of the tree (`stage`), with a scrubbed
//! environment and without paths of this machine (`cargo`, `zig`, `go`), so it gives the same bytes in every folder; [`check`] proves
//! that and compares them with what is checked in.

mod cargo;
mod go;
mod guests;
mod mutant;
mod paths;
mod stage;
mod zig;

pub use mutant::{Mutant, mutants};
pub use paths::absolute_paths;

use crate::{
    corpus::{
        ARCHIVE, LOCK, archive,
        lock::{self, Lock},
    },
    language::Language,
};
use anyhow::{Context, Result, anyhow, bail, ensure};
use cargo::Cargo;
use go::Go;
use guests::{Guest, Source, guest, guests};
use stage::Stage;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};
use wasi_cloud_wasmtime::runtime::{declared_topics, record_topics};
use zig::Zig;

/// Where to build.
#[derive(Debug, Clone)]
pub struct Options {
    /// The repository.
    pub root: PathBuf,
    /// A folder for copies and the compilers' output, made if it is missing. What is left there makes the next build faster.
    pub scratch: PathBuf,
}

impl Options {
    /// Builds the repository `root` below its `target` folder.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self { scratch: root.join("target/corpus"), root }
    }
}

/// A corpus that was built.
#[derive(Debug)]
pub struct Built {
    /// The components by name.
    pub guests: BTreeMap<String, Vec<u8>>,
    /// The packed components.
    pub archive: Vec<u8>,
    /// The text of the lock.
    pub lock: String,
}

impl Built {
    /// Writes archive and lock to `dir`, which is made if it is missing.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, dir: &Path) -> Result<()> {
        let write = || {
            fs::create_dir_all(dir)?;
            fs::write(dir.join(ARCHIVE), &self.archive)?;
            fs::write(dir.join(LOCK), &self.lock)
        };
        write().with_context(|| format!("writing the corpus to {}", dir.display()))
    }
}

/// Where `wasi-cloud bridge` has its bridges from.
const BRIDGES: &str = "hosts/cli/bridges";

impl Built {
    /// Writes the bridges to where the host's own command has them from, one file each.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write_bridges(&self, root: &Path) -> Result<()> {
        let folder = root.join(BRIDGES);
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        for (name, wasm) in &self.guests {
            if let Some(dialect) = name.strip_prefix("bridge/") {
                let file = folder.join(format!("{dialect}.wasm"));
                fs::write(&file, wasm).with_context(|| format!("writing {}", file.display()))?;
            }
        }
        Ok(())
    }
}

/// The repository around `start`, for a tool that runs somewhere inside.
///
/// # Errors
/// If `start` and the folders above it have no guests.
pub fn find_root(start: &Path) -> Result<PathBuf> {
    let start = start.canonicalize()?;
    let root = start.ancestors().find(|dir| dir.join(stage::GUESTS).is_dir() && dir.join("sdk-rust").is_dir());
    root.map(Path::to_path_buf).with_context(|| format!("{} is not inside the wasi-cloud repository", start.display()))
}

/// What a build runs and this machine lacks. The build itself says which release it wants.
pub(crate) fn missing() -> impl Iterator<Item = &'static str> {
    let here = |program, argument| Command::new(program).arg(argument).output().is_ok();
    let all = [("rustup", here("rustup", "--version")), ("zig", zig::is_here()), ("Go", here("go", "version"))];
    all.into_iter().filter(|(_, here)| !here).map(|(name, _)| name)
}

/// Whether the sources are still those that the checked-in corpus was built from. Fast: builds nothing.
///
/// # Errors
/// If a file cannot be read.
pub fn is_current(root: &Path) -> Result<bool> {
    Ok(checked_in(root)?.inputs == stage::inputs(root)?)
}

/// Builds every guest and every SDK mutant, and checks each: against its world, and for paths of this machine. Takes some
/// minutes, and needs cargo with the toolchain that `guests/rust-toolchain.toml` names, the zig that `guests/c/requirements.txt`
/// names, and the Go that `guests/go/go.mod` names; crates are downloaded if they are missing.
///
/// # Errors
/// If a compiler is missing or another one, something does not compile, or a component fails a check.
pub fn build(options: &Options) -> Result<Built> {
    let (guests, lock) = compile(options)?;
    Ok(Built { archive: archive::pack(&guests)?, guests, lock: lock.render() })
}

fn compile(options: &Options) -> Result<(BTreeMap<String, Vec<u8>>, Lock)> {
    let inputs = stage::inputs(&options.root)?;
    let stage = Stage::new(&options.root, &options.scratch.join("tree"))?;
    let compilers = Compilers {
        cargo: Cargo::new(&stage, &options.scratch.join("target"))?,
        zig: Zig::new(&stage, &options.scratch.join("zig"))?,
        go: Go::new(&stage, &options.scratch.join("go"))?,
        options,
    };
    let (rustc, zig) = (compilers.cargo.rustc_version()?, compilers.zig.version().to_owned());
    let go = compilers.go.version().to_owned();

    compilers.zig.archive()?;
    compilers.cargo.build(None)?;
    let mut built = BTreeMap::new();
    for guest in guests() {
        built.insert(guest.name.clone(), compilers.component(&guest.name, &guest)?);
    }
    for mutant in mutants()? {
        let name = format!("mutant/{}", mutant.name);
        let wasm = compilers.mutated(&mutant, &name, &stage)?;
        ensure!(built.values().all(|other| *other != wasm), "`{name}` equals another guest: its bug does not show");
        built.insert(name, wasm);
    }

    let lock = Lock { rustc, zig, go, inputs, components: lock::hashes(&built) };
    Ok((built, lock))
}

/// Builds the corpus twice from nothing, in folders of different depth, and compares both with what is checked in. Takes some
/// minutes.
///
/// # Errors
/// As for [`build`], or if any byte differs; the text names the components.
pub fn check(root: &Path) -> Result<()> {
    let expected = checked_in(root)?;
    let archive = fs::read(root.join(stage::CORPUS).join(ARCHIVE)).context(ARCHIVE)?;
    // At the same time: much of a build is one program's work.
    let build = |folder: &str| {
        let temporary = tempfile::tempdir()?;
        compile(&Options { root: root.to_path_buf(), scratch: temporary.path().join(folder) })
    };
    let (one, other) = thread::scope(|scope| {
        let other = scope.spawn(|| build("another/folder/further/down"));
        (build("one"), other.join().unwrap_or_else(|_| Err(anyhow!("a build panicked"))))
    });
    let ((guests, one), (_, other)) = (one?, other?);
    compare(&expected, &one)?;
    compare(&expected, &other)?;
    let packed = archive::pack(&guests)?;
    ensure!(packed == archive, "{ARCHIVE} is packed differently, though its components are the same");
    Ok(())
}

fn compare(expected: &Lock, actual: &Lock) -> Result<()> {
    let compilers = |lock: &Lock| [&lock.rustc, &lock.zig, &lock.go].map(Clone::clone);
    for (expected, actual) in compilers(expected).iter().zip(&compilers(actual)) {
        ensure!(expected == actual, "{LOCK} says {expected}, here is {actual}");
    }
    let names = expected.components.keys().chain(actual.components.keys());
    let differs = |name: &&String| expected.components.get(*name) != actual.components.get(*name);
    let mut different: Vec<_> = names.filter(differs).map(String::as_str).collect();
    different.sort_unstable();
    different.dedup();
    if !different.is_empty() {
        bail!("these components differ from {LOCK}: {}", different.join(", "));
    }
    ensure!(expected.inputs == actual.inputs, "the sources changed (the components did not): write {LOCK} again");
    Ok(())
}

fn checked_in(root: &Path) -> Result<Lock> {
    Lock::parse(&fs::read_to_string(root.join(stage::CORPUS).join(LOCK)).context(LOCK)?)
}

/// What builds guests, each language with its own.
struct Compilers<'a> {
    cargo: Cargo<'a>,
    zig: Zig<'a>,
    go: Go<'a>,
    options: &'a Options,
}

impl Compilers<'_> {
    /// Builds the driver on the SDK with the bug, and takes the bug away again.
    fn mutated(&self, mutant: &Mutant, name: &str, stage: &Stage) -> Result<Vec<u8>> {
        let driver = guest(mutant.language, &mutant.driver);
        let driver = driver.with_context(|| format!("`{name}`: there is no driver `{}`", mutant.driver))?;
        let original = mutant.apply(&stage.sdk(mutant.language))?;
        let compiled = match (mutant.language, &driver.source) {
            (Language::Rust, Source::Cargo { package, .. }) => self.cargo.build(Some(package)),
            (_, Source::Zig { .. }) => self.zig.archive(),
            // Programs are built as a whole.
            _ => Ok(()),
        };
        compiled.with_context(|| format!("`{name}` does not compile"))?;
        let wasm = self.component(name, &driver)?;
        original.restore()?;
        Ok(wasm)
    }

    /// The component of `guest`, after its checks.
    fn component(&self, name: &str, guest: &Guest) -> Result<Vec<u8>> {
        let Options { root, scratch } = self.options;
        let wasm = match &guest.source {
            Source::Cargo { artifact, .. } => self.cargo.artifact(artifact)?,
            Source::Zig { own, line } => self.zig.module(own, line.as_deref())?,
            Source::Go(folder) => {
                let module = self.go.module(folder)?;
                let topics = declared_topics(&module).map_err(|e| anyhow!("`{name}` declares no topics: {e:#}"))?;
                record_topics(module, &topics)
            }
            Source::Text(file) => wat::parse_file(root.join(file))?,
        };
        let wasm = guest.component(&wasm, root).with_context(|| format!("`{name}` does not fit its world"))?;
        let paths = absolute_paths(&wasm, &[root, scratch, self.cargo.home(), self.zig.library(), self.go.root()]);
        ensure!(paths.is_empty(), "`{name}` has paths of this machine in it: {}", paths.join(", "));
        Ok(wasm)
    }
}
