//! Operations at random, from a seed: what a model of the law says that a guest must see, held against what it sees. What
//! differs is shrunk to the shortest sequence that shows it.
//!
//! One guest with two handles on one label, or with one, does everything, one operation after the other: what the law leaves open between
//! guests is no matter here. The catalogue's cases say what a clause demands; this finds what nobody thought to write a case for.

mod case;
mod model;
mod play;
mod step;

pub use case::case;
pub use play::{Difference, Halt, play};
pub use step::{Step, What};

use crate::host::{Host, HostDescription};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};
use sha2::{Digest, Sha256};
use std::{cell::RefCell, time::Duration};

/// How much is tried.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Decides everything random.
    pub seed: u64,
    /// Sequences.
    pub sequences: u32,
    /// Operations in the longest of them.
    pub length: usize,
    /// Handles on the one label: of two, each sees what the other wrote.
    pub handles: u32,
    /// The longest wait for one operation.
    pub patience: Duration,
}

/// The shortest sequence that was found to show a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Find {
    /// The operations.
    pub steps: Vec<Step>,
    /// Where the host and the model part, at the last of them.
    pub difference: Difference,
    /// How many handles there were.
    pub handles: u32,
    /// Whether the host promises that `get-many` answers in order.
    pub positions: bool,
}

/// Tries a host. `told` is called before each sequence, those of shrinking included.
///
/// # Errors
/// If sequences cannot be made, which is an error of ours, or not be played: that says nothing of the host.
pub fn fuzz(
    host: &dyn Host,
    effort: &Effort,
    run: impl Fn(&[Step]) -> Result<(), Halt>,
    mut told: impl FnMut(),
) -> anyhow::Result<Option<Find>> {
    let config =
        Config { cases: effort.sequences, max_shrink_iters: 5_000, failure_persistence: None, ..Config::default() };
    let seed: [u8; 32] = Sha256::digest(effort.seed.to_le_bytes()).into();
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let (last, untried) = (RefCell::new(None), RefCell::new(None));
    let told = RefCell::new(&mut told);
    let strategy = sequences(host.describe(), effort);
    let ended = runner.run(&strategy, |steps| {
        if untried.borrow().is_some() {
            return Ok(());
        }
        (told.borrow_mut())();
        match run(&steps) {
            Ok(()) => Ok(()),
            Err(Halt::Untried(why)) => {
                *untried.borrow_mut() = Some(why);
                Ok(())
            }
            Err(Halt::Differs(difference)) => {
                let why = difference.to_string();
                *last.borrow_mut() = Some(difference);
                Err(TestCaseError::fail(why))
            }
        }
    });
    if let Some(why) = untried.into_inner() {
        anyhow::bail!("it could not be tried: {why}");
    }
    match ended {
        Ok(()) => Ok(None),
        Err(TestError::Fail(_, steps)) => {
            // Shrinking ends with a sequence that passed more often than not: the shortest one is run once more.
            let difference = match run(&steps) {
                Err(Halt::Differs(difference)) => Some(difference),
                Err(Halt::Untried(why)) => anyhow::bail!("it could not be tried: {why}"),
                Ok(()) => last.into_inner(),
            };
            let difference =
                difference.ok_or_else(|| anyhow::anyhow!("a difference is gone: the host is not always the same"))?;
            let steps = steps.into_iter().take(difference.at + 1).collect();
            let positions = host.describe().declares("keyvalue", "batch-positions");
            Ok(Some(Find { steps, difference, handles: effort.handles, positions }))
        }
        Err(TestError::Abort(why)) => anyhow::bail!("no sequences could be made: {}", why.message()),
    }
}

/// Sequences of what can be put to the host.
fn sequences(host: &HostDescription, effort: &Effort) -> impl Strategy<Value = Vec<Step>> {
    let lacks: Vec<_> = host.lacks.keys().map(String::as_str).collect();
    prop::collection::vec(step::steps(&lacks, effort.handles), 1..=effort.length.max(1))
}

#[cfg(test)]
mod tests;
