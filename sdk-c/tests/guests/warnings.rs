//! The SDK gives no compiler a reason to warn.

use crate::{Lack, scratch, sdk, sh, shell};
use std::fs;

/// For C and C++.
pub const WARN: &str = "-Wall -Wextra -Wpedantic -Wconversion -Werror";

/// A compiler for this machine, or for WebAssembly.
pub struct Compiler {
    pub name: &'static str,
    call: &'static str,
    plus: bool,
    wasm: bool,
}

const fn of_c(name: &'static str, call: &'static str) -> Compiler {
    Compiler { name, call, plus: false, wasm: false }
}

const fn of_cplusplus(name: &'static str, call: &'static str) -> Compiler {
    Compiler { plus: true, ..of_c(name, call) }
}

pub static COMPILERS: [Compiler; 10] = [
    of_c("cc", "cc"),
    of_c("clang", "clang"),
    of_c("zig", "python3 -m ziglang cc"),
    Compiler { wasm: true, ..of_c("clang-wasm", "clang --target=wasm32-wasi") },
    Compiler { wasm: true, ..of_c("zig-wasm", "python3 -m ziglang cc -target wasm32-wasi") },
    of_cplusplus("c++", "c++"),
    of_cplusplus("clang++", "clang++"),
    of_cplusplus("zig++", "python3 -m ziglang c++"),
    Compiler { wasm: true, ..of_cplusplus("clang++-wasm", "clang++ --target=wasm32-wasi") },
    Compiler { wasm: true, ..of_cplusplus("zig++-wasm", "python3 -m ziglang c++ -target wasm32-wasi") },
];

/// Why it compiles nothing here.
pub fn lack(compiler: &Compiler) -> Option<Lack> {
    let Compiler { name, call, .. } = compiler;
    let tried = format!("printf '#include <string.h>' | {call} -x c -c - -o tried.o");
    let works = shell(&tried, &scratch(&format!("warnings/{name}"))).output().expect("a shell").status.success();
    let word = ["zig", "clang"].into_iter().find(|word| name.starts_with(word)).unwrap_or("cc");
    (!works).then(|| Lack::new(word, format!("needs `{call}`")))
}

/// The sources of the SDK and the examples, and the headers as users compile them, also in C++.
pub fn gives(compiler: &Compiler) {
    let Compiler { name, call, plus, wasm } = *compiler;
    let folder = scratch(&format!("warnings/{name}"));
    let (language, dialect) = if plus { ("c++", "-std=c++17") } else { ("c", "-std=c11 -Wstrict-prototypes") };
    let at = sdk("").display().to_string();
    let compile = |files: &[String]| {
        let flags = format!("-x {language} {dialect} {WARN} -I'{at}' -I'{at}include'");
        sh(&format!("{call} {flags} -c {}", files.join(" ")), &folder);
    };

    // For WebAssembly without the one that refuses it.
    let mut headers = [files("include", ".h"), files("include/wasi_cloud", ".h")].concat();
    headers.retain(|header| !(wasm && header.ends_with("testing.h")));
    let alone = headers.iter().map(|header| {
        let file = header.replace('/', "-") + ".c";
        // Twice, since that is what guards are for.
        fs::write(folder.join(&file), format!("#include \"{header}\"\n").repeat(2)).expect("written");
        file
    });
    compile(&alone.collect::<Vec<_>>());
    if plus {
        return;
    }
    let quoted = |file: &String| format!("'{at}{file}'");
    compile(&files("src", ".c").iter().map(quoted).collect::<Vec<_>>());
    // Each for itself: zig makes one object of all that it compiles, and of functions called `main` there can be one.
    let mut programs = [vec!["start.c".to_owned()], files("examples", ".c")].concat();
    programs.retain(|file| !(wasm && file.ends_with("_test.c")));
    for program in &programs {
        compile(&[quoted(program)]);
    }
}

fn files(folder: &str, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(sdk(folder)).expect("a folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
    let mut files: Vec<_> =
        names.filter(|name| name.ends_with(ending)).map(|name| format!("{folder}/{name}")).collect();
    assert!(!files.is_empty(), "nothing in {folder}");
    files.sort();
    files
}
