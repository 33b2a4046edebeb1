//! The command line: what it writes, and what it says when it cannot.

#![allow(clippy::expect_used, reason = "a test")]

use std::fs;
use std::path::Path;
use std::process::Command;

/// Runs it in a folder, and returns whether it worked and what it printed.
fn run(folder: &Path, arguments: &str) -> (bool, String) {
    let wit = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wit");
    let arguments = arguments.replace("WIT", wit);
    let output = Command::new(env!("CARGO_BIN_EXE_bindgen-go"))
        .args(arguments.split(' '))
        .current_dir(folder)
        .output()
        .expect("it runs");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

#[test]
fn import_paths_come_from_go_mod() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("go.mod"), "// ours\nmodule \"example.com/app\" // yes\n\ngo 1.26\n").expect("a file");
    fs::create_dir(folder.path().join("sub")).expect("a folder");
    let (good, text) = run(&folder.path().join("sub"), "WIT/scalars.wit --world echo --out ../gen/./go");
    assert!(good && text.is_empty(), "{text}");
    let code = fs::read_to_string(folder.path().join("gen/go/test/scalars/scalars_wasip1.go")).expect("a file");
    assert!(code.contains("\"example.com/app/gen/go/wit\""), "{code}");

    assert!(run(folder.path(), "WIT/scalars.wit --out gen/go --check").0);
    fs::write(folder.path().join("gen/go/wit/doc.go"), "package wit").expect("a file");
    let (good, text) = run(folder.path(), "WIT/scalars.wit --out gen/go --check");
    assert!(!good && text.contains("doc.go") && text.contains("without --check"), "{text}");
}

#[test]
fn a_module_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let (good, text) =
        run(folder.path(), "WIT/lists.wit --out go --module example.com/lists --runtime example.com/wit");
    assert!(good, "{text}");
    let module = fs::read_to_string(folder.path().join("go/go.mod")).expect("a file");
    assert_eq!(module, "module example.com/lists\n\ngo 1.26\n");
    assert!(!folder.path().join("go/wit").exists());

    let mine = "module example.com/lists\n\ngo 1.27\n";
    fs::write(folder.path().join("go/go.mod"), mine).expect("a file");
    assert!(run(folder.path(), "WIT/lists.wit --out go --module example.com/lists").0);
    assert_eq!(fs::read_to_string(folder.path().join("go/go.mod")).expect("a file"), mine);
    let (good, text) = run(folder.path(), "WIT/lists.wit --out go --module example.com/others");
    assert!(!good && text.contains("of another module than example.com/others"), "{text}");
}

#[test]
fn features_are_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    for (more, there) in [("", false), (" --features later,sooner", true), (" --all-features", true)] {
        let (good, text) = run(folder.path(), &format!("WIT/plain.wit --out go --module example.com/plain{more}"));
        assert!(good, "{text}");
        let code = fs::read_to_string(folder.path().join("go/test/plain/plain/plain.go")).expect("a file");
        assert_eq!(code.contains("func Soon()"), there, "{more}");
    }
}

#[test]
fn errors_say_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let two = "package a:b; world one {} world two {}";
    fs::write(folder.path().join("two.wit"), two).expect("a file");
    fs::write(folder.path().join("bad.wit"), "package a:b; world").expect("a file");
    for (arguments, wanted) in [
        ("missing --out gen", "give the folder or the file with the WIT"),
        ("bad.wit --out gen --module a", "cannot read bad.wit"),
        ("two.wit --out gen --module a", "give --world, one of: one, two"),
        ("two.wit --world three --out gen --module a", "one of: one, two"),
        ("two.wit --world one --out gen --module a --package x", "want WIT=DIR, as in wasi:keyvalue=keyvalue"),
        ("two.wit --world one --out gen --module a --package x:y=z", "the world one has no x:y"),
        ("two.wit --world one --out gen", "run `go mod init` first, or give --module"),
    ] {
        let (good, text) = run(folder.path(), arguments);
        assert!(!good && text.contains(wanted), "{arguments}: {text}");
    }
    let (good, text) = run(folder.path(), "--help");
    assert!(good && text.contains("//go:generate bindgen-go"), "{text}");
}
