//! MQTT on a real server of its own: every altitude shows the same, and what memory shows.

mod compare;
mod support;
mod transcripts;

use cloud_conformance::service::{Mosquitto, Server};
use compare::as_memory;
use libtest_mimic::{Arguments, Completion, Trial};
use std::process::ExitCode;
use support::required;

fn main() -> ExitCode {
    let trials = vec![Trial::ignorable_test("transcripts_are_equal", || {
        if required("mosquitto") || Mosquitto.is_here() {
            return as_memory("mqtt").map(|()| Completion::Completed);
        }
        Ok(Completion::ignored_with(Mosquitto.install()))
    })];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
