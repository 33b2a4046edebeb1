//! The user's lists, denials and demands, and what the host declares.

use super::fake::{Go, case, good};
use crate::{
    catalogue::{Case, MINOR, Need},
    event::{Record, Summary},
    outcome::{Stop, Verdict, expect_eq, measured},
    runner::Rules,
};
use std::sync::atomic::{AtomicUsize, Ordering};

fn bad(function: &'static str) -> Case {
    case(function, &[], |_| Box::pin(async { expect_eq("a number", 1, 2) }))
}

#[test]
fn a_known_failure_is_expected_and_its_pass_is_not() {
    let gone = Go { failing: &["**/bad"], ..Go::new([good("good"), bad("bad")]) }.go();
    assert_eq!((gone.verdict("bad"), gone.summary.exit), (Verdict::Xfail, 0));
    let gone = Go { failing: &["**/good"], ..Go::new([good("good")]) }.go();
    assert_eq!((gone.verdict("good"), gone.summary.exit), (Verdict::Xpass, 4));
}

/// Fails the first two times.
fn shaky(function: &'static str) -> Case {
    static TIMES: AtomicUsize = AtomicUsize::new(0);
    case(function, &[], |_| Box::pin(async { expect_eq("third time", TIMES.fetch_add(1, Ordering::SeqCst) % 3, 2) }))
}

#[test]
fn a_known_flake_gets_three_tries_and_nothing_else_does() {
    let gone = Go { flaky: &["**/shaky"], ..Go::new([shaky("shaky")]) }.go();
    assert_eq!((gone.verdict("shaky"), gone.record("shaky").attempts, gone.summary.exit), (Verdict::Flaky, 3, 0));
    let rules = Rules { deny_flaky: true, ..Rules::default() };
    let gone = Go { flaky: &["**/shaky"], rules, ..Go::new([shaky("shaky")]) }.go();
    assert_eq!((gone.verdict("shaky"), gone.summary.exit), (Verdict::Fail, 1));
    let gone = Go { flaky: &["**/bad"], ..Go::new([bad("bad"), bad("other")]) }.go();
    assert_eq!((gone.verdict("bad"), gone.record("bad").attempts), (Verdict::Fail, 3));
    assert_eq!((gone.verdict("other"), gone.record("other").attempts), (Verdict::Fail, 1));
}

#[test]
fn a_skip_has_a_reason_and_can_be_denied() {
    let cases = || {
        [
            good("good"),
            case("planned", &[Need::Feature("exact-config")], |_| Box::pin(async { Ok(()) })),
            case("found", &[], |_| Box::pin(async { Err(Stop::Skip("no limit is declared".into())) })),
            case("uncontrolled", &[Need::Fault], |_| Box::pin(async { Ok(()) })),
        ]
    };
    let gone = Go::new(cases()).go();
    let why = |function| gone.record(function).why.clone().unwrap_or_default();
    assert_eq!(why("planned"), "the host does not declare `exact-config`");
    assert_eq!(why("found"), "no limit is declared");
    assert!(why("uncontrolled").contains("no control `fault`"));
    assert_eq!((gone.summary.count(Verdict::Skip), gone.summary.exit), (3, 0));
    let rules = Rules { deny_skip: true, ..Rules::default() };
    let gone = Go { rules, ..Go::new(cases()) }.go();
    assert_eq!((gone.summary.count(Verdict::Fail), gone.summary.exit), (3, 1));
}

fn core_missing(summary: &Summary) -> usize {
    summary.levels.as_ref().expect("a whole run").core_missing
}

#[test]
fn a_host_over_which_the_suite_has_no_control_is_not_called_conformant() {
    let rules = || Rules { whole: true, everywhere: true, ..Rules::default() };
    // What it does not offer it need not show.
    let optional = case("optional", &[Need::Feature("exact-config")], |_| Box::pin(async { Ok(()) }));
    // That is for a level which this version does not offer.
    let fault = case("fault", &[Need::Fault], |_| Box::pin(async { Ok(()) }));
    for cases in [vec![good("good")], vec![good("good"), optional], vec![good("good"), fault]] {
        let gone = Go { rules: rules(), ..Go::new(cases) }.go();
        assert!(gone.summary.conformant && core_missing(&gone.summary) == 0);
    }
    // A core clause, as all of these cite.
    for skipped in [
        case("uncontrolled", &[Need::Switch], |_| Box::pin(async { Ok(()) })),
        case("found", &[], |_| Box::pin(async { Err(Stop::Skip("no limit is declared".into())) })),
    ] {
        let gone = Go { rules: rules(), ..Go::new([good("good"), skipped]) }.go();
        assert_eq!((gone.summary.exit, gone.summary.conformant, core_missing(&gone.summary)), (0, false, 1));
    }
}

