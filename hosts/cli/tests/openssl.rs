//! Keys and signatures are those of others. Needs `openssl` on the PATH: without it the tests are ignored; where
//! `CLOUD_CONFORMANCE_REQUIRE` lists `openssl` they fail.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod needs;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::{
    env, fs,
    process::{Command, ExitCode, Output, Stdio},
};
use tempfile::TempDir;

type Test = (&'static str, fn(&TempDir));

const TESTS: &[Test] = &[
    ("its_keys_sign_and_are_trusted", its_keys),
    ("it_reads_our_keys", our_keys),
    ("it_checks_the_token_as_any_jwt_library_would", token),
    ("an_encrypted_key_says_what_to_do", encrypted),
];

fn main() -> ExitCode {
    let trials = TESTS.iter().map(|(name, test)| {
        Trial::ignorable_test(*name, move || {
            if Command::new("openssl").arg("version").output().is_ok() {
                test(&folder());
                return Ok(Completion::Completed);
            }
            let reason = "there is no `openssl` on the PATH";
            if needs::required("openssl") {
                return Err(Failed::from(reason));
            }
            Ok(Completion::ignored_with(reason))
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// With a component and a pair of keys that `openssl` made.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("app.wasm"), wat::parse_str("(component)").expect("assembles")).expect("written");
    openssl(&folder, &["genpkey", "-algorithm", "ed25519", "-out", "made.pem"]);
    openssl(&folder, &["pkey", "-in", "made.pem", "-pubout", "-out", "made.pub.pem"]);
    folder
}

fn call(program: &str, folder: &TempDir, args: &[&str]) -> Output {
    let mut program = Command::new(program);
    program.env_remove("RUST_LOG").current_dir(folder).stdin(Stdio::null()).args(args).output().expect("it starts")
}

fn done(output: Output) -> Vec<u8> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn openssl(folder: &TempDir, args: &[&str]) {
    done(call("openssl", folder, args));
}

fn wasi_cloud(folder: &TempDir, args: &[&str]) -> Output {
    call(env!("CARGO_BIN_EXE_wasi-cloud"), folder, args)
}

fn its_keys(folder: &TempDir) {
    done(wasi_cloud(folder, &["sign", "app.wasm", "--key", "made.pem"]));
    done(wasi_cloud(folder, &["verify", "app.signed.wasm", "--trust", "made.pub.pem"]));
}

fn our_keys(folder: &TempDir) {
    done(wasi_cloud(folder, &["keygen", "ours.pem"]));
    openssl(folder, &["pkey", "-in", "ours.pem", "-pubout", "-out", "again.pem"]);
    let read = |name| fs::read_to_string(folder.path().join(name)).expect("a key");
    assert_eq!(read("ours.pub.pem"), read("again.pem"));
}

fn token(folder: &TempDir) {
    done(wasi_cloud(folder, &["sign", "app.wasm", "--key", "made.pem"]));
    let shown = done(wasi_cloud(folder, &["verify", "app.signed.wasm", "--trust", "made.pub.pem", "--json"]));
    let shown: serde_json::Value = serde_json::from_slice(&shown).expect("JSON");
    let (signed, signature) = shown["token"].as_str().and_then(|token| token.rsplit_once('.')).expect("a token");
    fs::write(folder.path().join("signed"), signed).expect("written");
    fs::write(folder.path().join("signature"), BASE64.decode(signature).expect("base64")).expect("written");
    let verify = ["pkeyutl", "-verify", "-pubin", "-inkey", "made.pub.pem", "-rawin", "-in", "signed"];
    openssl(folder, &[&verify[..], &["-sigfile", "signature"]].concat());
    // The digest is of the file as it was.
    let claims = signed.rsplit_once('.').expect("parts").1;
    let claims: serde_json::Value = serde_json::from_slice(&BASE64.decode(claims).expect("base64")).expect("JSON");
    let digest = done(call("openssl", folder, &["dgst", "-sha256", "-r", "app.wasm"]));
    let digest = String::from_utf8(digest).expect("text");
    assert_eq!(claims["sha256"].as_str(), digest.split(' ').next());
}

fn encrypted(folder: &TempDir) {
    openssl(folder, &["genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:x", "-out", "locked.pem"]);
    let output = wasi_cloud(folder, &["sign", "app.wasm", "--key", "locked.pem"]);
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(125), "{log}");
    assert!(log.contains("encrypted; decrypt it with `openssl pkey`"), "{log}");
}
