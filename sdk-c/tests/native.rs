//! Programs of C on the native twin, as a user writes them to test a guest. They run with sanitizers where the compiler has
//! them; where `CLOUD_CONFORMANCE_REQUIRE` lists `sanitizers`, it must.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod cc;
#[path = "native/golden.rs"]
mod golden;

use cc::{Cc, archive, required, sanitizers, sdk};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Command, ExitCode},
    sync::Arc,
};
use tempfile::TempDir;

/// The programs, and what each must say in the end if it is wrong on purpose.
const RIGHT: [(&str, &[&str]); 6] = [
    ("keyvalue", &["keyvalue"]),
    ("updates", &["updates"]),
    ("errors", &["errors"]),
    ("messaging", &["messaging", "messaging_more"]),
    ("cloud", &["cloud"]),
    ("cloudevents", &["cloudevents", "../../examples/orders"]),
];
const WRONG: [(&str, &str, bool); 3] = [
    ("leak", "LeakSanitizer: detected memory leaks", true),
    ("freed_twice", "attempting double-free", true),
    ("closed", "bucket 1 is used after it was closed", false),
];

/// Programs that the library ends, without a word.
const ABORTED: [&str; 2] = ["registered_twice", "no_handler"];
const SIGABRT: i32 = 6;

/// The SDK, compiled once.
struct Built {
    cc: Cc,
    library: Vec<PathBuf>,
    dir: TempDir,
}

impl Built {
    fn new(cc: Cc) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("golden.h"), golden::header()).expect("written");
        let cc = cc.flag(format!("-I{}", dir.path().display()));
        Self { library: cc.library(dir.path()), cc, dir }
    }

    /// Builds a program of these files.
    fn program(&self, files: &[&str]) -> Command {
        let (from, into) = (sdk().join("tests/native"), self.dir.path().join(files[0].replace('/', "-")));
        fs::create_dir(&into).expect("a folder");
        let objects = files.iter().map(|file| self.cc.object(&from.join(file).with_extension("c"), &into));
        let objects: Vec<_> = self.library.iter().cloned().chain(objects).collect();
        let out = into.join("program");
        self.cc.program(&objects, &archive("wasi_cloud_native"), &out);
        Command::new(&out)
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    if arguments.list {
        return libtest_mimic::run(&arguments, trials(None)).exit_code();
    }
    let (careful, plain) = (Built::new(Cc::careful()), Built::new(Cc::plain()));
    libtest_mimic::run(&arguments, trials(Some(Arc::new((careful, plain))))).exit_code()
}

fn trials(built: Option<Arc<(Built, Built)>>) -> Vec<Trial> {
    let trial = |name: &str, test: fn(&Built, &Built, &str) -> Result<Completion, Failed>| {
        let (built, program) = (built.clone(), name.to_owned());
        Trial::ignorable_test(name.to_owned(), move || {
            let built = built.as_deref().expect("built before a test is run");
            test(&built.0, &built.1, &program)
        })
    };
    let right = RIGHT.iter().map(|(name, _)| trial(name, a_right_program));
    let wrong = WRONG.iter().map(|(name, ..)| trial(name, a_wrong_program));
    let aborted = ABORTED.iter().map(|name| trial(name, an_aborted_program));
    let others = [trial("growth", nothing_grows), trial("sanitizers", the_sanitizers_are_there)];
    right.chain(wrong).chain(aborted).chain(others).collect()
}

fn a_right_program(careful: &Built, _: &Built, name: &str) -> Result<Completion, Failed> {
    let (_, files) = RIGHT.iter().find(|(right, _)| *right == name).expect("in the list");
    passed(&mut careful.program(files))
}

fn a_wrong_program(careful: &Built, _: &Built, name: &str) -> Result<Completion, Failed> {
    let (_, says, sanitized) = WRONG.iter().find(|(wrong, ..)| *wrong == name).expect("in the list");
    if *sanitized && !sanitizers() {
        return Ok(Completion::ignored_with("the compiler has no sanitizers that would see it"));
    }
    let ran = careful.program(&[&format!("wrong/{name}")]).output()?;
    let said = String::from_utf8_lossy(&ran.stderr);
    if ran.status.success() || !said.contains(says) {
        return Err(format!("{}, and not `{says}`:\n{said}", ran.status).into());
    }
    Ok(Completion::Completed)
}

fn an_aborted_program(careful: &Built, _: &Built, name: &str) -> Result<Completion, Failed> {
    let ran = careful.program(&[&format!("wrong/{name}")]).output()?;
    // An assertion of the program's own would say something.
    if ran.status.signal() != Some(SIGABRT) || !ran.stderr.is_empty() {
        return Err(format!("{}:\n{}", ran.status, String::from_utf8_lossy(&ran.stderr)).into());
    }
    Ok(Completion::Completed)
}

/// The sanitizers' own allocator does not tell how much is in use.
fn nothing_grows(_: &Built, plain: &Built, _: &str) -> Result<Completion, Failed> {
    if !cfg!(all(target_os = "linux", target_env = "gnu")) {
        return Ok(Completion::ignored_with("asks the GNU C library how much memory is in use"));
    }
    passed(plain.program(&["growth"]).env("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0"))
}

fn the_sanitizers_are_there(_: &Built, _: &Built, _: &str) -> Result<Completion, Failed> {
    match (sanitizers(), required("sanitizers")) {
        (true, _) => Ok(Completion::Completed),
        (false, true) => Err("cc has no AddressSanitizer and UBSan: Debian and Ubuntu have them in `gcc`".into()),
        (false, false) => Ok(Completion::ignored_with("the compiler has none: all else ran without")),
    }
}

fn passed(program: &mut Command) -> Result<Completion, Failed> {
    let ran = program.output()?;
    if ran.status.success() {
        return Ok(Completion::Completed);
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Err(format!("{}:\n{}{}", ran.status, text(&ran.stdout), text(&ran.stderr)).into())
}
