//! What `new` takes.

use super::doctor::Language;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

pub const NEW: &str = "\
Examples:
  A component that answers messages, in Rust, in the folder `pongs`:
    wasi-cloud new pongs --lang rust

  A command in Go, on a clone of wasi-cloud:
    wasi-cloud new counter --lang go --template command --sdk ../wasi-cloud

The folder's README.md names the commands that test, build and run it; `wasi-cloud doctor --lang
LANGUAGE` says whether this machine has what they need. Until the SDKs are published, --sdk is
needed, or for C a clone beside the folder.

Exit codes:
    0  the folder is there
    2  wrong usage, such as a name that is none
  125  it is not: something of that name was there before, no such clone, a disk that is full";

/// What a new component does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Template {
    /// Answers messages, and counts them in a key-value store.
    Pingpong,
    /// Runs once, with arguments and a key-value store.
    Command,
}

#[derive(Debug, Args)]
pub struct New {
    /// The name of the component and its folder: a lower-case letter, and then letters, digits, `-` and `_`.
    #[arg(value_parser = crate::new::name)]
    pub name: String,

    /// The language.
    #[arg(long = "lang", value_name = "LANGUAGE")]
    pub language: Language,

    /// What it does.
    #[arg(long, default_value = "pingpong")]
    pub template: Template,

    /// A clone of wasi-cloud whose SDK is used, in the place of a published one.
    #[arg(long, value_name = "PATH")]
    pub sdk: Option<PathBuf>,
}
