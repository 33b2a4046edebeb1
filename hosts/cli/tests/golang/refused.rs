//! What cannot be built, and what is said about it.

use crate::module::{Module, Said};
use std::path::Path;

const MAIN: &str = "package main\n\nfunc main() {}\n";

pub fn build() {
    let module = Module::new(&[("main.go", "package main\n\nfunc main() { missing() }\n")]);
    let failed = module.wasi_cloud(&["componentize", "."]);
    failed.failed(&["`go build` failed"]);
    assert!(failed.log.contains("./main.go:3:15: undefined: missing\n"), "{}", failed.log);

    let module = Module::new(&[("main.go", "package main\n\nimport _ \"example.com/elsewhere\"\n\nfunc main() {}\n")]);
    let failed = module.wasi_cloud(&["componentize", "."]);
    failed.failed(&["`go list` failed"]);
    assert!(failed.log.contains("example.com/elsewhere"), "{}", failed.log);
}

pub fn library() {
    let module = Module::new(&[("lib.go", "package lib\n"), ("cmd/a/main.go", MAIN), ("cmd/b/main.go", MAIN)]);
    let failed = module.wasi_cloud(&["componentize", "."]);
    failed.failed(&["`example.com/app` is package `lib`", "`cmd/a`, `cmd/b`"]);
    let module = Module::new(&[("lib.go", "package lib\n")]);
    module.wasi_cloud(&["componentize", "."]).failed(&["give the folder of a package `main`"]);
}

/// Two SDKs in one program, each with a runtime of its own.
pub fn twice() {
    let main = "package main\n\nimport (\n\t_ \"example.com/app/a\"\n\t_ \"example.com/app/b\"\n)\n\nfunc main() {}\n";
    let module = Module::new(&[("main.go", main)]);
    let world = crate::module::world("test:a/a", "package test:a; world a { export ping: func() -> s32; }");
    module.exporting("a", &world, &["cabi_realloc", "ping"]);
    module.exporting("b", "", &["cabi_realloc"]);
    let failed = module.wasi_cloud(&["componentize", "."]);
    failed.failed(&["`cabi_realloc`", "`--runtime`"]);
    // Which they are, the linker says.
    assert!(failed.log.contains("example.com/app/a") && failed.log.contains("example.com/app/b"), "{}", failed.log);
}

pub fn no_go() {
    let module = Module::new(&[("main.go", MAIN)]);
    let empty = Module::empty();
    let failed = module.program(Path::new(".")).env("PATH", empty.path(".")).args(["componentize", "."]).output();
    Said::from(failed.expect("it starts")).failed(&[
        "cannot run `go`",
        "Go 1.26 or newer",
        "https://go.dev/dl",
        "PATH",
    ]);
}

pub fn old_go() {
    #[cfg(unix)]
    {
        let module = Module::new(&[("main.go", MAIN)]);
        let failed = with_go(&module, "echo go1.25.3");
        failed.failed(&["`go` is go1.25.3, which is too old", "Go 1.26 or newer", "https://go.dev/dl"]);
        let failed = with_go(
            &module,
            "echo 'go: go.mod requires go >= 1.26 (running go 1.25.3; GOTOOLCHAIN=local)' >&2; exit 1",
        );
        failed.failed(&["refuses the module", "Go 1.26 or newer", "GOTOOLCHAIN=auto"]);
        assert!(failed.log.contains("running go 1.25.3"), "{}", failed.log);
    }
}

/// Runs with a `go` that is a script.
#[cfg(unix)]
fn with_go(module: &Module, script: &str) -> Said {
    use std::os::unix::fs::PermissionsExt;
    let bin = Module::empty();
    bin.write("go", &format!("#!/bin/sh\n{script}\n"));
    std::fs::set_permissions(bin.path("go"), std::fs::Permissions::from_mode(0o755)).expect("executable");
    let said = module.program(Path::new(".")).env("PATH", bin.path(".")).args(["componentize", "."]).output();
    Said::from(said.expect("it starts"))
}

pub fn no_module() {
    let module = Module::empty();
    module.write("main.go", MAIN);
    module.wasi_cloud(&["componentize", "."]).failed(&["not in a Go module", "`go.mod`"]);
    module.wasi_cloud(&["componentize", "nowhere", "-o", "a.wasm"]).failed(&["cannot read `nowhere`"]);
}

pub fn no_output() {
    let module = Module::empty();
    module.write("module.wasm", "\0asm\u{1}\0\0\0");
    let refused = module.wasi_cloud(&["componentize", "module.wasm"]);
    assert!(refused.code == Some(2) && refused.log.contains("--output app.wasm"), "{}", refused.log);
    let help = module.wasi_cloud(&["componentize", "--help"]);
    assert!(help.succeeded().out.contains("wasi-cloud componentize ./cmd/worker"), "{}", help.out);
}
