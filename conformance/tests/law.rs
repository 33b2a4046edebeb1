//! The standard packages have upstream's types: the same but for the documentation, which is ours.

#![allow(clippy::expect_used, reason = "a test")]

use std::path::Path;
use wit_component::WitPrinter;
use wit_parser::{PackageId, Resolve};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A package without its documentation.
fn types(resolve: &Resolve, package: PackageId) -> String {
    let mut printer = WitPrinter::default();
    printer.emit_docs(false);
    printer.print(resolve, package, &[]).expect("it prints");
    printer.output.to_string()
}

/// `upstream/*.wit` are the signatures of the drafts that `wit/deps` names, without their documentation.
#[test]
fn the_standard_packages_have_the_types_of_upstream() {
    let mut law = Resolve::default();
    law.push_dir(here().parent().expect("the workspace").join("wit")).expect("the law parses");
    for (word, name) in [
        ("keyvalue", "wasi:keyvalue@0.2.0-draft2"),
        ("messaging", "wasi:messaging@0.2.0-draft"),
        ("config", "wasi:config@0.2.0-rc.1"),
    ] {
        let mut upstream = Resolve::default();
        let file = here().join("tests/upstream").join(word).with_extension("wit");
        let theirs = upstream.push_file(&file).expect("upstream parses");
        let (_, ours) = law.package_names.iter().find(|(package, _)| package.to_string() == name).expect(word);
        assert_eq!(types(&law, *ours), types(&upstream, theirs), "{word}");
    }
}
