//! The layout is a test: every capability word of `wit/world.wit` has its file in every room, and no room holds a word
//! that the world does not know. What it says is missing is the list of what to write for a new capability.

#![allow(clippy::expect_used, reason = "a test")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The rooms, `*` being the word. In brackets what else may stand there.
const ROOMS: &[(&str, &[&str])] = &[
    ("wit/deps/*/*.wit", &["keyvalue-ext"]),
    (
        "hosts/core/src/*.rs",
        &["call", "clock", "describe", "error", "escape", "grant", "layer", "lib", "link", "provider"],
    ),
    ("hosts/wasmtime/src/*.rs", &["bindings", "error", "lib", "runtime"]),
    ("sdk-rust/src/*.rs", &["bindings", "case", "error", "export", "lib", "private", "sys", "testing", "watching"]),
    ("sdk-rust/src/sys/wasm/*.rs", &["error"]),
    ("sdk-rust/src/sys/native/*.rs", &["cloud", "error", "thread"]),
    ("sdk-c/include/wasi_cloud/*.h", &["base", "cloudevents", "keyvalue_ext", "keyvalue_watcher", "testing"]),
    (
        "sdk-c/src/*.c",
        &[
            "error",
            "internal",
            "keyvalue_batch",
            "keyvalue_cas",
            "keyvalue_ext",
            "keyvalue_list",
            "keyvalue_watcher",
            "messaging_cloudevents",
            "messaging_handler",
            "messaging_message",
            "take",
            "text",
        ],
    ),
    ("sdk-c/native/*.rs", &["abi", "extension", "handles", "lib", "program", "testing"]),
    ("conformance/wit/*.wit", &["keyvalue-ext", "package"]),
    ("conformance/src/bench/*.rs", &["failure", "guest", "keyvalue_ext", "limit", "program", "shown"]),
    ("conformance/src/host/direct/*.rs", &["keyvalue_ext", "program", "watcher"]),
    ("conformance/src/catalogue/*.rs", &["about", "deployment", "pingpong"]),
    ("conformance/guests/rust/*/src/lib.rs", &["driver", "keyvalue-ext", "pingpong", "recorder", "watcher"]),
    ("conformance/guests/c/*/step.c", &["driver", "gen", "keyvalue-ext", "recorder", "watcher"]),
    ("conformance/guests/go/*/step/step.go", &["driver", "keyvalue-ext", "recorder", "template", "watcher"]),
    ("bindgen-go/go/*/*.go", &["cloudtest", "examples", "generate", "internal", "keyvalueext", "kind", "wit", "world"]),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn words() -> BTreeSet<String> {
    let world = fs::read_to_string(root().join("wit/world.wit")).expect("wit/world.wit");
    let list = world.split_once("Capability words:").expect("the list of words").1;
    let list = list.split_once('.').expect("its end").0;
    list.split(',').map(|word| word.trim().to_owned()).collect()
}

#[test]
fn every_word_has_its_rooms() {
    let missing: Vec<_> = ROOMS
        .iter()
        .flat_map(|(room, _)| words().into_iter().map(|word| room.replace('*', &word)))
        .filter(|file| !root().join(file).is_file())
        .collect();
    assert!(missing.is_empty(), "to be written:\n  {}", missing.join("\n  "));
}

#[test]
fn no_room_holds_an_unknown_word() {
    let words = words();
    for (room, others) in ROOMS {
        let folder = room.split_once('*').expect("a star").0;
        for entry in fs::read_dir(root().join(folder)).expect(folder) {
            let path = entry.expect("an entry").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let source = path.is_dir() || is_source(&path) || path.extension().is_some_and(|e| e == "wit");
            let module = path.is_dir() && path.with_extension("rs").is_file();
            assert!(
                !source || module || words.contains(&name) || others.contains(&&*name),
                "{} is no capability word; add it to the list in conformance/tests/rooms.rs if it belongs there",
                path.display()
            );
        }
    }
}

#[test]
fn the_core_knows_the_same_words() {
    let core: BTreeSet<_> = wasi_cloud_core::CAPABILITIES.iter().map(|word| (*word).to_owned()).collect();
    assert_eq!(core, words());
}

/// `access-denied` always means the grant, so only the grant says it.
#[test]
fn backends_never_deny() {
    for file in sources(&root().join("hosts/backends")) {
        let text = fs::read_to_string(&file).expect("a source");
        assert!(!text.contains("Kind::AccessDenied"), "{} says access-denied", file.display());
    }
}

/// Hosts, backends and their makers. A case that names one tests a vendor and not the law (F32).
const VENDORS: &[&str] = &[
    "aws",
    "azure",
    "cassandra",
    "cloudflare",
    "consul",
    "cosmos",
    "dynamo",
    "etcd",
    "fermyon",
    "foundationdb",
    "google",
    "hazelcast",
    "jco",
    "kafka",
    "memcached",
    "minio",
    "mongo",
    "mosquitto",
    "mysql",
    "nats",
    "postgres",
    "pulsar",
    "rabbit",
    "redis",
    "rocksdb",
    "s3",
    "spin",
    "sqlite",
    "tikv",
    "valkey",
    "wasmcloud",
    "wasmtime",
];

/// The vendor that one of the words begins with.
fn names_vendor(text: &str) -> Option<&'static str> {
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    // A guest spins as well: only the word itself is the name.
    let is = |word: &str, vendor: &str| word == vendor || (vendor != "spin" && word.starts_with(vendor));
    words.find_map(|word| VENDORS.iter().copied().find(|vendor| is(&word, vendor)))
}

#[test]
fn no_case_names_a_vendor() {
    assert_eq!(names_vendor("when RedisCluster is away"), Some("redis"));
    assert_eq!(names_vendor("a_sqlite_file"), Some("sqlite"));
    assert_eq!(names_vendor("signature, wants, alternates"), None);
    let allowed = ["async fn spin_does_not_stop_delivery", "spin_does_not_stop_delivery ["];
    for file in sources(&root().join("conformance/src/catalogue")) {
        let text = fs::read_to_string(&file).expect("a source");
        for line in text.lines().filter(|line| !allowed.iter().any(|known| line.contains(known))) {
            let vendor = names_vendor(line);
            assert!(vendor.is_none(), "{} names {vendor:?}: {line}", file.display());
        }
    }
}

#[test]
fn files_are_short() {
    for folder in ["hosts", "sdk-rust", "sdk-c", "bindgen-go", "conformance"] {
        for file in sources(&root().join(folder)) {
            let in_sdk = file.starts_with(root().join("sdk-rust")) && file.ends_with("bindings.rs");
            let generated = in_sdk || file.parent().is_some_and(|folder| folder.ends_with("gen"));
            let text = fs::read_to_string(&file).expect("a source");
            let lines = text.lines().count();
            // As Go's own tools tell it.
            let generated = generated || text.starts_with("// Code generated ");
            assert!(generated || lines <= 400, "{} has {lines} lines: make it a folder", file.display());
        }
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with("target") {
            found.extend(sources(&path));
        } else if is_source(&path) {
            found.push(path);
        }
    }
    found
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|e| ["rs", "c", "h", "go"].iter().any(|known| e == *known))
}
