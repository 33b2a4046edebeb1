//! `corpus.lock`: what the archive was built from, and what is in it.

use anyhow::{Context, Result};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt::Write};

/// Everything that decides the bytes of the guests, and their hashes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    /// `rustc --version` of the compiler, commit included.
    pub rustc: String,
    /// The release of zig, which is the C compiler.
    pub zig: String,
    /// The release of Go.
    pub go: String,
    /// SHA-256 over all sources: see `toolchain::inputs`.
    pub inputs: String,
    /// SHA-256 of each component by its name.
    pub components: BTreeMap<String, String>,
}

impl Lock {
    /// # Errors
    /// If it is not a lock.
    pub fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).context("corpus.lock")
    }

    /// The file's text. None of the strings needs escaping: they are hashes, names of ours and a version.
    pub fn render(&self) -> String {
        let mut text =
            String::from("# Written by `cloud-conformance build`: what guests.tar.xz was built from and holds.\n");
        let _ = write!(text, "rustc = \"{}\"\nzig = \"{}\"\ngo = \"{}\"\n", self.rustc, self.zig, self.go);
        let _ = write!(text, "inputs = \"{}\"\n\n[components]\n", self.inputs);
        for (name, hash) in &self.components {
            let _ = writeln!(text, "\"{name}\" = \"{hash}\"");
        }
        text
    }
}

/// The hash of each component.
pub fn hashes(guests: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, String> {
    guests.iter().map(|(name, wasm)| (name.clone(), sha256(wasm))).collect()
}

/// SHA-256 as lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rendered_parses() {
        let lock = Lock {
            rustc: "rustc 1.95.0 (59807616e 2026-04-14)".into(),
            zig: "zig 0.17.1".into(),
            go: "go1.26.8".into(),
            inputs: sha256(b"in"),
            components: [("rust/a".into(), sha256(b"a")), ("shell/b".into(), sha256(b"b"))].into(),
        };
        assert_eq!(Lock::parse(&lock.render()).unwrap(), lock);
    }
}
