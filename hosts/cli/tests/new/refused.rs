//! What `new` does not make.

use crate::made::wasi_cloud;
use std::fs;
use tempfile::TempDir;

pub fn there() {
    let folder = TempDir::new().expect("a folder");
    fs::create_dir(folder.path().join("full")).expect("made");
    fs::write(folder.path().join("full/notes"), "mine").expect("written");
    fs::write(folder.path().join("file"), "mine").expect("written");
    for name in ["full", "file"] {
        let said = wasi_cloud(folder.path(), &["new", name, "--lang", "rust"]);
        assert_eq!(said.code, Some(125), "{}", said.log);
        assert!(said.log.contains("is there already"), "{}", said.log);
    }
    assert_eq!(fs::read_to_string(folder.path().join("full/notes")).expect("still there"), "mine");
    assert_eq!(fs::read_dir(folder.path().join("full")).expect("a folder").count(), 1);
}

pub fn name() {
    let folder = TempDir::new().expect("a folder");
    for name in ["Upper", "../out", "a/b", "fn", "1st", ""] {
        let said = wasi_cloud(folder.path(), &["new", name, "--lang", "go"]);
        assert_eq!(said.code, Some(2), "{name}: {}", said.log);
    }
    for wrong in
        [&["new", "app"][..], &["new", "app", "--lang", "cobol"], &["new", "app", "--lang", "c", "--template", "x"]]
    {
        assert_eq!(wasi_cloud(folder.path(), wrong).code, Some(2), "{wrong:?}");
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

pub fn clone() {
    let folder = TempDir::new().expect("a folder");
    let spaced = folder.path().join("two words/bindgen-go/go");
    fs::create_dir_all(&spaced).expect("made");
    fs::write(spaced.join("go.mod"), "").expect("written");
    for (sdk, expected) in [("nowhere", "no clone of wasi-cloud"), ("two words", "no spaces")] {
        let said = wasi_cloud(folder.path(), &["new", "app", "--lang", "go", "--sdk", sdk]);
        assert_eq!(said.code, Some(125), "{}", said.log);
        assert!(said.log.contains(expected), "{}", said.log);
    }
    assert!(!folder.path().join("app").exists());
}

pub fn published() {
    let folder = TempDir::new().expect("a folder");
    for (language, file, expected) in [
        ("rust", "Cargo.toml", format!("wasi-cloud-sdk = \"{}\"", env!("CARGO_PKG_VERSION"))),
        ("go", "go.mod", format!("bindgen-go/go v{}", env!("CARGO_PKG_VERSION"))),
        ("c", "build.sh", "WASI_CLOUD:=../wasi-cloud".into()),
    ] {
        let said = wasi_cloud(folder.path(), &["new", language, "--lang", language]);
        assert_eq!(said.code, Some(0), "{}", said.log);
        assert!(said.out.contains("README.md"), "{}", said.out);
        assert_eq!(said.out.contains("until there is one, `--sdk CLONE`"), language != "c", "{}", said.out);
        let text = fs::read_to_string(folder.path().join(language).join(file)).expect("a file");
        assert!(text.contains(&expected) && !text.contains("replace"), "{text}");
    }
}
