//! The pages for people show what is: commands print what stands below them, and code stands in the file that is named.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod program;

use program::{cli, out};
use std::{fs, path::Path};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository")
}

/// The fenced blocks of a page: what stands behind the fence, and the text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("docs").join(page)).expect("a page");
    let fenced = text.split("```").skip(1).step_by(2);
    let blocks: Vec<_> =
        fenced.filter_map(|block| block.split_once('\n')).map(|(head, body)| (head.into(), body.into())).collect();
    assert!(!blocks.is_empty(), "{page} shows nothing");
    blocks
}

/// A text without what differs from run to run: how long something took.
fn steady(text: &str) -> String {
    let is_time = |word: &str| word.contains('.') && word.trim_start_matches('+').parse::<f64>().is_ok();
    let word = |word| if is_time(word) { "0.0" } else { word };
    text.lines().map(|line| line.split(' ').map(word).collect::<Vec<_>>().join(" ") + "\n").collect()
}

#[test]
fn a_failure_is_what_the_command_prints() {
    for (head, block) in blocks("reading-a-failure.md") {
        assert_eq!(head, "console");
        let (command, expected) = block.split_once('\n').expect("a command and what it prints");
        let words = command.strip_prefix("$ cloud-conformance ").expect("a command of ours").split(' ');
        let words: Vec<_> = words.map(|word| word.trim_matches('\'')).collect();
        assert_eq!(steady(&out(&cli(&words))), steady(expected), "{command}");
    }
}

#[test]
fn a_worked_example_is_code_of_this_repository() {
    for (head, block) in blocks("adding-a-case.md") {
        let file = head.split_once(' ').unwrap_or_else(|| panic!("`{head}` names no file")).1;
        let text = fs::read_to_string(root().join(file)).expect(file);
        assert!(text.contains(&block), "{file} has it no more:\n{block}");
    }
}
