//! The same echo in Rust, for what Go answers to be compared with: `../echo-rust`, built by the cargo that is here.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use crate::echo::{Peer, guest, link_echo, round_trips_with};
use crate::guest::{Module, Running, wit};

const TARGET: &str = "wasm32-wasip2";

/// Each value of each function comes back from Go as it does from Rust.
pub fn same_answers() -> wasmtime::Result<()> {
    let rust = build();
    for name in ["scalars", "lists", "compound", "more"] {
        let module = Module::new(name);
        module.write("main.go", &guest(&module, &[("gen", name)]));
        let interface = format!("test:{name}/{name}");
        let mut peer: Peer = Running::new(&rust, |_, _| {});
        let component = module.component(&[wit(name)]);
        round_trips_with(&component, &interface, 100, link_echo, Some(&mut peer))?;
    }
    Ok(())
}

/// Why the echo in Rust cannot be built.
pub fn missing() -> Option<String> {
    let found = Command::new("rustc").args(["--print", "target-libdir", "--target", TARGET]).output().ok()?;
    let folder = PathBuf::from(String::from_utf8_lossy(&found.stdout).trim());
    (!found.status.success() || !folder.is_dir())
        .then(|| format!("needs Rust's target {TARGET}: rustup target add {TARGET}"))
}

fn build() -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/echo-rust");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("echo-rust");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["build", "--quiet", "--release", "--locked", "--target", TARGET]).current_dir(folder);
    // What the cargo around this one says of its own build is not for this one.
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_ENCODED_")) {
        cargo.env_remove(name);
    }
    cargo.env_remove("RUSTFLAGS").env("CARGO_TARGET_DIR", &target);
    assert!(cargo.status().expect("cargo runs").success(), "the echo in Rust is not built");
    fs::read(target.join(TARGET).join("release/echo_rust.wasm")).expect("the component")
}
