//! `wasm-component-ld`, which wasi-sdk links with for `wasm32-wasip2`, makes a component without a second step. Rust brings it,
//! too; here clang takes it with its libc for `wasm32-wasi`, since the same objects serve all targets.

use crate::{
    Lack,
    host::{Cloud, compile},
    scratch, sdk, sh,
    toolchain::CLANG,
};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

const TOOL: &str = "wasm-component-ld";

/// On the PATH, or in Rust's own folder.
fn find() -> Option<PathBuf> {
    let on_the_path = env::var_os("PATH").into_iter().flat_map(|path| env::split_paths(&path).collect::<Vec<_>>());
    // rustup may not be there, nor on the PATH a compiler, but the one that built this is beside its cargo.
    let rustc = Path::new(env!("CARGO")).with_file_name("rustc");
    let asked = Command::new(rustc).args(["--print", "target-libdir"]).output().ok();
    let library = asked.map(|asked| PathBuf::from(String::from_utf8_lossy(&asked.stdout).trim()));
    let of_rust = library.map(|library| library.with_file_name("bin"));
    on_the_path.chain(of_rust).map(|folder| folder.join(TOOL)).find(|tool| tool.is_file())
}

pub fn lack() -> Option<Lack> {
    find().is_none().then(|| Lack::new("clang", format!("needs `{TOOL}`, which rustup installs with Rust")))
}

pub fn makes_components() {
    let folder = scratch("clang/component-linker");
    let (linker, flags) = (find().expect("found before"), CLANG.flags());
    let linker = linker.display();
    let example = |name: &str| sdk("examples").join(name).display().to_string();

    // Clang 14 does not know the names of the newer targets, and takes them all the same.
    for target in ["wasm32-wasip1", "wasm32-wasip2"] {
        let headers =
            sh(&format!("{} -E -v -x c /dev/null 2>&1 | sed -n 's/^ \\(.*wasm32-wasi\\)$/\\1/p'", CLANG.cc), &folder);
        let include = format!("-isystem {} {flags}", headers.trim());
        sh(&format!("clang --target={target} {include} -c '{}' -o {target}.o", example("pingpong.c")), &folder);
        let link = format!("-fuse-ld='{linker}' -mexec-model=reactor {target}.o {flags} -lwasi_cloud");
        sh(&format!("{} {link} -o {target}.wasm", CLANG.cc), &folder);
        let app = compile(&fs::read(folder.join(format!("{target}.wasm"))).expect("it was built"));
        assert_eq!(Cloud::new().play(&app, &[("ping", "ping")], "pong", 1), ["pong 1"]);
    }
    let link = format!("-fuse-ld='{linker}' {} '{}' {flags} -lwasi_cloud", CLANG.command, example("counter.c"));
    sh(&format!("{} {link} -o counter.wasm", CLANG.cc), &folder);
    let app = compile(&fs::read(folder.join("counter.wasm")).expect("it was built"));
    assert_eq!(Cloud::new().run(&app, &["5"]), "5\n");
}
