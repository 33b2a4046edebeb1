use super::*;
use crate::host::Altitude;

const WRITTEN: &str = r#"
name = "x"
[capabilities.keyvalue]
features = ["cas-absent", "counters", "listing", "ttl"]
limits = { max-key-size = 8 }
durability = "durable"
"#;

const EXEMPTION: &str = r#"
name = "x"
[[exemptions]]
cases = "keyvalue/store/*"
reason = "being written"
link = "https://example.com/1"
expires = "2026-06-30"
"#;

fn parse(text: &str) -> Result<Declaration, String> {
    Declaration::parse(text, &["keyvalue/store/set".to_owned()].into())
}

fn check(said: &str) -> Vec<Outcome> {
    let said: Declaration = toml::from_str(said).expect("a declaration");
    let host = HostDescription {
        name: "x".into(),
        version: "1".into(),
        altitude: Altitude::Direct,
        capabilities: said.capabilities,
        controls: BTreeSet::new(),
        lacks: BTreeMap::new(),
        labels: BTreeMap::new(),
        notes: Vec::new(),
    };
    let checks = parse(WRITTEN).expect("a declaration").checks(&host, "2026-01-01", &Selection::default());
    checks.into_iter().map(|check| check.outcome).collect()
}

#[test]
fn a_host_that_says_the_same_agrees() {
    assert_eq!(check(WRITTEN), [Ok(())]);
}

#[test]
fn a_host_that_says_anything_else_does_not() {
    let other = |from: &str, to: &str| check(&WRITTEN.replace(from, to)).remove(0).expect_err(to).to_string();
    assert!(other("\"ttl\"", "\"ttl\", \"paging\"").contains("the host: feature paging"));
    assert!(other("\"ttl\"", "").contains("declared: feature ttl"));
    assert!(other("= 8", "= 9").contains("max-key-size = 8"));
    assert!(other("\"durable\"", "\"process\"").contains("durability process"));
    assert!(other("keyvalue", "messaging").contains("it does not"));
}

#[test]
fn what_every_host_owes_cannot_be_declared_away() {
    for owed in ["cas-absent", "counters", "listing"] {
        let error = parse(&WRITTEN.replace(&format!("\"{owed}\", "), "")).expect_err(owed);
        assert!(error.contains(&format!("keyvalue: {owed}")), "{error}");
    }
    let redis = include_str!("../../../hosts/redis.toml");
    assert!(parse(redis).is_ok());
    for owed in ["groups", "redelivery"] {
        let error = parse(&redis.replace(&format!("    \"{owed}\",\n"), "")).expect_err(owed);
        assert!(error.contains(&format!("messaging: {owed}")), "{error}");
    }
    assert!(parse(&redis.replace("capabilities.messaging", "capabilities.other")).is_err());
}

#[test]
fn an_exemption_names_cases_a_reason_a_link_and_a_day() {
    assert!(parse(EXEMPTION).is_ok());
    for (from, to) in [
        ("keyvalue/store/*", "keyvalue/stor/*"),
        ("being written", ""),
        ("https://example.com/1", ""),
        ("2026-06-30", "2026-06-31"),
        ("2026-06-30", "June"),
        ("reason", "because"),
    ] {
        assert!(parse(&EXEMPTION.replace(from, to)).is_err(), "{to}");
    }
}

#[test]
fn an_exemption_ends_with_its_day_and_never_covers_core() {
    let declaration = parse(EXEMPTION).expect("a declaration");
    let exempts = |binding, today| declaration.exempts("keyvalue/store/set", binding, today);
    for binding in [Binding::Nothing, Binding::Declared] {
        let why = exempts(binding, "2026-06-30").expect("an exemption").unwrap_or_default();
        assert!(why.contains("being written"), "{binding:?}: {why}");
        assert_eq!(exempts(binding, "2026-07-01"), Ok(None));
    }
    assert!(exempts(Binding::Core, "2026-06-30").is_err());
    assert_eq!(declaration.exempts("keyvalue/batch/set", Binding::Core, "2026-06-30"), Ok(None));
    let host = HostDescription {
        name: "x".into(),
        version: "1".into(),
        altitude: Altitude::Direct,
        capabilities: BTreeMap::new(),
        controls: BTreeSet::new(),
        lacks: BTreeMap::new(),
        labels: BTreeMap::new(),
        notes: Vec::new(),
    };
    let checks = |today| declaration.checks(&host, today, &Selection::default());
    assert_eq!(checks("2026-06-30")[0].outcome, Ok(()));
    assert!(checks("2026-07-01")[0].outcome.is_err());
}

const LAUNCH: &str = "[launch]\nargv = ['w', '{component}']\ndialects = ['wasi:keyvalue@0.2.0-draft']\n";

