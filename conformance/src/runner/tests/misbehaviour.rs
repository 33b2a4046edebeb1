//! Whatever a host or a case does, it costs one verdict and never the run.

use super::fake::{Fake, Go, case, good};
use crate::{
    catalogue::Need,
    outcome::{Stop, Verdict, expect_eq},
};
use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
    mpsc,
};

#[test]
fn a_host_that_hangs_traps_or_dies_fails_only_those_cases() {
    let gone = Go::new([
        good("before"),
        case("hangs", &[], |bench| Box::pin(async { bench.keyvalue().await.map(drop) })),
        case("traps", &[], |bench| Box::pin(async { bench.keyvalue_ext().await.map(drop) })),
        case("dies", &[], |bench| Box::pin(async { bench.messaging().await.map(drop) })),
        good("after"),
    ])
    .go();
    let verdicts = ["before", "hangs", "traps", "dies", "after"].map(|function| gone.verdict(function));
    use Verdict::{Fail, Pass};
    assert_eq!(verdicts, [Pass, Fail, Fail, Fail, Pass]);
    assert!(gone.record("dies").why.as_ref().is_some_and(|why| why.contains("the host fell over")));
    assert_eq!((gone.summary.exit, gone.summary.executed, gone.cleaned), (1, 5, 5));
}

#[test]
fn a_host_that_never_gets_ready_costs_its_cases() {
    let never = || Fake { never_ready: true, ..Fake::default() };
    let gone = Go { host: never(), ..Go::new([good("a"), good("b")]) }.go();
    assert_eq!((gone.verdict("a"), gone.verdict("b")), (Verdict::Fail, Verdict::Fail));
    assert_eq!((gone.summary.exit, gone.summary.executed), (1, 2));
    // Whoever has had enough before does not wait for it.
    let (stop, _) = tokio::sync::watch::channel(false);
    let gone = Go { host: Fake { stop: Some(stop), ..never() }, ..Go::new([good("a")]) }.go();
    assert_eq!((gone.summary.missing.len(), gone.summary.exit), (1, 3));
}

#[test]
fn a_case_that_never_ends_fails_at_its_deadline() {
    let gone = Go::new([good("good"), case("endless", &[], |_| Box::pin(std::future::pending()))]).go();
    assert_eq!(gone.verdict("endless"), Verdict::Fail);
    assert_eq!((gone.summary.exit, gone.summary.executed, gone.cleaned), (1, 2, 2));
}

/// Cases that block their threads, as a call into a broken driver does.
static BLOCKED: Mutex<Option<mpsc::Receiver<()>>> = Mutex::new(None);

#[test]
fn a_case_that_blocks_its_thread_fails_at_its_deadline() {
    let (release, blocked) = mpsc::channel::<()>();
    *BLOCKED.lock().expect("the only one") = Some(blocked);
    let blocks = case("blocks", &[], |_| {
        Box::pin(async {
            let blocked = BLOCKED.lock().unwrap_or_else(PoisonError::into_inner).take();
            let _ = blocked.map(|blocked| blocked.recv());
            Ok(())
        })
    });
    let gone = Go::new([blocks, good("good")]).go();
    drop(release);
    assert_eq!((gone.verdict("blocks"), gone.verdict("good")), (Verdict::Fail, Verdict::Pass));
}

#[test]
fn a_case_that_panics_is_an_error_of_the_suite() {
    let gone = Go::new([good("good"), case("panics", &[], |_| Box::pin(async { panic!("a bug of ours") }))]).go();
    assert_eq!((gone.verdict("good"), gone.verdict("panics")), (Verdict::Pass, Verdict::Error));
    assert!(gone.record("panics").why.as_ref().is_some_and(|why| why.contains("a bug of ours")));
    assert_eq!((gone.summary.exit, gone.cleaned), (3, 2));
}

#[test]
fn a_host_that_drops_every_tenth_case_proves_nothing() {
    let names: Vec<&'static str> = (0..20).map(|n| &*format!("case_{n}").leak()).collect();
    let cases: Vec<_> = names.into_iter().map(good).collect();
    let gone = Go { host: Fake { drops_every: 10, ..Fake::default() }, ..Go::new(cases) }.go();
    assert_eq!((gone.summary.planned, gone.summary.executed, gone.summary.exit), (20, 18, 3));
    assert_eq!(gone.summary.count(Verdict::Error), 2);
    assert_eq!(gone.summary.missing.len(), 2, "{:?}", gone.summary.missing);
}

#[test]
fn what_could_not_be_deleted_spoils_the_run_and_hides_no_verdict() {
    let fails = case("fails", &[], |_| Box::pin(async { expect_eq("a number", 1, 2) }));
    let gone = Go { host: Fake { leaks: true, ..Fake::default() }, ..Go::new([good("good"), fails]) }.go();
    assert_eq!((gone.verdict("good"), gone.verdict("fails")), (Verdict::Pass, Verdict::Fail));
    assert!(gone.record("good").leak.as_ref().is_some_and(|leak| leak.contains("read-only")));
    assert_eq!((gone.summary.leaks, gone.summary.exit), (2, 3));
    assert!(gone.summary.problems.iter().any(|problem| problem.contains("left data behind")), "{:?}", gone.summary);
}

