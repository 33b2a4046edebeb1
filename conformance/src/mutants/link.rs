//! Hosts whose labels and grants have one defect each.

use super::{
    Row,
    keyvalue::{Defect, Defective},
};
use crate::host::stage::Tamper;
use async_trait::async_trait;
use std::sync::Arc;
use wasi_cloud_core::{
    Description, Result,
    describe::limit::{MAX_KEY_SIZE, MAX_VALUE_SIZE},
    keyvalue::{KeyValue, PutOptions, Version},
};

pub(super) fn rows() -> Vec<Row> {
    let row = |name, clauses, bug, tamper| Row { name, bug, clauses, tamper };
    let rules = |name, clauses, bug, change| row(name, clauses, bug, Arc::new(Rules(change)) as Arc<dyn Tamper>);
    let denied = &["KV-STORE-03"];
    vec![
        rules("denied-is-allowed", denied, "Every key-value label is granted.", |mut rules| {
            rules.push("keyvalue:*".into());
            rules
        }),
        rules("read-grant-writes", denied, "A grant to read is a grant to write.", |rules| {
            rules.iter().map(|rule| rule.trim_end_matches(":read").to_owned()).collect()
        }),
        rules("write-grant-reads", &["KV-STORE-03", "CFG-STORE-05"], "A grant to write is a grant to read.", |rules| {
            rules.iter().map(|rule| rule.trim_end_matches(":write").to_owned()).collect()
        }),
        rules("grant-is-a-prefix", denied, "A grant reaches every label that begins with the granted one.", |rules| {
            let longer = rules.iter().filter(|rule| rule.matches(':').count() == 1).map(|rule| format!("{rule}*"));
            longer.chain(rules.clone()).collect()
        }),
        rules(
            "grant-is-of-any-capability",
            &["KV-STORE-03", "CFG-STORE-05"],
            "A grant is looked up by label.",
            |rules| {
                let labels = rules.iter().filter_map(|rule| rule.split_once(':')).map(|(_, rest)| rest);
                let all =
                    labels.flat_map(|rest| ["keyvalue", "messaging", "config"].map(|word| format!("{word}:{rest}")));
                all.collect()
            },
        ),
        rules(
            "no-grant-is-every-grant",
            &["KV-STORE-03", "CFG-STORE-05"],
            "A component without a rule is not restricted.",
            |rules| {
                if rules.is_empty() { vec!["keyvalue:*".into(), "config:*".into()] } else { rules }
            },
        ),
        rules("grant-patterns-are-names", &["KV-STORE-01"], "A pattern in a grant is taken for a label.", |rules| {
            rules.iter().map(|rule| rule.replace('*', "\\*").replace('?', "\\?")).collect()
        }),
        rules("only-default-is-granted", &["KV-STORE-01"], "Of several grants the default label's counts.", |rules| {
            let of_another = |rule: &String| rule == "keyvalue:other" && rules.iter().any(|r| r == "keyvalue:default");
            rules.iter().filter(|rule| !of_another(rule)).cloned().collect()
        }),
        row(
            "open-handles-keep-rights",
            &["KV-STORE-03", "KVX-48"],
            "A changed grant or link does not reach handles that are open.",
            Arc::new(HandlesKeepRights),
        ),
        row("labels-share-data", &["KV-STORE-21"], "All labels lead to one bucket.", Arc::new(LabelsShareData)),
        row(
            "guests-share-nothing",
            &["KV-STORE-18", "KV-STORE-S14", "KV-STORE-S15"],
            "Every instance has a store of its own, which goes with it.",
            Arc::new(GuestsShareNothing),
        ),
        row(
            "limits-are-not-checked",
            &["KV-STORE-S02", "KV-STORE-S07"],
            "What is declared to be too large is taken.",
            Arc::new(Linked(Boundless)),
        ),
        row(
            "limits-cut",
            &["KV-STORE-S02", "KV-STORE-S07"],
            "What is too large is cut to the limit, and the write is ok.",
            Arc::new(Linked(Cuts)),
        ),
    ]
}

/// Changes the rules of a deployment.
struct Rules(fn(Vec<String>) -> Vec<String>);
impl Tamper for Rules {
    fn grants(&self, honest: Vec<String>) -> Vec<String> {
        (self.0)(honest)
    }
}

struct HandlesKeepRights;
impl Tamper for HandlesKeepRights {
    fn controls_reach_guests(&self) -> bool {
        false
    }
}

struct LabelsShareData;
impl Tamper for LabelsShareData {
    fn scope(&self, deployment: &str, _: &str) -> String {
        format!("{deployment}-all")
    }
}

struct GuestsShareNothing;
impl Tamper for GuestsShareNothing {
    fn guests_share(&self) -> bool {
        false
    }
}

/// A backend behind a defect, of which the host's declaration knows nothing.
struct Linked<D>(D);
impl<D: Defect + Clone + 'static> Tamper for Linked<D> {
    fn linked(&self, honest: Arc<dyn KeyValue>) -> Arc<dyn KeyValue> {
        Arc::new(Defective::new(honest, self.0.clone()))
    }
}

fn boundless(honest: &Description) -> Description {
    let mut offered = honest.clone();
    offered.limits.retain(|name, _| ![MAX_KEY_SIZE, MAX_VALUE_SIZE].contains(name));
    offered
}

#[derive(Clone)]
struct Boundless;
impl Defect for Boundless {
    fn offers(&self, honest: &Description) -> Description {
        boundless(honest)
    }
}

#[derive(Clone)]
struct Cuts;
#[async_trait]
impl Defect for Cuts {
    fn offers(&self, honest: &Description) -> Description {
        boundless(honest)
    }
    fn key(&self, key: &str) -> String {
        let end = (0..=key.len().min(1024)).rev().find(|end| key.is_char_boundary(*end));
        key[..end.unwrap_or_default()].to_owned()
    }
    async fn put(&self, kv: &dyn KeyValue, b: &str, k: &str, v: &[u8], options: &PutOptions) -> Result<Version> {
        let most = kv.describe().limits.get(MAX_VALUE_SIZE).map_or(v.len(), |most| *most as usize);
        kv.put(b, k, &v[..v.len().min(most)], options).await
    }
}
