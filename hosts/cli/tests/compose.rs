//! `wasi-cloud compose`.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::{Value, json};
use std::{
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// Exports the function `run` of an interface, which gives `more` to what it imports, if that is a number.
fn part(export: &str, import: Option<&str>, add: u32) -> String {
    let number = "(func (export \"run\") (result i32)";
    let (imports, lowered, module) = match import {
        None => (String::new(), String::new(), format!("(core module $m {number} (i32.const {add})))")),
        Some(name) => (
            format!(r#"(import "{name}" (instance $in (export "run" (func (result u32)))))"#),
            r#"(core func $in (canon lower (func $in "run")))
               (core instance $host (export "run" (func $in)))"#
                .to_owned(),
            format!(
                r#"(core module $m (import "host" "run" (func $in (result i32)))
                   {number} (i32.add (call $in) (i32.const {add}))))"#
            ),
        ),
    };
    let with = if import.is_some() { r#"(with "host" (instance $host))"# } else { "" };
    format!(
        r#"(component {imports} {lowered} {module}
            (core instance $i (instantiate $m {with}))
            (func $run (result u32) (canon lift (core func $i "run")))
            (instance $out (export "run" (func $run)))
            (export "{export}" (instance $out)))"#
    )
}

struct Folder(TempDir);

struct Done {
    code: Option<i32>,
    out: String,
    log: String,
}

