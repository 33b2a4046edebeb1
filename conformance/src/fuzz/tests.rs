use super::*;
use crate::{catalogue, host::Altitude, plan, subject::Target};
use std::sync::atomic::{AtomicU64, Ordering};

/// What is found on a host within this effort.
fn found(host: &str, seed: u64, sequences: u32) -> Option<Find> {
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    let ids = plan::ids(&catalogue::all());
    let target = workers.block_on(Target::prepare(host.into(), None, &ids)).expect("a host");
    let host = {
        let _inside = workers.enter();
        target.at(Altitude::Direct, crate::bench::Deadlines::default()).expect("an altitude")
    };
    let effort = Effort { seed, sequences, length: 40, patience: Duration::from_secs(10) };
    let number = AtomicU64::new(0);
    let run = |steps: &[Step]| {
        let scope = format!("fuzz{:08x}-{}", rand::random::<u32>(), number.fetch_add(1, Ordering::Relaxed));
        workers.block_on(play(&*host, &scope, steps, effort.patience))
    };
    let found = fuzz(&*host, &effort, run, || ()).expect("sequences");
    workers.block_on(target.stop());
    found
}

#[test]
fn an_honest_host_is_as_the_model() {
    assert_eq!(found("memory", 7, 200), None);
    assert_eq!(found("sqlite", 8, 20), None);
}

#[test]
fn what_differs_is_shrunk_to_its_core() {
    for (mutant, most) in [("folds-case", 2), ("delete-empties", 3), ("deleted-for-ever", 4), ("trims-values", 2)] {
        let find = found(&format!("mutant:{mutant}"), 7, 300).unwrap_or_else(|| panic!("{mutant} looks honest"));
        assert!(find.steps.len() <= most, "{mutant}: {find:?}");
        assert_eq!(find.difference.at + 1, find.steps.len());
        // From the same seed the same.
        assert_eq!(found(&format!("mutant:{mutant}"), 7, 300).map(|find| find.steps), Some(find.steps), "{mutant}");
    }
}

/// These passed every case until they were found so: see `mutants/keyvalue/fuzzed.rs`.
#[test]
fn what_no_case_was_written_for_is_found() {
    for mutant in ["delete-many-leaves-counts", "set-many-misses-the-index", "set-many-hides-empty"] {
        let find = found(&format!("mutant:{mutant}"), 7, 1_000).unwrap_or_else(|| panic!("{mutant} looks honest"));
        assert!(find.steps.len() <= 6, "{mutant}: {find:?}");
        println!("{mutant}\n{}", case(&find));
    }
}

#[test]
fn a_find_is_written_as_a_case() {
    let steps = vec![
        Step { handle: 1, what: What::Set("A".into(), vec![0, b'"']) },
        Step { handle: 0, what: What::Get("a".into()) },
    ];
    let difference = Difference { at: 1, expected: "Value(None)".into(), actual: "Value(Some([0]))".into() };
    let text = case(&Find { steps, difference });
    assert!(text.contains(r#"handles[1].set("A", b"\x00\"").await?;"#), "{text}");
    assert!(text.contains(r#"let value = handles[0].get("a").await?;"#), "{text}");
    assert!(text.contains("// The model says Value(None), the host Value(Some([0]))."), "{text}");
}
