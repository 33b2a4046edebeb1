//! Runs Go, which brings all that it needs: the guests have no dependency but the SDK, and nothing is fetched.

use super::stage::{GO_GUESTS, Stage};
use anyhow::{Context, Result, ensure};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Variables of the machine that would change what is built.
const SCRUBBED: [&str; 2] = ["GO", "CGO_"];
/// A program that exports functions, without paths and the state of a repository. The SDK takes memory from below the heap,
/// which the linker allows only without its check.
const BUILD: [&str; 5] =
    ["build", "-trimpath", "-buildvcs=false", "-buildmode=c-shared", "-ldflags=-checklinkname=0 -s -w"];
/// Beside the program, in the copy of the tree.
const MODULE: &str = "module.wasm";

/// Go in one copy of the tree.
pub struct Go<'a> {
    stage: &'a Stage,
    cache: PathBuf,
    root: PathBuf,
    version: String,
}

impl<'a> Go<'a> {
    /// Go that keeps its cache in `cache`.
    ///
    /// # Errors
    /// If the release that `guests/go/go.mod` names is not here.
    pub fn new(stage: &'a Stage, cache: &Path) -> Result<Self> {
        let manifest = fs::read_to_string(stage.dir().join(GO_GUESTS).join("go.mod"))?;
        let pin =
            manifest.lines().find_map(|line| line.strip_prefix("toolchain ")).context("no release of Go is pinned")?;
        fs::create_dir_all(cache)?;
        let mut this =
            Self { stage, cache: cache.canonicalize()?, root: PathBuf::new(), version: pin.trim().to_owned() };
        let env = this.run(GO_GUESTS, &["env", "GOVERSION", "GOROOT"]);
        let env = env.with_context(|| format!("Go guests are built by {}", this.version))?;
        let mut env = env.lines();
        let here = env.next().unwrap_or_default();
        ensure!(here == this.version, "Go guests are built by {}, here is {here}: see https://go.dev/dl", this.version);
        this.root = env.next().map(PathBuf::from).context("`go env` has no GOROOT")?;
        Ok(this)
    }

    /// The release.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Go's own folder, where the sources of its library are.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The core module of the program in `folder`, on the SDK as it is in the copy now.
    ///
    /// # Errors
    /// If it does not compile.
    pub fn module(&self, folder: &str) -> Result<Vec<u8>> {
        self.run(folder, &[&BUILD[..], &["-o", MODULE, "."]].concat())?;
        let module = self.stage.dir().join(folder).join(MODULE);
        fs::read(&module).with_context(|| module.display().to_string())
    }

    fn run(&self, folder: &str, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new("go");
        command.args(arguments).current_dir(self.stage.dir().join(folder));
        for (name, _) in env::vars_os() {
            if SCRUBBED.iter().any(|prefix| name.as_encoded_bytes().starts_with(prefix.as_bytes())) {
                command.env_remove(name);
            }
        }
        command.env("GOCACHE", &self.cache);
        command.envs([("GOOS", "wasip1"), ("GOARCH", "wasm"), ("GOPROXY", "off")]);
        // Not another release, another workspace, or what `go env -w` wrote.
        command.envs([("GOTOOLCHAIN", "local"), ("GOWORK", "off"), ("GOENV", "off")]);
        let output = command.output().context("running go")?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "`go {}` failed:\n{said}", arguments.join(" "));
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
