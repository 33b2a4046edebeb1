//! What a vendor could try, with a key of its own or without it. Every forgery is made from the same good certificate, and
//! is refused for the reason that it names.

mod declared;
mod identity;
mod made;
mod shown;
mod skips;
mod versions;

use super::{
    envelope,
    recount::{Demands, recount},
    sha256,
    statement::{Judged, Statement, TestResult},
};
use crate::{
    catalogue::{self, Case},
    clauses::Law,
    host::Control,
    levels::Level,
    outcome::Verdict,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use humantime::parse_rfc3339;
use made::{consistent, good_of, made_of, of_hosts, program};
pub(crate) use made::{good, plans};
use std::time::{Duration, SystemTime};
use wasi_cloud_claims::{PrivateKey, PublicKey};

const MEMORY: &str = include_str!("../../hosts/memory.toml");
const NONCE: &str = "n-42";

pub(crate) fn world() -> (Vec<Case>, Law) {
    (catalogue::all(), Law::embedded().expect("the law"))
}

pub(crate) fn now() -> SystemTime {
    parse_rfc3339("2026-12-01T12:00:00Z").expect("a time")
}

fn counted(statement: &Statement) -> Result<(), String> {
    told(statement, &world().0)
}

/// What somebody says of it who has this catalogue.
fn told(statement: &Statement, cases: &[Case]) -> Result<(), String> {
    told_of(statement, cases, Level::None)
}

/// And wants this level.
fn told_of(statement: &Statement, cases: &[Case], level: Level) -> Result<(), String> {
    let demands = Demands { now: now() + Duration::from_secs(60), nonce: Some(NONCE), level };
    recount(statement, demands, (cases, &world().1)).map_err(|why| format!("{why:#}"))
}

#[test]
fn what_all_passed_is_full_and_is_confirmed() {
    let good = good();
    assert_eq!(counted(&good), Ok(()));
    let levels = &good.predicate.certificate.levels;
    assert_eq!(levels.overall, Level::Full, "{levels:#?}");
    assert!(good.predicate.passed_tests.len() > 1_000 && good.predicate.result == TestResult::Passed);
}

/// The place of the first case that ran, in the first run.
fn first(statement: &mut Statement) -> &mut Vec<Judged> {
    statement.predicate.certificate.runs[0].cases.get_mut("embedded-rust").expect("guests")
}

fn of_core<'a>(statement: &'a mut Statement, id: &str) -> &'a mut Judged {
    first(statement).iter_mut().find(|case| case.id == id).expect("a case")
}

const CORE: &str = "keyvalue/store/get-missing-key";

/// What is changed, whether all that follows from it is made again, and why it is refused.
type Forgery = (&'static str, fn(&mut Statement), bool, &'static str);

const FORGERIES: [Forgery; 24] = [
    ("a case is dropped", |s| drop(first(s).pop()), true, "are missing at embedded-rust"),
    (
        "a language is dropped",
        |s| drop(s.predicate.certificate.runs[1].cases.remove("embedded-go")),
        true,
        "missing at embedded-go",
    ),
    (
        "a case counts twice",
        |s| {
            let case = first(s)[0].clone();
            first(s).push(case);
        },
        true,
        "stands there twice",
    ),
    ("a case of another catalogue", |s| first(s)[0].id = "keyvalue/store/easy".into(), true, "was not to run there"),
    ("a failure", |s| of_core(s, CORE).verdict = Verdict::Fail, true, "ends as `fail`"),
    ("a flake", |s| of_core(s, CORE).verdict = Verdict::Flaky, true, "ends as `flaky`"),
    ("a known failure that nobody knows", |s| of_core(s, CORE).verdict = Verdict::Xfail, true, "ends as `xfail`"),
    ("a skip without a reason", |s| of_core(s, CORE).verdict = Verdict::Skip, true, "ends as `skip`"),
    (
        "a core case is skipped, and the level stays",
        |s| {
            let case = of_core(s, CORE);
            (case.verdict, case.why) = (Verdict::Skip, Some("late".into()));
        },
        false,
        "ends as `skip` for no limit of the host: late",
    ),
    ("counts are edited", |s| s.predicate.certificate.runs[2].executed += 1, false, "its counts are wrong"),
    ("lists are edited", |s| drop(s.predicate.passed_tests.pop()), false, "its lists of tests"),
    ("the result is edited", |s| s.predicate.result = TestResult::Warned, false, "its result is Passed"),
    ("the level is edited", |s| s.predicate.certificate.levels.capabilities.clear(), false, "its levels are not"),
    ("one seed is enough", |s| s.predicate.certificate.runs.truncate(1), true, "are not those of its nonce"),
    (
        "one run stands for three",
        |s| {
            let runs = &mut s.predicate.certificate.runs;
            runs[1] = runs[0].clone();
        },
        true,
        "are not those of its nonce",
    ),
    (
        "an old run for a new nonce",
        |s| s.predicate.certificate.runs.iter_mut().for_each(|run| run.seed += 7),
        true,
        "are not those of its nonce",
    ),
    (
        "made for another nonce",
        |s| s.predicate.certificate.nonce = Some("n-41".into()),
        false,
        "not made for this nonce",
    ),
    ("made for no nonce", |s| s.predicate.certificate.nonce = None, false, "not made for this nonce"),
    (
        "it holds for ever",
        |s| s.predicate.certificate.expires = "2099-01-01T00:00:00Z".into(),
        false,
        "does not expire 365 days after",
    ),
    (
        "issued in the future",
        |s| {
            let c = &mut s.predicate.certificate;
            (c.issued, c.expires) = ("2026-12-02T12:00:00Z".into(), "2027-12-02T12:00:00Z".into());
        },
        false,
        "which is not yet",
    ),
    (
        "the catalogue is another",
        |s| s.predicate.configuration[2].digest = [("sha256".into(), sha256(b"easy"))].into(),
        false,
        "`catalogue` is not that of this suite",
    ),
    (
        "a guest is another",
        |s| {
            s.predicate
                .configuration
                .iter_mut()
                .filter(|part| part.name == "guest rust/keyvalue")
                .for_each(|part| part.digest.clear())
        },
        false,
        "`guest rust/keyvalue` is not",
    ),
    ("a place is left out", |s| drop(s.predicate.certificate.hosts.pop()), false, "not tested at all altitudes"),
    (
        "what is hard cannot be put to it",
        |s| {
            s.predicate.certificate.hosts.iter_mut().for_each(|host| {
                host.lacks.insert("guests".into(), "no".into());
            })
        },
        false,
        "what cannot be put to it is said to be",
    ),
];

