//! Operations at random, from a seed: what a model of the law says that a guest must see, held against what it sees. What
//! differs is shrunk to the shortest sequence that shows it.
//!
//! One guest with two handles on one label does everything, one operation after the other: what the law leaves open between
//! guests is no matter here. The catalogue's cases say what a clause demands; this finds what nobody thought to write a case for.

mod case;
mod model;
mod play;
mod step;

pub use case::case;
pub use play::{Difference, play};
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
}

/// Tries a host. `told` is called before each sequence, those of shrinking included.
///
/// # Errors
/// If sequences cannot be made, which is an error of ours.
pub fn fuzz(
    host: &dyn Host,
    effort: &Effort,
    run: impl Fn(&[Step]) -> Result<(), Difference>,
    mut told: impl FnMut(),
) -> anyhow::Result<Option<Find>> {
    let config =
        Config { cases: effort.sequences, max_shrink_iters: 5_000, failure_persistence: None, ..Config::default() };
    let seed: [u8; 32] = Sha256::digest(effort.seed.to_le_bytes()).into();
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let last = RefCell::new(None);
    let told = RefCell::new(&mut told);
    let strategy = sequences(host.describe(), effort.length);
    let ended = runner.run(&strategy, |steps| {
        (told.borrow_mut())();
        run(&steps).map_err(|difference| {
            let why = difference.to_string();
            *last.borrow_mut() = Some(difference);
            TestCaseError::fail(why)
        })
    });
    match ended {
        Ok(()) => Ok(None),
        Err(TestError::Fail(_, steps)) => {
            // Shrinking ends with a sequence that passed more often than not: the shortest one is run once more.
            let difference = run(&steps).err().or_else(|| last.into_inner());
            let difference =
                difference.ok_or_else(|| anyhow::anyhow!("a difference is gone: the host is not always the same"))?;
            let steps = steps.into_iter().take(difference.at + 1).collect();
            Ok(Some(Find { steps, difference }))
        }
        Err(TestError::Abort(why)) => anyhow::bail!("no sequences could be made: {}", why.message()),
    }
}

/// Sequences of what can be put to the host.
fn sequences(host: &HostDescription, length: usize) -> impl Strategy<Value = Vec<Step>> {
    let lacks: Vec<_> = host.lacks.keys().map(String::as_str).collect();
    prop::collection::vec(step::steps(&lacks), 1..=length.max(1))
}

#[cfg(test)]
mod tests;
