//! Against real servers, which the tests start themselves; without `mosquitto` they are reported as ignored, or as failed
//! if `CLOUD_CONFORMANCE_REQUIRE` lists it.

// A test that cannot go on has failed.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod connection;
mod messaging;
mod support;

use libtest_mimic::{Arguments, Completion, Trial};
use std::{pin::Pin, process::ExitCode};
use support::{LONG, Server};

/// A test.
pub type Test = (&'static str, fn() -> Pin<Box<dyn Future<Output = ()>>>);

fn main() -> ExitCode {
    let tests = [messaging::tests(), connection::tests()].concat();
    let trials = tests.into_iter().map(|(name, test)| {
        Trial::ignorable_test(name, move || {
            if !Server::is_here() && !Server::is_required() {
                return Ok(Completion::ignored_with("needs `mosquitto` on the PATH"));
            }
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
            runtime.block_on(async { tokio::time::timeout(LONG * 2, test()).await })?;
            Ok(Completion::Completed)
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

/// Names a list of tests after their functions.
#[macro_export]
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        pub fn tests() -> Vec<$crate::Test> {
            vec![$((concat!(module_path!(), "::", stringify!($name)), || Box::pin($name()))),*]
        }
    };
}
