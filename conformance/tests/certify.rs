//! A certificate from its issue to its check, as a vendor and as whoever is shown it. What can be forged is tried in the
//! unit tests of `certificate`.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod program;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use program::{PROGRAM, code, err, out};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};
use tempfile::TempDir;

fn at(folder: &Path, args: &[&str]) -> Output {
    Command::new(PROGRAM).args(args).current_dir(folder).output().expect("the program starts")
}

/// Rejected, and these words say why.
fn rejected(output: &Output, word: &str) {
    assert_eq!(code(output), 1, "{}", err(output));
    assert!(err(output).contains("rejected: ") && err(output).contains(word), "{word}: {}", err(output));
    assert!(out(output).is_empty(), "{}", out(output));
}

#[test]
fn memory_is_certified_and_others_can_count_again() {
    let folder = TempDir::new().expect("a folder");
    let cli = |args: &[&str]| at(folder.path(), args);
    let issued = cli(&["certify", "--host", "memory", "--key", "me.pem", "--keygen", "--nonce", "n-7", "-o", "c.json"]);
    assert_eq!(code(&issued), 0, "{}{}", out(&issued), err(&issued));
    assert!(out(&issued).contains("certified at level full in `c.json`"), "{}", out(&issued));

    let verify = |args: &[&str]| cli(&[&["verify", "c.json", "--trust", "me.pub.pem"], args].concat());
    let told = verify(&["--nonce", "n-7", "--level", "full"]);
    assert_eq!(code(&told), 0, "{}", err(&told));
    for part in ["verified: memory ", "keyvalue   full", "does not prove", "Whoever signed it ran it"] {
        assert!(out(&told).contains(part), "{part}: {}", out(&told));
    }
    let json: Value = serde_json::from_str(&out(&verify(&["--json"]))).expect("JSON");
    assert_eq!((&json["verified"], &json["levels"]["overall"]), (&true.into(), &"full".into()), "{json}");

    // As other tools read it.
    let text = fs::read_to_string(folder.path().join("c.json")).expect("a file");
    let mut envelope: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(envelope["payloadType"], "application/vnd.in-toto+json");
    let payload = BASE64.decode(envelope["payload"].as_str().expect("text")).expect("Base64");
    let statement: Value = serde_json::from_slice(&payload).expect("JSON");
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["predicateType"], "https://in-toto.io/attestation/test-result/v0.1");
    assert_eq!(statement["predicate"]["result"], "PASSED");
    assert_eq!(statement["subject"][0]["digest"]["sha256"].as_str().map(str::len), Some(64));

    shown(folder.path());

    // A sample of it, run again: on the same host, on another one, and on one that is not what it was.
    let again = verify(&["--rerun", "memory", "--sample", "1"]);
    assert_eq!(code(&again), 0, "{}", err(&again));
    assert!(err(&again).contains("verdicts are the same"), "{}", err(&again));
    rejected(&verify(&["--rerun", "sqlite"]), "declares something else");
    let worse = verify(&["--rerun", "mutant:missing-is-error", "--sample", "100"]);
    rejected(&worse, "was to be `pass`, and is `fail` when it runs again");

    // What cannot be started says nothing of it.
    let absent = "name = 'x'\n[capabilities.config]\n[launch]\nargv = ['{here}/no-such', '{component}']\n";
    fs::write(folder.path().join("absent.toml"), absent).expect("written");
    program::refused(&verify(&["--rerun", "absent.toml"]), &["no-such", "install it"]);

    rejected(&verify(&["--nonce", "n-8"]), "not made for this nonce");
    assert_eq!(code(&cli(&["certify", "--host", "memory", "--key", "me.pem", "-o", "no/where.json"])), 3);
    let stranger = wasi_cloud_claims::PrivateKey::generate().expect("random").public().to_pem().expect("PEM");
    fs::write(folder.path().join("stranger.pem"), stranger).expect("written");
    // By its name of before, as `registry --keys` below.
    rejected(&cli(&["verify", "c.json", "--key", "stranger.pem"]), "is not signed by");
    let edited = String::from_utf8(payload).expect("UTF-8").replacen("\"PASSED\"", "\"WARNED\"", 1);
    envelope["payload"] = BASE64.encode(edited).into();
    fs::write(folder.path().join("c.json"), envelope.to_string()).expect("written");
    rejected(&verify(&[]), "was changed after it was signed");
    let json: Value = serde_json::from_str(&out(&verify(&["--json"]))).expect("JSON");
    assert_eq!(json["verified"], false);
}