#[test]
fn what_does_not_apply_is_no_skip() {
    let gone = Go {
        features: &["exact-config"],
        ..Go::new([
            good("good"),
            case("refused", &[Need::Without("exact-config")], |_| Box::pin(async { Ok(()) })),
            case("guests", &[Need::Guest], |_| Box::pin(async { Ok(()) })),
        ])
    }
    .go();
    assert_eq!((gone.records().count(), gone.summary.exit), (1, 0));
    let Some(crate::event::Event::Started(started)) = gone.events.first() else { panic!("no start") };
    assert_eq!(started.inapplicable.len(), 2);
}

#[test]
fn a_claim_that_nothing_exercised_spoils_a_whole_run_only() {
    let cases =
        || [good("good"), case("exact", &[Need::Feature("exact-config"), Need::Time], |_| Box::pin(async { Ok(()) }))];
    let whole = || Rules { whole: true, ..Rules::default() };
    let gone = Go { features: &["exact-config"], rules: whole(), ..Go::new(cases()) }.go();
    assert_eq!(gone.summary.exit, 3);
    assert!(gone.summary.problems[0].contains("claimed but not exercised: config: exact-config"));
    let gone = Go { features: &["exact-config"], ..Go::new(cases()) }.go();
    assert_eq!(gone.summary.exit, 0);
    let gone = Go { rules: whole(), ..Go::new(cases()) }.go();
    assert_eq!(gone.summary.exit, 0);
    let gone = Go { features: &["sparkle"], rules: whole(), ..Go::new(cases()) }.go();
    assert!(gone.summary.problems[0].contains("no case for it"), "{:?}", gone.summary.problems);
}

#[test]
fn nothing_executed_proves_nothing() {
    let skipped = case("skipped", &[Need::Feature("x")], |_| Box::pin(async { Ok(()) }));
    assert_eq!(Go::new([skipped]).go().summary.exit, 3);
    assert_eq!(Go::new([]).go().summary.exit, 3);
}

#[test]
fn what_is_required_must_have_been_executed() {
    let run = |word: &str| {
        let rules = Rules { require: vec![word.to_owned()], ..Rules::default() };
        let skipped = case("skipped", &[Need::Feature("exact-config")], |_| Box::pin(async { Ok(()) }));
        Go { rules, ..Go::new([good("good"), skipped]) }.go().summary.exit
    };
    assert_eq!(["config", "direct", "core", "fake"].map(run), [0; 4]);
    assert_eq!(["keyvalue", "embedded", "exact-config", "redis"].map(run), [3; 4]);
}

#[test]
fn an_undecided_case_is_undecided() {
    let unknown = case("unknown", &[], |_| Box::pin(async { Err(Stop::Unknown("the checker gave up".into())) }));
    let gone = Go::new([good("good"), unknown]).go();
    assert_eq!((gone.verdict("unknown"), gone.summary.exit), (Verdict::Unknown, 2));
}

#[test]
fn a_limit_is_exercised_at_its_end_and_one_beyond() {
    let at_most = || case("at_most", &[Need::Limit("size")], |bench| Box::pin(async { bench.most("size").map(drop) }));
    let beyond =
        || case("beyond", &[Need::Limit("size")], |bench| Box::pin(async { bench.too_much("size").map(drop) }));
    let problems = |cases: Vec<Case>, limit: u64| {
        let rules = Rules { whole: true, ..Rules::default() };
        let limits: &'static [_] = if limit == 8 { &[("size", 8)] } else { &[("size", 1 << 40)] };
        let gone = Go { rules, limits, ..Go::new(cases) }.go();
        (gone.summary.exit, gone.summary.problems.join("; "))
    };
    assert_eq!(problems(vec![at_most(), beyond()], 8), (0, String::new()));
    let (exit, text) = problems(vec![at_most()], 8);
    assert!(exit == 3 && text.contains("claimed but not exercised: config: size and one more"), "{text}");
    let (exit, text) = problems(vec![beyond()], 8);
    assert!(exit == 3 && text.contains("claimed but not exercised: config: size at most"), "{text}");
    assert_eq!(problems(vec![good("good")], 1 << 40).0, 0, "what no guest can be sent is no case's fault");
}