#[test]
fn who_has_no_words_for_a_swap_does_not_owe_one() {
    let without = WRITTEN.replace("\"cas-absent\", ", "");
    assert!(parse(&without).is_err());
    let foreign = parse(&format!("{without}{LAUNCH}")).expect("a declaration");
    // What it says of itself is this file: there is nothing to hold it against.
    let host = HostDescription {
        name: "x".into(),
        version: "1".into(),
        altitude: Altitude::Command(crate::language::Language::Rust),
        capabilities: BTreeMap::new(),
        controls: BTreeSet::new(),
        lacks: BTreeMap::new(),
        labels: BTreeMap::new(),
        notes: Vec::new(),
    };
    assert!(foreign.checks(&host, "2026-01-01", &Selection::default()).is_empty());
    assert!(parse(&format!("{WRITTEN}{}", LAUNCH.replace("{component}", ""))).is_err_and(|why| why.contains("launch")));
}

#[test]
fn a_known_failure_names_the_clause_that_its_cases_cite() {
    let known = EXEMPTION.replace("exemptions", "known-failing");
    assert!(parse(&known).is_err_and(|why| why.contains("must name the clause")));
    let known = parse(&format!("{known}clause = 'KV-STORE-06'\n")).expect("a declaration");
    let cited = |id: &str| Cited { id: id.into(), text: String::new() };
    let fails = |clause: &str, today: &str| known.fails("keyvalue/store/set", &[cited(clause)], today);
    assert_eq!(fails("KV-STORE-06", "2026-06-30"), Ok(Some("KV-STORE-06".to_owned())));
    assert_eq!(fails("KV-STORE-06", "2026-07-01"), Ok(None));
    assert!(fails("KV-STORE-05", "2026-06-30").is_err_and(|why| why.contains("does not cite KV-STORE-06")));
    assert_eq!(known.fails("config/store/get", &[], "2026-06-30"), Ok(None));
}

/// Nothing could fail of it, so it would attain every level.
#[test]
fn a_capability_that_no_case_is_about_is_refused() {
    let why = parse(&format!("{WRITTEN}[capabilities.blobstore]\n")).expect_err("no such capability");
    assert!(why.contains("no case is about \"blobstore\"") && why.contains("config, keyvalue, messaging"), "{why}");
    let why = parse("name = 'x'\n[capabilities.\"x\\n\\u001B[31m\"]\n").expect_err("no word at all");
    assert!(!why.contains(char::is_control), "{why}");
    let host = HostDescription::new("x", "1", Altitude::Direct).with("blobstore", &[]);
    assert!(Declaration::said_by(&host).is_err_and(|why| why.contains("blobstore")));
}

#[test]
fn durability_is_one_of_its_words() {
    for known in ["durable", "process", ""] {
        assert!(parse(&WRITTEN.replace("\"durable\"", &format!("\"{known}\""))).is_ok(), "{known}");
    }
    let why = parse(&WRITTEN.replace("\"durable\"", "\"Durable\"")).expect_err("no such word");
    assert!(why.contains("process or durable, and not \"Durable\""), "{why}");
}

#[test]
fn a_limit_that_no_case_goes_to_is_refused() {
    let why = parse(&WRITTEN.replace("max-key-size", "max-keys")).expect_err("no such limit");
    assert!(why.contains("\"max-keys\"") && why.contains("max-key-size, max-value-size"), "{why}");
}

/// It would be a file of whoever reads the declaration, such as who verifies a certificate.
#[test]
fn a_declaration_names_no_other_file() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "keyvalue/store/*\n").expect("written");
    let text = EXEMPTION.replace("keyvalue/store/*", &format!("@{}", file.path().display()));
    let known = format!("{}clause = 'KV-STORE-06'\n", text.replace("exemptions", "known-failing"));
    for text in [text, known] {
        let why = parse(&text).expect_err("a file");
        assert!(why.contains("names another file: write the patterns here"), "{why}");
    }
}

/// What reads patterns goes deeper with each brace, and whoever reads a certificate would end.
#[test]
fn a_pattern_without_an_end_is_refused() {
    for known in ["exemptions", "known-failing"] {
        for cases in ["{".repeat(1 << 20), "x".repeat(257)] {
            let text = EXEMPTION.replace("exemptions", known).replace("keyvalue/store/*", &cases);
            let why = parse(&format!("{text}clause = 'KV-STORE-06'\n")).expect_err("too long");
            assert!(why.contains("longer than 256 bytes: write several entries"), "{why}");
        }
    }
    let longest = format!("keyvalue/store/{{set,{}}}", "x".repeat(256 - 21));
    assert!(longest.len() == 256 && parse(&EXEMPTION.replace("keyvalue/store/*", &longest)).is_ok());
}
