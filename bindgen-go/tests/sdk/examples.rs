//! The examples as components.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{program, run, sdk};

const SDK: &str = "github.com/wasi-cloud/wasi-cloud/bindgen-go/go";
const MEMORY: [&str; 3] = ["--grant-linked", "--link", "keyvalue:default=memory"];

/// The host.
fn host() -> Command {
    let mut host = Command::new(program());
    host.env("GOFLAGS", "-mod=mod").env("GOPROXY", "off");
    host
}

/// An example, made a component in `into`.
fn component(name: &str, into: &Path) -> PathBuf {
    let made = into.join(name).with_extension("wasm");
    run(host().arg("componentize").arg(sdk().join("examples").join(name)).arg("-o").arg(&made));
    made
}

/// What a component has, but for what Go imports of WASI by itself.
fn parts(component: &Path) -> Vec<String> {
    let text = run(host().arg("inspect").arg(component).args(["--format", "lines"]));
    let own = ["size ", "import wasi:cli/", "import wasi:io/", "import wasi:clocks/"];
    let own = [&own[..], &["import wasi:filesystem/", "import wasi:random/"]].concat();
    text.lines().filter(|line| !own.iter().any(|of_go| line.starts_with(of_go))).map(str::to_owned).collect()
}

pub fn import() {
    let dir = tempfile::tempdir().expect("a folder");
    let pingpong = [
        "import wasi:keyvalue/store@0.2.0-draft2",
        "import wasi:keyvalue/atomics@0.2.0-draft2",
        "import wasi:messaging/types@0.2.0-draft",
        "import wasi:messaging/producer@0.2.0-draft",
        "export wasi:messaging/incoming-handler@0.2.0-draft",
        "topic ping",
    ];
    assert_eq!(parts(&component("pingpong", dir.path())), pingpong);
    let counter = [pingpong[0], pingpong[1], "export wasi:cli/run@0.2.12"];
    assert_eq!(parts(&component("counter", dir.path())), counter);
    let together = [pingpong[0], pingpong[1], "export example:together/greetings"];
    assert_eq!(parts(&component("together", dir.path())), together);
}

pub fn counter() {
    let dir = tempfile::tempdir().expect("a folder");
    let counter = component("counter", dir.path());
    let five = |more: &[&str]| host().arg("run").arg(&counter).args(MEMORY).arg("--").args(more).output().expect("run");
    assert_eq!(String::from_utf8_lossy(&five(&["5"]).stdout), "5\n");
    let failed = five(&["five"]);
    assert!(!failed.status.success() && String::from_utf8_lossy(&failed.stderr).contains("counter: strconv"));
}

pub fn together() {
    let dir = tempfile::tempdir().expect("a folder");
    let together = component("together", dir.path());
    let said = run(host().arg("run").arg(&together).args(MEMORY).args(["--invoke", r#"greet("Ada")"#]));
    assert!(said.contains("Hello, Ada! This is greeting 1."), "{said}");
}

/// A program with the SDK and another package that exports `cabi_realloc`.
pub fn two_runtimes() {
    let dir = two();
    let refused = host().arg("componentize").arg(dir.path()).output().expect("it runs");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success());
    for part in ["cabi_realloc", &format!("{SDK}/wit"), "example.com/two/other", "--runtime"] {
        assert!(said.contains(part), "`{part}` is not in: {said}");
    }
}

fn two() -> TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    };
    let at = sdk().canonicalize().expect("a path");
    let require = format!("require {SDK} v0.0.0\n\nreplace {SDK} => {}\n", at.display());
    write("go.mod", &format!("module example.com/two\n\ngo 1.26\n\n{require}"));
    write(
        "other/other.go",
        "package other\n\nimport \"unsafe\"\n\n//go:wasmexport cabi_realloc\n\
         func realloc(unsafe.Pointer, uint32, uint32, uint32) unsafe.Pointer { return nil }\n",
    );
    write(
        "main.go",
        &format!(
            "package main\n\nimport (\n\t\"context\"\n\n\t_ \"example.com/two/other\"\n\t\"{SDK}/config\"\n)\n\n\
             func main() {{ _, _, _ = config.Get(context.Background(), \"key\") }}\n"
        ),
    );
    dir
}
