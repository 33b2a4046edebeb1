//! What a test needs of the machine, and what becomes of it without.

#![allow(dead_code, reason = "each test file uses what it needs")]

use libtest_mimic::{Completion, Trial};

/// Whether `CLOUD_CONFORMANCE_REQUIRE` has this word: then what it stands for has to be there, and the test to run.
pub fn required(word: &str) -> bool {
    let words = std::env::var("CLOUD_CONFORMANCE_REQUIRE").unwrap_or_default();
    words.split(',').any(|listed| listed.trim() == word)
}

/// Whether there is a program of this name.
pub fn has(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

/// A test that is ignored for the reason that `missing` gives.
pub fn trial(name: &str, missing: impl FnOnce() -> Option<String> + Send + 'static, test: fn()) -> Trial {
    Trial::ignorable_test(name, move || match missing() {
        Some(reason) => Ok(Completion::ignored_with(reason)),
        None => {
            test();
            Ok(Completion::Completed)
        }
    })
}

/// A test that needs nothing.
pub fn always(name: &str, test: fn()) -> Trial {
    trial(name, || None, test)
}

/// Why there is no Go to test with, whether or not it is required.
pub fn no_go() -> Option<String> {
    let found = std::process::Command::new("go").args(["env", "GOVERSION"]).env("GOTOOLCHAIN", "local").output();
    let version = found.ok().map(|found| String::from_utf8_lossy(&found.stdout).trim().to_owned()).unwrap_or_default();
    let minor = version
        .strip_prefix("go1.")
        .and_then(|rest| rest.split('.').next())
        .and_then(|minor| minor.parse::<u32>().ok());
    minor.is_none_or(|minor| minor < 26).then(|| "needs `go` 1.26 or newer on the PATH".to_owned())
}
