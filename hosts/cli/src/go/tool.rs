//! The `go` command.

use anyhow::{Context, anyhow, bail};
use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The first release, 1.x, whose runtime has what generated code needs.
pub const OLDEST: u32 = 26;

/// `go`, in a folder.
pub struct Go {
    pub folder: PathBuf,
    /// `go1.26.8`.
    pub version: String,
}

impl Go {
    /// Looks for a `go` that is new enough for the module that `folder` is in.
    pub fn find(folder: &Path) -> anyhow::Result<Self> {
        let shown = folder.display();
        let folder = folder.canonicalize().with_context(|| format!("cannot read `{shown}`"))?;
        if !folder.ancestors().any(|folder| folder.join("go.mod").is_file()) {
            bail!(
                "`{shown}` is not in a Go module: neither it nor a folder above it has a `go.mod`. Give the folder of a Go \
                 program, or a core module"
            );
        }
        let wants = format!("a Go program is built with Go 1.{OLDEST} or newer: get it from https://go.dev/dl");
        let asked = Command::new("go").args(["env", "GOVERSION"]).current_dir(&folder).stdin(Stdio::null()).output();
        let asked = asked.map_err(|why| anyhow!("cannot run `go`, {why}; {wants}, and put it on the PATH"))?;
        if !asked.status.success() {
            std::io::stderr().write_all(&asked.stderr)?;
            bail!("`go` refuses the module: see above; {wants}, or let `go` fetch it with GOTOOLCHAIN=auto");
        }
        let version = String::from_utf8_lossy(&asked.stdout).trim().to_owned();
        match minor(&version) {
            // A version that is not numbered is that of a developer of Go.
            Some(minor) if minor < OLDEST => bail!("`go` is {version}, which is too old; {wants}"),
            _ => Ok(Self { folder, version }),
        }
    }

    /// Runs `go` for wasm in the folder, and returns what it prints. Its errors are shown as they are.
    pub fn output(&self, args: &[&str]) -> anyhow::Result<Vec<u8>> {
        let output = self.command().args(args).stderr(Stdio::inherit()).output().context("cannot run `go`")?;
        if !output.status.success() {
            bail!("`go {}` failed: see above", args.first().unwrap_or(&""));
        }
        Ok(output.stdout)
    }

    /// Builds the package in the folder to `output`, and returns what was built.
    pub fn build(&self, output: &Path, flags: &[&str]) -> anyhow::Result<Vec<u8>> {
        let mut command = self.command();
        command.args(["build", "-trimpath", "-buildvcs=false"]).args(flags).arg("-o").arg(output).arg(".");
        let mut go = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().context("cannot run `go`")?;
        let said = go.stderr.take().map(show).transpose()?.unwrap_or_default();
        if !go.wait()?.success() {
            bail!("`go build` failed: see above{}", advice(&String::from_utf8_lossy(&said)));
        }
        std::fs::read(output).with_context(|| format!("cannot read `{}`, which Go built", output.display()))
    }

    fn command(&self) -> Command {
        let mut command = Command::new("go");
        command.current_dir(&self.folder).envs([("GOOS", "wasip1"), ("GOARCH", "wasm")]).stdin(Stdio::null());
        command
    }
}

/// Passes on what Go says while it says it, and keeps it.
fn show(mut from: impl Read) -> std::io::Result<Vec<u8>> {
    let (mut all, mut some) = (Vec::new(), [0; 4096]);
    loop {
        match from.read(&mut some)? {
            0 => return Ok(all),
            n => {
                std::io::stderr().write_all(&some[..n])?;
                all.extend_from_slice(&some[..n]);
            }
        }
    }
}

/// What to do about an error of Go's that does not say it.
fn advice(said: &str) -> &'static str {
    if said.contains("duplicated definition of symbol cabi_realloc") {
        "; two packages of the program export `cabi_realloc`, which a component has once: give `bindgen-go` the other's \
         package with `--runtime`, so that both share one"
    } else {
        ""
    }
}

/// The 26 of `go1.26.8`, `go1.26rc1` and `devel go1.26-abcdef`.
pub fn minor(version: &str) -> Option<u32> {
    let (_, rest) = version.split_once("go1.")?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::minor;

    #[test]
    fn versions_of_go() {
        let versions =
            [("go1.26.8", 26), ("go1.26", 26), ("go1.27rc1", 27), ("devel go1.28-1a2b3c Mon", 28), ("go1.9", 9)];
        for (version, expected) in versions {
            assert_eq!(minor(version), Some(expected), "{version}");
        }
        for version in ["", "devel +1a2b3c", "go2.0"] {
            assert_eq!(minor(version), None, "{version}");
        }
    }
}
