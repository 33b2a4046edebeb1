//! Builds C programs for this machine, of the SDK's sources and its native twin.

#![allow(dead_code, reason = "each test file uses what it needs")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// What a sanitized program is compiled and linked with. Undefined code that does no harm at -O0 may do some at -O2.
const SANITIZE: [&str; 4] =
    ["-O2", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"];
const WARN: [&str; 6] = ["-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes", "-Wconversion", "-Werror"];

/// Names what must not be missing, for a test to run or to fail.
pub const REQUIRE: &str = "CLOUD_CONFORMANCE_REQUIRE";

/// Whether what has this word must not be missing.
pub fn required(word: &str) -> bool {
    env::var(REQUIRE).is_ok_and(|words| words.split(',').any(|listed| listed.trim() == word))
}

/// What a user writes: `cc -std=c11 -g -I sdk-c/include`, and how careful the program is to be.
#[derive(Debug, Clone)]
pub struct Cc {
    flags: Vec<String>,
}

impl Cc {
    /// With the sanitizers, where the compiler has them.
    pub fn careful() -> Self {
        Self::with(if sanitizers() { &SANITIZE } else { &[] })
    }

    /// Without them.
    pub fn plain() -> Self {
        Self::with(&[])
    }

    fn with(more: &[&str]) -> Self {
        let include = format!("-I{}", sdk().join("include").display());
        let all = ["-std=c11", "-g", &include].into_iter().chain(more.iter().copied());
        Self { flags: all.map(str::to_owned).collect() }
    }

    /// The same, and this flag.
    pub fn flag(mut self, flag: impl Into<String>) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// Object files of the SDK's sources and of its generated bindings.
    pub fn library(&self, into: &Path) -> Vec<PathBuf> {
        let own = sources(&sdk().join("src")).into_iter().map(|source| self.object(&source, into));
        let own: Vec<_> = own.collect();
        let generated = sources(&sdk().join("gen")).into_iter().map(|source| self.unwarned(&source, into));
        own.into_iter().chain(generated).collect()
    }

    /// The object file of one source, in which the compiler finds nothing to warn of.
    pub fn object(&self, source: &Path, into: &Path) -> PathBuf {
        self.compile(source, into, &WARN)
    }

    /// The object file of a source that somebody else wrote.
    pub fn unwarned(&self, source: &Path, into: &Path) -> PathBuf {
        self.compile(source, into, &["-w"])
    }

    fn compile(&self, source: &Path, into: &Path, warn: &[&str]) -> PathBuf {
        let object = into.join(source.file_name().expect("a name")).with_extension("o");
        run(Command::new("cc").args(&self.flags).args(warn).arg("-c").arg(source).arg("-o").arg(&object));
        object
    }

    /// Links a program with this archive of the twin.
    pub fn program(&self, objects: &[PathBuf], twin: &Path, out: &Path) {
        let system = ["-lpthread", "-ldl", "-lm"];
        run(Command::new("cc").args(&self.flags).args(objects).arg(twin).args(system).arg("-o").arg(out));
    }
}

/// The folder of the C SDK.
pub fn sdk() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("sdk-c")
}

/// Whether the compiler has AddressSanitizer and UBSan, and programs with them run here.
pub fn sanitizers() -> bool {
    static HAS: OnceLock<bool> = OnceLock::new();
    *HAS.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a folder");
        let (source, out) = (dir.path().join("empty.c"), dir.path().join("empty"));
        fs::write(&source, "int main(void) { return 0; }\n").expect("written");
        let built = Command::new("cc").args(SANITIZE).arg(&source).arg("-o").arg(&out).output().expect("cc runs");
        let runs = || Command::new(&out).output().is_ok_and(|ran| ran.status.success());
        // Where a kernel spreads memory wider than an older compiler expects, some runs fail and others do not.
        built.status.success() && (0..20).all(|_| runs())
    })
}

/// A library of this name that cargo has built for this test, which depends on its crate: beside the test's own program, with
/// a hash in its name. The youngest is of the present sources, since cargo would have built another if they were younger.
pub fn archive(name: &str) -> PathBuf {
    let beside = env::current_exe().expect("a program").parent().expect("a folder").to_owned();
    let prefix = format!("lib{name}-");
    let ours = |file: &fs::DirEntry| {
        let file = file.file_name().to_string_lossy().into_owned();
        file.starts_with(&prefix) && Path::new(&file).extension().is_some_and(|extension| extension == "a")
    };
    let age = |file: &fs::DirEntry| file.metadata().and_then(|data| data.modified()).expect("a time");
    let files = fs::read_dir(&beside).expect("a folder").map(|entry| entry.expect("an entry")).filter(ours);
    files.max_by_key(age).unwrap_or_else(|| panic!("no {prefix}*.a in {}", beside.display())).path()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    all.filter(|path| path.extension().is_some_and(|extension| extension == "c")).collect()
}

/// Runs a compiler, which is silent if all is well.
fn run(compiler: &mut Command) {
    let ran = compiler.output().expect("`cc` runs: Rust itself links with it");
    assert!(ran.status.success(), "{compiler:?}:\n{}", String::from_utf8_lossy(&ran.stderr));
}
