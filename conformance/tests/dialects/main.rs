//! Bridges on hosts that link a dialect and nothing of ours. Such hosts as they ship cannot run here: these are small ones on wasmtime,
//! and what a host of the field makes of its package is another matter.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod cloud;
mod composed;
mod host;
mod spin;
#[path = "../support/mod.rs"]
mod support;
mod wasmcloud;

use cloud::Defect;
use cloud_conformance::{
    catalogue,
    clauses::Law,
    dialect::Dialect,
    host::{Altitude, Control, Declared, Driver, Environment, HostDescription},
    language::Language,
    outcome::Verdict,
    plan::{Selection, plan},
    session::Session,
    wire::messaging::{Op, Request, Seen},
};
use host::Small;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use support::{Ran, Sitting, deadlines, sit, workers};
use wasmcloud::wasmcloud::messaging::types::BrokerMessage;

const SPIN: &[Dialect] = &[Dialect::KeyvalueSpin, Dialect::ConfigSpin];
const WASMCLOUD: &[Dialect] = &[Dialect::KeyvalueDraft, Dialect::MessagingWasmcloud, Dialect::ConfigDraft];

/// What both have of key-value.
const STORE: &[&str] = &[
    "batch-positions",
    "counters",
    "decimal-counters",
    "exact-listing",
    "keep-on-drop",
    "listing",
    "read-your-writes",
];

fn declared(features: &[&[&str]]) -> Declared {
    let features = features.concat().into_iter().map(str::to_owned).collect();
    Declared { features, durability: "process".to_owned(), ..Declared::default() }
}

fn description(name: &str, dialects: &[Dialect], controls: &[Control], all: &[(&str, Declared)]) -> HostDescription {
    let lacks = dialects.iter().flat_map(|dialect| dialect.lacks());
    HostDescription {
        name: name.to_owned(),
        version: "1".to_owned(),
        altitude: Altitude::Embedded(Language::Rust),
        capabilities: all.iter().map(|(word, declared)| ((*word).to_owned(), declared.clone())).collect(),
        controls: controls.iter().copied().collect(),
        lacks: lacks.map(|word| ((*word).to_owned(), "the dialect has no words for it".to_owned())).collect(),
        labels: BTreeMap::new(),
        notes: Vec::new(),
    }
}

fn like_spin(defect: Defect) -> Small {
    let keyvalue = declared(&[STORE, &["cas-absent", "snapshot-at-new"]]);
    let all = [("keyvalue", keyvalue), ("config", declared(&[&["exact-config"]]))];
    let config = "wasi:config/store@0.2.0-draft-2024-09-27";
    let small = Small::new(description("spin", SPIN, &[], &all), "rust", SPIN, config, spin::link, defect);
    small.expect("a host")
}

fn like_wasmcloud(defect: Defect) -> Small {
    let messaging =
        declared(&[&["broadcast", "disconnect", "fire-and-forget", "groups", "request-reply", "self-delivery"]]);
    let keyvalue = declared(&[STORE, &["paging"]]);
    let all = [("keyvalue", keyvalue), ("messaging", messaging), ("config", declared(&[&["exact-config"]]))];
    let description = description("wasmcloud", WASMCLOUD, &[Control::Serve], &all);
    let config = "wasi:config/store@0.2.0-draft";
    Small::new(description, "rust", WASMCLOUD, config, wasmcloud::link, defect).expect("a host")
}

/// The whole catalogue.
fn judged(host: Small) -> (Ran, usize) {
    let (cases, law) = (catalogue::all(), Law::embedded().expect("the law"));
    let plan = plan(Arc::new(host), &cases, &law, &Selection::default(), None, "1970-01-01").expect("a plan");
    let inapplicable = plan.inapplicable.len();
    let sitting = Sitting { seed: 7, jobs: 4, whole: true, deadlines: deadlines() };
    (sit(&workers(), &[plan], &sitting, |_| {}).expect("a run"), inapplicable)
}

/// More passes are a reason to raise the number, fewer a reason to look.
fn passes(host: Small, passed: usize, not_applicable: usize) {
    let (ran, inapplicable) = judged(host);
    assert_eq!(ran.seen(), [""; 0]);
    assert_eq!(ran.summary.problems, [""; 0]);
    assert_eq!((ran.summary.count(Verdict::Pass), inapplicable), (passed, not_applicable));
    assert!(!ran.summary.conformant, "what was not applicable was not shown");
}

#[test]
fn guests_of_ours_pass_on_a_host_like_spin() {
    passes(like_spin(Defect::None), 226, 133);
}

#[test]
fn guests_of_ours_pass_on_a_host_like_wasmcloud() {
    passes(like_wasmcloud(Defect::None), 183, 258);
}

