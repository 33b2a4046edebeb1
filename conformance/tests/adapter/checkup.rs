//! `adapter-check` passes an adapter without a defect, and finds each defect by the check that is for it.

use super::{
    mutant::DEFECTS,
    program::{cli, code, err, out},
    support,
};
use cloud_conformance::adapter_check::{Subject, Verdict, check};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// How many checks there are.
const CHECKS: usize = 20;

/// The adapter passes, as the command line says, whatever it need not do.
pub fn passes(argv: &[&str]) {
    let output = cli(&[&["adapter-check", "--timeout", "20", "--json", "--"], argv].concat());
    let checkups: Vec<Value> =
        out(&output).lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect();
    let failed: Vec<_> = checkups.iter().filter(|checkup| checkup["verdict"] == "fail").collect();
    assert_eq!((code(&output), failed), (0, vec![]), "{argv:?}");
    assert_eq!(checkups.len(), CHECKS);
}

/// By check, its verdict.
fn checkup(defect: &str, patience: Duration) -> BTreeMap<&'static str, Verdict> {
    let this = std::env::current_exe().expect("this program").to_str().expect("UTF-8").to_owned();
    // A mutant does not look at the component.
    let (component, label) = ("keyvalue.wasm".to_owned(), "default".to_owned());
    let subject = Subject { argv: vec![this, "--as-mutant".into(), defect.into()], component, label, patience };
    let mut rows = BTreeMap::new();
    let runtime = support::workers();
    runtime.block_on(check(&subject, |checkup| {
        rows.insert(checkup.check, checkup.verdict);
    }));
    rows
}

pub fn defects() {
    let rows = checkup("none", Duration::from_secs(20));
    assert_eq!(rows.len(), CHECKS);
    let failed: Vec<_> = rows.iter().filter(|(_, verdict)| **verdict != Verdict::Pass).collect();
    assert!(failed.is_empty(), "without a defect: {failed:?}");
    let misses = |(defect, by): &&(&str, &str)| {
        checkup(defect, Duration::from_secs(1)).get(by).is_none_or(|verdict| *verdict != Verdict::Fail)
    };
    let missed: Vec<_> = DEFECTS.iter().filter(misses).collect();
    assert!(missed.is_empty(), "not found by the check that is for it: {missed:?}");
    let idle: Vec<_> = rows.keys().filter(|check| DEFECTS.iter().all(|(_, by)| by != *check)).collect();
    assert!(idle.is_empty(), "no defect puts these to the test: {idle:?}");
}

pub fn usage() {
    let missing = cli(&["adapter-check", "--host", "no-such-file.toml"]);
    assert_eq!(code(&missing), 3);
    assert!(err(&missing).contains("no-such-file.toml"), "{}", err(&missing));
    assert_eq!(code(&cli(&["adapter-check"])), 3);
    let text = out(&cli(&["adapter-check", "no-such-program-here", "x"]));
    assert!(text.contains("FAIL  hello") && text.contains("install it"), "{text}");
}
