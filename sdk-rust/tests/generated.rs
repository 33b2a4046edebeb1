//! `src/bindings.rs` and `src/watching.rs` are what the generator makes of `wit/`. `BLESS=1 cargo test -p wasi-cloud-sdk --test generated`
//! writes it anew.

#![allow(clippy::expect_used, reason = "a test")]

use std::{fs, path::Path};
use wit_bindgen_core::{Files, WorldGenerator, wit_parser::Resolve};
use wit_bindgen_rust::{Opts, Ownership, WithOption};

/// What the bindings of the second world take from the first.
const SHARED: [(&str, &str); 8] = [
    ("wasi:keyvalue/store@0.2.0-draft2", "wasi::keyvalue::store"),
    ("wasi:keyvalue/atomics@0.2.0-draft2", "wasi::keyvalue::atomics"),
    ("wasi:keyvalue/batch@0.2.0-draft2", "wasi::keyvalue::batch"),
    ("wasi-cloud:keyvalue/extension@0.1.0", "wasi_cloud::keyvalue::extension"),
    ("wasi:messaging/types@0.2.0-draft", "wasi::messaging::types"),
    ("wasi:messaging/producer@0.2.0-draft", "wasi::messaging::producer"),
    ("wasi:messaging/request-reply@0.2.0-draft", "wasi::messaging::request_reply"),
    ("wasi:config/store@0.2.0-rc.1", "wasi::config::store"),
];

fn generate(world: &str, module: &str, shared: &[(&str, &str)]) -> String {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let (package, _) = resolve.push_path(&wit).expect("the WIT parses");
    let world = resolve.select_world(&[package], Some(world)).expect("the world exists");
    let options = Opts {
        generate_all: true,
        // Batches and options are lowered from borrowed data, without copies.
        ownership: Ownership::Borrowing { duplicate_if_necessary: false },
        with: shared
            .iter()
            .map(|(interface, path)| ((*interface).to_owned(), WithOption::Path(format!("crate::bindings::{path}"))))
            .collect(),
        // What follows lets a guest export a handler without a wit-bindgen of its own.
        runtime_path: Some("wit_bindgen::rt".to_owned()),
        default_bindings_module: Some(format!("$crate::__private::{module}")),
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
    for (world, module, shared) in [("service", "bindings", &[][..]), ("watch-service", "watching", &SHARED)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/{module}.rs"));
        let made = generate(world, module, shared);
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, &made).expect("written");
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == made, "src/{module}.rs is stale: run this test with BLESS=1");
    }
}

#[test]
fn the_readme_shows_the_example() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = fs::read_to_string(here.join("examples/pingpong.rs")).expect("an example");
    let (_, code) = example.split_once("\n\n").expect("a headline");
    let readme = fs::read_to_string(here.join("README.md")).expect("a README");
    assert!(readme.contains(&format!("```rust\n{code}```\n")), "README.md shows another pingpong");
}