impl Folder {
    /// With these components, by their names.
    fn of(parts: &[(&str, String)]) -> Self {
        let folder = Self(TempDir::new().expect("a folder"));
        for (name, text) in parts {
            let wasm = wat::parse_str(text).unwrap_or_else(|e| panic!("{name}: {e}"));
            fs::write(folder.path(&format!("{name}.wasm")), wasm).expect("written");
        }
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn call(&self, args: &[&str]) -> Done {
        let mut program = Command::new(env!("CARGO_BIN_EXE_wasi-cloud"));
        program.env_remove("RUST_LOG").current_dir(&self.0).stdin(Stdio::null()).args(args);
        let Output { status, stdout, stderr } = program.output().expect("it starts");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Done { code: status.code(), out: text(stdout), log: text(stderr) }
    }

    /// Composes the first with the others.
    fn compose(&self, parts: &[&str], options: &[&str]) -> Done {
        let mut args = vec!["compose".to_owned(), format!("{}.wasm", parts[0])];
        args.extend(parts[1..].iter().flat_map(|plug| ["--plug".to_owned(), format!("{plug}.wasm")]));
        args.extend(["-o".to_owned(), "whole.wasm".to_owned()]);
        let args: Vec<_> = args.iter().map(String::as_str).chain(options.iter().copied()).collect();
        self.call(&args)
    }

    fn refused(&self, parts: &[&str], options: &[&str]) -> String {
        let done = self.compose(parts, options);
        assert_eq!(done.code, Some(125), "{}", done.log);
        assert!(!self.path("whole.wasm").exists());
        done.log
    }

    /// What the result says when it is run.
    fn run(&self) -> String {
        let done = self.call(&["run", "whole.wasm", "--invoke", "run()"]);
        assert_eq!(done.code, Some(0), "{}", done.log);
        done.out.trim().to_owned()
    }
}

fn report(done: &Done) -> Value {
    assert_eq!(done.code, Some(0), "{}", done.log);
    serde_json::from_str(&done.out).expect("JSON")
}

fn chain() -> Folder {
    Folder::of(&[
        ("app", part("my:app/api@1.0.0", Some("my:kv/get@1.2.0"), 1)),
        ("cache", part("my:kv/get@1.2.0", Some("my:kv/get@1.2.0"), 10)),
        ("store", part("my:kv/get@1.3.0", None, 100)),
        ("other", part("my:kv/get@2.0.0", None, 1000)),
    ])
}

#[test]
fn each_import_is_fulfilled_by_the_first_later_plug() {
    let folder = chain();
    let plugged = |import: &str, of: &str, by: &str| json!({"import": import, "of": of, "by": by});
    let whole = report(&folder.compose(&["app", "cache", "store"], &["--json", "--require-closed"]));
    let expected =
        [plugged("my:kv/get@1.2.0", "app.wasm", "cache.wasm"), plugged("my:kv/get@1.2.0", "cache.wasm", "store.wasm")];
    assert_eq!(whole["plugged"], json!(expected));
    assert_eq!((&whole["imports"], &whole["exports"]), (&json!([]), &json!(["my:app/api@1.0.0"])));
    assert_eq!(whole["size"], fs::metadata(folder.path("whole.wasm")).expect("written").len());
    assert_eq!(folder.run(), "111");
    // Without the cache, and with two of them.
    report(&folder.compose(&["app", "store"], &["--json"]));
    assert_eq!(folder.run(), "101");
    report(&folder.compose(&["app", "cache", "cache", "store"], &["--json"]));
    assert_eq!(folder.run(), "121");
}

#[test]
fn what_is_left_is_told_and_can_be_refused() {
    let folder = chain();
    let log = folder.refused(&["app", "cache"], &["--require-closed"]);
    assert!(log.contains("add a --plug") && log.contains("\n  my:kv/get@1.2.0\n"), "{log}");
    let done = folder.compose(&["app", "cache"], &[]);
    assert_eq!((done.code, &*done.out), (Some(0), ""));
    assert!(done.log.contains("`my:kv/get@1.2.0` of `app.wasm` is fulfilled by `cache.wasm`"), "{}", done.log);
    assert!(done.log.contains("`my:kv/get@1.2.0` is left, and this host does not have it"), "{}", done.log);
    let again = report(&folder.compose(&["whole", "store"], &["--json"]));
    assert_eq!(again["missing"], json!([]));
    assert_eq!(folder.run(), "111");
}

#[test]
fn a_plug_that_fulfils_nothing_is_refused() {
    let folder = chain();
    let log = folder.refused(&["app", "store", "other"], &[]);
    assert!(log.contains("`other.wasm` fulfils no import") && log.contains("exports `my:kv/get@2.0.0`"), "{log}");
    // The same one twice is one too many.
    assert!(folder.refused(&["app", "store", "store"], &[]).contains("`store.wasm` fulfils no import"));
    let log = folder.refused(&["store", "app"], &[]);
    assert!(log.contains("turn them round: `wasi-cloud compose app.wasm --plug store.wasm`"), "{log}");
    let handler = Folder::of(&[
        ("site", part("my:web/handler", None, 1)),
        ("auth", part("my:web/handler", Some("my:web/handler"), 10)),
    ]);
    let log = handler.refused(&["site", "auth"], &[]);
    assert!(log.contains("turn them round: `wasi-cloud compose auth.wasm --plug site.wasm`"), "{log}");
    report(&handler.compose(&["auth", "site"], &["--json"]));
    assert_eq!(handler.run(), "11");
}

#[test]
fn other_types_of_that_name_are_told() {
    let text = part("my:kv/get@1.2.0", None, 1).replace("u32", "s32");
    let folder = Folder::of(&[("app", part("my:app/api", Some("my:kv/get@1.2.0"), 1)), ("wrong", text)]);
    let log = folder.refused(&["app", "wrong"], &[]);
    assert!(
        log.contains("`wrong.wasm` exports `my:kv/get@1.2.0`, but not with the types") && log.contains("u32"),
        "{log}"
    );
}

#[test]
fn what_is_no_component_is_refused() {
    let folder = chain();
    fs::write(folder.path("module.wasm"), b"\0asm\x01\0\0\0").expect("written");
    fs::write(folder.path("text.wasm"), "(component)").expect("written");
    assert!(folder.refused(&["app", "module"], &[]).contains("`module.wasm` is a core module"));
    assert!(folder.refused(&["text", "store"], &[]).contains("`text.wasm`: this is the text format"));
    assert!(folder.refused(&["app", "nowhere"], &[]).contains("cannot read `nowhere.wasm`"));
    assert_eq!(folder.call(&["compose", "app.wasm", "-o", "whole.wasm"]).code, Some(2));
}

#[test]
fn topics_are_kept_and_claims_are_not() {
    let topics = r#"(core module $m (@custom "wasi-cloud:topics" "ping\n") "#;
    let folder = Folder::of(&[
        ("app", part("my:app/api", Some("my:kv/get"), 1).replace("(core module $m ", topics)),
        ("store", part("my:kv/get", None, 1).replace("(core module $m ", &topics.replace("ping", "news/*"))),
    ]);
    assert_eq!(folder.call(&["keygen", "k.pem"]).code, Some(0));
    assert_eq!(folder.call(&["sign", "store.wasm", "--key", "k.pem", "-o", "store.wasm"]).code, Some(0));
    assert_eq!(report(&folder.compose(&["app", "store"], &["--json"]))["unsigned"], json!(["store.wasm"]));
    assert!(folder.compose(&["app", "store"], &[]).log.contains("claims of `store.wasm`"));
    let inspected = folder.call(&["inspect", "whole.wasm", "--json"]);
    assert_eq!(report(&inspected)["topics"], json!(["news/*", "ping"]));
    assert_eq!(report(&inspected)["claims"], Value::Null);
    let bytes = fs::read(folder.path("whole.wasm")).expect("written");
    assert!(!bytes.windows(17).any(|name| name == b"wasi-cloud:claims"));
    // The result can be signed as any other.
    assert_eq!(folder.call(&["sign", "whole.wasm", "--key", "k.pem"]).code, Some(0));
    assert_eq!(folder.call(&["verify", "whole.signed.wasm", "--trust", "k.pub.pem"]).code, Some(0));
}

/// A component that takes the store of our package, and the bridge under it, which takes the draft's.
#[test]
fn a_bridge_leaves_the_packages_of_the_other_host_alone() {
    let store = r#"(component (import "wasi:keyvalue/store@0.2.0-draft2" (instance
        (type $error' (variant (case "no-such-store") (case "access-denied") (case "other" string)))
        (export "error" (type $error (eq $error')))
        (export "bucket" (type $bucket (sub resource)))
        (type $own (own $bucket))
        (type $opened (result $own (error $error)))
        (export "open" (func (param "identifier" string) (result $opened))))))"#;
    let folder = Folder::of(&[("app", store.to_owned()), ("plain", "(component)".to_owned())]);
    let done = folder.call(&["bridge", "app.wasm", "--to", "wasmtime", "-o", "whole.wasm", "--json"]);
    let report = report(&done);
    let imports = report["imports"].to_string();
    assert!(imports.contains("wasi:keyvalue/store@0.2.0-draft\""), "{imports}");
    assert!(!imports.contains("draft2") && !imports.contains("wasi-cloud:"), "{imports}");
    assert_eq!(report["plugged"][0]["by"], "the bridge keyvalue-draft");
    let done = folder.call(&["bridge", "plain.wasm", "--to", "wasmtime", "-o", "none.wasm"]);
    assert_eq!(done.code, Some(125));
    assert!(done.log.contains("there is nothing to bridge"), "{}", done.log);
    assert!(!folder.path("none.wasm").exists());
}

/// What is bridged is what the component imports, under the names that the host links.
#[test]
fn each_host_gets_the_packages_that_it_links() {
    let config = r#"(import "wasi:config/store@0.2.0-rc.1" (instance
        (type $cases (variant (case "upstream" string) (case "io" string)))
        (export "error" (type $error (eq $cases)))
        (type $value (result (option string) (error $error)))
        (export "get" (func (param "key" string) (result $value)))))"#;
    let folder = Folder::of(&[("app", format!("(component {config})"))]);
    for (host, expected) in
        [("wasmcloud-1", "wasi:config/store@0.2.0-draft"), ("spin", "wasi:config/store@0.2.0-draft-2024-09-27")]
    {
        let done = folder.call(&["bridge", "app.wasm", "--to", host, "-o", "whole.wasm", "--json"]);
        assert_eq!(report(&done)["imports"], json!([expected]), "{host}");
    }
    // They link ours.
    for host in ["wasmcloud", "wasmtime"] {
        let done = folder.call(&["bridge", "app.wasm", "--to", host, "-o", "whole.wasm"]);
        assert!(done.log.contains("there is nothing to bridge"), "{}", done.log);
    }
}