/// A case of a probe, on a host that answers as no other.
fn probe(function: &'static str, needs: &'static [Need], run: super::fake::Function) -> Case {
    Case { clauses: &["CFG-STORE-S03"], ..case(function, needs, run) }
}

#[test]
fn a_probe_fails_only_where_the_declaration_is_contradicted() {
    let gone = Go {
        features: &["exact-config"],
        ..Go::new([
            probe("measures", &[], |_| Box::pin(async { expect_eq("a number", 1, 2) })),
            probe("traps", &[], |bench| Box::pin(async { bench.keyvalue_ext().await.map(drop) })),
            probe("asks", &[], |bench| {
                Box::pin(async { expect_eq("durability", &*bench.declared()?.durability, "for ever") })
            }),
            probe("needs", &[Need::Feature("exact-config")], |_| Box::pin(async { expect_eq("a number", 1, 2) })),
        ])
    }
    .go();
    use Verdict::{Fail, Pass};
    assert_eq!(["measures", "traps", "asks", "needs"].map(|name| gone.verdict(name)), [Pass, Fail, Fail, Fail]);
    let measured = gone.record("measures");
    assert!(measured.observed && measured.mismatch.is_some(), "what it saw is on record");
    assert!(!gone.record("asks").observed);
}

/// What else it cites binds; what of it does not is marked.
#[test]
fn a_probe_that_cites_a_core_clause_fails() {
    let both = |function, run| Case { clauses: &["CFG-STORE-S03", "CFG-STORE-01"], ..case(function, &[], run) };
    let gone = Go::new([
        both("breaks", |_| Box::pin(async { expect_eq("a number", 1, 2) })),
        both("measures", |_| Box::pin(async { measured(expect_eq("a number", 1, 2)) })),
    ])
    .go();
    assert_eq!((gone.verdict("breaks"), gone.record("breaks").observed), (Verdict::Fail, false));
    let seen = gone.record("measures");
    assert!(seen.verdict == Verdict::Pass && seen.observed && seen.mismatch.is_some(), "{seen:?}");
}

/// A profile binds whoever declares it.
#[test]
fn a_probe_that_cites_a_declared_profile_fails() {
    let both = || Case { clauses: &["CFG-STORE-S03", "CFG-STORE-06"], ..bad("both") };
    let verdict = |features| Go { features, ..Go::new([both()]) }.go().verdict("both");
    assert_eq!([verdict(&[]), verdict(&["exact-config"])], [Verdict::Pass, Verdict::Fail]);
}

fn whole() -> Rules {
    Rules { whole: true, everywhere: true, ..Rules::default() }
}

#[test]
fn a_flake_takes_the_word_conformant_away() {
    let optional = Case { clauses: &["CFG-STORE-06"], ..shaky("shaky") };
    for flake in [shaky("shaky"), optional] {
        let features: &[_] = &["exact-config"];
        let shown = Case { clauses: &["CFG-STORE-06"], ..good("shown") };
        let cases = [good("good"), shown, flake];
        let gone = Go { features, flaky: &["**/shaky"], rules: whole(), ..Go::new(cases) }.go();
        assert_eq!((gone.verdict("shaky"), gone.summary.exit), (Verdict::Flaky, 0));
        assert!(!gone.summary.conformant);
    }
}

#[test]
fn an_exemption_is_no_conformance() {
    const DECLARED: &str = r#"
        name = "fake"
        [capabilities.config]
        features = ["exact-config"]
        [[exemptions]]
        cases = "config/store/exempt"
        reason = "being written"
        link = "https://example.com/1"
        expires = "2026-06-30"
    "#;
    let of = |function| Case { clauses: &["CFG-STORE-06"], ..good(function) };
    let conformant = |declared| {
        let cases = [good("good"), of("exempt"), of("shown")];
        let gone = Go { features: &["exact-config"], declared, rules: whole(), ..Go::new(cases) }.go();
        assert_eq!(gone.summary.exit, 0, "{:?}", gone.summary);
        (gone.summary.conformant, gone.summary.exempt)
    };
    assert_eq!([conformant(None), conformant(Some(DECLARED))], [(true, 0), (false, 1)]);
}

