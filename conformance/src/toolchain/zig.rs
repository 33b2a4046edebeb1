//! Compiles C with zig, which brings its own C library, so that nothing of this machine gets into what it makes.

use super::stage::{C_GUESTS, C_SDK, Stage, files};
use anyhow::{Context, Result, bail, ensure};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Zig as people have it: the program, or the package of PyPI.
const CALLS: [&[&str]; 3] = [&["zig"], &["python3", "-m", "ziglang"], &["python", "-m", "ziglang"]];
/// The file that names the release, for `pip install -r`.
const PIN: &str = "requirements.txt";
/// Variables of the machine that would change what is built.
const SCRUBBED: [&str; 5] = ["ZIG_", "CPATH", "C_INCLUDE_PATH", "LIBRARY_PATH", "NIX_"];

/// As the SDK's README says it for users.
const TARGET: [&str; 2] = ["-target", "wasm32-wasi"];
const OPTIMIZED: &str = "-Oz";
/// Zig sets aside 16 MiB otherwise; Rust has this much.
const STACK: &str = "-Wl,-z,stack-size=1048576";
const STRICT: [&str; 7] =
    ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wstrict-prototypes", "-Wconversion", "-Werror"];
/// What a generator wrote is its own affair.
const GENERATED: [&str; 2] = ["-std=c11", "-w"];

/// Below the copy of the tree: what the compiler makes.
const OBJECTS: &str = "objects";
const ARCHIVE: &str = "objects/libwasi_cloud.a";

/// Zig in one copy of the tree. All paths that it sees are relative to the copy.
pub struct Zig<'a> {
    stage: &'a Stage,
    cache: PathBuf,
    program: PathBuf,
    library: PathBuf,
    version: String,
}

/// Whether there is any.
pub fn is_here() -> bool {
    CALLS.iter().any(|call| output(call, "version").is_some())
}

impl<'a> Zig<'a> {
    /// Zig that keeps its cache in `cache`.
    ///
    /// # Errors
    /// If the release that `guests/c/requirements.txt` names is not here.
    pub fn new(stage: &'a Stage, cache: &Path) -> Result<Self> {
        let pin = fs::read_to_string(stage.dir().join(C_GUESTS).join(PIN))?;
        let pin = pin.lines().find_map(|line| line.strip_prefix("ziglang==")).context("no release of zig is pinned")?;
        let found: Vec<_> = CALLS.iter().filter_map(|call| Some((call, output(call, "version")?))).collect();
        let Some((call, version)) = found.iter().find(|(_, version)| version == pin) else {
            let here = found.first().map_or("none".to_owned(), |(_, version)| format!("zig {version}"));
            bail!("C guests are built by zig {pin}, here is {here}: `pip install ziglang=={pin}`");
        };
        let env = output(call, "env").context("`zig env` failed")?;
        let path = |name| value(&env, name).map(PathBuf::from).with_context(|| format!("`zig env` has no {name}"));
        fs::create_dir_all(cache)?;
        Ok(Self {
            stage,
            cache: cache.canonicalize()?,
            program: path("zig_exe")?,
            library: path("lib_dir")?,
            version: format!("zig {version}"),
        })
    }

    /// The release.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Zig's own folder, where the sources of its C library are.
    pub fn library(&self) -> &Path {
        &self.library
    }

    /// Makes the archive of the SDK, as its `build.sh` does: a guest gets of it what it uses.
    ///
    /// # Errors
    /// If something does not compile.
    pub fn archive(&self) -> Result<()> {
        let mut members = self.objects(&format!("{C_SDK}/src"), &STRICT)?;
        members.extend(self.objects(&format!("{C_SDK}/gen"), &GENERATED)?);
        // `ar` adds to what is there.
        let _ = fs::remove_file(self.stage.dir().join(ARCHIVE));
        let arguments = ["ar", "rcsD", ARCHIVE].into_iter().chain(members.iter().map(String::as_str));
        self.run(&arguments.collect::<Vec<_>>())
    }

    /// The core module of a program on the archive. `own` are its sources, a file or a folder; a driver has besides what
    /// drivers have in common, and the bindings of its `line`.
    ///
    /// # Errors
    /// If it does not compile.
    pub fn module(&self, own: &str, line: Option<&str>) -> Result<Vec<u8>> {
        let mut objects = self.objects(own, &STRICT)?;
        if let Some(line) = line {
            objects.extend(self.objects(&format!("{C_GUESTS}/driver"), &STRICT)?);
            objects.extend(self.objects(&format!("{C_GUESTS}/gen/{line}.c"), &GENERATED)?);
            objects.push(format!("{C_GUESTS}/gen/{line}_component_type.o"));
        }
        let module = format!("{OBJECTS}/module.wasm");
        let link = ["cc", TARGET[0], TARGET[1], "-mexec-model=reactor", OPTIMIZED, STACK, "-o", &module];
        let objects = objects.iter().map(String::as_str).chain([ARCHIVE]);
        self.run(&link.into_iter().chain(objects).collect::<Vec<_>>())?;
        fs::read(self.stage.dir().join(&module)).with_context(|| module)
    }

    /// Compiles each C file of `part`; what is an object already stays one.
    fn objects(&self, part: &str, flags: &[&str]) -> Result<Vec<String>> {
        let mut objects = Vec::new();
        for file in files(self.stage.dir(), part)? {
            match file.rsplit_once('.') {
                Some((_, "c")) => objects.push(self.object(&file, flags)?),
                Some((_, "o")) => objects.push(file),
                _ => {}
            }
        }
        ensure!(!objects.is_empty(), "there is no C in {part}");
        Ok(objects)
    }

    fn object(&self, file: &str, flags: &[&str]) -> Result<String> {
        let object = format!("{OBJECTS}/{}.o", file.replace('/', "-"));
        fs::create_dir_all(self.stage.dir().join(OBJECTS))?;
        let includes = [format!("-I{C_SDK}/include"), format!("-I{C_GUESTS}/driver"), format!("-I{C_GUESTS}/gen")];
        let compile = ["cc", TARGET[0], TARGET[1], OPTIMIZED, "-c", file, "-o", &object];
        let includes = includes.iter().map(String::as_str);
        self.run(&compile.into_iter().chain(flags.iter().copied()).chain(includes).collect::<Vec<_>>())?;
        Ok(object)
    }

    fn run(&self, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new(&self.program);
        command.args(arguments).current_dir(self.stage.dir());
        for (name, _) in env::vars_os() {
            if SCRUBBED.iter().any(|prefix| name.as_encoded_bytes().starts_with(prefix.as_bytes())) {
                command.env_remove(name);
            }
        }
        command.env("ZIG_GLOBAL_CACHE_DIR", &self.cache).env("ZIG_LOCAL_CACHE_DIR", &self.cache);
        let output = command.output().context("running zig")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`zig {}` failed:\n{said}", arguments.join(" "));
        Ok(())
    }
}

/// What a command of zig prints, if it is here.
fn output(call: &[&str], command: &str) -> Option<String> {
    let (program, arguments) = call.split_first()?;
    let output = Command::new(program).args(arguments).arg(command).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A text field of what `zig env` prints: `.name = "value",`, where a backslash stands for itself by another one.
fn value(env: &str, name: &str) -> Option<String> {
    let mut fields = env.lines().filter_map(|line| line.trim().strip_prefix('.')?.split_once(" = \""));
    let (_, value) = fields.find(|(field, _)| *field == name)?;
    Some(value.trim_end_matches([',', '"']).replace(r"\\", r"\"))
}
