//! What each case is about: the sentence above its function, read from the sources, so that it is written once.

use super::Case;
use include_dir::{Dir, include_dir};
use std::collections::BTreeMap;

static SOURCES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/catalogue");
/// What cases are written in: whoever expects less there weakens them as well.
static BENCH: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/bench");
const BENCH_ITSELF: [&str; 2] = [include_str!("../bench.rs"), include_str!("../outcome.rs")];

/// The text of the cases and of what they are written in, always in the same order.
pub(crate) fn sources() -> Vec<&'static str> {
    files(&SOURCES).into_iter().chain(files(&BENCH)).chain(BENCH_ITSELF).collect()
}

/// The sentences by suite and function.
pub(crate) struct Sentences(BTreeMap<(&'static str, &'static str), String>);

impl Sentences {
    pub(crate) fn read() -> Self {
        let of_file = |text| suite(text).into_iter().flat_map(move |suite| sentences(suite, text));
        Self(files(&SOURCES).into_iter().flat_map(of_file).collect())
    }

    /// What a case, or the family that it is of, is about.
    pub(crate) fn of(&self, case: &Case) -> &str {
        self.0.get(&(case.suite, case.function)).map_or("", String::as_str)
    }
}

fn files(folder: &'static Dir<'_>) -> Vec<&'static str> {
    let mut all: Vec<_> = folder.files().collect();
    all.sort_by_key(|file| file.path());
    let mut below: Vec<_> = folder.dirs().collect();
    below.sort_by_key(|folder| folder.path());
    all.into_iter().filter_map(|file| file.contents_utf8()).chain(below.into_iter().flat_map(files)).collect()
}

/// What the table of a file is for.
fn suite(text: &str) -> Option<&str> {
    text.split_once("cases! { \"")?.1.split('"').next()
}

fn sentences<'a>(suite: &'a str, text: &'a str) -> Vec<((&'a str, &'a str), String)> {
    let (mut found, mut above) = (Vec::new(), Vec::new());
    for line in text.lines() {
        if let Some(words) = line.strip_prefix("///") {
            above.push(words.trim());
            continue;
        }
        if let Some(function) = line.strip_prefix("async fn ").and_then(|rest| rest.split(['(', '<']).next()) {
            found.push(((suite, function), above.join(" ")));
        }
        above.clear();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_says_what_it_is_about() {
        let (all, mut silent) = (Sentences::read(), super::super::all());
        silent.retain(|case| !all.of(case).ends_with(['.', ')', '`']));
        assert!(silent.is_empty(), "a case without a sentence above its function: {silent:?}");
        let first = |id: &str| super::super::all().into_iter().find(|case| case.id() == id).expect("a case");
        let about = all.of(&first("keyvalue/store/get-missing-key")).to_owned();
        assert_eq!(about, "A key that nobody wrote is `none`, not an error.");
    }
}
