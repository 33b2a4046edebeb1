//! `wasi-cloud run --invoke`.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::process::{Command, Stdio};
use tempfile::TempDir;
use wasi_cloud_componentize::{Componentize, World};

const WIT: &str = "package math:calc@1.2.0;
    interface ops {
        record point { x: s32, y: s32 }
        add: func(a: u32, b: u32) -> u32;
        swap: func(p: point) -> point;
        half: func(n: u32) -> result<u32, string>;
        same: func();
    }
    interface more {
        resource thing { constructor(); }
        same: func();
        taken: func(t: thing);
    }
    world calc {
        export add: func(a: u32, b: u32) -> u32;
        export nothing: func();
        export trap: func();
        export forever: func();
        export first: func(items: list<string>, or: option<string>) -> option<string>;
        export ops;
        export more;
    }";

const CALC: &str = r#"(module
    (memory (export "memory") 1)
    (data (i32.const 16) "odd")
    (global $free (mut i32) (i32.const 1024))
    (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
        (global.get $free)
        (global.set $free (i32.and (i32.add (i32.add (global.get $free) (local.get $size)) (i32.const 7)) (i32.const -8))))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "nothing"))
    (func (export "trap") unreachable)
    (func (export "forever") (loop (br 0)))
    ;; The first of the list as it lies there, or the alternative.
    (func (export "first") (param $list i32) (param $length i32) (param $some i32) (param $or i32) (param $size i32)
        (result i32)
        (i32.store (i32.const 64) (local.get $some))
        (i32.store (i32.const 68) (local.get $or))
        (i32.store (i32.const 72) (local.get $size))
        (if (local.get $length)
            (then
                (i32.store (i32.const 64) (i32.const 1))
                (i64.store (i32.const 68) (i64.load (local.get $list)))))
        (i32.const 64))
    (func (export "math:calc/ops@1.2.0#add") (param i32 i32) (result i32)
        (i32.add (i32.const 1000) (i32.add (local.get 0) (local.get 1))))
    (func (export "math:calc/ops@1.2.0#swap") (param i32 i32) (result i32)
        (i32.store (i32.const 64) (local.get 1))
        (i32.store (i32.const 68) (local.get 0))
        (i32.const 64))
    (func (export "math:calc/ops@1.2.0#half") (param $n i32) (result i32)
        (i32.store (i32.const 64) (i32.and (local.get $n) (i32.const 1)))
        (i32.store (i32.const 68) (i32.shr_u (local.get $n) (i32.const 1)))
        (if (i32.load (i32.const 64))
            (then (i32.store (i32.const 68) (i32.const 16)) (i32.store (i32.const 72) (i32.const 3))))
        (i32.const 64))
    (func (export "math:calc/ops@1.2.0#same"))
    (func (export "math:calc/more@1.2.0#same"))
    (func (export "math:calc/more@1.2.0#taken") (param i32))
    (func (export "math:calc/more@1.2.0#[constructor]thing") (result i32) unreachable))"#;

/// The exit code and both outputs of a call.
fn invoke(call: &str, more: &[&str]) -> (Option<i32>, String, String) {
    let module = wat::parse_str(CALC).unwrap_or_else(|e| panic!("{e}"));
    let component = Componentize::new().world(World::text(WIT)).run(&module).unwrap_or_else(|e| panic!("{e}"));
    let folder = TempDir::new().expect("a folder");
    let app = folder.path().join("calc.wasm");
    std::fs::write(&app, component).expect("written");
    let mut program = Command::new(env!("CARGO_BIN_EXE_wasi-cloud"));
    program.env_remove("RUST_LOG").stdin(Stdio::null()).arg("run").arg(app).args(["--invoke", call]).args(more);
    let output = program.output().expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn a_function_is_called_and_its_result_printed() {
    for (call, printed) in [
        ("add(1, 2)", "3\n"),
        (" add( 1,2 ) ", "3\n"),
        ("nothing()", ""),
        ("first([\"a b\", \"c\"], none)", "some(\"a b\")\n"),
        ("first([], \"or\")", "some(\"or\")\n"),
        ("first([])", "none\n"),
        ("math:calc/ops@1.2.0#add(1, 2)", "1003\n"),
        ("math:calc/ops#add(1, 2)", "1003\n"),
        ("ops#add(1, 2)", "1003\n"),
        ("swap({x: 1, y: -2})", "{x: -2, y: 1}\n"),
        ("half(8)", "ok(4)\n"),
        ("more#same()", ""),
    ] {
        let (code, out, log) = invoke(call, &[]);
        assert_eq!((code, &*out), (Some(0), printed), "{call}: {log}");
        assert_eq!(log, "", "{call}");
    }
}

#[test]
fn an_error_a_trap_and_a_deadline_are_exit_codes() {
    assert_eq!(invoke("half(7)", &[]), (Some(1), "err(\"odd\")\n".to_owned(), String::new()));
    let (code, out, log) = invoke("trap()", &[]);
    assert!(code == Some(134) && out.is_empty() && log.contains("trapped"), "{log}");
    assert_eq!(invoke("forever()", &["--deadline", "50ms"]).0, Some(124));
}

#[test]
fn a_wrong_call_says_which_there_are() {
    let all = [
        "add(a: u32, b: u32) -> u32",
        "nothing()",
        "first(items: list<string>, or: option<string>) -> option<string>",
        "math:calc/ops@1.2.0#swap(p: record { x: s32, y: s32 }) -> record { x: s32, y: s32 }",
        "math:calc/ops@1.2.0#half(n: u32) -> result<u32, string>",
    ];
    let two = ["math:calc/ops@1.2.0#same()", "math:calc/more@1.2.0#same()"];
    let wrong: [(&str, &[&str]); 9] = [
        ("subtract(1, 2)", &all),
        ("other#add(1, 2)", &all),
        ("same()", &two),
        ("add", &["write `add()`"]),
        ("add(1)", &["add(a: u32, b: u32)"]),
        ("add(1, -2)", &["add(a: u32, b: u32)"]),
        ("add(1, \"2\")", &["add(a: u32, b: u32)"]),
        ("add(1, 2", &["add(a: u32, b: u32)"]),
        ("taken(1)", &["resources"]),
    ];
    for (call, expected) in wrong {
        let (code, out, said) = invoke(call, &[]);
        assert!(code == Some(2) && out.is_empty() && said.starts_with("error: --invoke: "), "{call}: {said}");
        for expected in expected {
            assert!(said.contains(expected), "{call} should tell of {expected}: {said}");
        }
        assert!(!said.contains("[constructor]"), "{said}");
    }
}

#[test]
fn a_component_that_is_only_functions_says_how_to_call_them() {
    let (code, _, said) = invoke("add(1, 2)", &["--topic", "t"]);
    assert_eq!(code, Some(2), "{said}");
    let folder = TempDir::new().expect("a folder");
    let app = folder.path().join("calc.wasm");
    let module = wat::parse_str(r#"(module (func (export "one") (result i32) (i32.const 1)))"#).expect("assembles");
    let world = World::text("package a:b; world w { export one: func() -> u32; }");
    std::fs::write(&app, Componentize::new().world(world).run(&module).expect("encodes")).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_wasi-cloud")).arg("run").arg(app).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(125) && said.contains("--invoke:\n  one() -> u32"), "{said}");
}
