//! Compilers on the PATH.

use super::Check;
use crate::{args::doctor::Language, go};
use std::{
    ffi::OsStr,
    io::Read,
    path::Path,
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

const RUST: &str = "install Rust from https://rustup.rs";
const TARGET: &str = "wasm32-wasip2";
const C: &str = "`pip install ziglang`, or `apt-get install clang lld llvm wasi-libc libclang-rt-dev-wasm32`";
/// The most that is read of what a tool prints, in bytes.
const MOST: u64 = 4096;

/// Asks all of them at once, each for as long as `limit`.
pub fn checks(limit: Duration) -> Vec<Check> {
    let asked: [fn(Duration) -> Check; 5] = [rust, target, c, cc, go_tool];
    thread::scope(|scope| {
        let asked = asked.map(|ask| scope.spawn(move || ask(limit)));
        // One that panicked has nothing to say.
        asked.into_iter().filter_map(|ask| ask.join().ok()).collect()
    })
}

fn rust(limit: Duration) -> Check {
    match (first_line("rustc", &["--version"], limit), first_line("cargo", &["--version"], limit)) {
        (Some(rustc), Some(_)) => Check::found("rust", rustc),
        (Some(rustc), None) => Check::missing("rust", format!("{rustc}, without cargo"), RUST),
        (None, _) => Check::missing("rust", "no rustc that answers", RUST),
    }
    .of(Language::Rust)
}

fn target(limit: Duration) -> Check {
    let sysroot = first_line("rustc", &["--print", "sysroot"], limit);
    let there = sysroot.is_some_and(|root| Path::new(&root).join("lib/rustlib").join(TARGET).join("lib").is_dir());
    match there {
        true => Check::found("rust for wasm", TARGET),
        false => Check::missing("rust for wasm", TARGET, format!("`rustup target add {TARGET}`")),
    }
    .of(Language::Rust)
}

fn c(limit: Duration) -> Check {
    let zig = || first_line("python3", &["-m", "ziglang", "version"], limit).map(|version| format!("zig {version}"));
    match zig().or_else(|| clang(limit)) {
        Some(found) => Check::found("c for wasm", found),
        None => Check::missing("c for wasm", "neither zig nor a clang with wasi-libc", C),
    }
    .of(Language::C)
}

/// A clang that links, and how to use it: that it exists does not say that it has a C library for WebAssembly.
fn clang(limit: Duration) -> Option<String> {
    let version = first_line("clang", &["--version"], limit)?;
    let folder = tempfile::TempDir::new().ok()?;
    let (source, output) = (folder.path().join("empty.c"), folder.path().join("empty.wasm"));
    std::fs::write(&source, "#include <stdlib.h>\nint main(void) { return 0; }\n").ok()?;
    // The second is its name from clang 20 on.
    let target = ["--target=wasm32-wasi", "--target=wasm32-wasip1"].into_iter().find(|target| {
        let args = [target.as_ref(), source.as_os_str(), "-o".as_ref(), output.as_os_str()];
        output_of("clang", &args, limit).is_some()
    })?;
    Some(format!("{version}, as CC='clang {target}' AR=llvm-ar"))
}

fn cc(limit: Duration) -> Check {
    match first_line("cc", &["--version"], limit) {
        Some(version) => Check::found("cc", version),
        None => Check::missing("cc", "no C compiler for this machine, which tests need", "`apt-get install gcc`"),
    }
    .of(Language::C)
}

fn go_tool(limit: Duration) -> Check {
    let hint = format!("get Go 1.{} or newer from https://go.dev/dl", go::OLDEST);
    match first_line("go", &["env", "GOVERSION"], limit) {
        Some(version) if go::minor(&version).is_none_or(|minor| minor >= go::OLDEST) => Check::found("go", version),
        Some(version) => Check::missing("go", format!("{version}, which is too old"), hint),
        None => Check::missing("go", "no go that answers", hint),
    }
    .of(Language::Go)
}

/// The first line that a tool prints.
fn first_line(program: &str, args: &[&str], limit: Duration) -> Option<String> {
    let args: Vec<_> = args.iter().map(OsStr::new).collect();
    let text = output_of(program, &args, limit)?;
    text.lines().next().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty())
}

/// What a tool prints, if it ends well and in time. One that does not end is ended.
fn output_of(program: &str, args: &[&OsStr], limit: Duration) -> Option<String> {
    let mut tool = Command::new(program);
    let mut child = tool.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let (stdout, (send, read)) = (child.stdout.take()?, mpsc::channel());
    thread::spawn(move || {
        let mut text = Vec::new();
        let all = stdout.take(MOST).read_to_end(&mut text);
        // Nobody waits any more if it took too long.
        let _ = send.send(all.map(|_| String::from_utf8_lossy(&text).into_owned()));
    });
    match read.recv_timeout(limit) {
        Ok(Ok(text)) => child.wait().is_ok_and(|status| status.success()).then_some(text),
        _ => {
            let _ = child.kill();
            let _ = child.wait();
            None
        }
    }
}
