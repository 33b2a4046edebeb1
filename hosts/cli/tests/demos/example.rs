//! A folder that commands run in, and the demos' READMEs.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// A folder, and a `PATH` on which our programs come first.
pub struct Folder {
    root: TempDir,
    path: String,
}

impl Folder {
    pub fn new() -> Self {
        let root = TempDir::new().expect("a folder");
        let bin = root.path().join("bin");
        fs::create_dir_all(root.path().join("work")).expect("made");
        fs::create_dir(&bin).expect("made");
        let ours = Path::new(env!("CARGO_BIN_EXE_wasi-cloud"));
        // Of another package, so cargo does not say where it is: beside ours.
        let generator = ours.with_file_name("bindgen-go");
        assert!(generator.is_file(), "there is no {}: run `cargo build --bins` first", generator.display());
        for program in [ours, &generator] {
            let name = program.file_name().expect("a name");
            #[cfg(unix)]
            std::os::unix::fs::symlink(program, bin.join(name)).expect("linked");
        }
        let exec = Path::new(env!("CARGO_MANIFEST_DIR")).join("exec");
        let path = env::var("PATH").unwrap_or_default();
        let path = format!("{}:{}:{path}", exec.display(), bin.display());
        Self { root, path }
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.root.path().join("work").join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// Runs a script in the folder.
    pub fn sh(&self, script: &str) -> Output {
        let mut shell = Command::new("sh");
        shell.args(["-euc", script]).current_dir(self.at("")).env("PATH", &self.path);
        shell.envs([("GOTOOLCHAIN", "local"), ("GOWORK", "off")]);
        for not_ours in ["RUST_LOG", "GOOS", "GOARCH", "GOFLAGS", "GOWASIRUNTIME", "GOWASIRUNTIMEARGS"] {
            shell.env_remove(not_ours);
        }
        shell.output().expect("sh runs")
    }

    /// The same for one that must succeed: what it prints.
    pub fn good(&self, script: &str) -> String {
        let output = self.sh(script);
        let said = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{script}:\n{printed}{said}");
        printed
    }
}

/// A demo in a folder of its own, with the commands of its README done. A block of text is what the commands before it
/// print.
pub fn demo(name: &str) -> Folder {
    let folder = Folder::new();
    let source = source(name);
    copy(&source, &folder.at(""));
    let readme = fs::read_to_string(source.join("README.md")).expect("a README");
    let mut printed = String::new();
    for block in readme.split("```").skip(1).step_by(2) {
        match block.split_once('\n').expect("a block of lines") {
            ("sh", script) => printed = folder.good(script),
            ("text", expected) => assert_eq!(printed, expected, "{name}"),
            _ => {}
        }
    }
    folder
}

pub fn works(name: &str) -> Result<(), String> {
    demo(name);
    Ok(())
}

/// Whether the modules that a demo needs can be had.
pub fn fetched(name: &str) -> bool {
    let folder = Folder::new();
    copy(&source(name), &folder.at(""));
    folder.sh("go mod download").status.success()
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bindgen-go/examples").join(name)
}

/// Leaves out what was generated there.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("made");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() && name != "gen" {
            copy(&path, &to.join(name));
        } else if path.is_file() && path.extension().is_none_or(|end| end != "wasm") {
            fs::copy(&path, to.join(name)).expect("copied");
        }
    }
}
