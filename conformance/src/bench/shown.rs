use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

/// What a case has held against the host's declaration. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Shown(Arc<Mutex<Looked>>);

#[derive(Debug, Default)]
struct Looked {
    declaration: bool,
    edges: BTreeSet<String>,
}

impl Shown {
    /// Notes that the case asked what the host declares: from now on its failure contradicts the host's own word.
    pub(super) fn declaration(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).declaration = true;
    }

    /// Notes that the case went to an edge of a declared limit: [`at_most`] or [`beyond`].
    pub(super) fn edge(&self, edge: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).edges.insert(edge);
    }

    /// Whether the case asked what the host declares.
    #[must_use]
    pub fn asked(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).declaration
    }

    /// The edges of declared limits that the case went to.
    #[must_use]
    pub fn edges(&self) -> BTreeSet<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).edges.clone()
    }
}

/// The largest that must work.
#[must_use]
pub fn at_most(limit: &str) -> String {
    format!("{limit} at most")
}

/// The smallest that must be refused.
#[must_use]
pub fn beyond(limit: &str) -> String {
    format!("{limit} and one more")
}
