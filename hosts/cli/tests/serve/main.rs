//! `wasi-cloud serve` as its users meet it: manifests, reloading, links that are switched, and what ends it.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(unix)]

mod admin;
#[cfg(feature = "otel")]
mod collector;
mod dead_letters;
#[cfg(all(feature = "nats", feature = "vault"))]
mod demo;
mod guest;
mod manifests;
mod nats;
#[path = "../needs/mod.rs"]
mod needs;
#[cfg(feature = "otel")]
mod otel;
mod pingpong;
mod redis;
mod relink;
mod reload;
mod scale;
mod served;
mod trust;
#[cfg(not(feature = "otel"))]
mod untraced;
#[cfg(feature = "vault")]
mod vault;
mod watch;

use libtest_mimic::Arguments;
use std::process::ExitCode;

fn main() -> ExitCode {
    let always = [
        ("a_bad_manifest_is_told_where_and_how_to_mend", manifests::bad as fn()),
        ("a_folder_without_a_manifest_stays_as_it_is", manifests::none),
        ("a_good_manifest_is_checked_without_any_backend", manifests::good),
        ("secrets_are_in_no_output", manifests::secrets),
        ("what_is_not_in_the_manifest_stays_and_the_rest_is_changed", reload::changes),
        ("components_change_their_http_addresses", reload::addresses),
        ("a_bad_manifest_leaves_the_old_one_in_force", reload::rejected),
        ("the_control_socket_is_for_its_owner_and_goes_with_the_host", relink::socket),
        ("what_is_no_question_is_refused", relink::nonsense),
        ("health_and_metrics_move_with_the_manifest", admin::moved),
        ("a_component_is_what_its_claims_say_or_is_not_served", trust::checked),
        ("a_reload_admits_by_the_new_trust", trust::reloaded),
        ("a_manifest_is_told_what_cannot_be_watched", watch::bad),
        ("a_hangup_takes_a_component_that_was_built_anew", reload::rebuilt),
    ];
    let on_redis = [
        ("pingpong_on_redis_survives_a_restart", pingpong::restart as fn()),
        ("keyvalue_moves_to_sqlite_and_back_while_messages_flow", relink::keyvalue),
        ("messages_move_to_another_broker_while_they_flow", relink::messaging),
        ("watchers_are_told_what_another_component_writes", watch::told),
        ("health_and_metrics_are_told", admin::told),
        ("what_is_never_handled_is_moved_to_the_dead_letters", dead_letters::moved),
        ("what_kills_its_host_is_moved_to_the_dead_letters", dead_letters::killed),
        ("of_three_hosts_on_redis_one_is_killed_and_nothing_lost", scale::host_on_redis),
        ("a_host_on_redis_is_stopped_again_and_again_and_no_delivery_wasted", scale::stops_on_redis),
        ("redis_is_killed_under_load_and_nothing_lost", scale::broker_redis),
        ("a_link_that_cannot_be_leaves_the_old_one_in_force", relink::refused),
    ];
    let on_redis = on_redis.into_iter().map(|(name, test)| needs::trial(name, redis::missing, test));
    let on_nats = [
        ("of_three_hosts_on_nats_one_is_killed_and_nothing_lost", scale::host_on_nats as fn()),
        ("a_host_on_nats_is_stopped_again_and_again_and_no_delivery_wasted", scale::stops_on_nats),
        ("nats_is_killed_under_load_and_nothing_lost", scale::broker_nats),
    ];
    let on_nats = on_nats.into_iter().map(|(name, test)| needs::trial(name, nats::missing, test));
    let trials = always.into_iter().map(|(name, test)| needs::always(name, test)).chain(on_redis).chain(on_nats);
    #[cfg(feature = "otel")]
    let trials = {
        let always = [
            ("requests_are_traced", otel::requests as fn()),
            ("a_collector_that_cannot_be_is_told_and_stops_nothing", otel::wrong),
        ];
        let on_redis = [
            ("a_message_is_traced_from_its_sender_to_the_host_calls_it_causes", otel::traced as fn()),
            ("traces_tell_what_failed", otel::told_what_failed),
            ("a_collector_that_does_not_answer_stops_nothing", otel::unreachable),
            ("nothing_is_sent_that_nobody_asked_for", otel::off),
        ];
        let on_redis = on_redis.into_iter().map(|(name, test)| needs::trial(name, redis::missing, test));
        trials.chain(always.into_iter().map(|(name, test)| needs::always(name, test))).chain(on_redis)
    };
    #[cfg(not(feature = "otel"))]
    let trials = {
        let name = "a_build_without_traces_says_so_to_who_asks_for_some";
        trials.chain([needs::always(name, untraced::told)])
    };
    #[cfg(feature = "vault")]
    let trials = {
        let on_vault = [
            ("keyvalue_moves_to_vault_where_it_counts_anew", vault::relinked as fn()),
            ("keyvalue_moves_to_vault_and_back_while_messages_flow", vault::moved),
            ("secrets_come_from_vault_and_are_in_no_output", vault::secrets),
        ];
        trials.chain(on_vault.into_iter().map(|(name, test)| needs::trial(name, vault::missing, test)))
    };
    #[cfg(all(feature = "nats", feature = "vault"))]
    let trials = trials
        .chain([needs::trial("the_demo_runs_without_vault", demo::missing, demo::runs)])
        .chain([needs::trial("the_demo_runs", demo::missing_vault, demo::runs_with_vault)]);
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
