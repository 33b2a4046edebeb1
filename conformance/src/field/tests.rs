use super::*;
use crate::{
    catalogue,
    event::{Inapplicable, Started, Summary},
};

fn record(id: &str, altitude: &str, verdict: Verdict) -> Record {
    let text = serde_json::json!({
        "id": id, "altitude": altitude, "verdict": verdict.word(), "level": "core", "clauses": [],
        "attempts": 1, "millis": 1, "seed": 1,
        "would-be": (verdict == Verdict::Provisional).then_some("fail"),
    });
    serde_json::from_value(text).expect("a record")
}

fn run(host: &str, altitudes: &[&str], records: Vec<Record>) -> Run {
    let capabilities: BTreeMap<_, _> = [("keyvalue".to_owned(), crate::host::Declared::default())].into();
    let host = |altitude: &&str| HostInfo {
        name: host.into(),
        altitude: (*altitude).to_owned(),
        capabilities: capabilities.clone(),
        ..HostInfo::default()
    };
    let started = Started { hosts: altitudes.iter().map(host).collect(), ..Started::default() };
    Run { started, records, summary: Summary::default() }
}

/// Two cases that prove one clause.
fn of_one_clause() -> (&'static str, [String; 2]) {
    let cases = catalogue::all();
    for case in &cases {
        let proving: Vec<_> = cases.iter().filter(|other| other.clauses.contains(&case.clauses[0])).collect();
        if let [one, other, ..] = &proving[..] {
            return (case.clauses[0], [one.id(), other.id()]);
        }
    }
    panic!("no clause has two cases")
}

fn cell(run: &Run, clause: &str) -> Cell {
    let law = Law::embedded().expect("the law");
    let field = Field::of(std::slice::from_ref(run), &catalogue::all(), &law);
    let row = field.rows.iter().find(|row| row.clause.id == clause).expect("the clause");
    row.cells[0].clone()
}

#[test]
fn the_worst_case_decides_and_what_did_not_run_counts_for_nothing() {
    use Verdict::{Fail, Pass, Provisional, Skip, Unknown, Xfail};
    let (clause, [one, other]) = of_one_clause();
    for (verdicts, standing) in [
        ([Pass, Pass], Standing::Holds),
        ([Pass, Skip], Standing::Holds),
        ([Skip, Skip], Standing::Skipped),
        ([Pass, Xfail], Standing::Known),
        ([Xfail, Fail], Standing::Broken),
        ([Pass, Unknown], Standing::Broken),
        ([Pass, Provisional], Standing::Provisional),
        ([Xfail, Provisional], Standing::Known),
    ] {
        let records = [&one, &other].into_iter().zip(verdicts).map(|(id, verdict)| record(id, "x", verdict));
        let run = run("h", &["x"], records.collect());
        assert_eq!(cell(&run, clause), [("x".to_owned(), standing)].into(), "{verdicts:?}");
    }
    let passes = Record { would_be: Some(Pass), ..record(&one, "x", Provisional) };
    assert_eq!(cell(&run("h", &["x"], vec![passes]), clause)["x"], Standing::Holds);
    let mut run = run("h", &["x", "y"], vec![record(&one, "x", Pass)]);
    assert_eq!(cell(&run, clause)["y"], Standing::Untested);
    let case = Inapplicable { id: one, altitude: "y".into(), reason: "one store".into(), ..Inapplicable::default() };
    run.started.inapplicable.push(case);
    let cell = cell(&run, clause);
    assert_eq!(cell["y"], Standing::Inapplicable);
    assert_eq!(short(&cell), [(Standing::Holds, vec!["x"])]);
}

#[test]
fn what_a_host_is_called_cannot_leave_its_place() {
    let mut hostile = run("<script>alert(1)</script> | x", &["y"], Vec::new());
    hostile.started.hosts[0].notes.push("<img src=x>".into());
    let law = Law::embedded().expect("the law");
    let field = Field::of(&[hostile], &catalogue::all(), &law);
    let page = html::render(&field);
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    let mut text = Vec::new();
    table::render(&field, &mut text).expect("written");
    let text = String::from_utf8(text).expect("UTF-8");
    assert!(!text.contains("<script") && text.contains("&lt;script>alert(1)&lt;/script> \\| x"), "{text}");
}

#[test]
fn changes_for_the_worse_are_told_apart() {
    use Verdict::{Fail, Pass, Skip, Xfail};
    let worse = |was: Option<Verdict>, is: Option<Verdict>| {
        let of =
            |verdict: Option<Verdict>| run("h", &["x"], verdict.map(|v| record("a", "x", v)).into_iter().collect());
        let changes = changes(&of(was), &of(is));
        assert!(changes.len() < 2);
        changes.first().map(Change::is_worse)
    };
    assert_eq!(worse(Some(Pass), Some(Pass)), None);
    for (was, is) in [(Some(Pass), Some(Fail)), (Some(Pass), Some(Skip)), (Some(Pass), None), (Some(Skip), Some(Fail))]
    {
        assert_eq!(worse(was, is), Some(true), "{was:?} {is:?}");
        assert_eq!(worse(is, was), Some(false), "{is:?} {was:?}");
    }
    assert_eq!(worse(None, Some(Fail)), Some(true));
    assert_eq!(worse(Some(Fail), Some(Xfail)), Some(false));
}