#[test]
fn whoever_has_a_key_cannot_sign_what_was_not_counted() {
    let (cases, law) = world();
    let good = good();
    for (name, forge, recounted, reason) in FORGERIES {
        let mut forged = good.clone();
        forge(&mut forged);
        assert_ne!(forged, good, "{name}: nothing is changed");
        if recounted {
            consistent(&mut forged, (&cases, &law));
        }
        let why = counted(&forged).expect_err(name);
        assert!(why.contains(reason), "{name}: {why}");
    }
}

#[test]
fn a_declaration_cannot_say_less_than_the_host() {
    let (cases, law) = world();
    let mut forged = good();
    forged.predicate.certificate.declaration = MEMORY.replacen("\"ttl\"", "\"cas-absent\"", 1);
    assert_ne!(forged.predicate.certificate.declaration, MEMORY);
    let why = counted(&forged).expect_err("another text");
    assert!(why.contains("`declaration` is not that"), "{why}");
    let mut hosts = good().predicate.certificate.hosts;
    for host in &mut hosts {
        assert!(host.capabilities.get_mut("keyvalue").expect("a capability").features.remove("ttl"));
    }
    let why = counted(&of_hosts(MEMORY, hosts, (&cases, &law))).expect_err("a feature less");
    assert!(why.contains("negotiation/keyvalue/declaration") && why.contains("to be `fail`"), "{why}");
}

/// The adapter has no such control, says whoever signs: then the cases are skipped, which is allowed, and the level says so.
#[test]
fn a_control_that_is_withheld_costs_the_level() {
    let (cases, law) = world();
    let mut hosts = made_of(&program()).predicate.certificate.hosts;
    hosts.iter_mut().for_each(|host| assert!(host.controls.remove(&Control::Grant)));
    let withheld = of_hosts(&program(), hosts, (&cases, &law));
    assert_eq!(counted(&withheld), Ok(()));
    let levels = &withheld.predicate.certificate.levels;
    assert_eq!(levels.overall, Level::None, "{levels:#?}");
    assert!(levels.capabilities["keyvalue"].missing[0].contains("no control `grant`"), "{levels:#?}");
}

#[test]
fn without_a_trusted_key_nothing_is_read() {
    let (key, other) = (PrivateKey::generate().expect("random"), PrivateKey::generate().expect("random"));
    let payload = br#"{"_type":"x"}"#;
    let sealed = envelope::seal(payload, &key);
    let open = |envelope: &envelope::Envelope, trusted: &[PublicKey]| {
        let text = serde_json::to_string(envelope).expect("JSON");
        envelope::open(&text, trusted).map(|(payload, key)| (payload, key.id())).map_err(|why| format!("{why:#}"))
    };
    let trusted = [other.public(), key.public()];
    assert_eq!(open(&sealed, &trusted), Ok((payload.to_vec(), key.public().id())));
    let change = |change: fn(&mut envelope::Envelope)| {
        let mut changed = sealed.clone();
        change(&mut changed);
        changed
    };
    for (name, forged, reason) in [
        (
            "a verdict is edited",
            change(|e| e.payload = BASE64.encode(br#"{"_type":"y"}"#)),
            "was changed after it was signed",
        ),
        ("signed by nobody", change(|e| e.signatures.clear()), "is not signed by"),
        ("half a signature", change(|e| e.signatures[0].sig.truncate(44)), "is not signed by"),
        ("no Base64", change(|e| e.payload.push('!')), "no Base64"),
        ("of another type", change(|e| e.payload_type = "text/plain".into()), "no in-toto statement"),
        (
            "signed by another, who says to be us",
            envelope::Envelope {
                signatures: vec![envelope::Signature {
                    keyid: other.public().id(),
                    sig: envelope::seal(b"{}", &other).signatures[0].sig.clone(),
                }],
                ..sealed.clone()
            },
            "was changed after it was signed",
        ),
    ] {
        let why = open(&forged, &trusted).expect_err(name);
        assert!(why.contains(reason), "{name}: {why}");
    }
    assert!(open(&sealed, &[other.public()]).expect_err("a stranger").contains("is not signed by"));
    assert!(envelope::open("{}", &trusted).is_err() && envelope::open("", &trusted).is_err());
}