/// Spin's batch has the name of ours and other types, and its buckets pass through the bridge.
#[test]
fn a_batch_is_bridged_on_the_hosts_own_buckets() {
    let app = r#"(component
        (import "wasi:keyvalue/store@0.2.0-draft2" (instance $store
            (type $cases (variant (case "no-such-store") (case "access-denied") (case "other" string)))
            (export "error" (type (eq $cases)))
            (export "bucket" (type (sub resource)))))
        (alias export $store "bucket" (type $bucket))
        (alias export $store "error" (type $error))
        (import "wasi:keyvalue/batch@0.2.0-draft2" (instance
            (export "bucket" (type $b (eq $bucket)))
            (export "error" (type $e (eq $error)))
            (type $pairs (result (list (option (tuple string (list u8)))) (error $e)))
            (export "get-many" (func (param "bucket" (borrow $b)) (param "keys" (list string)) (result $pairs))))))"#;
    let folder = Folder::of(&[("app", app.to_owned())]);
    let done = folder.call(&["bridge", "app.wasm", "--to", "spin", "-o", "whole.wasm", "--json"]);
    let report = report(&done);
    let imports = report["imports"].as_array().expect("imports");
    let of_package: Vec<_> = imports.iter().filter(|name| name.to_string().contains("keyvalue")).collect();
    assert_eq!(of_package, ["wasi:keyvalue/store@0.2.0-draft2", "wasi:keyvalue/batch@0.2.0-draft2"]);
    let plugged =
        json!([{"import": "wasi:keyvalue/batch@0.2.0-draft2", "of": "app.wasm", "by": "the bridge keyvalue-spin"}]);
    assert_eq!(report["plugged"], plugged);
}

