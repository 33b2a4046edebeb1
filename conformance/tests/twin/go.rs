//! The Go SDK's fakes: a deployment is a process, of the Go drivers and the SDK, built natively by plain `go build`.

use crate::bug::Bug;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// What the program is made of, from the root of the repository.
const SDK: &str = "bindgen-go/go";
const PARTS: [&str; 3] = [SDK, "conformance/guests/go", "conformance/twin-go"];
const PROGRAM: &str = "conformance/twin-go";

/// A copy of the sources, and the programs made of them.
pub struct Sources {
    dir: TempDir,
}

impl Sources {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        for part in PARTS {
            copy(&root.join(part), &dir.path().join(part));
        }
        Self { dir }
    }

    /// The program, without a bug.
    pub fn honest(&self) -> PathBuf {
        self.program("honest")
    }

    /// The program with a bug in the SDK, which is taken out again.
    pub fn with(&self, number: usize, bug: &Bug) -> PathBuf {
        let source = self.dir.path().join(SDK).join(bug.file);
        let text = fs::read_to_string(&source).expect("a source of the SDK");
        assert_eq!(text.matches(bug.find).count(), 1, "`{}` in {}", bug.find, bug.file);
        fs::write(&source, text.replace(bug.find, bug.replace)).expect("written");
        let program = self.program(&format!("bug-{number}"));
        fs::write(&source, text).expect("written");
        program
    }

    fn program(&self, name: &str) -> PathBuf {
        let program = self.dir.path().join(name).with_extension("out");
        let mut go = Command::new("go");
        go.args(["build", "-trimpath", "-buildvcs=false", "-o"]).arg(&program).arg(".");
        go.current_dir(self.dir.path().join(PROGRAM));
        go.envs([("GOTOOLCHAIN", "local"), ("GOPROXY", "off"), ("GOWORK", "off"), ("GOFLAGS", "")]);
        let output = go.output().expect("go");
        assert!(output.status.success(), "go build: {}", String::from_utf8_lossy(&output.stderr));
        program
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a copy");
        }
    }
}
