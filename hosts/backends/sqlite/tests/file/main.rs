//! What the suite cannot see of a file: who else uses it, what is in it, and what is left of it when things go wrong.
//!
//! Some tests need other processes. Those are this program again, told by a variable what to do.

// A test that cannot go on has failed.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod content;
mod full;
mod opening;
mod power;
mod sharing;
mod support;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::process::ExitCode;
use support::{CHILD, block_on};

/// A test, and why it cannot run here if it cannot.
pub type Test = (&'static str, fn() -> Option<String>);

fn main() -> ExitCode {
    match std::env::var(CHILD).ok().as_deref() {
        Some("increment") => return block_on(sharing::increment()),
        Some("hog") => return block_on(sharing::hog()),
        Some("load") => return block_on(power::load()),
        _ => {}
    }
    let tests = [content::tests(), opening::tests(), sharing::tests(), power::tests(), full::tests()].concat();
    let trial = |(name, test): Test| {
        Trial::ignorable_test(name, move || match test() {
            None => Ok(Completion::Completed),
            Some(why) if support::is_required("tmpfs") => Err(Failed::from(why)),
            Some(why) => Ok(Completion::ignored_with(why)),
        })
    };
    libtest_mimic::run(&Arguments::from_args(), tests.into_iter().map(trial).collect()).exit_code()
}

/// Names a list of tests after their functions.
#[macro_export]
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        pub fn tests() -> Vec<$crate::Test> {
            vec![$((concat!(module_path!(), "::", stringify!($name)), || {
                $crate::support::block_on($name());
                None
            })),*]
        }
    };
}