/// Cases at work, and what an exclusive one saw.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);

#[test]
fn an_exclusive_case_is_alone() {
    let company = |_: &mut crate::bench::Bench| -> futures::future::BoxFuture<'_, _> {
        Box::pin(async {
            AT_WORK.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            AT_WORK.fetch_sub(1, Ordering::SeqCst);
            Ok(())
        })
    };
    let alone = |_: &mut crate::bench::Bench| -> futures::future::BoxFuture<'_, _> {
        Box::pin(async {
            let others = AT_WORK.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            AT_WORK.fetch_sub(1, Ordering::SeqCst);
            expect_eq("others at work", others, 0)
        })
    };
    let shared = ["a", "b", "c", "d", "e", "f"].map(|name| case(name, &[], company));
    let exclusive = ["u", "v", "w"].map(|name| case(name, &[Need::Exclusive], alone));
    let gone = Go { jobs: 4, ..Go::new([&shared[..], &exclusive[..]].concat()) }.go();
    assert_eq!((gone.summary.exit, gone.summary.executed), (0, 9));
}

#[test]
fn neither_order_nor_threads_change_a_verdict() {
    let run = |seed, jobs| {
        let cases = [
            good("a"),
            case("b", &[], |_| Box::pin(async { expect_eq("b", 1, 2) })),
            case("c", &[], |_| Box::pin(async { Err(Stop::Skip("not here".into())) })),
            case("d", &[], |bench| Box::pin(async { expect_eq("seed", bench.seed, bench.seed) })),
        ];
        let gone = Go { seed, jobs, ..Go::new(cases) }.go();
        let mut verdicts: Vec<_> = gone.records().map(|record| (record.id.clone(), record.verdict)).collect();
        verdicts.sort();
        verdicts
    };
    let first = run(1, 1);
    for (seed, jobs) in [(2, 1), (3, 4), (1, 4)] {
        assert_eq!(run(seed, jobs), first);
    }
}

#[test]
fn an_interrupted_run_says_what_did_not_run() {
    let names: Vec<&'static str> = (0..5).map(|n| &*format!("case_{n}").leak()).collect();
    let endless = |name| case(name, &[], |_| Box::pin(std::future::pending()));
    let cases: Vec<_> = names.into_iter().map(endless).collect();
    let (stop, _) = tokio::sync::watch::channel(false);
    let gone = Go { host: Fake { stop: Some(stop), ..Fake::default() }, jobs: 1, ..Go::new(cases) }.go();
    assert_eq!((gone.summary.missing.len(), gone.summary.exit), (5, 3));
    assert!(gone.summary.problems.iter().any(|problem| problem.contains("interrupted")), "{:?}", gone.summary);
    assert_eq!((gone.deployed, gone.cleaned), (1, 1), "what was deployed is cleaned all the same");
}

#[test]
fn a_panic_that_no_verdict_tells_of_spoils_the_run() {
    let panics = crate::runner::Panics::default();
    panics.note("the host fell over", "backend.rs:1:1");
    let dies = case("dies", &[], |bench| Box::pin(async { bench.messaging().await.map(drop) }));
    let gone = Go { panics: panics.clone(), ..Go::new([good("good"), dies]) }.go();
    assert_eq!(gone.summary.exit, 1, "a verdict tells of it: {:?}", gone.summary.problems);
    let gone = Go { panics, ..Go::new([good("good")]) }.go();
    assert_eq!(gone.summary.exit, 3);
    assert!(gone.summary.problems[0].contains("a task panicked at backend.rs:1:1"), "{:?}", gone.summary.problems);
}

/// What the bench refuses: F31.
#[test]
fn a_case_may_use_only_what_it_needs() {
    let uses: [(&str, super::fake::Function); 5] = [
        ("grants", |bench| Box::pin(async { bench.grant(&[]).await })),
        ("switches", |bench| Box::pin(async { bench.switch("default").await })),
        ("restarts", |bench| Box::pin(async { bench.restart().await })),
        ("waits", |bench| Box::pin(async { bench.advance(std::time::Duration::ZERO).await })),
        ("serves", |bench| {
            Box::pin(async { bench.serve(crate::host::Program::Recorder, &["t"], None).await.map(drop) })
        }),
    ];
    let cases: Vec<_> = uses.iter().map(|&(name, run)| case(name, &[], run)).collect();
    let gone = Go::new(cases).go();
    for (name, _) in uses {
        let why = gone.record(name).why.clone().unwrap_or_default();
        assert!(gone.verdict(name) == Verdict::Error && why.contains("the suite is wrong"), "{name}: {why}");
    }
}
