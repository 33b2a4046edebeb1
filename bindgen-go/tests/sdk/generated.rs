//! What is generated of the SDK and its examples is what the generator makes now.

use std::{fs, process::Command};

use crate::{run, sdk};

/// The files with a line for `go generate`.
const LINES: [&str; 2] = ["generate.go", "examples/together/main.go"];

pub fn it_is() {
    for file in LINES {
        let path = sdk().join(file);
        let text = fs::read_to_string(&path).expect(file);
        let line = text.lines().find_map(|line| line.strip_prefix("//go:generate bindgen-go ")).expect("a command");
        let folder = path.parent().expect("a folder");
        let mut bindgen = Command::new(env!("CARGO_BIN_EXE_bindgen-go"));
        run(bindgen.args(line.split(' ')).arg("--check").current_dir(folder));
    }
}
