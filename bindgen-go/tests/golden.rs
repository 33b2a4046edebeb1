//! What is generated, as text: `BLESS=1 cargo test --test golden` writes it anew. Needs no Go.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use bindgen_go::{Options, tree};
use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_core::{Files, WorldGenerator};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn options() -> Options {
    Options {
        module: "example.com/gen".to_owned(),
        runtime: Some("example.com/wit".to_owned()),
        go_mod: false,
        ..Options::default()
    }
}

fn generate(resolve: &mut Resolve, path: &Path, options: Options) -> anyhow::Result<Files> {
    let (package, _) = resolve.push_path(path)?;
    let world = resolve.select_world(&[package], None)?;
    let mut files = Files::default();
    options.build().generate(resolve, world, &mut files)?;
    Ok(files)
}

/// One text of all files, each after a line with its name: the form that Go's tools call txtar.
fn text(files: &Files) -> String {
    files.iter().fold(String::new(), |mut out, (name, text)| {
        let _ = write!(out, "-- {name} --\n{}", String::from_utf8_lossy(text));
        out
    })
}

/// The WITs whose code is kept whole; of the others only what a program sees and what the host does.
const WHOLE: &[&str] = &[
    "arrays",
    "async-poll",
    "docs",
    "error-variants",
    "extras",
    "inline",
    "maps",
    "owned",
    "plain",
    "resources",
    "scalars",
    "versions",
    "world-functions",
];

/// Each WIT of the tests, by name.
fn wits() -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder().join("wit")).expect("the folder");
    let name = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
    let mut wits: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).map(|p| (name(&p), p)).collect();
    wits.sort();
    wits
}

