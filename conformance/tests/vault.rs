//! Vault on a real server of its own: every altitude shows the same, and without guests what memory shows.

mod compare;
mod support;
mod transcripts;

use cloud_conformance::host::Altitude;
use compare::{alike, equal_where_both_ran, passed};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::process::ExitCode;
use support::missing;

/// What cases are about that end alike and say other things on the way: keys and values may be less large.
const SIZES: [&str; 3] = ["larger-value", "longer-key", "longest-key"];

fn main() -> ExitCode {
    let trials = vec![Trial::ignorable_test("transcripts_are_equal", || match missing("vault", "vault") {
        Some(why) => Ok(Completion::ignored_with(why)),
        None => as_memory().map(|()| Completion::Completed),
    })];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn as_memory() -> Result<(), Failed> {
    let vault = alike("vault")?;
    let mut memory = passed("memory", Altitude::Direct, &[])?;
    memory.retain(|id, _| !SIZES.iter().any(|size| id.contains(size)));
    let mut direct = vault.iter().filter(|(altitude, _)| *altitude == Altitude::Direct);
    direct.try_for_each(|(_, transcripts)| equal_where_both_ran("memory and vault", &memory, transcripts))
}
