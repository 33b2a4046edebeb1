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

/// Profiles of a host whose backend tells of changes: the driver trait demands them.
const WATCHER_PROFILES: [&str; 4] = ["watch-isolation", "watch-order", "watch-scope", "watch-writes"];

/// Those of the profiles above that are about replies.
const OF_REPLIES: [&str; 3] = ["late-reply", "no-responders", "reply-limits"];

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
        // One that is told of changes tells them on as they come, one at a time.
        if declared.features.contains(feature::WATCHER) {
            declared.features.extend(WATCHER_PROFILES.map(str::to_owned));
        }
        // Where nobody can ask, none of what holds for replies can be seen.
        let asks = declared.features.contains(feature::REQUEST_REPLY);
        let profiles = host_profiles(capability).iter().filter(|profile| asks || !OF_REPLIES.contains(profile));
        declared.features.extend(profiles.map(|&profile| profile.to_owned()));
    }
    all
}
