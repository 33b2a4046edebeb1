//! A Go module in a folder of its own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// A package that calls the host, with a `cabi_realloc` that is also called while the Go runtime starts.
pub const CONFIG: &str = r#"package gen

import "unsafe"

var memory [1 << 20]byte
var used uintptr

//go:wasmexport cabi_realloc
//go:nosplit
func realloc(_ unsafe.Pointer, _, align, size uintptr) unsafe.Pointer {
	used = (used + align - 1) &^ (align - 1)
	used += size
	return unsafe.Pointer(&memory[used-size])
}

//go:wasmimport wasi:config/store@0.2.0-rc.1 get
func get(key unsafe.Pointer, n uint32, result unsafe.Pointer)

var result [5]uint32

// Open returns the case of a value that is not there.
func Open() uint32 {
	key := []byte("key")
	get(unsafe.Pointer(&key[0]), 3, unsafe.Pointer(&result))
	return result[0]
}

// Kept is what the linker does not see through.
var Kept func() uint32

func init() { Kept = Open }
"#;
/// What it calls.
pub const CONFIG_WIT: &str = "package wasi:config@0.2.0-rc.1 { interface store {
    variant error { upstream(string), io(string) }
    get: func(key: string) -> result<option<string>, error>;
} }";

/// A Go module `example.com/app`, and what is made of it.
pub struct Module {
    folder: TempDir,
}

/// What the program said.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub log: String,
}

impl Said {
    #[track_caller]
    pub fn succeeded(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{}", self.log);
        self
    }

    /// It failed with 125, and its last line is an error that has the words.
    #[track_caller]
    pub fn failed(&self, words: &[&str]) -> &Self {
        let last = self.log.lines().last().unwrap_or_default();
        assert_eq!(self.code, Some(125), "{}", self.log);
        assert!(last.starts_with("error: ") && words.iter().all(|word| last.contains(word)), "{words:?}: {}", self.log);
        self
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), log: text(&output.stderr) }
    }
}

impl Module {
    /// With these files, after `go.mod`.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let module = Self::empty();
        module.write("go.mod", "module example.com/app\n\ngo 1.26\n");
        for (name, text) in files {
            module.write(name, text);
        }
        module
    }

    pub fn empty() -> Self {
        Self { folder: TempDir::new().expect("a folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder is there");
        fs::write(path, text).expect("written");
    }

    /// A package with the exports, all of them without parameters, and the file of a world.
    pub fn exporting(&self, package: &str, world: &str, exports: &[&str]) {
        let function =
            |(i, name): (usize, &&str)| format!("\n//go:wasmexport {name}\nfunc f{i}() int32 {{ return 1 }}\n");
        let functions: String = exports.iter().enumerate().map(function).collect();
        let name = package.rsplit('/').next().expect("a name");
        self.write(&format!("{package}/{name}.go"), &format!("package {name}\n{functions}"));
        if !world.is_empty() {
            self.write(&format!("{package}/world.wit"), world);
        }
    }

    /// Runs `wasi-cloud` in the module's folder.
    pub fn wasi_cloud(&self, args: &[&str]) -> Said {
        self.wasi_cloud_in(Path::new("."), args)
    }

    /// The same, in a folder below.
    pub fn wasi_cloud_in(&self, folder: &Path, args: &[&str]) -> Said {
        Said::from(self.program(folder).args(args).output().expect("it starts"))
    }

    pub fn program(&self, folder: &Path) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_wasi-cloud"));
        program.env_remove("RUST_LOG").stdin(Stdio::null()).current_dir(self.folder.path().join(folder));
        program.envs([("GOTOOLCHAIN", "local"), ("GOFLAGS", "-mod=mod"), ("GOPROXY", "off"), ("GOWORK", "off")]);
        program
    }

    /// The names of a kind that `inspect` shows, WASI's own left out.
    pub fn inspect(&self, component: &str, kind: &str) -> Vec<String> {
        let said = self.wasi_cloud(&["inspect", component, "--format", "lines"]);
        let lines = said.succeeded().out.lines();
        let names = lines.filter_map(|line| line.strip_prefix(kind)?.strip_prefix(' '));
        let of_wasi = |name: &str| {
            ["cli", "clocks", "filesystem", "io", "random"].iter().any(|p| name.starts_with(&format!("wasi:{p}/")))
        };
        names.filter(|name| kind == "export" || !of_wasi(name)).map(str::to_owned).collect()
    }
}

/// A world as bindgen-go writes it.
pub fn world(name: &str, text: &str) -> String {
    format!("// Code generated by bindgen-go. DO NOT EDIT.\n// world: {name}\n\n{text}\n")
}
