use super::{Level, Levels, Verdicts};
use crate::{
    catalogue::MINOR,
    certificate::{
        issue::verdicts,
        tests::{good, plans, world},
    },
    outcome::Verdict,
    plan::Plan,
};

/// Three runs in which all passed.
fn passed() -> (Vec<Plan>, Vec<Verdicts>) {
    let ((cases, law), certificate) = (world(), good().predicate.certificate);
    let plans = plans(&certificate, (&cases, &law));
    (plans, certificate.runs.iter().map(verdicts).collect())
}

const CORE: &str = "keyvalue/store/get-missing-key";
const OPTIONAL: &str = "keyvalue/extension/key-is-gone-a-second-later";

/// The levels of key-value, config and the whole, if this case ended so in the last run.
fn after(ends: &[(&str, &str, Verdict)]) -> [Level; 3] {
    let (plans, mut runs) = passed();
    for (altitude, id, verdict) in ends {
        let seat = ((*altitude).to_owned(), (*id).to_owned());
        let last = runs.last_mut().expect("three").insert(seat, *verdict);
        assert_eq!(last, Some(Verdict::Pass), "{id} is no case of {altitude}");
    }
    let levels = Levels::of(&plans, &runs, true);
    [levels.capabilities["keyvalue"].level, levels.capabilities["config"].level, levels.overall]
}

#[test]
fn a_level_is_what_the_worst_run_has_shown() {
    use Level::{Core, Full, None};
    assert_eq!(after(&[]), [Full; 3]);
    for verdict in Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Pass) {
        // One language is enough for core.
        let one = after(&[("embedded-c", CORE, verdict)]);
        assert_eq!(one, [Core, Full, Core], "{verdict:?}");
        // What a host declares and does not keep is not core.
        let optional = after(&EVERYWHERE.map(|altitude| (altitude, OPTIONAL, verdict)));
        assert_eq!(optional, [Core, Full, Core], "{verdict:?}");
        // One that passed when it ran again failed before that.
        let core = after(&EVERYWHERE.map(|altitude| (altitude, CORE, verdict)));
        assert_eq!(core, [None, Full, None], "{verdict:?}");
    }
    // Without guests nothing is core, and full is with and without.
    assert_eq!(after(&[("direct", CORE, Verdict::Fail)]), [Core, Full, Core]);
}

const EVERYWHERE: [&str; 3] = ["embedded-c", "embedded-go", "embedded-rust"];

/// The clauses of these cases are a profile and a core clause, and a probe and core clauses.
#[test]
fn a_core_clause_counts_wherever_it_is_cited() {
    for id in ["keyvalue/atomics/overflow-is-refused", "keyvalue/batch/a-thousand-keys-at-once"] {
        for verdict in Verdict::ALL.into_iter().filter(|verdict| *verdict != Verdict::Pass) {
            // What does not run leaves its core clauses to the cases that are about them.
            let level = if verdict == Verdict::Skip { Level::Core } else { Level::None };
            let levels = after(&EVERYWHERE.map(|altitude| (altitude, id, verdict)));
            assert_eq!(levels, [level, Level::Full, level], "{id} {verdict:?}");
            assert_eq!(after(&[(EVERYWHERE[0], id, verdict)])[0], Level::Core, "{id} {verdict:?}");
        }
    }
}

/// So neither a failure of it nor that it cannot be put to the host is a gap.
#[test]
fn what_is_new_binds_no_host() {
    let ((cases, _), (plans, _)) = (world(), passed());
    let case = cases.into_iter().find(|case| case.id() == CORE).expect("a case");
    let host = plans[0].host.describe();
    assert_eq!(
        [None, Some("0.0"), Some(MINOR)].map(|since| super::binds(&case.dated(since), host)),
        [true, true, false]
    );
}

#[test]
fn what_did_not_run_was_not_shown() {
    let (plans, runs) = passed();
    let level = |plans: &[Plan], runs: &[Verdicts], everywhere| Levels::of(plans, runs, everywhere).overall;
    assert_eq!(level(&plans, &runs[..2], true), Level::Core);
    assert_eq!(level(&plans, &runs, false), Level::Core);
    assert_eq!(level(&plans[..1], &runs, true), Level::None);
    assert_eq!(level(&plans, &[], true), Level::None);
    assert_eq!(level(&[], &runs, true), Level::None);
    let mut fewer = runs.clone();
    fewer[1].retain(|(_, id), _| id != CORE);
    assert_eq!(level(&plans, &fewer, true), Level::None);
}

#[test]
fn what_cannot_be_put_to_a_host_it_has_not_shown() {
    let (mut plans, runs) = passed();
    for plan in &mut plans {
        let altitude = plan.host.describe().altitude.to_string();
        let (at, case) = plan.entries.iter().enumerate().find(|(_, entry)| entry.id == CORE).expect("a case");
        plan.inapplicable.push(crate::event::Inapplicable {
            id: case.id.clone(),
            altitude,
            reason: "no words for it".into(),
            level: case.level.clone(),
            lacking: true,
        });
        plan.entries.remove(at);
    }
    let levels = Levels::of(&plans, &runs, true);
    assert_eq!((levels.overall, levels.core_missing), (Level::None, plans.len()));
    assert!(levels.capabilities["keyvalue"].missing[0].ends_with("no words for it"), "{levels:?}");
    // What it does not owe it need not show.
    plans.iter_mut().for_each(|plan| plan.inapplicable.iter_mut().for_each(|case| case.lacking = false));
    assert_eq!(Levels::of(&plans, &runs, true).overall, Level::Full);
}
