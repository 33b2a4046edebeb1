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
    let suite = env!("CARGO_PKG_VERSION").to_owned();
    let started = Started { suite, hosts: altitudes.iter().map(host).collect(), ..Started::default() };
    Run { started, records, summary: Summary::default() }
}

/// The two cases that prove one clause.
fn of_one_clause() -> (&'static str, [String; 2]) {
    let cases = catalogue::all();
    for case in &cases {
        let proving: Vec<_> = cases.iter().filter(|other| other.clauses.contains(&case.clauses[0])).collect();
        if let [one, other] = &proving[..] {
            return (case.clauses[0], [one.id(), other.id()]);
        }
    }
    panic!("no clause has two cases")
}

fn cell(run: &Run, clause: &str) -> Cell {
    let law = Law::embedded().expect("the law");
    let field = Field::of(std::slice::from_ref(run), &catalogue::all(), &law).expect("a field");
    let row = field.rows.iter().find(|row| row.clause.id == clause).expect("the clause");
    row.cells[0].clone()
}

#[test]
fn the_worst_case_decides_and_what_did_not_run_leaves_it_open() {
    use Verdict::{Fail, Pass, Provisional, Skip, Unknown, Xfail};
    let (clause, [one, other]) = of_one_clause();
    for (verdicts, standing) in [
        ([Pass, Pass], Standing::Holds),
        ([Pass, Skip], Standing::Partly),
        ([Skip, Skip], Standing::Skipped),
        ([Pass, Xfail], Standing::Known),
        ([Xfail, Fail], Standing::Broken),
        ([Pass, Unknown], Standing::Broken),
        ([Pass, Verdict::Flaky], Standing::Flaky),
        ([Pass, Provisional], Standing::Provisional),
        ([Xfail, Provisional], Standing::Known),
    ] {
        let records = [&one, &other].into_iter().zip(verdicts).map(|(id, verdict)| record(id, "x", verdict));
        let run = run("h", &["x"], records.collect());
        assert_eq!(cell(&run, clause), [("x".to_owned(), standing)].into(), "{verdicts:?}");
    }
    let passes = Record { would_be: Some(Pass), ..record(&one, "x", Provisional) };
    assert_eq!(cell(&run("h", &["x"], vec![passes, record(&other, "x", Pass)]), clause)["x"], Standing::Holds);
    let mut run = run("h", &["x", "y"], vec![record(&one, "x", Pass), record(&other, "x", Pass)]);
    assert_eq!(cell(&run, clause)["y"], Standing::Untested);
    let case = Inapplicable { id: one, altitude: "y".into(), reason: "one store".into(), ..Inapplicable::default() };
    run.started.inapplicable.push(case);
    let cell = cell(&run, clause);
    assert_eq!(cell["y"], Standing::Inapplicable);
    assert_eq!(short(&cell), [(Standing::Holds, vec!["x"])]);
}

/// The host's file names one clause that such a case breaks; the others that it cites are not accused by it.
#[test]
fn a_known_failure_is_charged_to_the_clause_that_is_named() {
    let cases = catalogue::all();
    let case = cases.iter().find(|case| case.clauses.len() == 2).expect("a case of two clauses");
    let known = |breaks: Option<&str>| {
        let known = Record { breaks: breaks.map(str::to_owned), ..record(&case.id(), "x", Verdict::Xfail) };
        let others =
            cases.iter().filter(|other| other.id() != case.id()).map(|other| record(&other.id(), "x", Verdict::Pass));
        let run = run("h", &["x"], others.chain([known]).collect());
        [0, 1].map(|number| cell(&run, case.clauses[number])["x"])
    };
    assert_eq!(known(Some(case.clauses[0])), [Standing::Known, Standing::Partly]);
    assert_eq!(known(Some(case.clauses[1])), [Standing::Partly, Standing::Known]);
    // Of a list of the user's, and in files of older versions, nobody says which.
    assert_eq!(known(None), [Standing::Known, Standing::Known]);
}

#[test]
fn what_cannot_be_put_to_the_host_leaves_a_clause_open_if_it_owes_it() {
    let (clause, [one, other]) = of_one_clause();
    for (lacking, standing) in [(true, Standing::Partly), (false, Standing::Holds)] {
        let mut run = run("h", &["x"], vec![record(&one, "x", Verdict::Pass)]);
        let case = Inapplicable { id: other.clone(), altitude: "x".into(), lacking, ..Inapplicable::default() };
        run.started.inapplicable.push(case);
        assert_eq!(cell(&run, clause)["x"], standing);
    }
}