/// Declarations without comments and bodies, and the core functions.
fn declarations(files: &Files) -> String {
    let mut out = String::new();
    for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".go") && !name.ends_with("_native.go")) {
        let _ = writeln!(out, "-- {name} --");
        let (mut skip, mut core) = ("", false);
        for line in std::str::from_utf8(text).expect("text").lines() {
            if !skip.is_empty() {
                skip = if line == skip { "" } else { skip };
            } else if name.ends_with("_wasip1.go") {
                core |= line.starts_with("//go:wasm");
                if line.starts_with("//go:wasm") || (core && line.starts_with("func ")) {
                    let _ = writeln!(out, "{}", line.trim_start_matches("//go:").trim_end_matches(" {"));
                    core = !line.starts_with("func ");
                }
            } else if line == "import (" {
                skip = ")";
            } else if line.starts_with("func ") {
                let _ = writeln!(out, "{}", line.trim_end_matches(" {").trim_end_matches(" {}"));
                skip = if line.ends_with(" {") { "}" } else { "" };
            } else if !line.is_empty() && !line.trim_start().starts_with("//") {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

#[test]
fn texts() {
    let wits = wits();
    assert!(wits.len() >= 60, "{} WITs", wits.len());
    let mut wrong = Vec::new();
    for (name, path) in &wits {
        let make = || generate(&mut Resolve::default(), path, options()).expect(name);
        let files = make();
        assert_eq!(text(&files), text(&make()), "the same each time");
        world_again(path);
        let (made, kind) = match WHOLE.contains(&&**name) {
            true => (text(&files), "txtar"),
            false => (declarations(&files), "api"),
        };
        let golden = folder().join("golden").join(format!("{name}.{kind}"));
        if env::var_os("BLESS").is_some() {
            fs::write(&golden, &made).expect("the file is written");
        }
        let wanted = fs::read_to_string(&golden).unwrap_or_default();
        if made != wanted {
            let differs = made.lines().zip(wanted.lines()).find(|(a, b)| a != b);
            wrong.push(format!("{name} differs, first in {differs:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}\nlook at it with BLESS=1 and git diff", wrong.join("\n"));
    let kept = fs::read_dir(folder().join("golden")).expect("the folder").count();
    assert_eq!(kept, wits.len(), "each golden text is of a WIT");
}

/// `world.wit` is all that there is to know of the world: what is generated from it differs in comments and private names.
fn world_again(path: &Path) {
    let files = |path: &Path| generate(&mut Resolve::default(), path, options()).expect("it is generated");
    let first = files(path);
    let world = |files: &Files| files.iter().find(|(name, _)| *name == "world.wit").expect("a world").1.to_vec();
    let folder = tempfile::tempdir().expect("a folder");
    let again = folder.path().join("world.wit");
    fs::write(&again, world(&first)).expect("the file is written");
    let second = files(&again);
    assert_eq!(String::from_utf8_lossy(&world(&second)), String::from_utf8_lossy(&world(&first)));
    let names = |files: &Files| files.iter().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&second), names(&first));
    let imports = |files: &Files| {
        let text = text(files);
        let mut lines: Vec<_> = text.lines().filter(|line| line.starts_with("//go:wasm")).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(imports(&second), imports(&first));
}

/// A sync world has nothing of what async needs, unless it is asked for.
#[test]
fn async_runtime() {
    let tasks = |world: &str, asynchronous| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("w.wit");
        fs::write(&path, format!("package a:b; world w {{ {world} }}")).expect("the file is written");
        let options = Options { asynchronous, runtime: None, ..options() };
        let files = generate(&mut Resolve::default(), &path, options).expect("it is generated");
        files.iter().filter(|(name, _)| ["wit/task_wasip1.go", "wit/timer_poll_wasip1.go"].contains(name)).count()
    };
    assert_eq!(tasks("import f: func(); export g: func() -> string;", false), 0);
    assert_eq!(tasks("import f: func();", true), 2);
    for world in ["import f: async func();", "export f: async func();", "import f: func(s: stream<u8>);"] {
        assert_eq!(tasks(world, false), 2, "{world}");
    }
}

/// Our own law: comments with clause ids, and the names that people will use.
#[test]
fn capabilities() {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(folder().join("../../wit")).expect("the WIT parses");
    let world = resolve.select_world(&[package], Some("imports")).expect("the world exists");
    let mut files = Files::default();
    options().build().generate(&mut resolve, world, &mut files).expect("it is generated");
    let text = text(&files);
    for part in [
        "-- wasi/keyvalue/keyvalue.go --",
        "[KV-STORE-",
        "func Open(ctx context.Context, identifier string) (result *Bucket, err error) {",
        "func (b *Bucket) Get(ctx context.Context, key string) (result []byte, ok bool, err error) {",
        "func (b *Bucket) Increment(ctx context.Context, key string, delta int64) (result int64, err error) {",
        "var ErrNoSuchStore",
    ] {
        assert!(
            text.contains(part),
            "{part} is not in:\n{}",
            text.lines().filter(|l| l.starts_with("func ")).collect::<Vec<_>>().join("\n")
        );
    }
}

fn placed(world: &str, packages: &[(&str, &str)]) -> anyhow::Result<String> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(folder().join("../../wit"))?;
    let world = resolve.select_world(&[package], Some(world))?;
    let packages = packages.iter().map(|(wit, dir)| ((*wit).to_owned(), (*dir).to_owned())).collect();
    let mut files = Files::default();
    Options { packages, runtime: None, ..options() }.build().generate(&mut resolve, world, &mut files)?;
    Ok(text(&files))
}

/// Packages where the caller wants them, and handlers apart from what they handle.
#[test]
fn packages_are_placed() {
    let places = [
        ("wasi:keyvalue", "keyvalue"),
        ("wasi-cloud:keyvalue@0.1.0", "ext/keyvalueext"),
        ("wasi:messaging", "messaging"),
        ("wasi:messaging/incoming-handler", "messaging/handler"),
    ];
    let text = placed("service", &places).expect("it is generated");
    for part in [
        "-- keyvalue/keyvalue.go --",
        "-- ext/keyvalueext/keyvalueext.go --",
        "func Put(ctx context.Context, bucket *keyvalue.Bucket, key string",
        "-- messaging/messaging.go --",
        "func Connect(ctx context.Context, name string) (result *Client, err error) {",
        "func NewCas(ctx context.Context, bucket *Bucket",
        "-- messaging/handler/handler.go --",
        "type HandlerFunc func(ctx context.Context, message *messaging.Message) error",
        "-- wasi/config/config.go --",
    ] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    for (places, wanted) in [
        ([("wasi:keyvalue", "kv"), ("wasi-cloud:keyvalue", "kv")], "two WIT packages would be in kv"),
        ([("wasi:keyvalue", "wasi/config"), ("wasi:keyvalue", "b")], "is given two folders"),
        ([("wasi:keyvalue", "wasi/config"), ("wasi:messaging", "b")], "two WIT packages would be in wasi/config"),
        ([("wasi:sql", "sql"), ("wasi:config", "b")], "has no wasi:sql, which --package names; it has: wasi:keyvalue/"),
        ([("wasi:config", "a/type"), ("wasi:keyvalue", "b")], "`a/type` cannot be the folder of a Go package"),
        ([("wasi:config", "../a"), ("wasi:keyvalue", "b")], "`../a` cannot be the folder of a Go package"),
        ([("wasi:config", "wit"), ("wasi:keyvalue", "b")], "the folder `wit` is the runtime's"),
        ([("wasi:messaging/types", "a"), ("wasi:messaging/producer", "b")], ""),
    ] {
        let error = placed("service", &places).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(wanted) && error.is_empty() == wanted.is_empty(), "{places:?}: {error}");
    }
}

/// Interfaces of a WIT package can need each other in a circle; Go packages cannot.
#[test]
fn circles_are_refused() {
    let text = "package a:b;
        interface one { record r { x: u8 } }
        interface two { use one.{r}; record s { r: r } }
        interface three { use two.{s}; f: func(s: s); }
        world w { import three; }";
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("w.wit");
    fs::write(&path, text).expect("the file is written");
    let packages = vec![("a:b/two".to_owned(), "two".to_owned())];
    let error = generate(&mut Resolve::default(), &path, Options { packages, ..options() }).err().expect("an error");
    assert!(error.to_string().contains("the Go packages a/b and two would import each other"), "{error}");
}

/// What cannot be generated is refused with the place and a way out.
#[test]
fn refused() {
    let sorts = (1..=17).map(|_| "u8").collect::<Vec<_>>().join(", ");
    let cases = [
        ("import i: interface { resource r { x: get() -> u32; } }".to_owned(), "of `i` is a getter or a setter"),
        ("import i: interface { x: get() -> u32; x: set(value: u32); }".to_owned(), "of `i` is a getter or a setter"),
        ("import i: interface { f: func(e: error-context); }".to_owned(), "function `f` of `i` has an error-context"),
        ("import i: interface { record r { a: error-context } }".to_owned(), "type `r` of `i` has an error-context"),
        (format!("import f: func() -> tuple<{sorts}>;"), "has a tuple of 17"),
    ];
    for (world, wanted) in cases {
        let text = format!("package a:b; world w {{ {world} }}");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("w.wit");
        fs::write(&path, text).expect("the file is written");
        let Err(error) = generate(&mut Resolve::default(), &path, options()) else { panic!("{world} is generated") };
        assert!(error.to_string().contains(wanted), "{error}");
        let hint = error.to_string().split_once(": ").is_some_and(|(_, hint)| !hint.is_empty());
        assert!(hint, "says what to do: {error}");
    }
    let wrong = Options { module: "a b".to_owned(), ..Options::default() };
    let error = generate(&mut Resolve::default(), &folder().join("wit/scalars.wit"), wrong).err().expect("an error");
    assert!(error.to_string().contains("no Go import path"), "{error}");
}

/// Files of another hand stay, files that are generated no more go, and what is the same is not written.
#[test]
fn sync() {
    let out = tempfile::tempdir().expect("a folder");
    let files = |names: &[&str]| {
        let mut files = Files::default();
        names.iter().for_each(|name| files.push(name, format!("// Code generated for us.\n{name}").as_bytes()));
        files
    };
    let sync = |names: &[&str], write| tree::sync(out.path(), &files(names), write).expect("it works").len();
    assert_eq!(sync(&["a/a.go", "b/b.go"], false), 2);
    assert_eq!(sync(&["a/a.go", "b/b.go"], true), 2);
    fs::write(out.path().join("b/own.go"), "package b").expect("a file");
    fs::write(out.path().join("b/other.go"), "// Code generated for others.\n").expect("a file");
    assert_eq!(sync(&["a/a.go", "b/b.go"], true), 0);
    assert_eq!(sync(&["a/a.go"], true), 1);
    assert!(!out.path().join("b/b.go").exists() && out.path().join("b/own.go").exists());
    assert!(out.path().join("b/other.go").exists());
    let error = tree::sync(out.path(), &files(&["b/own.go"]), true).expect_err("it is not ours");
    assert!(error.to_string().contains("a folder of its own"), "{error}");
    assert_eq!(fs::read_to_string(out.path().join("b/own.go")).expect("a file"), "package b");
    let world = |name: &str| {
        let mut files = Files::default();
        files.push("world.wit", format!("// Code generated.\n// world: {name}\n").as_bytes());
        tree::sync(out.path(), &files, true)
    };
    assert_eq!(world("a:b/c").expect("it works").len(), 1);
    let error = world("a:b/d").expect_err("it is of another world");
    assert!(error.to_string().contains("a folder of its own"), "{error}");
}
