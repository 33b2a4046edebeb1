//! What our own host declares beyond what a backend says of itself.

use super::{Declared, stage::declared_by};
use std::collections::BTreeMap;
use wasi_cloud_core::{Services, describe::feature};

/// Profiles that the core and the glue keep whatever backend is behind them: either they never reach it, as dropping
/// a handle does, or the driver trait demands them of it, as it demands decimal counters. What a backend may or may not
/// offer, such as `ttl`, `aba-safe` or `exact-listing`, stands in its own description and not here.
#[must_use]
pub fn host_profiles(capability: &str) -> &'static [&'static str] {
    match capability {
        "config" => &["exact-config"],
        "keyvalue" => &[
            "batch-positions",
            "cas-absent",
            "counters",
            "cursor-lifetime",
            "decimal-counters",
            "keep-on-drop",
            "listing",
            "paging",
            "snapshot-at-new",
            "stable-scan",
        ],
        "messaging" => &[
            "broker-names",
            "disconnect",
            "fire-and-forget",
            "late-reply",
            "message-size",
            "metadata",
            "no-responders",
            "reply-limits",
            "self-delivery",
            "subscriptions",
            "topic-names",
            "trap-isolation",
        ],
        _ => &[],
    }
}

/// What our host around these services declares: their own word, and the host's. Config is always there, because the
/// host itself serves it.
#[must_use]
pub fn described(services: &Services) -> BTreeMap<String, Declared> {
    let mut all = declared_by(services);
    let config = Declared { durability: "durable".into(), ..Declared::default() };
    all.entry("config".into()).or_insert(config);
    for (capability, declared) in &mut all {
        // A host that hands a failed message back to a broker that redelivers delivers at least once.
        if declared.features.contains(feature::REDELIVERY) {
            declared.features.insert("at-least-once".into());
        }
        declared.features.extend(host_profiles(capability).iter().map(|&profile| profile.to_owned()));
    }
    all
}