/// What is made of it for others to look at, by the same checks.
fn shown(folder: &Path) {
    let cli = |args: &[&str]| at(folder, args);
    let badge = |args: &[&str]| cli(&[&["badge", "c.json"], args].concat());
    let row = badge(&["--trust", "me.pub.pem", "--format", "markdown"]);
    assert!(code(&row) == 0 && out(&row).contains("keyvalue full"), "{}{}", out(&row), err(&row));
    assert_eq!(code(&badge(&["--trust", "me.pub.pem", "-o", "badge.svg"])), 0);
    let picture = fs::read_to_string(folder.join("badge.svg")).expect("a picture");
    assert!(picture.starts_with("<svg ") && picture.contains("keyvalue full"), "{picture}");

    let (keys, certificates) = (folder.join("keys"), folder.join("certificates"));
    [&keys, &certificates].into_iter().for_each(|folder| fs::create_dir(folder).expect("a folder"));
    let stranger = wasi_cloud_claims::PrivateKey::generate().expect("random").public().to_pem().expect("PEM");
    fs::write(keys.join("stranger.pem"), stranger).expect("written");
    rejected(&badge(&["--key", "keys/stranger.pem", "-o", "no.svg"]), "is not signed by");
    assert!(!folder.join("no.svg").exists());

    fs::copy(folder.join("c.json"), certificates.join("memory.json")).expect("copied");
    fs::write(certificates.join("<script>.json"), "{}").expect("written");
    let registry = || {
        let made = cli(&["registry", "certificates", "--trust", "keys", "-o", "page.html"]);
        assert_eq!(code(&made), 0, "{}", err(&made));
        (err(&made), fs::read_to_string(folder.join("page.html")).expect("a page"))
    };
    let (said, page) = registry();
    assert!(said.contains("0 hold, 2 are refused"), "{said}");
    assert!(page.contains("is not signed by") && page.contains("&lt;script&gt;.json"), "{page}");
    fs::copy(folder.join("me.pub.pem"), keys.join("me.pem")).expect("copied");
    let (said, page) = registry();
    assert!(said.contains("1 hold, 1 are refused"), "{said}");
    assert!(page.contains("it is no DSSE envelope") && page.contains("memory.json"), "{page}");
    assert!(!page.contains("<script"), "{page}");
    // A private key is none to believe, and does not belong there.
    fs::copy(folder.join("me.pem"), keys.join("me.pem")).expect("copied");
    program::refused(&cli(&["registry", "certificates", "--trust", "keys"]), &["--trust", "by themselves"]);
    program::refused(&cli(&["registry", "keys", "--keys", "keys"]), &["--trust"]);
    program::refused(&cli(&["registry", "nowhere", "--trust", "nowhere"]), &["`nowhere` cannot be read"]);
}

#[test]
fn of_a_host_that_fails_nothing_is_signed() {
    let folder = TempDir::new().expect("a folder");
    let refused = at(folder.path(), &["certify", "--host", "mutant:loses-increment", "--key", "me.pem", "--keygen"]);
    assert_eq!(code(&refused), 1, "{}", err(&refused));
    assert!(out(&refused).contains("not conformant") && err(&refused).contains("no certificate"), "{}", out(&refused));
    assert!(!folder.path().join("certificate.json").exists());
}

#[test]
fn what_is_missing_is_known_before_the_runs() {
    let folder = TempDir::new().expect("a folder");
    for (args, word) in [
        (vec!["certify", "--host", "memory", "--key", "no.pem"], "`--keygen` makes one"),
        (vec!["certify", "--host", "memory"], "--key"),
        (vec!["verify", "c.json"], "--trust"),
        (vec!["verify", "c.json", "--trust", "no.pem"], "cannot read `no.pem`"),
        (vec!["verify", "c.json", "--trust", "no.pem", "--sample", "0"], "--sample"),
        (vec!["badge", "c.json"], "--trust"),
        (vec!["badge", "c.json", "--trust", "no.pem"], "cannot read `no.pem`"),
        (vec!["registry", "."], "--trust"),
        (vec!["registry", ".", "--trust", "."], "no file in `.` ends with `.pem`"),
    ] {
        let output = at(folder.path(), &args);
        assert_eq!(code(&output), 3, "{args:?}: {}", err(&output));
        assert!(err(&output).contains(word), "{args:?}: {}", err(&output));
    }
    let unknown = at(folder.path(), &["certify", "--host", "nosuch", "--key", "k.pem", "--keygen"]);
    assert!(code(&unknown) == 3 && err(&unknown).contains("there is no host `nosuch`"), "{}", err(&unknown));
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "no key was made");
    for command in ["certify", "verify", "badge", "registry"] {
        let help = at(folder.path(), &[command, "--help"]);
        assert!(code(&help) == 0 && out(&help).contains("Examples:"), "{command}");
    }
}
