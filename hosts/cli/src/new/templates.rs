//! The files of `hosts/cli/templates`, and where a component has them.

use crate::args::{doctor::Language, new::Template};

/// A path, and a text.
type File = (&'static str, &'static str);

pub const RUN_PINGPONG: &str = include_str!("../../templates/run-pingpong.md");
pub const RUN_COMMAND: &str = include_str!("../../templates/run-command.md");

const RUST: &[File] =
    &[("README.md", include_str!("../../templates/rust/README.md")), (".gitignore", "/target\n/.wasi-cloud\n")];
const RUST_PINGPONG: &[File] = &[
    ("Cargo.toml", include_str!("../../templates/rust/pingpong/Cargo.toml.txt")),
    ("src/lib.rs", include_str!("../../templates/rust/pingpong/lib.rs")),
];
const RUST_COMMAND: &[File] = &[
    ("Cargo.toml", include_str!("../../templates/rust/command/Cargo.toml.txt")),
    ("src/main.rs", include_str!("../../templates/rust/command/main.rs")),
];

const C: &[File] = &[
    ("README.md", include_str!("../../templates/c/README.md")),
    ("build.sh", include_str!("../../templates/c/build.sh")),
    ("test.sh", include_str!("../../templates/c/test.sh")),
    (".gitignore", "/build\n/.wasi-cloud\n*.wasm\n"),
];
const C_PINGPONG: &[File] = &[
    ("pingpong.c", include_str!("../../templates/c/pingpong/pingpong.c")),
    ("pingpong_test.c", include_str!("../../templates/c/pingpong/pingpong_test.c")),
];
const C_COMMAND: &[File] = &[
    ("count.h", include_str!("../../templates/c/command/count.h")),
    ("count.c", include_str!("../../templates/c/command/count.c")),
    ("count_test.c", include_str!("../../templates/c/command/count_test.c")),
    ("main.c", include_str!("../../templates/c/command/main.c")),
];

const GO: &[File] = &[
    ("README.md", include_str!("../../templates/go/README.md")),
    ("go.mod", include_str!("../../templates/go/go.mod.txt")),
    (".gitignore", "/.wasi-cloud\n*.wasm\n"),
];
const GO_PINGPONG: &[File] = &[
    ("main.go", include_str!("../../templates/go/pingpong/main.go")),
    ("main_test.go", include_str!("../../templates/go/pingpong/main_test.go")),
];
const GO_COMMAND: &[File] = &[
    ("main.go", include_str!("../../templates/go/command/main.go")),
    ("main_test.go", include_str!("../../templates/go/command/main_test.go")),
];

/// The files of a component. Manifests have other names here, so that no tool takes a template for a package.
pub fn files(language: Language, template: Template) -> impl Iterator<Item = File> {
    let (all, own) = match (language, template) {
        (Language::Rust, Template::Pingpong) => (RUST, RUST_PINGPONG),
        (Language::Rust, Template::Command) => (RUST, RUST_COMMAND),
        (Language::C, Template::Pingpong) => (C, C_PINGPONG),
        (Language::C, Template::Command) => (C, C_COMMAND),
        (Language::Go, Template::Pingpong) => (GO, GO_PINGPONG),
        (Language::Go, Template::Command) => (GO, GO_COMMAND),
    };
    all.iter().chain(own).copied()
}

/// A text with each `{{name}}` replaced by its value.
pub fn filled(text: &str, values: &[(&str, String)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test")]

    use super::*;
    use std::{fs, path::Path};

    /// What `new` makes is what the SDKs show: the tests of each show that it runs.
    #[test]
    fn pingpong_is_the_example_of_each_sdk() {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        for (language, file, example) in [
            (Language::Rust, "src/lib.rs", "sdk-rust/examples/pingpong.rs"),
            (Language::C, "pingpong.c", "sdk-c/examples/pingpong.c"),
            (Language::C, "pingpong_test.c", "sdk-c/examples/pingpong_test.c"),
            (Language::Go, "main.go", "bindgen-go/go/examples/pingpong/main.go"),
            (Language::Go, "main_test.go", "bindgen-go/go/examples/pingpong/main_test.go"),
        ] {
            let (_, text) = files(language, Template::Pingpong).find(|(name, _)| *name == file).expect("a template");
            let shown = fs::read_to_string(repository.join(example)).expect("an example");
            assert_eq!(filled(text, &[("name", "Pingpong".to_owned())]), shown, "{example}");
        }
    }
}
