//! How much a run on the memory host is, pinned: fewer is red. What the others run is pinned where they are tested.
//!
//! And it is the same run at each altitude and in each language: what guests see is no matter of their SDK.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod compare;
mod support;
mod transcripts;

use cloud_conformance::{corpus::Corpus, language::Language};
use compare::alike;

#[test]
fn the_memory_host_runs_what_it_ran_at_each_altitude() {
    alike("memory").unwrap_or_else(|why| panic!("{why:?}"));
}

#[test]
fn every_language_has_guests() {
    assert_eq!(Corpus::languages().expect("a corpus"), Language::ALL);
}
