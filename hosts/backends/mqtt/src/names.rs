//! What topics are called, and how text is written that MQTT would refuse.
//!
//! Names of ours are canonical: each stands for one topic, and another program's name that no topic of ours has is no name.

use std::fmt::Write;
use wasi_cloud_core::escape::unescape;

/// The first level of what is no topic of anybody.
const OURS: &str = "wasi-cloud";
/// Servers take a limited number of levels: mosquitto 200.
const SLASHES: usize = 100;

/// What a server may end a connection for (MQTT 5, 1.5.4).
fn is_bad(c: char) -> bool {
    c.is_control() || matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe
}

fn push(written: &mut String, c: char, is_plain: bool) {
    if is_plain {
        written.push(c);
        return;
    }
    for byte in c.encode_utf8(&mut [0; 4]).bytes() {
        // A string takes everything.
        let _ = write!(written, "%{byte:02X}");
    }
}

/// Text as a property can have it.
pub(crate) fn text(value: &str) -> String {
    let mut written = String::with_capacity(value.len());
    value.chars().for_each(|c| push(&mut written, c, c != '%' && !is_bad(c)));
    written
}

/// The text of a property. What another program wrote otherwise is taken as it is.
pub(crate) fn read_text(written: &str) -> String {
    unescape(written).unwrap_or_else(|| written.to_owned())
}

/// A name as one level that servers give no meaning to. Only the empty name is the empty level.
fn level(name: &str) -> String {
    let mut written = String::with_capacity(name.len());
    for (at, c) in name.chars().enumerate() {
        let is_special = "%+#/".contains(c) || (at == 0 && (c == '$' || name == OURS));
        push(&mut written, c, !is_special && !is_bad(c));
    }
    written
}

/// The name of a group, which is never empty.
fn group_level(group: &str) -> String {
    if group.is_empty() { "%".to_owned() } else { level(group) }
}

fn path(topic: &str, wildcards: &str) -> String {
    let (mut written, mut slashes) = (String::with_capacity(topic.len()), 0);
    for c in topic.chars() {
        slashes += usize::from(c == '/');
        let is_special = match c {
            '/' => slashes > SLASHES,
            c => ("%+#".contains(c) && !wildcards.contains(c)) || is_bad(c),
        };
        push(&mut written, c, !is_special);
    }
    written
}

/// The name of a topic.
pub(crate) fn topic(scope: &str, topic: &str) -> String {
    format!("{}/{}", level(scope), path(topic, ""))
}

/// The filter of a topic or a pattern.
pub(crate) fn filter(scope: &str, pattern: &str) -> String {
    format!("{}/{}", level(scope), path(pattern, "+#"))
}

/// The topic that a name of this scope stands for.
pub(crate) fn read(scope: &str, name: &str) -> Option<String> {
    let written = name.strip_prefix(&level(scope))?.strip_prefix('/')?;
    let topic = unescape(written)?;
    (!topic.is_empty() && path(&topic, "") == written).then_some(topic)
}

/// What the members of a group subscribe to.
pub(crate) fn shared(group: &str, filter: &str) -> String {
    format!("$share/{}/{filter}", group_level(group))
}

/// Where a message of a group is published that has to be handled anew.
pub(crate) fn again(group: &str, attempt: u32, name: &str) -> String {
    format!("{OURS}/again/{}/{attempt}/{name}", group_level(group))
}

/// What the members of a group subscribe to for these.
pub(crate) fn again_filter(group: &str, filter: &str) -> String {
    format!("{OURS}/again/{}/+/{filter}", group_level(group))
}

/// The attempt, and the name without it.
pub(crate) fn read_again(name: &str) -> Option<(u32, &str)> {
    let rest = name.strip_prefix(OURS)?.strip_prefix("/again/")?;
    let (_, rest) = rest.split_once('/')?;
    let (attempt, name) = rest.split_once('/')?;
    Some((attempt.parse().ok()?, name))
}