#[test]
fn a_host_with_a_defect_is_found_out_through_the_bridges() {
    let found = |host: Small, part: &str| {
        let failed: BTreeSet<_> = judged(host).0.failed().into_iter().collect();
        assert!(!failed.is_empty() && failed.iter().all(|id| id.starts_with(part)), "{part}: {failed:?}");
    };
    found(like_spin(Defect::NoAbsentKeys), "keyvalue/batch/");
    found(like_wasmcloud(Defect::SkipsKeys), "keyvalue/");
    found(like_wasmcloud(Defect::CutPayload), "messaging/");
}

/// A guest that is driven, and what it says.
struct Driven(Box<dyn Session>);

impl Driven {
    async fn exec(&mut self, op: Op) -> Seen {
        let op = serde_json::to_string(&op).expect("JSON");
        let seen = self.0.exec(&op).await.expect("an answer");
        serde_json::from_str(&seen).expect("an observation")
    }

    async fn fails(&mut self, op: Op, word: &str) {
        match self.exec(op).await {
            Seen::Failed(failure) => assert!(failure.message.contains(word), "{failure:?}"),
            seen => panic!("{seen:?}"),
        }
    }
}

/// What no case can ask, since the recorder is told to reply by metadata.
#[test]
fn a_request_is_replied_to_and_a_reply_replied_to() {
    workers().block_on(async {
        let host = like_wasmcloud(Defect::None);
        let (environment, cloud) = host.stand(&catalogue::deployment::deployment("requests"));
        let mut driven = Driven(environment.guest(Driver::Messaging).await.expect("a guest"));
        let (mut asked, mut back) = (cloud.subscribe(&["ask"], None), cloud.subscribe(&["back"], None));
        let other = cloud.clone();
        let replier = tokio::spawn(async move {
            let question = asked.recv().await.expect("a question");
            let subject = question.reply_to.expect("where a reply goes");
            other.publish(BrokerMessage { subject, body: b"yes".to_vec(), reply_to: Some("back".to_owned()) });
            question.body
        });
        assert_eq!(driven.exec(Op::Connect((1, "default".into()))).await, Seen::Done);
        driven.exec(Op::Message((2, b"is it?".to_vec()))).await;
        let request = |expected_replies, timeout_ms| {
            let topic = "ask".to_owned();
            Op::Request(Request { client: 1, topic, message: 2, timeout_ms, expected_replies, replies: 10 })
        };
        assert_eq!(driven.exec(request(None, None)).await, Seen::Replies(1));
        assert_eq!(replier.await.expect("it ended"), b"is it?");
        assert_eq!(driven.exec(Op::Data(10)).await, Seen::Bytes(b"yes".to_vec()));
        driven.exec(Op::Message((3, b"thanks".to_vec()))).await;
        assert_eq!(driven.exec(Op::Reply((10, 3))).await, Seen::Done);
        let thanks = back.recv().await.expect("a reply");
        assert_eq!((&*thanks.body, thanks.reply_to), (&b"thanks"[..], None));
        driven.fails(request(Some(1), Some(1)), "no reply in time").await;
    });
}

#[test]
fn what_the_dialect_has_no_words_for_is_unsupported() {
    workers().block_on(async {
        let host = like_wasmcloud(Defect::None);
        let (environment, cloud) = host.stand(&catalogue::deployment::deployment("words"));
        let mut driven = Driven(environment.guest(Driver::Messaging).await.expect("a guest"));
        let mut sent = cloud.subscribe(&["topic"], None);
        driven.fails(Op::Connect((1, "other".into())), "unsupported").await;
        driven.exec(Op::Connect((1, "default".into()))).await;
        let send = || Op::Send((1, "topic".into(), 2));
        driven.exec(Op::Message((2, b"typed".to_vec()))).await;
        driven.exec(Op::SetContentType((2, "text/plain".into()))).await;
        driven.fails(send(), "unsupported").await;
        driven.exec(Op::Message((2, b"with metadata".to_vec()))).await;
        driven.exec(Op::AddMetadata((2, "name".into(), "value".into()))).await;
        driven.fails(send(), "unsupported").await;
        driven.exec(Op::Message((2, b"several".to_vec()))).await;
        let (topic, timeout_ms) = ("topic".to_owned(), Some(1));
        let request = Request { client: 1, topic, message: 2, timeout_ms, expected_replies: Some(2), replies: 10 };
        driven.fails(Op::Request(request), "unsupported").await;
        assert_eq!(driven.exec(send()).await, Seen::Done);
        // Nothing else was sent.
        assert_eq!(sent.recv().await.expect("the last").body, b"several");
    });
}