/// The host calls its own handler, which calls that of the component.
#[test]
fn a_handler_is_called_by_the_name_that_the_host_has_for_it() {
    let app = include_str!("handler.wat");
    // What it exports besides stays.
    let besides = app.trim_end().strip_suffix(')').expect("an end").to_owned()
        + r#"(instance $none) (export "my:app/api" (instance $none)))"#;
    let folder = Folder::of(&[("app", besides)]);
    let done = folder.call(&["bridge", "app.wasm", "--to", "wasmcloud", "-o", "whole.wasm", "--json"]);
    let report = report(&done);
    assert_eq!(report["exports"], json!(["wasmcloud:messaging/handler@0.2.0", "my:app/api"]));
    let imports = report["imports"].to_string();
    assert!(imports.contains("wasmcloud:messaging/consumer@0.2.0"), "{imports}");
    assert!(!imports.contains("wasi:messaging") && !imports.contains("wasi-cloud:"), "{imports}");
    assert_eq!(report["missing"], json!([]));
    // Elsewhere there are no messages.
    let done = folder.call(&["bridge", "app.wasm", "--to", "spin", "-o", "none.wasm"]);
    assert!(done.log.contains("there is nothing to bridge"), "{}", done.log);
    let with_store =
        app.replacen("(component", r#"(component (import "wasi:keyvalue/store@0.2.0-draft2" (instance))"#, 1);
    let folder = Folder::of(&[("app", with_store)]);
    let done = folder.call(&["bridge", "app.wasm", "--to", "wasmtime", "-o", "whole.wasm"]);
    assert!(done.log.contains("`wasi:messaging/types@0.2.0-draft` is left"), "{}", done.log);
}
