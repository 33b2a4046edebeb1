//! What Go's tools say of the SDK.

use std::{env, process::Command};

use crate::{Lack, go, program, run, sdk};

/// The release of staticcheck that must be content. The SDK itself depends on no module.
const STATICCHECK: &str = "honnef.co/go/tools/cmd/staticcheck@v0.8.2";

fn silent(command: &mut Command) {
    let said = run(command);
    assert!(said.is_empty(), "{command:?}: {said}");
}

pub fn vet() {
    silent(Command::new("gofmt").args(["-l", "."]).current_dir(sdk()));
    silent(go(&sdk()).args(["vet", "./..."]));
    let wasm = [("GOOS", "wasip1"), ("GOARCH", "wasm")];
    // The memory that a host is given lies below Go's heap, and its addresses are numbers.
    silent(go(&sdk()).args(["vet", "-unsafeptr=false", "./..."]).envs(wasm));
    silent(go(&sdk()).args(["build", "-ldflags=-checklinkname=0", "./..."]).envs(wasm));
    // The fakes in wasm, for a runner of wasm.
    silent(go(&sdk()).args(["vet", "-unsafeptr=false", "-tags=fake", "./..."]).envs(wasm));
}

/// What a package of the SDK imports of it besides what all do: a program gets no capability that it did not ask for.
const IMPORTS: [(&str, &[&str]); 6] = [
    ("keyvalue", &[]),
    ("keyvalueext", &["keyvalue"]),
    ("messaging", &[]),
    ("messaging/handler", &["messaging"]),
    ("messaging/cloudevents", &["messaging"]),
    ("config", &[]),
];

pub fn imports() {
    for (package, others) in IMPORTS {
        let format = "-f={{if not .Standard}}{{.ImportPath}}{{end}}";
        let text = run(go(&sdk()).args(["list", "-deps", format, &format!("./{package}")]));
        let mut here: Vec<_> = text
            .lines()
            .filter_map(|path| path.strip_prefix("github.com/wasi-cloud/wasi-cloud/bindgen-go/go/"))
            .collect();
        assert_eq!(here.len(), text.lines().count(), "{package} depends on another module: {text}");
        here.retain(|path| !["internal/cause", "kind", "wit"].contains(path));
        here.sort_unstable();
        let mut expected = [others, &[package]].concat();
        expected.sort_unstable();
        assert_eq!(here, expected, "{package}");
    }
}

pub fn test() {
    run(go(&sdk()).args(["test", "./..."]));
}

/// The fakes in wasm, of one package, since each is a program that a host compiles.
pub fn test_in_wasm() {
    let exec = sdk().join("../../hosts/cli/exec").canonicalize().expect("a folder");
    let host = program().parent().expect("a folder").to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths([exec, host].into_iter().chain(env::split_paths(&path))).expect("a PATH");
    let wasm = [("GOOS", "wasip1"), ("GOARCH", "wasm")];
    let arguments = ["test", "-tags=fake", "-ldflags=-checklinkname=0", "./keyvalue/keyvaluetest"];
    run(go(&sdk()).args(arguments).envs(wasm).env("PATH", path));
}

/// Why staticcheck cannot be had.
pub fn no_staticcheck() -> Option<Lack> {
    let reached =
        |mut go: Command| go.args(["run", STATICCHECK, "-version"]).output().is_ok_and(|o| o.status.success());
    let none = || Lack::new("go", "needs a module proxy that has honnef.co/go/tools");
    Lack::of_go().or_else(|| (!reached(online())).then(none))
}

pub fn staticcheck() {
    silent(online().args(["run", STATICCHECK, "./..."]));
}

/// Go in the SDK, that may fetch a module.
fn online() -> Command {
    let mut go = go(&sdk());
    go.env_remove("GOPROXY");
    go
}
