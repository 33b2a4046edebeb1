//! A program may have bindings of its own for an interface that the SDK binds, too.

use crate::{
    host::{Cloud, compile},
    scratch, sdk,
    toolchain::{Shape::Command, Toolchain},
};
use std::fs;
use wasi_cloud_componentize::Componentize;
use wit_bindgen_c::Opts;
use wit_bindgen_core::{Files, wit_parser::Resolve};

const WORLD: &str = "package my:app; world mine { import wasi:keyvalue/store@0.2.0-draft2; }";

pub fn beside_the_sdk(toolchain: &Toolchain) {
    let mut resolve = Resolve::default();
    resolve.push_path(sdk("../wit")).expect("the WIT parses");
    let package = resolve.push_str("mine.wit", WORLD).expect("it parses");
    let world = resolve.select_world(&[package], None).expect("it has one world");
    let mut files = Files::default();
    Opts::default().build().generate(&mut resolve, world, &mut files).expect("the generator runs");
    let folder = scratch(&format!("{}/own-bindings", toolchain.word));
    for (name, bytes) in files.iter() {
        fs::write(folder.join(name), bytes).expect("written");
    }

    let sources = [sdk("tests/guests/own_bindings.c"), folder.join("mine.c"), folder.join("mine_component_type.o")];
    let module = toolchain.module("own-bindings/program", &sources, Command, &format!("-I'{}'", folder.display()));
    let component = Componentize::new().run(&module).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(Cloud::new().run(&compile(&component), &[]), "value");
}
