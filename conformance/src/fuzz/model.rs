//! What the law says of one bucket that one guest uses.

use super::What;
use std::collections::{BTreeMap, BTreeSet};

/// What must be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expected {
    Done,
    Value(Option<Vec<u8>>),
    Flag(bool),
    Number(i64),
    /// Every key, in any order.
    Keys(BTreeSet<String>),
    /// A pair for each key that is there, in the order in which they were asked for.
    Pairs(Vec<Option<(String, Vec<u8>)>>),
    /// The swap failed and wrote nothing.
    Lost,
}

/// A bucket. Counters are apart: how a host writes their numbers is its own matter.
#[derive(Debug, Default)]
pub(super) struct Model {
    values: BTreeMap<String, Vec<u8>>,
    counters: BTreeMap<String, i64>,
}

impl Model {
    /// Does an operation.
    pub fn apply(&mut self, what: &What) -> Expected {
        match what {
            What::Get(key) => Expected::Value(self.values.get(key).cloned()),
            What::Set(key, value) | What::Swap(key, value) => self.write([(key, value)]),
            What::SetMany(pairs) => self.write(pairs.iter().map(|(key, value)| (key, value))),
            What::Delete(key) => self.remove([key]),
            What::DeleteMany(keys) => self.remove(keys),
            What::Exists(key) => Expected::Flag(self.values.contains_key(key) || self.counters.contains_key(key)),
            What::List => Expected::Keys(self.values.keys().chain(self.counters.keys()).cloned().collect()),
            What::Increment(key, delta) => {
                let counter = self.counters.entry(key.clone()).or_default();
                *counter += delta;
                Expected::Number(*counter)
            }
            What::GetMany(keys) => {
                let pair = |key: &String| self.values.get(key).map(|value| (key.clone(), value.clone()));
                Expected::Pairs(keys.iter().map(pair).collect())
            }
            What::LateSwap(key, value) => {
                self.write([(key, value)]);
                Expected::Lost
            }
            What::Reopen => Expected::Done,
        }
    }

    fn write<'a>(&mut self, pairs: impl IntoIterator<Item = (&'a String, &'a Vec<u8>)>) -> Expected {
        self.values.extend(pairs.into_iter().map(|(key, value)| (key.clone(), value.clone())));
        Expected::Done
    }

    fn remove<'a>(&mut self, keys: impl IntoIterator<Item = &'a String>) -> Expected {
        for key in keys {
            self.values.remove(key);
            self.counters.remove(key);
        }
        Expected::Done
    }
}
