//! Against real servers, which the tests start themselves; without `redis-server` on the PATH they are reported as
//! ignored, or as failed if `CLOUD_CONFORMANCE_REQUIRE` lists `redis`.

// A test that cannot go on has failed.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod connection;
mod keyvalue;
mod messaging;
mod support;
mod waiting;

use libtest_mimic::{Arguments, Completion, Trial};
use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    process::ExitCode,
};
use support::{PATIENCE, Server};

/// A test that gets a server of its own.
pub type Test = (&'static str, fn(Server) -> futures::future::LocalBoxFuture<'static, ()>);

fn main() -> ExitCode {
    let missing = Server::missing();
    let tests = [keyvalue::tests(), messaging::tests(), connection::tests(), waiting::tests()].concat();
    let trials = tests.into_iter().map(|(name, test)| {
        let missing = missing.clone();
        Trial::ignorable_test(name, move || match missing {
            Some(why) if Server::is_required() => Err(why.into()),
            Some(why) => Ok(Completion::ignored_with(why)),
            None => {
                run(test);
                Ok(Completion::Completed)
            }
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn run(test: fn(Server) -> futures::future::LocalBoxFuture<'static, ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let done = catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async { tokio::time::timeout(PATIENCE * 2, test(Server::start(&[]))).await })
    }));
    // A blocked thread of an impostor must not keep a failed test from being reported.
    runtime.shutdown_background();
    match done {
        Ok(done) => done.expect("the test ends"),
        Err(panic) => resume_unwind(panic),
    }
}

/// Names a list of tests after their functions.
#[macro_export]
macro_rules! tests {
    ($($name:ident),* $(,)?) => {
        pub fn tests() -> Vec<$crate::Test> {
            vec![$((concat!(module_path!(), "::", stringify!($name)), |server| Box::pin($name(server)))),*]
        }
    };
}
