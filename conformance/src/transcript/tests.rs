use super::{
    Entry,
    normal::{Rules, normalise},
};
use std::time::Duration;

fn entry(group: Option<u32>, who: &str, op: &str, seen: &str, at: u64) -> Entry {
    Entry { who: who.into(), group, op: op.into(), seen: seen.into(), at: Duration::from_micros(at) }
}

/// Two runs of one case that differ in nothing but what the rules take away, one difference per rule.
fn two_honest_runs() -> [Vec<Entry>; 2] {
    let a = vec![
        entry(None, "g#0", r#"{"ListKeys":[0,null]}"#, r#"{"Page":{"keys":["b","a"],"cursor":null}}"#, 1),
        entry(None, "g#0", r#"{"Put":[0,{"condition":"Always"}]}"#, r#"{"Version":"0.7"}"#, 1),
        entry(None, "g#0", r#"{"Delete":[0,"k",{"Version":"0.7"}]}"#, r#"{"Flag":true}"#, 1),
        entry(None, "g#0", r#"{"Get":[0,"k"]}"#, r#"{"Failed":{"kind":"Other","applied":"No","message":"one"}}"#, 1),
        entry(Some(1), "g#0", r#"{"Increment":[0,"n",1]}"#, r#"{"Number":1}"#, 1),
        entry(Some(1), "g#1", r#"{"Increment":[0,"n",1]}"#, r#"{"Number":2}"#, 1),
    ];
    let mut b = a.clone();
    b[0].seen = r#"{"Page":{"keys":["a"],"cursor":"0.x"}}"#.into();
    b.insert(1, entry(None, "g#0", r#"{"ListKeys":[0,"0.x"]}"#, r#"{"Page":{"keys":["b"],"cursor":null}}"#, 1));
    b[2].seen = r#"{"Version":"0.99"}"#.into();
    b[3].op = r#"{"Delete":[0,"k",{"Version":"0.99"}]}"#.into();
    b[4].seen = r#"{"Failed":{"kind":"Other","applied":"No","message":"another"}}"#.into();
    b.swap(5, 6);
    b.iter_mut().for_each(|entry| entry.at *= 3);
    [a, b]
}

#[test]
fn honest_runs_have_one_normal_form() {
    let [a, b] = two_honest_runs();
    assert_eq!(normalise(&a, Rules::ALL), normalise(&b, Rules::ALL));
}

/// The five mutants of the normaliser: without any one rule the two runs differ.
#[test]
fn every_rule_is_needed() {
    let mutants = [
        ("listings", Rules { listings: false, ..Rules::ALL }),
        ("tokens", Rules { tokens: false, ..Rules::ALL }),
        ("texts", Rules { texts: false, ..Rules::ALL }),
        ("concurrency", Rules { concurrency: false, ..Rules::ALL }),
        ("times", Rules { times: false, ..Rules::ALL }),
    ];
    let [a, b] = two_honest_runs();
    for (name, rules) in mutants {
        assert_ne!(normalise(&a, rules), normalise(&b, rules), "the rule `{name}` changes nothing");
    }
}

/// And no rule takes away too much: each of these is a difference that must survive.
#[test]
fn real_differences_survive() {
    let [honest, _] = two_honest_runs();
    type Change = fn(&mut Vec<Entry>);
    let changes: [(&str, Change); 8] = [
        ("a key is missing", |t| t[0].seen = r#"{"Page":{"keys":["a"],"cursor":null}}"#.into()),
        ("a key repeats", |t| t[0].seen = r#"{"Page":{"keys":["a","b","a"],"cursor":null}}"#.into()),
        ("the listing does not end", |t| t[0].seen = r#"{"Page":{"keys":["a","b"],"cursor":"0.x"}}"#.into()),
        ("another version is meant", |t| t[2].op = r#"{"Delete":[0,"k",{"Version":"0.8"}]}"#.into()),
        ("the kind differs", |t| t[3].seen = t[3].seen.replace("Other", "NotFound")),
        ("applied differs", |t| t[3].seen = t[3].seen.replace("No\"", "Maybe\"")),
        ("a concurrent result differs", |t| t[5].seen = r#"{"Number":1}"#.into()),
        ("an operation is missing", |t| t.truncate(5)),
    ];
    for (what, change) in changes {
        let mut changed = honest.clone();
        change(&mut changed);
        assert_ne!(normalise(&honest, Rules::ALL), normalise(&changed, Rules::ALL), "{what}");
    }
}

#[test]
fn a_listing_is_followed_past_other_operations() {
    let lines = normalise(
        &[
            entry(None, "g#0", r#"{"ListKeys":[0,null]}"#, r#"{"Page":{"keys":["a"],"cursor":"1"}}"#, 1),
            entry(None, "g#0", r#"{"Delete":[0,"a"]}"#, r#""Done""#, 1),
            entry(None, "g#0", r#"{"ListKeys":[0,"1"]}"#, r#"{"Page":{"keys":["b"],"cursor":null}}"#, 1),
        ],
        Rules::ALL,
    );
    assert_eq!(
        lines,
        [r#"g#0 {"ListKeys":[0]} -> {"keys":["a","b"],"repeats":0}"#, r#"g#0 {"Delete":[0,"a"]} -> "Done""#]
    );
}