/// What the host's file says of a failure is on record: the user's list names no clause.
#[test]
fn a_known_failure_says_which_clause_it_breaks() {
    const DECLARED: &str = r#"
        name = "fake"
        [capabilities.config]
        [[known-failing]]
        cases = "config/store/{bad,good}"
        clause = "CFG-STORE-02"
        reason = "not mended yet"
        link = "https://example.com/1"
        expires = "2026-06-30"
    "#;
    let of = |case| Case { clauses: &["CFG-STORE-01", "CFG-STORE-02"], ..case };
    let cases = [of(bad("bad")), of(good("good")), of(bad("listed"))];
    let gone = Go { declared: Some(DECLARED), failing: &["**/listed"], ..Go::new(cases) }.go();
    use Verdict::{Xfail, Xpass};
    assert_eq!(["bad", "good", "listed"].map(|name| gone.verdict(name)), [Xfail, Xpass, Xfail]);
    let breaks = ["bad", "good", "listed"].map(|name| gone.record(name).breaks.as_deref());
    assert_eq!(breaks, [Some("CFG-STORE-02"), None, None]);
}

fn new(case: Case) -> Case {
    case.dated(Some(MINOR))
}

/// How each of these would be that break in their own way, and how each is.
#[test]
fn what_is_new_runs_and_is_told_and_counts_for_nothing() {
    let traps = case("traps", &[], |bench| Box::pin(async { bench.keyvalue_ext().await.map(drop) }));
    let panics = case("panics", &[], |_| Box::pin(async { panic!("a bug of ours") }));
    let unknown = case("unknown", &[], |_| Box::pin(async { Err(Stop::Unknown("the checker gave up".into())) }));
    let skips = case("skips", &[], |_| Box::pin(async { Err(Stop::Skip("no limit is declared".into())) }));
    let uncontrolled = case("uncontrolled", &[Need::Switch], |_| Box::pin(async { Ok(()) }));
    let broken = || [bad("bad"), traps, panics, unknown, good("fine"), skips, uncontrolled];
    let rules = || Rules { whole: true, everywhere: true, deny_skip: true, ..Rules::default() };
    let cases = [vec![good("good")], broken().map(new).into()].concat();
    // No list is about what does not count: `fine` is no pass that nobody expected.
    let gone = Go { rules: rules(), failing: &["**/bad", "**/fine"], ..Go::new(cases) }.go();
    let ended = |name| (gone.verdict(name), gone.record(name).ended());
    let provisional = |would_be| (Verdict::Provisional, would_be);
    assert_eq!(ended("bad"), provisional(Verdict::Fail));
    assert_eq!(ended("traps"), provisional(Verdict::Fail));
    assert_eq!(ended("panics"), provisional(Verdict::Error));
    assert_eq!(ended("unknown"), provisional(Verdict::Unknown));
    assert_eq!(ended("fine"), provisional(Verdict::Pass));
    assert_eq!(["skips", "uncontrolled"].map(|name| gone.verdict(name)), [Verdict::Skip; 2]);
    let told = |record: &Record| (record.why.clone().unwrap_or_default(), record.mismatch.is_some());
    assert_eq!(told(gone.record("bad")), ("it would be `fail`".to_owned(), true));
    assert!(told(gone.record("panics")).0.starts_with("it would be `error`: "), "{:?}", gone.record("panics"));
    let Summary { exit, conformant, executed, .. } = gone.summary;
    assert_eq!((exit, conformant, executed, gone.summary.count(Verdict::Provisional)), (0, true, 6, 5));
    assert_eq!(core_missing(&gone.summary), 0);
    // In the next minor version the same cases count.
    for case in broken().into_iter().filter(|case| case.function != "fine") {
        let gone = Go { rules: rules(), ..Go::new([good("good"), case.dated(Some("0.0"))]) }.go();
        assert!(gone.summary.exit != 0 && !gone.summary.conformant, "{case:?}");
    }
}

#[test]
fn what_is_undeclared_and_not_refused_is_warned_of() {
    let works = case("works", &[Need::Without("exact-config")], |_| Box::pin(async { expect_eq("a number", 1, 2) }));
    let refuses = case("refuses", &[Need::Without("exact-config")], |_| Box::pin(async { Ok(()) }));
    let gone = Go::new([works, refuses]).go();
    assert_eq!((gone.verdict("works"), gone.verdict("refuses")), (Verdict::Fail, Verdict::Pass));
    let warning = gone.record("works").warning.clone().unwrap_or_default();
    assert!(warning.starts_with("undeclared capability: config: exact-config"), "{warning}");
    assert_eq!(gone.record("refuses").warning, None);
}
