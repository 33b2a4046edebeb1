//! What ends up in a component: guests as a user has them, in a package of their own outside of the workspace, are
//! built for wasm and taken apart. Where they cannot be built the tests are ignored; where `CLOUD_CONFORMANCE_REQUIRE`
//! lists `wasm` they fail.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use libtest_mimic::{Arguments, Completion, Trial};
use std::{
    collections::BTreeSet,
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Output},
};
use wasmparser::{Parser, Payload};
use wit_component::DecodedWasm;

const TARGET: &str = "wasm32-wasip2";
const HANDLER: &str = "wasi:messaging/incoming-handler@0.2.0-draft";
const TYPES: &str = "wasi:messaging/types@0.2.0-draft";

const REQUIRE: &str = "CLOUD_CONFORMANCE_REQUIRE";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let package = package();
    let missing = if arguments.list { None } else { missing(&package) };
    let required = env::var(REQUIRE).is_ok_and(|words| words.split(',').any(|word| word.trim() == "wasm"));
    let trial = |name, test: fn(&Path)| {
        let (package, missing) = (package.clone(), missing.clone());
        Trial::ignorable_test(name, move || match missing {
            Some(why) if required => Err(why.into()),
            Some(why) => Ok(Completion::ignored_with(why)),
            None => {
                test(&package);
                Ok(Completion::Completed)
            }
        })
    };
    let trials = vec![
        trial("a_component_has_what_it_uses_and_nothing_else", a_component_has_what_it_uses_and_nothing_else),
        trial("a_component_depends_on_no_native_code", a_component_depends_on_no_native_code),
        Trial::test("without_the_target_nothing_passes", || {
            without_the_target_nothing_passes();
            Ok(())
        }),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Why guests cannot be built here, if they cannot.
fn missing(package: &Path) -> Option<String> {
    if !target_is_installed() {
        return Some(format!("needs the target {TARGET}: `rustup target add {TARGET}`"));
    }
    // Building these tests got the crates of this machine only, so this may need the network.
    let fetched = cargo(package, &["fetch", "--target", TARGET]);
    let why = text(&fetched.stderr);
    let why = why.lines().find(|line| line.starts_with("error")).unwrap_or("error: none given");
    (!fetched.status.success()).then(|| format!("needs the crates of a guest: `cargo fetch --locked`; {why}"))
}

fn target_is_installed() -> bool {
    // rustup may not be there, nor on the PATH a compiler, but the one that built this is beside its cargo.
    let beside = Path::new(env!("CARGO")).with_file_name("rustc").with_extension(env::consts::EXE_EXTENSION);
    let rustc = env::var_os("RUSTC").map(PathBuf::from).or_else(|| beside.is_file().then_some(beside));
    let rustc = rustc.unwrap_or_else(|| "rustc".into());
    let printed = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output();
    printed.is_ok_and(|printed| printed.status.success() && Path::new(text(&printed.stdout).trim()).is_dir())
}

/// A guest, and what it must be.
struct Guest {
    name: &'static str,
    /// Interfaces of capability packages.
    imports: &'static [&'static str],
    /// None for a program with a `main`.
    topics: Option<&'static str>,
}

const GUESTS: &[Guest] = &[
    Guest { name: "nothing", imports: &[], topics: None },
    Guest { name: "get", imports: &["wasi:keyvalue/store@0.2.0-draft2"], topics: None },
    Guest {
        name: "extension",
        imports: &["wasi-cloud:keyvalue/extension@0.1.0", "wasi:keyvalue/store@0.2.0-draft2"],
        topics: None,
    },
    Guest { name: "send", imports: &["wasi:messaging/producer@0.2.0-draft", TYPES], topics: None },
    Guest { name: "event", imports: &[TYPES], topics: None },
    Guest { name: "configured", imports: &["wasi:config/store@0.2.0-rc.1"], topics: None },
    Guest { name: "one_topic", imports: &[TYPES], topics: Some("orders.new\n") },
    Guest {
        name: "topics",
        imports: &["wasi:config/store@0.2.0-rc.1", "wasi:messaging/request-reply@0.2.0-draft", TYPES],
        topics: Some("a\npäivä\n"),
    },
    Guest { name: "exported", imports: &[TYPES], topics: Some("") },
];

/// Writes the package of guests, with the versions of this workspace, and says where it is. A feature is in those that use it.
fn package() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests");
    let mut manifest = format!(
        "[package]\nname = \"guests\"\nedition = \"2024\"\n[workspace]\n\
         [dependencies]\nwasi-cloud-sdk = {{ path = {here:?}, features = [\"cloudevents\"] }}\n"
    );
    let broken = Guest { name: "twice", imports: &[], topics: Some("") };
    for Guest { name, topics, .. } in GUESTS.iter().chain([&broken]) {
        let path = here.join("tests/guests").join(name).with_extension("rs");
        let kind = if topics.is_some() { "crate-type = [\"cdylib\"]\n" } else { "" };
        write!(manifest, "[[example]]\nname = \"{name}\"\npath = {path:?}\n{kind}").expect("written");
    }
    fs::create_dir_all(package.join("src")).expect("a folder");
    fs::write(package.join("src/lib.rs"), "").expect("written");
    fs::write(package.join("Cargo.toml"), manifest).expect("written");
    fs::copy(here.join("../Cargo.lock"), package.join("Cargo.lock")).expect("copied");
    package
}

