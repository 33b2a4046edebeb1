//! The copy of the tree that guests are built in.
//!
//! Cargo mixes a package's path into its symbols, and with them into the order of functions, unless the package lies inside
//! the workspace that is built. The SDK lies beside the guests' workspace, so the copy moves it inside: `guests/tree` holds
//! what guests depend on of the repository.

use crate::{corpus::lock::sha256, language::Language};
use anyhow::{Context, Result, ensure};
use std::{
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

/// The guests' workspace in the repository.
pub const GUESTS: &str = "conformance/guests";
/// The guests in C, below the others.
pub const C_GUESTS: &str = "conformance/guests/c";
/// The C SDK in the repository, and in the copy.
pub const C_SDK: &str = "sdk-c";
/// The guests in Go.
pub const GO_GUESTS: &str = "conformance/guests/go";
/// The Go SDK in the repository, and in the copy.
pub const GO_SDK: &str = "bindgen-go/go";
/// Where the corpus is checked in.
pub const CORPUS: &str = "conformance/corpus";
const LINES: &str = "conformance/wit";

/// Of the C SDK, what guests are built from.
const C: [&str; 4] = ["sdk-c/examples", "sdk-c/gen", "sdk-c/include", "sdk-c/src"];
/// What guests in Rust depend on: the SDK, the manifest that it inherits from, and what cargo wants to see of the SDK's native twin though
/// it is not built.
const TREE: [&str; 4] = ["Cargo.toml", "sdk-rust", "hosts/core", "hosts/backends/memory"];
/// What decides the bytes of the guests. The twin does not.
const INPUTS: [&str; 15] = [
    GO_SDK,
    GUESTS,
    LINES,
    "conformance/mutants/sdk.toml",
    "conformance/mutants/sdk-c.toml",
    "conformance/mutants/sdk-go.toml",
    "sdk-c/examples/pingpong.c",
    "sdk-c/gen",
    "sdk-c/include",
    "sdk-c/src",
    "sdk-rust/Cargo.toml",
    "sdk-rust/examples/pingpong.rs",
    "sdk-rust/macros",
    "sdk-rust/src",
    "wit",
];
/// The line of the guests' manifest that says where the SDK is, and what the copy says.
const SDK: [&str; 2] = ["path = \"../../sdk-rust\"", "path = \"tree/sdk-rust\""];

/// A fresh copy.
pub struct Stage {
    dir: PathBuf,
}

impl Stage {
    /// Copies the tree to `dir`; what was there is deleted.
    ///
    /// # Errors
    /// If something cannot be read or written.
    pub fn new(root: &Path, dir: &Path) -> Result<Self> {
        if dir.exists() {
            fs::remove_dir_all(dir).with_context(|| format!("deleting {}", dir.display()))?;
        }
        fs::create_dir_all(dir)?;
        // Cargo and rustc see through links, so prefixes have to be real paths.
        let stage = Self { dir: dir.canonicalize()? };
        for part in [GUESTS, LINES, "wit", "sdk-rust/examples"].into_iter().chain(C).chain([GO_SDK]) {
            copy(root, &stage.dir, part)?;
        }
        for part in TREE {
            copy(root, &stage.guests().join("tree"), part)?;
        }
        replace_once(&stage.guests().join("Cargo.toml"), SDK[0], SDK[1])?;
        Ok(stage)
    }

    /// The copy itself.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The guests' workspace in the copy.
    pub fn guests(&self) -> PathBuf {
        self.dir.join(GUESTS)
    }

    /// A language's SDK in the copy.
    pub fn sdk(&self, language: Language) -> PathBuf {
        match language {
            Language::Rust => self.guests().join("tree/sdk-rust"),
            Language::C => self.dir.join(C_SDK),
            Language::Go => self.dir.join(GO_SDK),
        }
    }
}

/// SHA-256 over the names and the contents of all inputs.
///
/// # Errors
/// If one cannot be read.
pub fn inputs(root: &Path) -> Result<String> {
    let mut list = String::new();
    for part in INPUTS {
        for file in files(root, part)?.into_iter().filter(|file| is_built(file)) {
            let bytes = fs::read(root.join(&file)).with_context(|| file.clone())?;
            let _ = writeln!(list, "{} {file}", sha256(&bytes));
        }
    }
    Ok(sha256(list.as_bytes()))
}

/// Replaces the only occurrence of `find` in a file.
///
/// # Errors
/// If it does not occur, or occurs more than once.
pub fn replace_once(file: &Path, find: &str, replace: &str) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("{}", file.display()))?;
    let count = text.matches(find).count();
    ensure!(count == 1, "{} holds this {count} times, not once:\n{find}", file.display());
    Ok(fs::write(file, text.replacen(find, replace, 1))?)
}

/// Of the Go module, only what a program of its users can be made of: no tests, nothing that helps with tests, and one example.
fn is_built(file: &str) -> bool {
    let Some(file) = file.strip_prefix(GO_SDK).and_then(|file| file.strip_prefix('/')) else { return true };
    let (folder, name) = file.rsplit_once('/').unwrap_or(("", file));
    if file.starts_with("examples/") {
        return file == "examples/pingpong/main.go";
    }
    let of_tests = name.ends_with("_test.go") || folder.ends_with("test") || folder == "internal/fake";
    name == "go.mod" || name.ends_with(".go") && !of_tests
}

fn copy(root: &Path, to: &Path, part: &str) -> Result<()> {
    for file in files(root, part)?.into_iter().filter(|file| is_built(file)) {
        let target = to.join(&file);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(root.join(&file), &target).with_context(|| format!("copying {file}"))?;
    }
    Ok(())
}

/// The files below `part`, or `part` itself: relative to `root`, with `/` on every system, sorted. Not what builds leave behind.
///
/// # Errors
/// If a folder cannot be read.
pub fn files(root: &Path, part: &str) -> Result<Vec<String>> {
    let path = root.join(part);
    if path.is_file() {
        return Ok(vec![part.to_owned()]);
    }
    let mut all = Vec::new();
    for entry in fs::read_dir(&path).with_context(|| format!("{}", path.display()))? {
        let name = entry?.file_name();
        let name = name.to_str().with_context(|| format!("the name {name:?}"))?;
        if name != "target" && !name.starts_with('.') {
            all.extend(files(root, &format!("{part}/{name}"))?);
        }
    }
    all.sort_unstable();
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_replaced_only_if_it_is_there_once() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f");
        fs::write(&file, "one two two").unwrap();
        assert!(replace_once(&file, "two", "2").is_err());
        assert!(replace_once(&file, "three", "3").is_err());
        replace_once(&file, "one", "1").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "1 two two");
    }

    #[test]
    fn files_are_listed_without_what_builds_leave_behind() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["a/z.rs", "a/b/c.rs", "a/target/x", "a/.hidden"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        assert_eq!(files(dir.path(), "a").unwrap(), ["a/b/c.rs", "a/z.rs"]);
        assert_eq!(files(dir.path(), "a/z.rs").unwrap(), ["a/z.rs"]);
        assert!(files(dir.path(), "missing").is_err());
    }
}
