//! `wasi-cloud componentize` on folders of Go: needs `go` 1.26. Without it most tests are ignored; where
//! `CLOUD_CONFORMANCE_REQUIRE` lists `go` they fail.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod commands;
mod module;
#[path = "../needs/mod.rs"]
mod needs;
#[path = "../pongs/mod.rs"]
mod pongs;
mod refused;
mod sdk;
mod topics;
mod worlds;

use libtest_mimic::Arguments;
use needs::{always, no_go, required, trial};
use std::process::ExitCode;

/// By name, as filters have it.
const TESTS: &[(&str, fn())] = &[
    ("what_a_program_exports_is_its_component", worlds::a_part),
    ("two_worlds_in_one_program", worlds::two),
    ("a_world_that_is_given_counts_alone", worlds::given),
    ("a_part_of_an_interface_is_missing_the_rest", worlds::partial),
    ("an_export_outside_all_worlds_is_named", worlds::outside),
    ("an_import_outside_all_worlds_is_named", worlds::no_world),
    ("a_plain_program_is_a_command", commands::plain),
    ("a_program_that_only_imports_is_a_command", commands::imports),
    ("the_heap_of_a_command_may_grow", commands::large),
    ("the_counter_of_the_sdk_counts", sdk::counter),
    ("goroutines_take_turns_in_the_host", sdk::busy),
    ("the_pingpong_of_the_sdk_answers", sdk::pingpong),
    ("topics_are_asked_for", topics::recorded),
    ("a_program_that_calls_the_host_as_it_starts_is_warned", topics::refused),
    ("errors_of_the_build_are_shown", refused::build),
    ("a_library_is_no_program", refused::library),
    ("cabi_realloc_is_exported_once", refused::twice),
];

/// Those that need no Go.
const WITHOUT_GO: &[(&str, fn())] = &[
    ("without_go_it_says_where_to_get_it", refused::no_go),
    ("an_old_go_is_refused", refused::old_go),
    ("a_folder_without_a_module_is_refused", refused::no_module),
    ("a_core_module_needs_an_output", refused::no_output),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each compiles with all cores there are.
    arguments.test_threads = arguments.test_threads.or(Some(1));
    let missing = || if required("go") { None } else { no_go() };
    let with_go = TESTS.iter().map(|(name, test)| trial(name, missing, *test));
    let without = WITHOUT_GO.iter().map(|(name, test)| always(name, *test));
    libtest_mimic::run(&arguments, with_go.chain(without).collect()).exit_code()
}
