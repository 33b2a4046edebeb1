//! `src/bindings.rs` is what the generator makes of `wit/`. `BLESS=1 cargo test -p wasi-cloud-sdk --test generated`
//! writes it anew.

#![allow(clippy::expect_used, reason = "a test")]

use std::{fs, path::Path};
use wit_bindgen_core::{Files, WorldGenerator, wit_parser::Resolve};
use wit_bindgen_rust::{Opts, Ownership};

fn generate() -> String {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let (package, _) = resolve.push_path(&wit).expect("the WIT parses");
    let world = resolve.select_world(&[package], Some("service")).expect("the world exists");
    let options = Opts {
        generate_all: true,
        // Batches and options are lowered from borrowed data, without copies.
        ownership: Ownership::Borrowing { duplicate_if_necessary: false },
        // What follows lets a guest export the handler without a wit-bindgen of its own.
        runtime_path: Some("wit_bindgen::rt".to_owned()),
        default_bindings_module: Some("$crate::__private::bindings".to_owned()),
        pub_export_macro: true,
        ..Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files).expect("the generator runs");
    let mut files = files.iter();
    let (_, text) = files.next().expect("one file");
    assert!(files.next().is_none(), "one file only");
    String::from_utf8(text.to_vec()).expect("Rust is UTF-8")
}

#[test]
fn the_bindings_are_what_the_generator_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bindings.rs");
    let made = generate();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &made).expect("written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "src/bindings.rs is stale: run this test with BLESS=1");
}

#[test]
fn the_readme_shows_the_example() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = fs::read_to_string(here.join("examples/pingpong.rs")).expect("an example");
    let (_, code) = example.split_once("\n\n").expect("a headline");
    let readme = fs::read_to_string(here.join("README.md")).expect("a README");
    assert!(readme.contains(&format!("```rust\n{code}```\n")), "README.md shows another pingpong");
}
