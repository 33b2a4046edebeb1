//! Runs cargo so that nothing of this machine gets into what it makes.

use super::stage::Stage;
use anyhow::{Context, Result, bail, ensure};
use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const TARGET: &str = "wasm32-wasip2";
/// Variables of the machine, or of the cargo that this program runs under, that would change what is built.
const SCRUBBED: [&str; 6] = ["CARGO_BUILD_", "CARGO_ENCODED_", "CARGO_PROFILE_", "CARGO_TARGET_", "RUSTC", "RUSTFLAGS"];

/// Cargo in one copy of the tree.
pub struct Cargo<'a> {
    stage: &'a Stage,
    target: PathBuf,
    home: PathBuf,
}

impl<'a> Cargo<'a> {
    /// Cargo that builds below `target`.
    ///
    /// # Errors
    /// If `target` cannot be made or there is no home folder.
    pub fn new(stage: &'a Stage, target: &Path) -> Result<Self> {
        fs::create_dir_all(target)?;
        let home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| Some(env::home_dir()?.join(".cargo")));
        Ok(Self { stage, target: target.canonicalize()?, home: home.context("no home folder for cargo")? })
    }

    /// Cargo's own folder, where crates are unpacked.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// `rustc --version`.
    ///
    /// # Errors
    /// If it is not the release that `rust-toolchain.toml` names.
    pub fn rustc_version(&self) -> Result<String> {
        let output = self.command("rustc").arg("--version").output().context("running rustc")?;
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let pin = fs::read_to_string(self.stage.guests().join("rust-toolchain.toml"))?;
        let pin: toml::Table = pin.parse()?;
        let channel = pin.get("toolchain").and_then(|table| table.get("channel")?.as_str()).unwrap_or_default();
        let fits = output.status.success() && version.split(' ').nth(1) == Some(channel);
        ensure!(fits, "guests are built by rustc {channel}, with the target {TARGET}; here is `{version}`");
        Ok(version)
    }

    /// Builds one package, or all.
    ///
    /// # Errors
    /// If cargo fails; it says on stderr why.
    pub fn build(&self, package: Option<&str>) -> Result<()> {
        // Fetched first: the flags below name the folder that this makes.
        self.cargo(&["fetch", "--locked", "--target", TARGET], &[])?;
        let which = package.map_or(vec!["--workspace"], |package| vec!["--package", package]);
        let build = ["build", "--quiet", "--release", "--locked", "--offline", "--target", TARGET];
        self.cargo(&[&build, which.as_slice()].concat(), &[("CARGO_ENCODED_RUSTFLAGS", self.flags()?)])
    }

    /// The component of this name, without the suffix.
    ///
    /// # Errors
    /// If cargo did not make it.
    pub fn artifact(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.target.join(TARGET).join("release").join(format!("{name}.wasm"));
        fs::read(&path).with_context(|| format!("{}", path.display()))
    }

    fn cargo(&self, arguments: &[&str], variables: &[(&str, OsString)]) -> Result<()> {
        let mut command = self.command("cargo");
        command.args(arguments).env("CARGO_TARGET_DIR", &self.target).env("CARGO_INCREMENTAL", "0");
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let status = command.status().context("running cargo")?;
        if !status.success() {
            bail!("`cargo {}` failed", arguments.join(" "));
        }
        Ok(())
    }

    /// A program of the toolchain, in the guests' workspace.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.stage.guests());
        for (name, _) in env::vars_os() {
            if SCRUBBED.iter().any(|prefix| name.as_encoded_bytes().starts_with(prefix.as_bytes())) {
                command.env_remove(name);
            }
        }
        // Set when this program runs under `cargo run`; it would win over rust-toolchain.toml.
        command.env_remove("RUSTUP_TOOLCHAIN");
        command
    }

    /// Panic messages name source files; these flags make the names the same everywhere.
    fn flags(&self) -> Result<OsString> {
        let mut prefixes = vec![(self.stage.dir().to_path_buf(), "wasi-cloud"), (self.target.clone(), "target")];
        let registries = self.home.join("registry/src");
        for registry in fs::read_dir(&registries).with_context(|| format!("{}", registries.display()))? {
            prefixes.push((registry?.path(), "crates"));
        }
        let mut flags = OsString::new();
        for (from, to) in prefixes {
            if !flags.is_empty() {
                flags.push("\u{1f}"); // What cargo splits them at.
            }
            flags.push("--remap-path-prefix=");
            flags.push(from);
            flags.push("=");
            flags.push(to);
        }
        Ok(flags)
    }
}
