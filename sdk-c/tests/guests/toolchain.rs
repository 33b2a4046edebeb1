//! Compilers for WebAssembly, and the SDK that each of them builds.

use crate::{Lack, REQUIRE, scratch, sdk, sh, shell};
use std::{
    env, fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};
use wasi_cloud_componentize::Componentize;

/// Flags for size.
const SMALL: &str = "-Oz -s";

/// A C compiler, as the README names it.
pub struct Toolchain {
    /// For `CLOUD_CONFORMANCE_REQUIRE`.
    pub word: &'static str,
    pub cc: &'static str,
    pub cxx: &'static str,
    pub ar: &'static str,
    /// What a program with a `main` needs besides.
    pub command: &'static str,
    install: &'static str,
    built: OnceLock<PathBuf>,
    lack: OnceLock<Option<Lack>>,
}

pub static ZIG: Toolchain = Toolchain {
    word: "zig",
    cc: "python3 -m ziglang cc -target wasm32-wasi",
    cxx: "python3 -m ziglang c++ -target wasm32-wasi",
    ar: "python3 -m ziglang ar",
    command: "",
    install: "pip install ziglang",
    built: OnceLock::new(),
    lack: OnceLock::new(),
};

pub static CLANG: Toolchain = Toolchain {
    word: "clang",
    cc: "clang --target=wasm32-wasi",
    cxx: "clang++ --target=wasm32-wasi",
    ar: "llvm-ar",
    command: "-nostartfiles",
    install: "apt-get install clang lld llvm wasi-libc libclang-rt-dev-wasm32",
    built: OnceLock::new(),
    lack: OnceLock::new(),
};

/// What a program is linked to be.
#[derive(Clone, Copy)]
pub enum Shape {
    /// It has a `main`.
    Command,
    /// It has handlers.
    Service,
}

impl Toolchain {
    /// Why it cannot build programs for WebAssembly.
    pub fn lack(&self) -> Option<Lack> {
        let lack = self.lack.get_or_init(|| {
            let folder = scratch(self.word);
            fs::write(folder.join("empty.c"), "#include <stdlib.h>\nint main(void) { return 0; }\n").expect("written");
            let Self { word, cc, ar, install, .. } = self;
            let tried = format!("{cc} empty.c -o empty.wasm; {ar} --version");
            let tried = shell(&tried, &folder).output().expect("a shell");
            let error = String::from_utf8_lossy(&tried.stderr);
            let error = error.lines().last().unwrap_or("it says nothing");
            (!tried.status.success()).then(|| Lack::new(word, format!("needs {word}: `{install}`; {error}")))
        });
        lack.clone()
    }

    /// Where `build.sh` has put the SDK.
    pub fn prefix(&self) -> &Path {
        self.built.get_or_init(|| {
            let prefix = scratch(self.word).join("sdk");
            let _ = fs::remove_dir_all(&prefix);
            let Self { cc, ar, .. } = self;
            let script = sdk("build.sh");
            sh(&format!("sh '{}' '{}' CC='{cc}' AR='{ar}'", script.display(), prefix.display()), &sdk(""));
            prefix
        })
    }

    /// Flags that find the SDK.
    pub fn flags(&self) -> String {
        let prefix = self.prefix().display();
        format!("-I'{prefix}/include' -L'{prefix}/lib'")
    }

    /// The core module of a program on the SDK.
    pub fn module(&self, name: &str, sources: &[PathBuf], shape: Shape, flags: &str) -> Vec<u8> {
        let out = scratch(self.word).join(name).with_extension("module.wasm");
        let sources: Vec<_> = sources.iter().map(|source| format!("'{}'", source.display())).collect();
        let shape = match shape {
            Shape::Command => self.command,
            Shape::Service => "-mexec-model=reactor",
        };
        let link = format!("{shape} {flags} {} {} -lwasi_cloud", sources.join(" "), self.flags());
        sh(&format!("{} {link} -o '{}'", self.cc, out.display()), &sdk(""));
        fs::read(out).expect("it was built")
    }

    /// The component of a program on the SDK.
    pub fn component(&self, name: &str, sources: &[PathBuf], shape: Shape) -> Vec<u8> {
        let module = self.module(name, sources, shape, SMALL);
        Componentize::new().run(&module).unwrap_or_else(|e| panic!("{name}: {e}"))
    }
}

/// This program where there is a shell and nothing else: ignored with the reason, failed with it where that is required.
pub fn without_a_toolchain_nothing_passes() {
    let folder = scratch("nothing");
    let sh =
        env::split_paths(&env::var_os("PATH").expect("a PATH")).map(|folder| folder.join("sh")).find(|sh| sh.is_file());
    let _ = fs::remove_file(folder.join("sh"));
    symlink(sh.expect("a shell"), folder.join("sh")).expect("linked");
    for (required, counts) in
        [("redis", "0 passed; 0 failed; 2 ignored"), ("redis, zig", "0 passed; 1 failed; 1 ignored")]
    {
        let mut again = Command::new(env::current_exe().expect("a path"));
        let output = again.arg("/pingpong").env("PATH", &folder).env(REQUIRE, required).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!([counts, ZIG.install, CLANG.install].iter().all(|text| said.contains(text)), "{required}: {said}");
        assert_eq!(output.status.success(), !required.contains("zig"), "{required}: {said}");
    }
}

pub fn build_script_says_what_is_wrong() {
    let calls =
        [("", 2, "sh build.sh PREFIX"), ("sdk CPU=1", 2, "`CPU=1` is no setting"), ("sdk CC=cc", 1, "WebAssembly")];
    for (arguments, code, says) in calls {
        let output = shell(&format!("sh build.sh {arguments} 2>&1"), &sdk("")).output().expect("a shell");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.code() == Some(code) && said.contains(says), "{arguments}: {}: {said}", output.status);
    }
    assert!(!sdk("sdk").exists(), "nothing was built");
}
