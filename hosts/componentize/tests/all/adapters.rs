use wasi_cloud_componentize::{Adapter, Componentize, Error, World};

use crate::{CALC, calc, error, surface, wat};

/// Calls preview 1, so that the adapter is in use. `exports` are further fields.
fn preview1(exports: &str) -> Vec<u8> {
    wat(&format!(
        r#"(module
            (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
            (memory (export "memory") 1)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
            (func $use (drop (call $random (i32.const 0) (i32.const 8))))
            {exports})"#
    ))
}

const RUN: &str = "wasi:cli/run@0.2";

fn go() -> World {
    World::text("package demo:p; world w { export go: func(); }")
}

fn has(names: &[String], prefix: &str) -> bool {
    names.iter().any(|name| name.starts_with(prefix))
}

#[test]
fn a_library_gets_the_reactor() {
    let module = preview1(r#"(func (export "go") (call $use)) (func (export "_initialize"))"#);
    let (imports, exports) = surface(&Componentize::new().world(go()).run(&module).unwrap());
    assert!(has(&imports, "wasi:random/random@0.2"), "{imports:?}");
    assert_eq!(exports, ["go"]);
}

#[test]
fn a_program_gets_the_command_and_needs_no_world() {
    let module = preview1(r#"(func (export "_start") (call $use))"#);
    let (imports, exports) = surface(&Componentize::new().run(&module).unwrap());
    assert!(has(&imports, "wasi:random/random@0.2"), "{imports:?}");
    assert!(has(&exports, RUN) && exports.len() == 1, "{exports:?}");
}

#[test]
fn a_program_can_have_a_world() {
    let module = preview1(r#"(func (export "_start") (call $use)) (func (export "go"))"#);
    let (_, exports) = surface(&Componentize::new().world(go()).run(&module).unwrap());
    assert!(has(&exports, RUN) && has(&exports, "go"), "{exports:?}");
    // Without it, `go` would be lost.
    let message = error(Componentize::new(), &module);
    assert!(message.starts_with("export `go` is outside the empty world of a command"), "{message}");
}

#[test]
fn a_module_without_preview1_gets_none() {
    let (imports, exports) = surface(&Componentize::new().world(calc()).run(&wat(CALC)).unwrap());
    assert_eq!((imports.len(), exports.len()), (0, 1));
}

#[test]
fn the_adapter_can_be_chosen() {
    let program = preview1(r#"(func (export "_start") (call $use)) (func (export "go"))"#);
    let with = |adapter| Componentize::new().world(go()).adapter(adapter);
    let (_, exports) = surface(&with(Adapter::Reactor).run(&program).unwrap());
    assert_eq!(exports, ["go"]);

    let bare = wat(r#"(module (memory (export "memory") 1) (func (export "_start")) (func (export "go")))"#);
    let (_, exports) = surface(&with(Adapter::Command).run(&bare).unwrap());
    assert!(has(&exports, RUN), "{exports:?}");
    let (_, exports) = surface(&with(Adapter::Auto).run(&bare).unwrap());
    assert_eq!(exports, ["go"]);

    let message = error(with(Adapter::None), &program);
    assert!(message.contains("`random_get` from `wasi_snapshot_preview1`"), "{message}");
    assert!(message.ends_with("it needs the preview 1 adapter, which was turned off"), "{message}");

    let library = preview1(r#"(func (export "go") (call $use))"#);
    assert_eq!(with(Adapter::Command).run(&library).unwrap_err(), Error::NoStart);
}

#[test]
fn a_world_that_exports_run_is_told_about_the_command_adapter() {
    let world = World::text(
        "package demo:p; world w { export wasi:cli/run@0.2.0; }
        package wasi:cli@0.2.0 { interface run { run: func() -> result; } }",
    );
    let message = error(Componentize::new().world(world), &preview1(r#"(func (export "_start") (call $use))"#));
    assert!(message.contains("`wasi:cli/run@0.2.0#run` is missing"), "{message}");
    assert!(message.contains("of `_start` by itself"), "{message}");
}

#[test]
fn an_import_of_neither_names_it() {
    let module = |from: &str| wat(&format!(r#"(module (import "{from}" "f" (func)) (func (export "go")))"#));
    for (from, hint) in [
        ("env", "link the library"),
        ("wasi_unstable", "a newer toolchain"),
        ("demo:other/api@1.0.0", "add the interface to the world"),
    ] {
        let message = error(Componentize::new().world(go()), &module(from));
        assert!(message.starts_with(&format!("the module imports `f` from `{from}`")), "{message}");
        assert!(message.contains(hint), "{message}");
    }
}

#[test]
fn a_go_program_that_would_share_its_memory_with_the_adapter_is_refused() {
    let go_module = |realloc: &str| {
        wat(&format!(
            r#"(module (@custom "go:buildid" "1")
                (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
                (memory (export "memory") 1)
                (func (export "go") (drop (call $random (i32.const 0) (i32.const 8))))
                {realloc})"#
        ))
    };
    let message = error(Componentize::new().world(go()), &go_module(""));
    assert!(message.contains("`cabi_realloc`") && message.contains("the folder"), "{message}");
    let realloc = r#"(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))"#;
    Componentize::new().world(go()).run(&go_module(realloc)).unwrap();
}
