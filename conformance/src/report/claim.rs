//! What a run is worth, in words: every report ends with the same.

use crate::{
    event::{Started, Summary},
    outcome::Verdict,
};

/// The words.
pub(super) fn claim(started: &Started, summary: &Summary) -> String {
    match summary.exit {
        0 => as_expected(started, summary),
        1 => "not conformant".to_owned(),
        2 => "undecided".to_owned(),
        4 => "no claim of conformance: cases that are listed as failing pass".to_owned(),
        _ => "this run proves nothing".to_owned(),
    }
}

/// What a run is worth in which nothing unexpected happened.
fn as_expected(started: &Started, summary: &Summary) -> String {
    let altitudes: Vec<_> = started.hosts.iter().map(|host| host.altitude.as_str()).collect();
    match summary.count(Verdict::Xfail) {
        0 if summary.conformant => "conformant".to_owned(),
        0 if let Some(missing) = summary.levels.as_ref().map(|levels| levels.core_missing).filter(|n| *n > 0) => {
            let altitudes = altitudes.join(", ");
            format!(
                "what ran conforms at {altitudes}, and {missing} cases of core clauses did not: no claim of conformance"
            )
        }
        0 if summary.exempt > 0 => {
            format!("what ran conforms, and {} cases are exempt: no claim of conformance", summary.exempt)
        }
        0 if summary.count(Verdict::Flaky) > 0 => {
            let flaky = summary.count(Verdict::Flaky);
            format!("{flaky} cases passed only when they ran again: no claim of conformance")
        }
        0 if started.picked && summary.count(Verdict::Provisional) > 0 => {
            "the picked cases that count pass: no claim of conformance".to_owned()
        }
        0 if started.picked => "the picked cases pass: no claim of conformance".to_owned(),
        0 if altitudes == ["direct"] => "conforms at direct: no guest took part".to_owned(),
        0 => format!("conforms at {}: no claim beyond it", altitudes.join(", ")),
        1 => "as expected, with 1 known failure: no claim of conformance".to_owned(),
        failures => format!("as expected, with {failures} known failures: no claim of conformance"),
    }
}
