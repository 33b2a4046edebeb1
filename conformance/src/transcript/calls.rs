//! The canonical trace of a case: what guests asked of their host, whatever language they are in.

use crate::host::HostCall;

/// What a host does of itself when messages and changes come, at a time that nobody decides, and what a handler answers: the
/// program that handles is the suite's.
const OF_THE_HOST: [&str; 8] = ["ack", "connect", "dead-letter", "nack", "receive", "reply", "subscribe", "watch"];

/// The calls without their times, a line each. What happens at once has no order, and how often somebody had to try again is
/// chance: of that each call that was not in vain is kept once.
#[must_use]
pub fn canonical(calls: &[HostCall], at_once: bool) -> Vec<String> {
    let asked = calls.iter().filter(|call| !OF_THE_HOST.contains(&&*call.op));
    let line = |call: &HostCall| {
        let HostCall { capability, op, label, key, outcome, .. } = call;
        format!("{capability}.{op} `{label}` {key:?} -> {outcome}")
    };
    let mut lines: Vec<String> = asked.map(line).collect();
    if at_once {
        lines.retain(|line| !line.ends_with("-> conflict"));
        lines.sort();
        lines.dedup();
    }
    lines
}
