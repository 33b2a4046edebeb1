//! What layers and links promise, on calls that count how often they were attempted. Time is tokio's paused clock.

#![allow(clippy::expect_used, reason = "a test")]

use prometheus_client::{encoding::text::encode, registry::Registry};
use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use wasi_cloud_core::{
    Access, Applied, Call, Error, Grants, Kind, Layer, Link, Links, Result,
    config::{Config, Fixed},
    layer::{Fault, FaultPlan, FaultRule, Limit, Metrics, Moment, Retry, Timeout, Trace},
};

const READ: Call<'static> =
    Call { capability: "config", op: "get", access: Access::Read, label: "default", key: "k", idempotent: true };
const WRITE: Call<'static> = Call { access: Access::Write, op: "set", ..READ };

fn link(layers: Vec<Arc<dyn Layer>>) -> Link<dyn Config> {
    let links = Links::default();
    links.config.set("default", Arc::new(Fixed::default()), "", layers.into());
    links.config.link("default", &Grants::parse(["config:default"]).expect("a grant").shared())
}

/// A call that fails so often before it succeeds; how often it was attempted, and what came of it.
async fn attempts(link: &Link<dyn Config>, call: Call<'_>, failures: u32, error: Error) -> (u32, Result<u32>) {
    let attempts = AtomicU32::new(0);
    let result = link
        .run(call, |_| async {
            let attempt = attempts.fetch_add(1, Ordering::Relaxed) + 1;
            if attempt <= failures { Err(error.clone()) } else { Ok(attempt) }
        })
        .await;
    (attempts.into_inner(), result)
}

fn away() -> Error {
    Error::new(Kind::Unavailable, "away")
}

fn retry(times: usize) -> Arc<dyn Layer> {
    Arc::new(Retry { times, pause: Duration::from_secs(1) })
}

#[tokio::test(start_paused = true)]
async fn retry_repeats_what_is_safe_to_repeat() {
    let link = link(vec![retry(3)]);
    assert_eq!(attempts(&link, READ, 2, away()).await.0, 3, "a read");
    assert_eq!(attempts(&link, WRITE, 2, away()).await.0, 3, "a write that did not happen");
    assert_eq!(attempts(&link, WRITE, 2, away().maybe_applied()).await.0, 1, "a write that may have happened");
    assert_eq!(attempts(&link, READ, 2, Error::new(Kind::Invalid, "wrong")).await.0, 1, "a failure that stays");
    let (times, result) = attempts(&link, READ, u32::MAX, away()).await;
    assert_eq!((times, result.expect_err("still away").kind), (4, Kind::Unavailable));
}

#[tokio::test(start_paused = true)]
async fn timeout_ends_a_call_and_says_what_is_known() {
    let link = link(vec![Arc::new(Timeout(Duration::from_secs(5)))]);
    for (call, applied) in [(READ, Applied::No), (WRITE, Applied::Maybe)] {
        let error = link.run(call, |_| std::future::pending::<Result<()>>()).await.expect_err("it hangs");
        assert_eq!((error.kind, error.applied), (Kind::Timeout, applied));
    }
}

#[tokio::test(start_paused = true)]
async fn limit_makes_the_next_call_wait() {
    let one = NonZeroU32::new(1).expect("one");
    let link = link(vec![Arc::new(Timeout(Duration::from_secs(5))), Arc::new(Limit::new(one))]);
    let first = tokio::spawn({
        let link = link.clone();
        async move { link.run(READ, |_| std::future::pending::<Result<()>>()).await }
    });
    tokio::task::yield_now().await;
    let (times, result) = attempts(&link, READ, 0, away()).await;
    assert_eq!(result.expect_err("no room").kind, Kind::Timeout);
    assert_eq!(times, 0, "the backend heard of a call beyond the limit");
    first.await.expect("ended").expect_err("it hangs");
    assert_eq!(attempts(&link, READ, 0, away()).await.0, 1, "there is room again");
}

#[tokio::test]
async fn faults_strike_as_planned_and_once() {
    let plan = FaultPlan::default();
    let link = link(vec![Arc::new(Fault { plan: plan.clone() })]);
    let rule = |moment| FaultRule { capability: "config".into(), op: "set".into(), nth: 1, moment };
    for (moment, attempted, applied) in [(Moment::Before, 0, Applied::No), (Moment::After, 1, Applied::Maybe)] {
        plan.push(rule(moment));
        assert!(attempts(&link, READ, 0, away()).await.1.is_ok(), "another operation");
        assert!(attempts(&link, WRITE, 0, away()).await.1.is_ok(), "the first of two");
        let (times, result) = attempts(&link, WRITE, 0, away()).await;
        let error = result.expect_err("the second of two");
        assert_eq!((times, error.kind, error.applied), (attempted, Kind::Unavailable, applied));
        assert!(attempts(&link, WRITE, 0, away()).await.1.is_ok(), "once");
    }
    plan.push(rule(Moment::Hang));
    assert_eq!((plan.heal(), plan.heal()), (1, 0));
}

#[tokio::test]
async fn metrics_count_by_outcome() {
    let mut registry = Registry::default();
    let (metrics, names) = Metrics::register(&mut registry);
    let link = link(vec![Arc::new(Trace::default()), Arc::new(metrics)]);
    assert!(attempts(&link, READ, 0, away()).await.1.is_ok());
    assert!(attempts(&link, WRITE, 1, away()).await.1.is_err());
    let mut text = String::new();
    encode(&mut text, &registry).expect("it encodes");
    for line in [r#"op="get",label="default",outcome="ok"} 1"#, r#"op="set",label="default",outcome="unavailable"} 1"#]
    {
        assert!(text.lines().any(|l| l.starts_with(names.calls) && l.ends_with(line)), "{line} in\n{text}");
    }
    assert!(!text.contains("\"k\""), "a key is in the metrics");
}

#[tokio::test]
async fn a_label_is_denied_before_it_is_missing_and_a_grant_bites_at_the_next_call() {
    let links = Links::default();
    let grants = Grants::parse(["config:default"]).expect("a grant").shared();
    let (linked, nowhere) = (links.config.link("other", &grants), links.config.link("default", &grants));
    links.config.set("other", Arc::new(Fixed::default()), "", [].into());
    let kind = |result: Result<()>| result.expect_err("an error").kind;
    let other = Call { label: "other", ..READ };
    assert_eq!(kind(linked.run(other, |_| async { Ok(()) }).await), Kind::AccessDenied);
    assert_eq!(kind(nowhere.run(READ, |_| async { Ok(()) }).await), Kind::NotFound);
    grants.store(Arc::new(Grants::default()));
    assert_eq!(kind(nowhere.run(READ, |_| async { Ok(()) }).await), Kind::AccessDenied);
}

#[tokio::test]
async fn a_switched_link_uses_its_new_route_from_the_next_call_on() {
    let links = Links::default();
    let pairs = |value: &str| Arc::new(Fixed([("k".to_owned(), value.to_owned())].into()));
    let grants = Grants::parse(["config:default"]).expect("a grant").shared();
    links.config.set("default", pairs("old"), "", [].into());
    let store = wasi_cloud_core::config::Store::new(links.config.link("default", &grants));
    assert_eq!(store.get("k").await.expect("there").as_deref(), Some("old"));
    links.config.set("default", pairs("new"), "", [].into());
    assert_eq!(store.get("k").await.expect("there").as_deref(), Some("new"));
}
