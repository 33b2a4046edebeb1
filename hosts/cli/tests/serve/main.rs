//! `wasi-cloud serve` as its users meet it: manifests, reloading, links that are switched, and what ends it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(unix)]

mod admin;
mod guest;
mod manifests;
mod pingpong;
mod redis;
mod relink;
mod reload;
mod served;
mod trust;

use libtest_mimic::{Arguments, Completion, Trial};
use std::process::ExitCode;

fn main() -> ExitCode {
    let always = [
        ("a_bad_manifest_is_told_where_and_how_to_mend", manifests::bad as fn()),
        ("a_good_manifest_is_checked_without_any_backend", manifests::good),
        ("secrets_are_in_no_output", manifests::secrets),
        ("what_is_not_in_the_manifest_stays_and_the_rest_is_changed", reload::changes),
        ("a_bad_manifest_leaves_the_old_one_in_force", reload::rejected),
        ("the_control_socket_is_for_its_owner_and_goes_with_the_host", relink::socket),
        ("what_is_no_question_is_refused", relink::nonsense),
        ("health_and_metrics_move_with_the_manifest", admin::moved),
        ("a_component_is_what_its_claims_say_or_is_not_served", trust::checked),
        ("a_reload_admits_by_the_new_trust", trust::reloaded),
        ("a_hangup_takes_a_component_that_was_built_anew", reload::rebuilt),
    ];
    let on_redis = [
        ("pingpong_on_redis_survives_a_restart", pingpong::restart as fn()),
        ("keyvalue_moves_to_sqlite_and_back_while_messages_flow", relink::keyvalue),
        ("messages_move_to_another_broker_while_they_flow", relink::messaging),
        ("health_and_metrics_are_told", admin::told),
        ("a_link_that_cannot_be_leaves_the_old_one_in_force", relink::refused),
    ];
    let mut trials: Vec<_> = always.into_iter().map(|(name, test)| trial(name, test, || None)).collect();
    trials.extend(on_redis.into_iter().map(|(name, test)| trial(name, test, redis::missing)));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(name: &str, test: fn(), missing: fn() -> Option<String>) -> Trial {
    Trial::ignorable_test(name, move || match missing() {
        Some(why) => Ok(Completion::ignored_with(why)),
        None => {
            test();
            Ok(Completion::Completed)
        }
    })
}

/// Whether `CLOUD_CONFORMANCE_REQUIRE` has this word: then what it stands for has to run.
fn required(word: &str) -> bool {
    let words = std::env::var("CLOUD_CONFORMANCE_REQUIRE").unwrap_or_default();
    words.split(',').any(|listed| listed.trim() == word)
}
