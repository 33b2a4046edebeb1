//! Hosts that are not the same after a restart.

use super::{
    Row, Shared,
    keyvalue::{Defect, Defective},
    lock,
};
use crate::host::stage::Tamper;
use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Arc};
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    config::{Config, Fixed},
    describe::Durability,
    keyvalue::KeyValue,
};

pub(super) fn rows() -> Vec<Row> {
    let row = |name, clauses, bug, tamper| Row { name, bug, clauses, tamper };
    vec![
        row(
            "restart-loses-data",
            &["KV-STORE-S14"],
            "What is declared to be durable lives in memory.",
            Arc::new(LosesData::default()) as Arc<dyn Tamper>,
        ),
        row(
            "restart-mixes-buckets",
            &["KV-STORE-21"],
            "Buckets are numbered in the order in which they are asked for, which a restart changes.",
            Arc::new(MixesBuckets::default()),
        ),
        row(
            "restart-finds-locks",
            &["KV-STORE-01"],
            "A bucket stays locked by the process that ended.",
            Arc::new(FindsLocks::default()),
        ),
        row(
            "restart-loses-config",
            &["CFG-STORE-01", "CFG-STORE-03"],
            "Configuration is read when the host is installed.",
            Arc::new(LosesConfig::default()),
        ),
    ]
}

/// How often a name was linked, which a restart does again.
#[derive(Clone, Default)]
struct Lives(Shared<BTreeMap<String, usize>>);

impl Lives {
    fn begin(&self, name: &str) -> usize {
        let mut lives = lock(&self.0);
        let life = lives.entry(name.to_owned()).or_default();
        *life += 1;
        *life
    }
}

#[derive(Clone, Default)]
struct LosesData(Lives);
impl Tamper for LosesData {
    fn keyvalue(&self, honest: Arc<dyn KeyValue>) -> Arc<dyn KeyValue> {
        Arc::new(Defective::new(honest, self.clone()))
    }
    fn scope(&self, deployment: &str, label: &str) -> String {
        let name = format!("{deployment}-{label}");
        format!("{name}-{}", self.0.begin(&name))
    }
}
impl Defect for LosesData {
    fn offers(&self, honest: &Description) -> Description {
        Description { durability: Durability::Durable, ..honest.clone() }
    }
}

#[derive(Default)]
struct MixesBuckets(Lives);
impl Tamper for MixesBuckets {
    fn scope(&self, deployment: &str, label: &str) -> String {
        let first = self.0.begin(&format!("{deployment}-{label}")) == 1;
        let label = match label {
            "default" if !first => "other",
            "other" if !first => "default",
            label => label,
        };
        format!("{deployment}-{label}")
    }
}

#[derive(Clone, Default)]
struct FindsLocks {
    owners: Shared<BTreeMap<String, usize>>,
    processes: Shared<usize>,
    process: usize,
}
impl Tamper for FindsLocks {
    fn keyvalue(&self, honest: Arc<dyn KeyValue>) -> Arc<dyn KeyValue> {
        let mut processes = lock(&self.processes);
        *processes += 1;
        Arc::new(Defective::new(honest, Self { process: *processes, ..self.clone() }))
    }
}
#[async_trait]
impl Defect for FindsLocks {
    async fn open(&self, kv: &dyn KeyValue, bucket: &str) -> Result<()> {
        let owner = *lock(&self.owners).entry(bucket.to_owned()).or_insert(self.process);
        if owner != self.process {
            return Err(Error::new(Kind::Unavailable, "another process holds the lock"));
        }
        kv.open(bucket).await
    }
}

#[derive(Default)]
struct LosesConfig(Lives);
impl Tamper for LosesConfig {
    fn config(&self, deployment: &str, honest: Arc<dyn Config>) -> Arc<dyn Config> {
        if self.0.begin(deployment) == 1 { honest } else { Arc::new(Fixed::default()) }
    }
}
