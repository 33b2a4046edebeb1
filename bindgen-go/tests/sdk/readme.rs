//! What `../go/README.md` shows and says: its program is the example, and each command that it gives works.

use std::{
    fs,
    io::{BufRead, BufReader, Lines},
    os::unix::fs::symlink,
    path::PathBuf,
    process::{Child, ChildStderr, Command, Stdio},
};

use tempfile::TempDir;

use crate::{program, redis::Server, run, sdk};

/// The section with commands that want Redis.
const RUN: &str = "### 4. Run it";
/// How the host says that messages are handled from now on.
const READY: &str = "handling messages of";

fn readme() -> String {
    fs::read_to_string(sdk().join("README.md")).expect("a README")
}

/// The blocks of a text: their languages, and what is in them.
fn blocks(text: &str) -> Vec<(&str, &str)> {
    text.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').expect("a block of lines")).collect()
}

pub fn shows_the_example() {
    let readme = readme();
    for file in ["main.go", "main_test.go"] {
        let example = fs::read_to_string(sdk().join("examples/pingpong").join(file)).expect(file);
        let code = &example[example.find("package main").expect("a package")..];
        assert!(readme.contains(&format!("```go\n// {file}\n{code}```")), "README.md shows another {file}");
    }
}

/// A user's folder, beside a clone of the repository, with our programs on the PATH.
struct User {
    dir: TempDir,
}

impl User {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        for folder in ["bin", "pingpong"] {
            fs::create_dir(dir.path().join(folder)).expect("made");
        }
        let bindgen = PathBuf::from(env!("CARGO_BIN_EXE_bindgen-go"));
        for (program, name) in [(program(), "bin/wasi-cloud"), (bindgen, "bin/bindgen-go")] {
            symlink(program, dir.path().join(name)).expect("linked");
        }
        let root = sdk().join("../..").canonicalize().expect("a path");
        symlink(root, dir.path().join("wasi-cloud")).expect("linked");
        Self { dir }
    }

    fn folder(&self) -> PathBuf {
        self.dir.path().join("pingpong")
    }

    fn shell(&self, commands: &str) -> Command {
        let mut shell = Command::new("sh");
        let path = std::env::var("PATH").unwrap_or_default();
        shell.args(["-ec", commands]).current_dir(self.folder());
        shell.env("PATH", format!("{}:{path}", self.dir.path().join("bin").display()));
        shell.envs([("GOTOOLCHAIN", "local"), ("GOPROXY", "off"), ("GOWORK", "off"), ("GOFLAGS", "-mod=mod")]);
        shell
    }

    /// Writes a file, or runs commands.
    fn follow(&self, (kind, text): (&str, &str)) {
        if kind == "sh" {
            run(&mut self.shell(text));
            return;
        }
        let (name, text) = text.strip_prefix("// ").and_then(|text| text.split_once('\n')).expect("a file's name");
        let path = self.folder().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
}

/// The README before the section that wants Redis, that section, and what is behind it.
fn thirds(readme: &str) -> (&str, &str, &str) {
    let (before, rest) = readme.split_once(RUN).expect(RUN);
    let end = rest.find("\n## ").expect("another section");
    (before, &rest[..end], &rest[end..])
}

pub fn works() {
    let (user, readme) = (User::new(), readme());
    let (before, _, behind) = thirds(&readme);
    for block in [blocks(before), blocks(behind)].concat() {
        user.follow(block);
    }
}

pub fn runs() {
    let (user, readme) = (User::new(), readme());
    let (before, section, _) = thirds(&readme);
    for block in blocks(before) {
        user.follow(block);
    }
    let [(_, serve), (_, ping)] = blocks(section)[..] else { panic!("two blocks: a host, and who pings it") };
    let server = Server::start();
    let _service = Service::start(user.shell(&("exec ".to_owned() + &server.instead_of_localhost(serve))));
    let said = run(&mut user.shell(&server.instead_of_localhost(ping)));
    assert!(said.contains("pong 1"), "{said}");
}

/// A host that handles messages. Dropping it ends it.
struct Service {
    child: Child,
    /// Open, so that it can go on writing.
    _log: Lines<BufReader<ChildStderr>>,
}

impl Service {
    fn start(mut commands: Command) -> Self {
        let mut child = commands.stderr(Stdio::piped()).spawn().expect("a shell");
        let mut log = BufReader::new(child.stderr.take().expect("piped")).lines();
        let mut said = String::new();
        while !said.contains(READY) {
            let line = log.next().and_then(Result::ok);
            said += &line.unwrap_or_else(|| panic!("{commands:?}\nended:\n{said}"));
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
