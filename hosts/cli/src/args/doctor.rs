//! What `doctor` takes.

use crate::quiet::Quiet;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::time::Duration;
use wasi_cloud::LinkSpec;

pub const DOCTOR: &str = "\
Examples:
  What does this machine have, and what would it take to have the rest?
    wasi-cloud doctor

  Is it ready to build in Go, and does this Redis answer?
    wasi-cloud doctor --lang go --link keyvalue:default=redis://localhost

What the JSON holds; within a `shape`, fields may be added, and nothing else changes:
  shape   1
  ready   whether nothing is missing that was asked for
  checks  [{name, ok, found, hint}]: what was found, and if it is missing what to do, else null

Exit codes:
  0  all languages of --lang can be built, or one if there is no --lang; and all links answer
  1  something of these is missing
  2  wrong usage";

/// A language that programs are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Rust,
    C,
    Go,
}

#[derive(Debug, Args)]
pub struct Doctor {
    /// A language that programs have to be built in.
    #[arg(long = "lang", value_name = "LANGUAGE")]
    pub languages: Vec<Language>,

    /// A link whose backend has to answer, as `run` takes it: `keyvalue:default=redis://localhost`.
    #[arg(long = "link", value_name = "CAPABILITY:LABEL[=URL]", value_parser = Quiet(super::link))]
    pub links: Vec<LinkSpec>,

    /// How long a tool or a backend may take to answer.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = super::duration)]
    pub timeout: Duration,

    /// Print one JSON object.
    #[arg(long)]
    pub json: bool,
}
