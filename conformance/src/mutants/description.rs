//! Hosts that say of themselves what is not so.

use super::{
    Row,
    keyvalue::{Defect, Defective},
};
use crate::host::{Declared, stage::Tamper};
use std::{collections::BTreeMap, sync::Arc};
use wasi_cloud_core::{Description, describe::feature, keyvalue::KeyValue};

/// Key-value that is not what the host says.
struct Lie {
    /// What the host says.
    says: fn(&mut Declared),
    /// What its backend is, and the core keeps it to.
    is: fn(&mut Description),
}

impl Tamper for Lie {
    fn describes(&self, mut honest: BTreeMap<String, Declared>) -> BTreeMap<String, Declared> {
        honest.entry("keyvalue".to_owned()).and_modify(self.says);
        honest
    }

    fn keyvalue(&self, honest: Arc<dyn KeyValue>) -> Arc<dyn KeyValue> {
        let mut description = honest.describe().clone();
        (self.is)(&mut description);
        Arc::new(Defective::new(honest, Is(description)))
    }
}

struct Is(Description);

impl Defect for Is {
    fn offers(&self, _: &Description) -> Description {
        self.0.clone()
    }
}

const KEY: &str = "max-key-size";
const VALUE: &str = "max-value-size";

pub(super) fn rows() -> Vec<Row> {
    let row = |name, bug, clauses, says, is| Row { name, bug, clauses, tamper: Arc::new(Lie { says, is }) };
    let honest = |_: &mut Description| ();
    vec![
        row(
            "says-ttl-has-none",
            "Lifetimes are declared, and the backend has none.",
            &["KVX-30", "KVX-31"],
            |says| {
                says.features.insert(feature::TTL.into());
            },
            |is| {
                is.features.remove(feature::TTL);
            },
        ),
        row(
            "hides-ttl",
            "Lifetimes work and are not declared.",
            &["KVX-38"],
            |says| {
                says.features.remove(feature::TTL);
            },
            honest,
        ),
        row(
            "says-longer-keys",
            "Keys are declared longer than they may be.",
            &["KV-STORE-S02"],
            |says| {
                says.limits.insert(KEY.into(), 1_024);
            },
            |is| {
                is.limits.insert(KEY, 512);
            },
        ),
        row(
            "says-shorter-keys",
            "Keys may be longer than declared.",
            &["KV-STORE-S02"],
            |says| {
                says.limits.insert(KEY.into(), 512);
            },
            honest,
        ),
        row(
            "says-larger-values",
            "Values are declared larger than they may be.",
            &["KV-STORE-S07"],
            |says| {
                says.limits.insert(VALUE.into(), 1 << 20);
            },
            |is| {
                is.limits.insert(VALUE, 1 << 19);
            },
        ),
        row(
            "says-smaller-values",
            "Values may be larger than declared.",
            &["KV-STORE-S07"],
            |says| {
                says.limits.insert(VALUE.into(), 1 << 16);
            },
            honest,
        ),
    ]
}