fn cargo(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests-target"))
        .env_remove("RUSTFLAGS")
        .output()
        .expect("cargo runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn build(package: &Path, release: bool) {
    let mut arguments = vec!["build", "--offline", "--target", TARGET];
    arguments.extend(release.then_some("--release"));
    arguments.extend(GUESTS.iter().flat_map(|guest| ["--example", guest.name]));
    let built = cargo(package, &arguments);
    assert!(built.status.success(), "{}", text(&built.stderr));
}

fn check(guest: &Guest, component: &[u8]) {
    let name = guest.name;
    let Ok(DecodedWasm::Component(resolve, world)) = wit_component::decode(component) else {
        panic!("{name} is no component")
    };
    let world = &resolve.worlds[world];
    let imports: BTreeSet<_> = world.imports.keys().map(|key| resolve.name_world_key(key)).collect();
    let exports: BTreeSet<_> = world.exports.keys().map(|key| resolve.name_world_key(key)).collect();

    let capability = |import: &&String| {
        let ours = ["wasi:keyvalue/", "wasi:messaging/", "wasi:config/", "wasi-cloud:"];
        ours.iter().any(|package| import.starts_with(package))
    };
    let capabilities: Vec<_> = imports.iter().filter(capability).collect();
    assert_eq!(capabilities, guest.imports.iter().collect::<Vec<_>>(), "imports of {name}");
    let language = ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];
    for import in imports.iter().filter(|import| !capability(import)) {
        assert!(language.iter().any(|package| import.starts_with(package)), "{name} imports {import}");
    }
    let expected = if guest.topics.is_some() { HANDLER } else { "wasi:cli/run@" };
    assert_eq!(exports.len(), 1, "exports of {name}: {exports:?}");
    assert!(exports.iter().all(|export| export.starts_with(expected)), "exports of {name}: {exports:?}");
    assert_eq!(topics(component), guest.topics.unwrap_or_default(), "topics of {name}");
}

/// The custom section with the topics, in whichever core module it is.
fn topics(component: &[u8]) -> String {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        if let Payload::CustomSection(section) = payload.expect("it parses")
            && section.name() == "wasi-cloud:topics"
        {
            found.extend_from_slice(section.data());
        }
    }
    text(&found)
}

fn a_component_has_what_it_uses_and_nothing_else(package: &Path) {
    for (release, profile) in [(false, "debug"), (true, "release")] {
        build(package, release);
        for guest in GUESTS {
            let built = format!("guests-target/{TARGET}/{profile}/examples/{}.wasm", guest.name);
            let component = fs::read(Path::new(env!("CARGO_TARGET_TMPDIR")).join(built)).expect("it was built");
            check(guest, &component);
        }
    }
    for target in [&["--target", TARGET][..], &[]] {
        let arguments = [&["build", "--offline", "--example", "twice"][..], target].concat();
        let refused = cargo(package, &arguments);
        let why = text(&refused.stderr);
        let hint = "only_one_handler_per_component_use_handlers_for_several_topics";
        assert!(!refused.status.success() && why.contains(hint), "{why}");
    }
}

fn a_component_depends_on_no_native_code(package: &Path) {
    let arguments = ["tree", "--offline", "--target", TARGET, "-e", "normal", "-p", "wasi-cloud-sdk"];
    let tree = cargo(package, &arguments);
    assert!(tree.status.success(), "{}", text(&tree.stderr));
    let tree = text(&tree.stdout);
    assert!(tree.contains("wit-bindgen"), "{tree}");
    for native in ["tokio", "wasi-cloud-core", "wasi-cloud-memory"] {
        assert!(!tree.contains(native), "{native} in {tree}");
    }
}

/// This program with a compiler that has no such target: ignored with the reason, failed with it where that is required.
fn without_the_target_nothing_passes() {
    for (required, success, counts) in
        [("redis", true, "0 passed; 0 failed; 2 ignored"), ("redis, wasm", false, "0 passed; 2 failed; 0 ignored")]
    {
        let mut again = Command::new(env::current_exe().expect("a path"));
        again.arg("a_component").env("RUSTC", "/nonexistent/rustc").env(REQUIRE, required);
        let output = again.output().expect("it starts");
        let said = text(&output.stdout);
        assert!(said.contains(counts) && said.contains("rustup target add wasm32-wasip2"), "{required}: {said}");
        assert_eq!(output.status.success(), success, "{required}: {said}");
    }
}
