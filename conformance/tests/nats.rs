//! NATS on a real server of its own: every altitude shows the same, and without guests what memory shows.

mod compare;
mod support;
mod transcripts;

use cloud_conformance::host::Altitude;
use compare::{alike, equal_where_both_ran, passed};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use std::process::ExitCode;
use support::missing;

/// Cases that end alike and say other things on the way.
const OTHERWISE: [&str; 11] = [
    // A value may be less large: a server takes 1 MiB with headers.
    "keyvalue/atomics/swap-of-a-larger-value-is-refused",
    "keyvalue/extension/larger-value-is-quota",
    "keyvalue/store/larger-value-fails-a-batch",
    "keyvalue/store/larger-value-is-refused-and-the-old-one-stays",
    "keyvalue/store/largest-value-under-longest-key-is-kept",
    "messaging/producer/send-too-much",
    "messaging/producer/too-much-is-not-sent",
    // Each bucket counts its own revisions, so two have the same.
    "keyvalue/extension/buckets-share-nothing",
    "keyvalue/extension/writes-of-other-keys-leave-a-version-alone",
    // A page has up to a thousand keys, and so what needed two here needs one.
    "keyvalue/extension/cursor-of-the-standard-from-before-a-switch-is-harmless",
    "keyvalue/store/listing-that-failed-can-go-on",
];

fn main() -> ExitCode {
    let trials = vec![Trial::ignorable_test("transcripts_are_equal", || match missing("nats", "nats-server") {
        Some(why) => Ok(Completion::ignored_with(why)),
        None => as_memory().map(|()| Completion::Completed),
    })];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn as_memory() -> Result<(), Failed> {
    let nats = alike("nats")?;
    let mut memory = passed("memory", Altitude::Direct, &[])?;
    memory.retain(|id, _| !OTHERWISE.contains(&&**id));
    let mut direct = nats.iter().filter(|(altitude, _)| *altitude == Altitude::Direct);
    direct.try_for_each(|(_, transcripts)| equal_where_both_ran("memory and nats", &memory, transcripts))
}
