//! What Go's tools say of the SDK.

use std::process::Command;

use crate::{Lack, go, run, sdk};

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

pub fn test() {
    run(go(&sdk()).args(["test", "./..."]));
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