#[test]
fn what_a_host_is_called_cannot_leave_its_place() {
    let mut hostile = run("<script>alert(1)</script> | x", &["y"], Vec::new());
    hostile.started.hosts[0].notes.push("<img src=x>".into());
    let law = Law::embedded().expect("the law");
    let field = Field::of(&[hostile], &catalogue::all(), &law).expect("a field");
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

/// As `run --repeat 2 --format json` prints them: of two runs the better one would have stood for the host.
#[test]
fn two_runs_in_one_file_are_refused() {
    let line = |event: &Event| serde_json::to_string(event).expect("JSON");
    let begun = line(&Event::Started(Started::default()));
    let case = line(&Event::Ended(Box::new(record("a", "x", Verdict::Fail))));
    let end = line(&Event::Finished(Summary::default()));
    let told = |lines: &[&String]| {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        fs::write(file.path(), text).expect("written");
        read(file.path()).map(|run| run.records.len()).map_err(|why| why.to_string())
    };
    assert_eq!(told(&[&begun, &case, &end]), Ok(1));
    for (lines, number) in [
        (vec![&begun, &case, &end, &begun, &case, &end], 4),
        (vec![&begun, &case, &begun, &end], 3),
        (vec![&begun, &case, &case, &end], 3),
        (vec![&begun, &end, &case], 3),
    ] {
        let why = told(&lines).expect_err("two runs");
        let words = format!(":{number}: here is more than one run: write each to a file of its own");
        assert!(why.contains(&words), "{why}");
    }
    assert!(told(&[&case, &end]).is_err_and(|why| why.contains("began before this file")));
    assert!(told(&[&begun, &case]).is_err_and(|why| why.contains("did not end")));
}

/// One of the cases was picked, or the run ended before the other.
#[test]
fn a_picked_run_holds_no_clause() {
    use Verdict::{Fail, Pass, Skip};
    let (clause, [one, _]) = of_one_clause();
    for (verdict, standing) in [
        (Pass, Standing::Partly),
        (Skip, Standing::Skipped),
        (Fail, Standing::Broken),
        (Verdict::Flaky, Standing::Flaky),
    ] {
        let mut run = run("h", &["x"], vec![record(&one, "x", verdict)]);
        run.started.picked = true;
        assert_eq!(cell(&run, clause)["x"], standing, "{verdict:?}");
        let law = Law::embedded().expect("the law");
        let field = Field::of(&[run], &catalogue::all(), &law).expect("a field");
        assert_eq!(field.columns[0].notes, ["only cases that were picked"]);
    }
}

#[test]
fn runs_of_other_catalogues_are_refused() {
    let law = Law::embedded().expect("the law");
    let of = |suite: &str| {
        let mut run = run("h", &["x"], Vec::new());
        run.started.suite = suite.to_owned();
        Field::of(&[run], &catalogue::all(), &law).map(|field| field.columns.len()).map_err(|why| why.to_string())
    };
    assert_eq!(of(&format!("{MINOR}.999")), Ok(1));
    for suite in ["9.9.0", "", MINOR, &format!("{MINOR}9.0")] {
        let why = of(suite).expect_err(suite);
        assert!(why.contains(&format!("{suite:?}")) && why.contains("run it again with this one"), "{why}");
    }
}

#[test]
fn a_run_that_proves_less_is_worse() {
    let of = |exit, conformant, problems: &[&str]| Summary {
        exit,
        conformant,
        problems: problems.iter().map(|&problem| problem.to_owned()).collect(),
        ..Summary::default()
    };
    let good = of(0, true, &[]);
    assert!(worsened(&good, &good).is_empty());
    for (other, said) in [
        (of(0, false, &[]), vec!["it is not called conformant any more"]),
        (of(4, true, &[]), vec!["exit code 0 -> 4"]),
        (of(3, true, &["left data behind"]), vec!["exit code 0 -> 3", "left data behind"]),
    ] {
        assert_eq!(worsened(&good, &other), said);
        assert!(worsened(&other, &good).is_empty(), "{said:?}");
    }
    // The order is that of exit codes of `run`, and how many it is about is no other problem.
    assert_eq!(worsened(&of(2, false, &[]), &of(1, false, &[])), ["exit code 2 -> 1"]);
    assert!(
        worsened(&of(3, false, &["3 cases were not judged"]), &of(3, false, &["12 cases were not judged"])).is_empty()
    );
}
