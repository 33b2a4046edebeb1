//! Sources of configuration with one defect each.

use super::Row;
use crate::host::stage::Tamper;
use async_trait::async_trait;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use wasi_cloud_core::{Error, Kind, Result, config::Config};

type Pairs = BTreeMap<String, String>;

/// What `get` makes of all pairs, a key, and how often it was asked before.
type Get = fn(&Pairs, &str, usize) -> Result<Option<String>>;
/// What `get-all` makes of all pairs.
type All = fn(Pairs) -> Pairs;

pub(super) fn rows() -> Vec<Row> {
    let get = |name, clauses, bug, get: Get| row(name, clauses, bug, get, |pairs| pairs);
    let all = |name, clauses, bug, all: All| row(name, clauses, bug, |pairs, key, _| honest(pairs, key), all);
    vec![
        get("config-first-line", &["CFG-STORE-01"], "A value ends at its first line.", |pairs, key, _| {
            Ok(pairs.get(key).map(|value| value.lines().next().unwrap_or_default().to_owned()))
        }),
        get("config-missing-fails", &["CFG-STORE-02"], "A key that is not configured is an error.", |pairs, key, _| {
            honest(pairs, key)?.map(Some).ok_or_else(|| Error::new(Kind::NotFound, "no such key"))
        }),
        get("config-folds-case", &["CFG-STORE-S02"], "Keys are folded to lower case.", |pairs, key, _| {
            honest(pairs, &key.to_lowercase())
        }),
        get(
            "config-trims-keys",
            &["CFG-STORE-S01", "CFG-STORE-02"],
            "What surrounds a key is trimmed.",
            |pairs, key, _| honest(pairs, key.trim_matches([' ', '\0'])),
        ),
        get(
            "config-is-environment",
            &["CFG-STORE-S05", "CFG-STORE-02"],
            "What is not configured is looked up in the host's environment.",
            |pairs, key, _| Ok(honest(pairs, key)?.or_else(|| std::env::var(key).ok())),
        ),
        get(
            "config-wavers",
            &["CFG-STORE-S04", "CFG-STORE-01"],
            "Of two sources, now one answers and now the other.",
            |pairs, key, times| honest(pairs, key).map(|value| value.filter(|_| times % 2 == 0)),
        ),
        get("config-cuts-1-kib", &["CFG-STORE-S06", "CFG-STORE-01"], "A value is cut after 1 KiB.", |pairs, key, _| {
            Ok(pairs.get(key).map(|value| value.chars().take(1024).collect()))
        }),
        all("config-lists-ascii", &["CFG-STORE-03"], "`get-all` passes over what is not ASCII.", |mut pairs| {
            pairs.retain(|_, value| value.is_ascii());
            pairs
        }),
        all("config-lists-no-empty", &["CFG-STORE-04"], "`get-all` passes over empty values.", |mut pairs| {
            pairs.retain(|_, value| !value.is_empty());
            pairs
        }),
        all(
            "config-lists-neighbours",
            &["CFG-STORE-S05"],
            "`get-all` returns another component's pairs too.",
            |mut pairs| {
                pairs.insert("neighbour".into(), "theirs".into());
                pairs
            },
        ),
    ]
}

fn row(name: &'static str, clauses: &'static [&'static str], bug: &'static str, get: Get, all: All) -> Row {
    Row { name, bug, clauses, tamper: Arc::new(Cut { get, all }) }
}

fn honest(pairs: &Pairs, key: &str) -> Result<Option<String>> {
    Ok(pairs.get(key).cloned())
}

struct Cut {
    get: Get,
    all: All,
}

impl Tamper for Cut {
    fn config(&self, _: &str, honest: Arc<dyn Config>) -> Arc<dyn Config> {
        Arc::new(Defective { honest, get: self.get, all: self.all, asked: AtomicUsize::new(0) })
    }
}

struct Defective {
    honest: Arc<dyn Config>,
    get: Get,
    all: All,
    asked: AtomicUsize,
}

#[async_trait]
impl Config for Defective {
    async fn get(&self, scope: &str, key: &str) -> Result<Option<String>> {
        (self.get)(&self.honest.get_all(scope).await?, key, self.asked.fetch_add(1, Ordering::Relaxed))
    }
    async fn get_all(&self, scope: &str) -> Result<Pairs> {
        Ok((self.all)(self.honest.get_all(scope).await?))
    }
}
