//! `wasi-cloud keygen`, `sign` and `verify`, and what `run` and `inspect` make of claims.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use serde_json::Value;
use std::{
    fs,
    path::PathBuf,
    process::{Command, Output, Stdio},
    time::{Duration, SystemTime},
};
use tempfile::TempDir;
use wasi_cloud_claims::{Claims, PrivateKey, sign};
use wasi_cloud_core::Grants;

/// Exits with 0 if it can open the key-value store `default`, with 1 if that is denied.
const OPENER: &str = include_str!("opener.wat");
const ALLOWED: Option<i32> = Some(0);
const DENIED: Option<i32> = Some(1);
const REFUSED: Option<i32> = Some(125);

/// A folder with a component, and with the keys `team` and `other`.
struct Folder(TempDir);

struct Done {
    code: Option<i32>,
    out: String,
    log: String,
}

impl Folder {
    fn new() -> Self {
        let folder = Self(TempDir::new().expect("a folder"));
        let wasm = wat::parse_str(OPENER).unwrap_or_else(|e| panic!("{e}"));
        fs::write(folder.path("app.wasm"), wasm).expect("written");
        for key in ["team", "other"] {
            folder.done(&["keygen", &format!("{key}.pem")]);
        }
        folder
    }

    /// `app.signed.wasm`, which may use the store `default` and no other.
    fn signed() -> Self {
        let folder = Self::new();
        folder.sign(&["--grant", "keyvalue:default"]);
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

    fn done(&self, args: &[&str]) -> Done {
        let done = self.call(args);
        assert_eq!(done.code, Some(0), "{args:?}: {}", done.log);
        done
    }

    /// Signs the component with the team's key.
    fn sign(&self, options: &[&str]) {
        self.done(&[&["sign", "app.wasm", "--key", "team.pem"], options].concat());
    }

    fn run(&self, app: &str, options: &[&str]) -> Done {
        self.call(&[&["run", app, "--link", "keyvalue:default=memory"], options].concat())
    }

    /// Runs what was signed, by its claims and these grants.
    fn trusted(&self, options: &[&str]) -> Done {
        self.run("app.signed.wasm", &[&["--trust", "team.pub.pem", "--require-signed"], options].concat())
    }

    fn verify(&self) -> Done {
        self.call(&["verify", "app.signed.wasm", "--trust", "team.pub.pem"])
    }
}

fn json(done: &Done) -> Value {
    serde_json::from_str(&done.out).unwrap_or_else(|e| panic!("{e}: {} {}", done.out, done.log))
}

#[test]
fn the_claims_are_the_grants() {
    let folder = Folder::signed();
    assert_eq!(folder.trusted(&[]).code, ALLOWED);
    // Nobody who runs it has said that this key counts.
    assert_eq!(folder.run("app.signed.wasm", &[]).code, DENIED);
    let log = folder.trusted(&[]).log;
    assert!(log.contains("allow `keyvalue:default` until"), "{log}");
}

#[test]
fn the_operator_narrows_the_claims_and_cannot_exceed_them() {
    let folder = Folder::new();
    folder.sign(&["--grant", "keyvalue:default", "--grant", "keyvalue:cache-*:read"]);
    for (grant, code) in [
        ("keyvalue:default", ALLOWED),
        ("keyvalue:default:read", ALLOWED),
        ("keyvalue:*", ALLOWED),
        ("keyvalue:cache-1:read", DENIED),
        ("keyvalue:cache-1", REFUSED),
        ("keyvalue:other", REFUSED),
        ("messaging:default", REFUSED),
    ] {
        let done = folder.trusted(&["--grant", grant]);
        assert_eq!(done.code, code, "{grant}: {}", done.log);
        let says = done.log.contains("exceeds its claims") && done.log.contains(&format!("`{grant}`"));
        assert_eq!(says, code == REFUSED, "{}", done.log);
    }
    assert_eq!(folder.trusted(&["--grant-linked"]).code, ALLOWED);
    folder.sign(&["--grant", "keyvalue:other"]);
    let denied = folder.trusted(&["--grant", "keyvalue:*"]);
    assert_eq!(denied.code, DENIED, "{}", denied.log);
    assert!(denied.log.contains("the claim `keyvalue:default` would allow it"), "{}", denied.log);
}

#[test]
fn what_is_not_signed_runs_only_where_that_is_not_asked_for() {
    let folder = Folder::new();
    let trust = ["--trust", "team.pub.pem", "--grant", "keyvalue:default"];
    assert_eq!(folder.run("app.wasm", &trust).code, ALLOWED);
    assert_eq!(folder.run("app.wasm", &trust[..2]).code, DENIED);
    let refused = folder.run("app.wasm", &[&trust[..], &["--require-signed"]].concat());
    assert_eq!(refused.code, REFUSED);
    assert!(refused.log.contains("not signed; sign it with `wasi-cloud sign`"), "{}", refused.log);
    assert_eq!(folder.run("app.wasm", &["--require-signed"]).code, Some(2));
    // A program has no capabilities, and is refused as well.
    let program = wat::parse_str(r#"(module (memory (export "memory") 1) (func (export "_start")))"#);
    fs::write(folder.path("program.wasm"), program.expect("assembles")).expect("written");
    let required = ["run", "program.wasm", "--trust", "team.pub.pem", "--require-signed"];
    assert_eq!(folder.call(&required).code, REFUSED);
    folder.done(&["sign", "program.wasm", "--key", "team.pem", "-o", "program.wasm"]);
    folder.done(&required);
}

#[test]
fn what_is_wrong_with_claims_is_refused_and_says_what_to_do() {
    let folder = Folder::new();
    let refused = |why: &str| {
        for done in [folder.trusted(&[]), folder.run("app.signed.wasm", &["--trust", "team.pub.pem"])] {
            assert_eq!(done.code, REFUSED, "{why}: {}", done.log);
            assert!(done.log.contains("`app.signed.wasm`") && done.log.contains(why), "{why}: {}", done.log);
        }
        let done = folder.verify();
        assert_eq!((done.code, done.out.as_str()), (Some(1), ""), "{why}");
        assert!(done.log.contains(why), "{why}: {}", done.log);
        let inspected = json(&folder.done(&["inspect", "app.signed.wasm", "--trust", "team.pub.pem", "--json"]));
        let problem = inspected["claims"]["problem"].as_str().expect("a problem");
        assert!(problem.contains(why) && inspected["claims"]["verified"] == false, "{problem}");
    };
    let grant = ["--grant", "keyvalue:default"];
    folder.done(&[&["sign", "app.wasm", "--key", "other.pem"], &grant[..]].concat());
    refused("which is not trusted; give that public key with --trust");
    folder.sign(&[&grant[..], &["--not-before", "2020-01-01T00:00:00Z", "--expires", "1h"]].concat());
    refused("expired at 2020-01-01T01:00:00Z; have it signed again");
    folder.sign(&[&grant[..], &["--not-before", "2990-01-01T00:00:00Z"]].concat());
    refused("hold from 2990-01-01T00:00:00Z on");
    folder.sign(&grant);
    let whole = fs::read(folder.path("app.signed.wasm")).expect("read");
    // The label in the data of the core module: it is still a component.
    let at = whole.windows(7).position(|bytes| bytes == b"default").expect("its label");
    let mut changed = whole.clone();
    changed[at] = b'D';
    fs::write(folder.path("app.signed.wasm"), changed).expect("written");
    refused("not those that were signed; get it again");
    fs::write(folder.path("app.signed.wasm"), [&whole[..], &[0, 2, 1, b'x']].concat()).expect("written");
    refused("changed after it was signed");
}

#[test]
fn what_needs_more_than_its_claims_is_neither_signed_nor_run() {
    let folder = Folder::new();
    let lacking = folder.call(&["sign", "app.wasm", "--key", "team.pem", "--grant", "config:default"]);
    assert_eq!(lacking.code, REFUSED);
    assert!(lacking.log.contains("needs more than that: add `--grant 'keyvalue:*'`"), "{}", lacking.log);
    assert!(!folder.path("app.signed.wasm").exists());
    // Another tool may sign it all the same.
    let key = fs::read_to_string(folder.path("team.pem")).expect("a key");
    let key = PrivateKey::from_pem(&key).expect("a key");
    let now = SystemTime::now();
    let allow = Grants::parse(["messaging:default"]).expect("parses");
    let (subject, expires) = ("app".to_owned(), now + Duration::from_secs(600));
    let claims = Claims { subject, issued: now, not_before: None, expires, allow };
    let signed = sign(&fs::read(folder.path("app.wasm")).expect("read"), &claims, &key).expect("signs");
    fs::write(folder.path("app.signed.wasm"), signed).expect("written");
    let refused = folder.trusted(&[]);
    assert_eq!(refused.code, REFUSED);
    assert!(refused.log.contains("uses more than its claims allow, which is `messaging:default`"), "{}", refused.log);
    assert!(refused.log.contains("--grant 'keyvalue:*'"), "{}", refused.log);
    assert_eq!(folder.verify().code, Some(0), "the claims are whole");
}

#[test]
fn verify_tells_whose_and_what() {
    let folder = Folder::signed();
    let shown = folder.verify();
    assert_eq!((shown.code, &*shown.log), (Some(0), ""));
    for text in ["`app.signed.wasm` is verified", "subject  app", "allows   keyvalue:default", "expires  20"] {
        assert!(shown.out.contains(text), "{}", shown.out);
    }
    let inspect = |trust: &[&str]| json(&folder.done(&[&["inspect", "app.signed.wasm", "--json"], trust].concat()));
    let all = json(&folder.done(&[
        "verify",
        "app.signed.wasm",
        "--trust",
        "other.pub.pem",
        "--trust",
        "team.pub.pem",
        "--json",
    ]));
    assert_eq!(all["verified"], true);
    assert_eq!(inspect(&["--trust", "team.pub.pem"])["claims"], all);
    let unchecked = &inspect(&[])["claims"];
    assert_eq!((&unchecked["verified"], &unchecked["issuer"]), (&Value::Bool(false), &all["issuer"]));
    assert!(unchecked["problem"].as_str().is_some_and(|why| why.contains("--trust")), "{unchecked}");
    let report = folder.done(&["inspect", "app.signed.wasm"]).out;
    assert!(report.contains("\nclaims\n  not verified: ") && report.contains("  subject  app\n"), "{report}");
    assert_eq!(json(&folder.done(&["inspect", "app.wasm", "--json"]))["claims"], Value::Null);
    let unsigned = folder.call(&["verify", "app.wasm", "--trust", "team.pub.pem", "--json"]);
    assert_eq!((unsigned.code, &json(&unsigned)["verified"]), (Some(1), &Value::Bool(false)));
    assert_eq!(folder.call(&["verify", "nowhere.wasm", "--trust", "team.pub.pem"]).code, Some(125));
    assert_eq!(folder.call(&["verify", "app.wasm"]).code, Some(2));
}

#[test]
fn keys_stay_where_they_are_and_secret() {
    let folder = Folder::signed();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder.path("team.pem")).expect("a key").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let before = fs::read(folder.path("team.pem")).expect("a key");
    let again = folder.call(&["keygen", "team.pem"]);
    assert_eq!(again.code, REFUSED);
    assert!(again.log.contains("there already"), "{}", again.log);
    assert_eq!(fs::read(folder.path("team.pem")).expect("a key"), before);
    let secret = String::from_utf8(before).expect("PEM");
    let secret = secret.lines().nth(1).expect("its bytes");
    for (args, why) in [
        (["verify", "app.signed.wasm", "--trust", "team.pem"], "private key"),
        (["verify", "app.signed.wasm", "--trust", "app.wasm"], "`app.wasm`: this is no Ed25519 public key"),
        (["sign", "app.wasm", "--key", "team.pub.pem"], "no Ed25519 private key"),
        (["sign", "app.wasm", "--key", "nowhere.pem"], "cannot read `nowhere.pem`"),
    ] {
        let Done { code, out, log } = folder.call(&args);
        assert_eq!(code, REFUSED, "{log}");
        assert!(log.contains(why) && !log.contains(secret) && !out.contains(secret), "{log}");
    }
}
