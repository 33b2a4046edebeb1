//! What `README.md` shows and says: its programs are the examples, and each command that it gives works.

use crate::{Lack, cc, redis::Server, scratch, sdk, sh, shell, toolchain::Toolchain};
use std::{
    env, fs,
    io::{BufRead, BufReader, Lines},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Stdio},
};

/// The sections with commands for each toolchain.
pub const SECTIONS: [&str; 3] = [RUN, "## pkg-config", "## CMake"];
/// The section with commands for this machine.
pub const NATIVE: &str = "## Test it";
/// The end of the first walk.
const RUN: &str = "### 4. Run it";
const COMPILER: &str = "### 1. A compiler";
const WALK: [&str; 4] = [COMPILER, "### 2. The library", "### 3. The component", RUN];
/// How the program says that messages are handled from now on.
const READY: &str = "handling messages of";

pub fn shows_the_examples() {
    let example = |name: &str| fs::read_to_string(sdk("examples").join(name)).expect("an example");
    let shown = blocks(&readme(), "c");
    assert_eq!(shown.len(), 3, "README.md shows two programs and a test");
    for (shown, name) in [(&shown[0], "pingpong.c"), (&shown[2], "orders.c")] {
        let text = example(name);
        let (_, code) = text.split_once("\n\n").expect("a headline");
        assert_eq!(shown, code, "README.md shows another {name}");
    }
    assert!(example("pingpong_test.c").contains(&shown[1]), "README.md shows another test");
}

/// What the commands of a section need that is not here.
pub fn lack(section: &str) -> Option<Lack> {
    let text = blocks(&section_of(section), "sh").concat();
    let called = |tool: &&str| text.contains(&format!("{tool} "));
    let tool = ["cmake", "pkg-config"].into_iter().filter(called).find_map(Lack::of_tool);
    let server = || text.contains("redis-cli").then(Server::lack).flatten();
    let sanitizers = || {
        let none = text.contains("-fsanitize") && !cc::sanitizers();
        none.then(|| Lack::new("sanitizers", "needs a `cc` with AddressSanitizer and UBSan"))
    };
    let host = || {
        let none = text.contains("wasi-cloud componentize") && !program().is_file();
        none.then(|| Lack::new("wasi-cloud", "needs the program `wasi-cloud` beside this one: `cargo build --bins`"))
    };
    tool.or_else(server).or_else(sanitizers).or_else(host)
}

/// Builds and runs the tests as the README does it, on the twin that cargo has built for this test.
pub fn tests_natively() {
    let folder = prepare("readme-native");
    let twin = cc::archive("wasi_cloud_native").display().to_string();
    let steps = blocks(&section_of(NATIVE), "sh").concat();
    sh(&steps.replace("wasi-cloud/target/release/libwasi_cloud_native.a", &twin), &folder);
}

/// Follows the README to the section on running; the others find the library built.
pub fn works(toolchain: &Toolchain, section: &str) {
    let name = section.replace(|letter: char| !letter.is_alphabetic(), "");
    let folder = prepare(&format!("{}/readme-{name}", toolchain.word));
    let walk = if section == RUN { &WALK[..] } else { &[COMPILER, section] };
    if section != RUN {
        symlink(toolchain.prefix(), folder.join("sdk")).expect("linked");
    }
    let mut redis = None;
    let mut service = None;
    let mut ours = format!("export PATH='{}/bin':\"$PATH\"\n", folder.display());
    for step in walk.iter().flat_map(|title| blocks(&section_of(title), "sh")) {
        if step.starts_with("export CC=") {
            // The others are for other toolchains.
            if step.contains(&format!("CC='{}'", toolchain.cc)) {
                ours += &step;
            }
        } else if step.starts_with("wasi-cloud run pingpong.wasm") {
            let server = redis.insert(Server::start());
            service = Some(Service::start(&(ours.clone() + "exec " + &server.instead_of_localhost(&step)), &folder));
        } else if let (Some(_), Some(server)) = (service.take(), &redis) {
            let said = sh(&(ours.clone() + &server.instead_of_localhost(&step)), &folder);
            assert!(said.contains("pong 1"), "{step}{said}");
        } else {
            sh(&(ours.clone() + &step), &folder);
        }
    }
    assert!(ours.contains("CC="), "README.md does not name `{}`", toolchain.cc);
}

/// The folder that the README starts from: a clone of the repository, the host on the PATH, and the user's files.
fn prepare(name: &str) -> PathBuf {
    let folder = scratch(name);
    fs::remove_dir_all(&folder).and_then(|()| fs::create_dir_all(folder.join("bin"))).expect("an empty folder");
    symlink(program(), folder.join("bin/wasi-cloud")).expect("linked");
    symlink(sdk(".."), folder.join("wasi-cloud")).expect("linked");
    for file in ["pingpong.c", "pingpong_test.c"] {
        fs::copy(sdk("examples").join(file), folder.join(file)).expect("copied");
    }
    fs::write(folder.join("CMakeLists.txt"), blocks(&readme(), "cmake").concat()).expect("written");
    folder
}

/// The host, which cargo builds together with this test.
fn program() -> PathBuf {
    let beside = env::current_exe().expect("a path");
    beside.ancestors().nth(2).expect("two folders").join("wasi-cloud")
}

fn readme() -> String {
    fs::read_to_string(sdk("README.md")).expect("a README")
}

/// The text from a headline to the next.
fn section_of(title: &str) -> String {
    let readme = readme();
    let (_, rest) = readme.split_once(&format!("\n{title}\n")).expect(title);
    rest.split("\n#").next().unwrap_or_default().to_owned()
}

/// Code of a language, each block for itself.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).filter_map(|rest| Some(rest.split_once("```")?.0.to_owned())).collect()
}

/// A host that handles messages. Dropping it ends it.
struct Service {
    child: Child,
    /// Open, so that it can go on writing.
    _log: Lines<BufReader<ChildStderr>>,
}

impl Service {
    fn start(commands: &str, folder: &Path) -> Self {
        let mut child = shell(commands, folder).stderr(Stdio::piped()).spawn().expect("a shell");
        let mut log = BufReader::new(child.stderr.take().expect("piped")).lines();
        let mut said = String::new();
        while !said.contains(READY) {
            let line = log.next().and_then(Result::ok);
            said += &line.unwrap_or_else(|| panic!("{commands}\nended:\n{said}"));
        }
        Self { child, _log: log }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
