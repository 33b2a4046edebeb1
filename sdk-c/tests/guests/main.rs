//! What a C programmer builds with the SDK: for WebAssembly with each toolchain, as `README.md` says it. What a test needs has
//! a word: `zig`, `clang`, `redis`, `cmake`, `pkg-config`. Where it is missing the test is ignored; where
//! `CLOUD_CONFORMANCE_REQUIRE` lists the word, it fails.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "../cc/mod.rs"]
mod cc;
mod component_linker;
mod components;
mod handlers;
mod host;
mod log;
mod own_bindings;
mod readme;
mod redis;
mod toolchain;
mod warnings;

use cc::{REQUIRE, required};
use libtest_mimic::{Arguments, Completion, Trial};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};
use toolchain::{CLANG, Toolchain, ZIG};

/// What is missing on this machine.
#[derive(Clone)]
pub struct Lack {
    word: &'static str,
    why: String,
}

impl Lack {
    fn new(word: &'static str, why: impl Into<String>) -> Self {
        Self { word, why: why.into() }
    }

    /// A tool that is not on the PATH.
    pub fn of_tool(tool: &'static str) -> Option<Self> {
        let found = Command::new(tool).arg("--version").output().is_ok();
        (!found).then(|| Self::new(tool, format!("needs `{tool}` on the PATH")))
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        trial("readme/shows_the_examples", || None, readme::shows_the_examples),
        trial("readme/tests_natively", || readme::lack(readme::NATIVE), readme::tests_natively),
        trial("build_script", || Lack::of_tool("sed"), toolchain::build_script_says_what_is_wrong),
        trial("without_a_toolchain_nothing_passes", || None, toolchain::without_a_toolchain_nothing_passes),
    ];
    for compiler in &warnings::COMPILERS {
        let name = format!("warnings/{}", compiler.name);
        trials.push(trial(name, || warnings::lack(compiler), || warnings::gives(compiler)));
    }
    for toolchain in [&ZIG, &CLANG] {
        trials.extend(TESTS.iter().map(|(name, test)| {
            let name = format!("{}/{name}", toolchain.word);
            trial(name, || toolchain.lack(), || test(toolchain))
        }));
        trials.extend(readme::SECTIONS.iter().map(|section| {
            let name = format!("{}/readme/{}", toolchain.word, section.trim_start_matches(['#', ' ']));
            let lack = || toolchain.lack().or_else(|| readme::lack(section));
            trial(name, lack, || readme::works(toolchain, section))
        }));
    }
    let linker = || CLANG.lack().or_else(component_linker::lack);
    trials.push(trial("clang/component_linker", linker, component_linker::makes_components));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// A test of a toolchain.
type Test = (&'static str, fn(&Toolchain));

const TESTS: [Test; 10] = [
    ("components", components::have_what_they_use_and_nothing_else),
    ("flags", components::are_the_same_with_other_flags),
    ("static_library", components::lack_handlers_of_static_libraries),
    ("commands", handlers::commands_print),
    ("pingpong", handlers::pingpong),
    ("handlers", handlers::of_two_files),
    ("catch_all", handlers::of_all_topics),
    ("fails", handlers::that_fail),
    ("cplusplus", handlers::in_cplusplus),
    ("own_bindings", own_bindings::beside_the_sdk),
];

fn trial(
    name: impl Into<String>,
    lack: impl FnOnce() -> Option<Lack> + Send + 'static,
    test: impl FnOnce() + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || match lack() {
        Some(lack) if required(lack.word) => Err(lack.why.into()),
        Some(lack) => Ok(Completion::ignored_with(lack.why)),
        None => {
            test();
            Ok(Completion::Completed)
        }
    })
}

/// A file or folder of the C SDK.
pub fn sdk(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A folder of this test's own, the same each time.
pub fn scratch(path: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("c-guests").join(path);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// A shell with these lines in it. It ends with the first that fails.
pub fn shell(lines: &str, folder: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-euc", lines]).current_dir(folder);
    shell
}

/// What the lines print.
pub fn sh(lines: &str, folder: &Path) -> String {
    let ran = shell(lines, folder).output().expect("a shell");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(ran.status.success(), "{lines}\n{}{}", text(&ran.stdout), text(&ran.stderr));
    text(&ran.stdout)
}
