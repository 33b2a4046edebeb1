//! Components that `new` made, by the commands of their READMEs.

use crate::{needs, pongs};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// What is missing on this machine.
pub struct Lack {
    pub word: &'static str,
    pub why: String,
}

pub fn no_rust() -> Option<Lack> {
    let printed = printed("rustc", &["--print", "target-libdir", "--target", "wasm32-wasip2"]);
    let there = printed.is_some_and(|folder| Path::new(folder.trim()).is_dir());
    let lack = |why: &str| Some(Lack { word: "wasm", why: why.into() });
    if !there {
        return lack("needs the target wasm32-wasip2: `rustup target add wasm32-wasip2`");
    }
    // Building these tests got the crates of this machine only, so this may need the network.
    let fetched = Command::new("cargo").args(["fetch", "--locked"]).current_dir(clone()).output();
    let fetched = fetched.is_ok_and(|fetched| fetched.status.success());
    if fetched { None } else { lack("needs the crates of a guest: `cargo fetch --locked`") }
}

pub fn no_c() -> Option<Lack> {
    let zig = printed("python3", &["-m", "ziglang", "version"]).is_some();
    let lack = |why: &str| Some(Lack { word: "zig", why: why.into() });
    if zig { None } else { lack("needs zig: `pip install ziglang`") }
}

pub fn no_go() -> Option<Lack> {
    needs::no_go().map(|why| Lack { word: "go", why })
}

fn printed(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).env("GOTOOLCHAIN", "local").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What the program printed, and what it said.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub log: String,
}

/// Runs the program in a folder.
pub fn wasi_cloud(folder: &Path, args: &[&str]) -> Said {
    run(Command::new(env!("CARGO_BIN_EXE_wasi-cloud")).args(args).current_dir(folder))
}

fn run(command: &mut Command) -> Said {
    let output = command.env_remove("RUST_LOG").stdin(Stdio::null()).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code(), out: text(&output.stdout), log: text(&output.stderr) }
}

pub fn pingpong(language: &str) {
    let made = Made::new(language, "pingpong");
    made.follow(3);
    let component = made.component();
    assert_eq!(pongs::answers(&fs::read(&component).expect("a component"), 2), ["pong 1", "pong 2"]);
    // As a service it would go on until a signal: that it is one is told before it connects.
    let args = ["run", made.text(&component), "--link", "messaging:default=memory"];
    let said = wasi_cloud(&made.folder, &args);
    assert_eq!(said.code, Some(125), "{}", said.log);
    assert!(said.log.contains("--grant messaging:default:read"), "it handles messages: {}", said.log);
}

pub fn command(language: &str) {
    let made = Made::new(language, "command");
    let said = made.follow(3);
    assert!(said.ends_with("\n5\n5\n"), "the two runs of the README: {said}");
    let component = made.component();
    let run = |amount: &str| {
        let linked = ["--link", "keyvalue:default", "--grant-linked", "--", amount];
        wasi_cloud(&made.folder, &[&["run", made.text(&component)], &linked[..]].concat())
    };
    assert_eq!(run("2").out, "7\n", "the second run of the README left 5");
    let wrong = run("many");
    assert!(wrong.code == Some(1) && wrong.log.contains("my-app: "), "{}", wrong.log);
}

/// A folder that `new` made.
struct Made {
    language: String,
    folder: PathBuf,
    _around: TempDir,
}

impl Made {
    fn new(language: &str, template: &str) -> Self {
        let around = TempDir::new().expect("a folder");
        let clone = clone();
        let sdk = clone.to_str().expect("UTF-8");
        let args = ["new", "my-app", "--lang", language, "--template", template, "--sdk", sdk];
        let said = wasi_cloud(around.path(), &args);
        assert_eq!(said.code, Some(0), "{}", said.log);
        let made = Self { language: language.into(), folder: around.path().join("my-app"), _around: around };
        made.spare();
        made
    }

    /// What of the work others have done already: crates of these versions, and builds of both templates.
    fn spare(&self) {
        #[cfg(unix)]
        if self.language == "rust" {
            let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new-target");
            fs::create_dir_all(&shared).expect("a folder");
            std::os::unix::fs::symlink(shared, self.folder.join("target")).expect("linked");
            fs::copy(clone().join("Cargo.lock"), self.folder.join("Cargo.lock")).expect("copied");
        }
    }

    /// Runs each block of the README that is for a shell, of which there are so many at least, and returns what they print.
    fn follow(&self, least: usize) -> String {
        let readme = fs::read_to_string(self.folder.join("README.md")).expect("a README");
        let blocks: Vec<_> =
            readme.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect();
        // What handles messages is run by the test.
        let least = if readme.contains("redis") { least - 1 } else { least };
        assert!(blocks.len() >= least, "{readme}");
        let program = Path::new(env!("CARGO_BIN_EXE_wasi-cloud")).parent().expect("a folder").to_owned();
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([program].into_iter().chain(env::split_paths(&path))).expect("a PATH");
        let mut out = String::new();
        for block in blocks {
            // Whether the target is there was asked before.
            let block = block.replace("rustup target add wasm32-wasip2\n", "");
            let mut sh = Command::new("sh");
            sh.args(["-euc", &block]).current_dir(&self.folder).env("PATH", &path).env("GOFLAGS", "-mod=mod");
            for name in ["RUSTFLAGS", "CARGO_TARGET_DIR", "CC", "AR", "LDFLAGS", "WASI_CLOUD"] {
                sh.env_remove(name);
            }
            let said = run(sh.env("WASI_CLOUD_NATIVE", twin()).env("SANITIZE", ""));
            assert_eq!(said.code, Some(0), "{block}{}{}", said.out, said.log);
            out += &said.out;
        }
        out
    }

    fn component(&self) -> PathBuf {
        match &*self.language {
            "rust" => {
                let built = self.folder.join("target/wasm32-wasip2/release");
                let (command, library) = (built.join("my-app.wasm"), built.join("my_app.wasm"));
                if self.folder.join("src/main.rs").is_file() { command } else { library }
            }
            _ => self.folder.join("my-app.wasm"),
        }
    }

    fn text<'a>(&self, path: &'a Path) -> &'a str {
        path.to_str().expect("UTF-8")
    }
}

fn clone() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the clone is there")
}

/// The C SDK's native twin, which cargo has built for this test, since it depends on its crate: beside the test's own program,
/// with a hash in its name. The youngest is of the present sources.
fn twin() -> PathBuf {
    let beside = env::current_exe().expect("a program").parent().expect("a folder").to_owned();
    let ours = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libwasi_cloud_native-") && name.ends_with(".a")
    };
    let files = fs::read_dir(&beside).expect("a folder").map(|entry| entry.expect("an entry").path()).filter(ours);
    let age = |path: &PathBuf| fs::metadata(path).and_then(|data| data.modified()).expect("a time");
    files.max_by_key(age).unwrap_or_else(|| panic!("no native twin in {}", beside.display()))
}
