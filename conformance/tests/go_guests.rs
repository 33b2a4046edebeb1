//! The guests in Go: what is generated of them is what the generator makes, no operation is left out, and what they
//! import is what they call. What needs `go` is ignored without it, and fails where `CLOUD_CONFORMANCE_REQUIRE` lists `go`.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod support;

use bindgen_go::{Options, tree};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};
use support::missing;
use wasi_cloud_componentize::{Componentize, World};
use wasmtime::{Engine, component::Component};
use wit_bindgen_core::{Files, WorldGenerator as _, wit_parser::Resolve};

const DRIVERS: [&str; 4] = ["config", "keyvalue", "keyvalue-ext", "messaging"];
const MODULE: &str = "github.com/wasi-cloud/wasi-cloud/conformance/guests/go";
const RUNTIME: &str = "github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit";

fn main() -> ExitCode {
    let plain = |name: &str, test: fn() -> Result<(), Failed>| Trial::test(name, test);
    let of_go = |name: &str, test: fn() -> Result<(), Failed>| {
        Trial::ignorable_test(name, move || match missing("go", "go") {
            Some(why) => Ok(Completion::ignored_with(why)),
            None => test().map(|()| Completion::Completed),
        })
    };
    let trials = vec![
        plain("lines_are_as_generated", lines_are_as_generated),
        plain("every_operation_is_done", every_operation_is_done),
        of_go("go_finds_nothing_to_complain_of", go_finds_nothing_to_complain_of),
        of_go("a_program_that_reflects_imports_what_it_calls", a_program_that_reflects_imports_what_it_calls),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn conformance() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn guests() -> PathBuf {
    conformance().join("guests/go")
}

/// The command that a failure is mended with, for each driver.
fn command(driver: &str) -> String {
    format!(
        "bindgen-go conformance/wit --world {driver}-driver --out conformance/guests/go/{driver} \
         --package wasi-cloud:conformance=line --runtime {RUNTIME}"
    )
}

fn lines_are_as_generated() -> Result<(), Failed> {
    for driver in DRIVERS {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_path(conformance().join("wit"))?;
        let world = resolve.select_world(&[package], Some(&format!("{driver}-driver")))?;
        let options = Options {
            module: format!("{MODULE}/{driver}"),
            runtime: Some(RUNTIME.to_owned()),
            packages: vec![("wasi-cloud:conformance".to_owned(), "line".to_owned())],
            ..Options::default()
        };
        let mut files = Files::default();
        options.build().generate(&mut resolve, world, &mut files)?;
        let differ = tree::sync(&guests().join(driver), &files, false)?;
        if !differ.is_empty() {
            return Err(format!("out of date: {differ:?}; {}", command(driver)).into());
        }
    }
    Ok(())
}

/// Go lets a switch be without a case. The generated code lists the operations: what implements `Op`.
fn every_operation_is_done() -> Result<(), Failed> {
    for driver in DRIVERS {
        let read = |file: &str| fs::read_to_string(guests().join(driver).join(file));
        let (line, step) = (read("line/line.go")?, read("step/step.go")?);
        let names = |text: &str, before: &str, after: &str| -> BTreeSet<String> {
            let inside = text.lines().filter_map(|line| line.trim().strip_prefix(before)?.strip_suffix(after));
            inside.map(str::to_owned).collect()
        };
        let wanted = names(&line, "func (", ") isOp() {}");
        let done = names(&step, "case line.", ":");
        assert!(wanted.len() > 1, "{driver}");
        let left_out: Vec<_> = wanted.difference(&done).collect();
        assert!(left_out.is_empty(), "{driver} leaves out {left_out:?}");
    }
    Ok(())
}

/// Runs go among the guests.
fn go(arguments: &[&str], variables: &[(&str, &str)]) -> Result<(), Failed> {
    let mut command = Command::new("go");
    command.args(arguments).current_dir(guests()).env("GOWORK", "off").env("GOTOOLCHAIN", "local");
    let output = command.envs(variables.iter().copied()).output()?;
    let said = [output.stdout, output.stderr].concat();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&said).into_owned().into()) }
}

fn go_finds_nothing_to_complain_of() -> Result<(), Failed> {
    go(&["vet", "./..."], &[])?;
    let unformatted = Command::new("gofmt").arg("-l").arg(guests()).output()?;
    assert_eq!(String::from_utf8_lossy(&unformatted.stdout), "");
    Ok(())
}

fn a_program_that_reflects_imports_what_it_calls() -> Result<(), Failed> {
    let into = tempfile::tempdir()?;
    let module = into.path().join("m.wasm");
    let module = module.to_str().expect("a plain path");
    let build = ["build", "-trimpath", "-buildvcs=false", "-buildmode=c-shared", "-ldflags=-checklinkname=0 -s -w"];
    go(&[&build[..], &["-o", module, "./template"]].concat(), &[("GOOS", "wasip1"), ("GOARCH", "wasm")])?;
    let world = World::path(conformance().join("../wit")).named("wasi-cloud:cloud/service");
    let component = Componentize::new().world(world).run(&fs::read(module)?)?;

    let engine = Engine::default();
    let imports = Component::new(&engine, component)?.component_type();
    let packages: BTreeSet<_> =
        imports.imports(&engine).map(|(name, _)| name.split('/').next().unwrap_or_default().to_owned()).collect();
    let ours: Vec<_> = packages.iter().filter(|name| capability(name)).map(String::as_str).collect();
    assert_eq!(ours, ["wasi:keyvalue", "wasi:messaging"]);
    Ok(())
}

fn capability(package: &str) -> bool {
    !["wasi:cli", "wasi:clocks", "wasi:filesystem", "wasi:io", "wasi:random"].contains(&package)
}
