//! `cargo package` cannot see `../../wit`, so this crate carries a copy. It must be the law, byte for byte.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn files(root: &Path, below: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(root.join(below)).expect("a folder").flatten() {
        let path = below.join(entry.file_name());
        if entry.path().is_dir() {
            files(root, &path, found);
        } else {
            found.insert(path, fs::read_to_string(entry.path()).expect("text"));
        }
    }
}

#[test]
fn the_copy_is_the_law() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let law = here.join("../../wit");
    if !law.is_dir() {
        return; // Built from the packaged crate.
    }
    let (mut original, mut copy) = (BTreeMap::new(), BTreeMap::new());
    files(&law, Path::new(""), &mut original);
    files(&here.join("wit"), Path::new(""), &mut copy);
    assert!(original == copy, "hosts/wasmtime/wit differs from wit: copy it again");
}