/// Where the replies to one request go; `+` stands for all of them.
pub(crate) fn reply(client_id: &str, number: &str) -> String {
    format!("{OURS}/reply/{client_id}/{number}")
}

/// The number of the request that a reply is for.
pub(crate) fn read_reply(client_id: &str, name: &str) -> Option<u64> {
    name.strip_prefix(&reply(client_id, ""))?.parse().ok()
}

/// Whether a reply may be published there: topics that begin with `$` are the server's.
pub(crate) fn is_address(name: &str) -> bool {
    let fits = (1..=usize::from(u16::MAX)).contains(&name.len());
    fits && !name.starts_with('$') && !name.contains(['+', '#']) && !name.contains(is_bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use wasi_cloud_core::escape::hostile;

    fn texts() -> BTreeSet<String> {
        let more = ["", "$SYS/a", "%41", "a+b", "#", "\u{fffe}", "\u{fdd0}x", "wasi-cloud", "wasi-cloud/x"];
        let long = ["/".repeat(255), "a/".repeat(127)];
        hostile().into_iter().map(|h| h.text).chain(more.map(str::to_owned)).chain(long).collect()
    }

    #[test]
    fn no_two_topics_are_one_and_each_comes_back() {
        let mut names = BTreeSet::new();
        for scope in texts() {
            for t in texts().into_iter().filter(|t| !t.is_empty()) {
                let name = topic(&scope, &t);
                assert_eq!(read(&scope, &name).as_deref(), Some(&*t), "{name}");
                assert!(!name.starts_with('$') && !name.starts_with("wasi-cloud/"), "{name}");
                assert!(!name.contains(['+', '#']) && !name.contains(is_bad), "{name}");
                assert!(name.matches('/').count() <= SLASHES + 1, "{name}");
                let again = again("a/b", 7, &name);
                assert_eq!(read_again(&again), Some((7, &*name)));
                assert!(names.insert(name));
            }
        }
    }

    #[test]
    fn plain_names_stay_readable() {
        assert_eq!(topic("default", "caf\u{e9}/a b.c:d"), "default/caf\u{e9}/a b.c:d");
        assert_eq!(topic("$a/b", "100%"), "%24a%2Fb/100%25");
        assert_eq!(topic("wasi-cloud", "reply"), "%77asi-cloud/reply");
        assert_eq!(shared("w/1", "s/t"), "$share/w%2F1/s/t");
        assert_eq!(shared("", "s/t"), "$share/%/s/t");
    }

    #[test]
    fn names_that_no_topic_has_are_no_topics() {
        for foreign in ["s", "s/", "s/%41", "s/100%", "s/%ff", "s/%2f", "t/a", "sa", "s/a%2Fb"] {
            assert_eq!(read("s", foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_pattern_is_one_of_mqtt() {
        for (pattern, written) in [("a/+/c", "s/a/+/c"), ("#", "s/#"), ("+", "s/+"), ("+/%/#", "s/+/%25/#")] {
            assert_eq!(filter("s", pattern), written);
        }
        assert_eq!(filter("+", "a"), "%2B/a");
    }

    #[test]
    fn text_of_properties_comes_back() {
        for t in texts() {
            assert!(!text(&t).contains(is_bad));
            assert_eq!(read_text(&text(&t)), t);
        }
        assert_eq!((read_text("100%"), read_text("%ff")), ("100%".to_owned(), "%ff".to_owned()));
    }

    #[test]
    fn the_servers_own_topics_are_no_addresses() {
        assert!(is_address("devices/1/replies") && is_address(&reply("wc1", "7")));
        for bad in ["", "$SYS/a", "$CONTROL/dynamic-security/v1", "a/+", "#", "a\0b"] {
            assert!(!is_address(bad), "{bad:?}");
        }
        assert_eq!(read_reply("wc1", &reply("wc1", "7")), Some(7));
        assert_eq!(read_reply("wc1", &reply("wc2", "7")), None);
    }
}
