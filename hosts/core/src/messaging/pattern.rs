//! Patterns of topics: see [`SLASH_WILDCARDS`](crate::describe::feature::SLASH_WILDCARDS).

/// The wildcards of the brokers we know.
pub(super) const WILDCARDS: [char; 4] = ['*', '>', '#', '+'];

/// Whether it is a pattern, or a topic, and not a wildcard in the wrong place or of another kind.
pub(super) fn is_pattern(text: &str) -> bool {
    let is_level = |level: &str| level == "+" || !level.contains(WILDCARDS);
    let (before, last) = text.rsplit_once('/').map_or((None, text), |(before, last)| (Some(before), last));
    (last == "#" || is_level(last)) && before.is_none_or(|before| before.split('/').all(is_level))
}

/// Whether a pattern stands for a topic. One without wildcards stands for itself.
///
/// ```
/// use wasi_cloud_core::messaging::stands_for;
///
/// assert!(stands_for("rooms/+/light", "rooms/1/light") && !stands_for("rooms/+", "rooms/1/light"));
/// assert!(stands_for("rooms/#", "rooms/1/light") && stands_for("rooms/#", "rooms"));
/// ```
#[must_use]
pub fn stands_for(pattern: &str, topic: &str) -> bool {
    let mut levels = topic.split('/');
    for part in pattern.split('/') {
        match (part, levels.next()) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (part, Some(level)) if part == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_whole_levels() {
        for (pattern, topics) in [
            ("+", &["a", ""][..]),
            ("#", &["a", "a/b", "/"]),
            ("a/+/c", &["a/b/c", "a//c"]),
            ("a/#", &["a", "a/", "a/b", "a/b/c"]),
            ("a", &["a"]),
        ] {
            for topic in topics {
                assert!(is_pattern(pattern) && stands_for(pattern, topic), "{pattern} {topic}");
            }
        }
        for (pattern, topic) in [("+", "a/b"), ("a/+", "a"), ("a/+", "a/b/c"), ("a/#", "ab"), ("a/+/c", "a/b/d")] {
            assert!(!stands_for(pattern, topic), "{pattern} {topic}");
        }
        for bad in ["a+", "#/a", "a#", "a/b#", "a.*", "a/>", "a/##"] {
            assert!(!is_pattern(bad), "{bad}");
        }
    }
}
