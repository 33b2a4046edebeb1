//! The program with a Redis server that it starts for itself: however the run ends, the server is gone after it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod program;
mod support;

use libtest_mimic::{Arguments, Completion, Trial};
use program::{cli, code, err, events};
use serde_json::Value;
use std::{net::TcpStream, process::ExitCode};
use support::missing;

fn main() -> ExitCode {
    let trial = |name, test: fn()| {
        Trial::ignorable_test(name, move || match missing("redis", "redis-server") {
            Some(why) => Ok(Completion::ignored_with(why)),
            None => {
                test();
                Ok(Completion::Completed)
            }
        })
    };
    let trials = vec![
        trial("the_private_redis_is_gone_after_the_run", gone_after_the_run),
        #[cfg(unix)]
        trial("the_private_redis_is_gone_after_ctrl_c", || assert_gone(&program::interrupted("redis"))),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn gone_after_the_run() {
    let cheap = ["--altitude", "direct", "--run", "config/store/get-*", "--format", "json"];
    let output = cli(&[&["run", "--host", "redis"], &cheap[..]].concat());
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert_gone(&events(&output)[0]);
}

/// Nothing listens where the notes of the first event say that the server is.
fn assert_gone(started: &Value) {
    let notes = started["hosts"][0]["notes"].to_string();
    let (_, rest) = notes.split_once("redis://127.0.0.1:").expect("a note with the server's address");
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let port: u16 = port.parse().expect("a port");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "a server is left on port {port}");
}
