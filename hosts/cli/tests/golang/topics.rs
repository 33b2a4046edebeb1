//! Topics that a program knows once its `init` functions ran.

use crate::module::{Module, world};

/// A package that exports a function, tells topics, and may call the host.
const HANDLER: &str = r#"package handler

import (
	"strings"
	"unsafe"
)

var topics []string

// Handle registers a topic.
func Handle(topic string) { topics = append(topics, topic) }

//go:wasmimport test:app/host call
func call() int32

// Call calls the host.
func Call() int32 { return call() }

var memory [1 << 20]byte
var used uintptr

//go:wasmexport cabi_realloc
//go:nosplit
func realloc(_ unsafe.Pointer, _, align, size uintptr) unsafe.Pointer {
	used = (used+align-1)&^(align-1) + size
	return unsafe.Pointer(&memory[used-size])
}

//go:wasmexport handle
func handle() int32 { return Call() }

var text struct{ at, n uint32 }
var kept string

//go:wasmexport wasi-cloud:topics
func told() unsafe.Pointer {
	kept = strings.Join(topics, "\n")
	text.at, text.n = uint32(uintptr(unsafe.Pointer(unsafe.StringData(kept)))), uint32(len(kept))
	return unsafe.Pointer(&text)
}
"#;

fn module(init: &str) -> Module {
    let main = format!(
        "package main\n\nimport \"example.com/app/handler\"\n\nfunc init() {{\n{init}\n}}\n\nfunc main() {{}}\n"
    );
    let module = Module::new(&[("handler/handler.go", HANDLER), ("main.go", &main)]);
    let wit = "package test:app; world app { import host; export handle: func() -> s32; }
        interface host { call: func() -> s32; }";
    module.write("handler/world.wit", &world("test:app/app", wit));
    module
}

pub fn recorded() {
    let module = module("handler.Handle(\"pong\")\n\thandler.Handle(\"a topic.*\")\n\thandler.Handle(\"pong\")");
    let made = module.wasi_cloud(&["componentize", "."]);
    assert!(!made.succeeded().log.contains("WARN"), "{}", made.log);
    assert_eq!(topics(&module, "app.wasm"), ["a topic.*", "pong"]);

    // So it is with a core module that was built by hand.
    let mut go = std::process::Command::new("go");
    go.args(["build", "-buildmode=c-shared", "-o", "core.wasm", "."]).current_dir(module.path("."));
    assert!(go.envs([("GOOS", "wasip1"), ("GOARCH", "wasm")]).status().expect("go runs").success());
    module.wasi_cloud(&["componentize", "core.wasm", "--wit", "handler/world.wit", "-o", "again.wasm"]).succeeded();
    assert_eq!(topics(&module, "again.wasm"), ["a topic.*", "pong"]);
}

pub fn refused() {
    let cases = [
        ("handler.Handle(\"pong\")\n\thandler.Call()", "`test:app/host#call`"),
        ("panic(\"not today\")", "panic: not today"),
        ("for {\n\t}", "longer than 10s"),
    ];
    for (init, why) in cases {
        let module = module(&format!("handler.Handle(\"ping\")\n\t{init}"));
        let made = module.wasi_cloud(&["componentize", "."]);
        let warned = made.succeeded().log.lines().find(|line| line.contains("WARN")).unwrap_or_default();
        assert!(warned.contains("records no topics") && warned.contains(why), "{why}: {}", made.log);
        assert_eq!(topics(&module, "app.wasm"), [""; 0]);
    }
}

fn topics(module: &Module, component: &str) -> Vec<String> {
    wasi_cloud_wasmtime::runtime::recorded_topics(&std::fs::read(module.path(component)).expect("a component"))
}
