//! What a vendor could try by what the certificate has word for word: the declaration, the host's name, what is not proven.

use super::{MEMORY, consistent, counted, good, made_of, program, told_of, world};
use crate::{
    catalogue::about::sources,
    certificate::{
        issue::{catalogue, configuration},
        sha256,
        statement::Statement,
    },
    levels::Level,
    outcome::Verdict,
};

/// Declares something else, with the digest of it.
fn declare(statement: &mut Statement, text: String) {
    let (cases, law) = world();
    statement.predicate.configuration = configuration(&text, &cases, &law).expect("guests");
    statement.predicate.certificate.declaration = text;
}

/// What is changed, and why it is refused.
type Forgery = (&'static str, fn(&mut Statement), &'static str);

const FORGERIES: [Forgery; 7] = [
    (
        "a file of whoever verifies it",
        |s| {
            let of = "cases = '@/no/such/file'\nreason = 'r'\nlink = 'l'\nexpires = '2099-01-01'\n";
            declare(s, format!("{MEMORY}\n[[exemptions]]\n{of}"));
        },
        "names another file",
    ),
    (
        "an exemption from a core clause that a case of a profile cites",
        |s| {
            let case = "cases = 'keyvalue/atomics/overflow-is-refused'";
            let of = format!("{case}\nreason = 'r'\nlink = 'l'\nexpires = '2099-01-01'\n");
            *s = made_of(&program());
            declare(s, format!("{}\n[[exemptions]]\n{of}", program()));
        },
        "proves a core clause",
    ),
    (
        "a capability of which nothing can fail",
        |s| declare(s, format!("{MEMORY}\n[capabilities.blobstore]\n")),
        "no case is about \"blobstore\"",
    ),
    (
        "it proves everything",
        |s| s.predicate.certificate.not_proven.clear(),
        "does not say what every certificate says",
    ),
    (
        "the guests ran on another version",
        |s| s.predicate.certificate.hosts[1].version = "2.0".into(),
        "about more than one host, or version",
    ),
    (
        "a good host's runs under the name of another",
        |s| s.predicate.certificate.hosts.iter_mut().for_each(|host| host.name = "mine".into()),
        "it is called \"mine\", and is \"memory\"",
    ),
    (
        "a program that nobody ran",
        |s| s.subject[0].name = "mine 2.0".into(),
        "it is about \"mine 2.0\", and was \"memory ",
    ),
];

#[test]
fn what_is_taken_word_for_word_is_held_against_the_rest() {
    for (name, forge, reason) in FORGERIES {
        let mut forged = good();
        forge(&mut forged);
        let why = counted(&forged).expect_err(name);
        assert!(why.contains(reason), "{name}: {why}");
    }
}

/// The case cites a profile first. The core clause that it cites too binds all the same.
#[test]
fn a_known_failure_of_a_core_clause_attains_nothing() {
    const BROKEN: &str = "keyvalue/atomics/overflow-is-refused";
    let of = format!("cases = '{BROKEN}'\nclause = 'KV-ATOM-04'\nreason = 'r'\nlink = 'l'\nexpires = '2099-01-01'\n");
    let mut forged = made_of(&format!("{}\n[[known-failing]]\n{of}", program()));
    for run in &mut forged.predicate.certificate.runs {
        let broken = run.cases.values_mut().flatten().filter(|case| case.id == BROKEN);
        broken.for_each(|case| case.verdict = Verdict::Xfail);
    }
    let (cases, law) = world();
    consistent(&mut forged, (&cases, &law));
    assert_eq!(counted(&forged), Ok(()), "it is counted as it should be");
    let why = told_of(&forged, &cases, Level::Core).expect_err("a certificate at core");
    assert!(why.contains("has attained `none` and not `core`"), "{why}");
}

/// The digest of the catalogue covers what cases do, and what they are written in.
#[test]
fn a_case_that_was_weakened_is_another_catalogue() {
    let (cases, law) = world();
    let honest = sources();
    let parts = configuration(MEMORY, &cases, &law).expect("guests");
    let signed = parts.iter().find(|part| part.name == "catalogue").expect("the catalogue");
    assert_eq!(signed.digest["sha256"], sha256(catalogue(&cases, &honest).as_bytes()));
    // What a case does, what it says that a host must do, and whether it went to an edge.
    for (from, to) in [
        ("bucket.expect_missing(\"k\").await?;", ""),
        ("if actual == expected {", "if true {"),
        ("self.shown.edge", "drop"),
    ] {
        let weaker: Vec<String> = honest.iter().map(|text| text.replace(from, to)).collect();
        let weaker: Vec<&str> = weaker.iter().map(String::as_str).collect();
        assert!(weaker != honest, "{from} is not covered");
        assert!(catalogue(&cases, &weaker) != catalogue(&cases, &honest), "{from}");
    }
    let said = "/// A key that nobody wrote is `none`";
    let elsewhere = honest.iter().map(|text| text.replace('\n', "\r\n").replace(said, "/// Otherwise said"));
    let elsewhere: Vec<String> = elsewhere.collect();
    let elsewhere: Vec<&str> = elsewhere.iter().map(String::as_str).collect();
    assert!(catalogue(&cases, &elsewhere) == catalogue(&cases, &honest), "other ends of lines, and other words for it");
}
