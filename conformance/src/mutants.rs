//! Hosts with one defect each. The suite must tell every one of them from an honest host, for the right reason.
//!
//! A mutant sits on one of five seams: the backend, link and grant, what the host says of itself, the glue, the SDK. It names the clauses that it
//! breaks; a kill is a case that cites such a clause failing. `tests/mutants.rs` holds the kill matrix.

mod config;
mod description;
mod glue;
mod keyvalue;
mod link;
mod messaging;
mod restart;
mod sdk;

use crate::{host::stage::Tamper, language::Language};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where a defect sits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seam {
    /// A driver trait's implementation.
    Backend,
    /// What a label leads to, and what is granted.
    Link,
    /// What the host says of itself.
    Description,
    /// What is linked into guests. Seen only at the altitude `embedded`.
    Glue,
    /// The guest's SDK. Seen only at the altitude `embedded`.
    Sdk,
}

/// One defective host.
#[derive(Clone)]
pub struct Mutant {
    /// Its name: `run --host mutant:NAME`.
    pub name: String,
    /// Where the defect sits.
    pub seam: Seam,
    /// The defect in one sentence.
    pub bug: String,
    /// The clauses that it breaks.
    pub clauses: Vec<String>,
    /// It traps, hangs or panics, so it may fail more than a third of the cases.
    pub crude: bool,
    /// The language of the guests that show it, if it takes guests.
    pub language: Language,
    /// The defect.
    pub tamper: Arc<dyn Tamper>,
}

impl std::fmt::Debug for Mutant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mutant").field("name", &self.name).field("seam", &self.seam).finish_non_exhaustive()
    }
}

/// One row of a seam's table.
struct Row {
    name: &'static str,
    bug: &'static str,
    clauses: &'static [&'static str],
    tamper: Arc<dyn Tamper>,
}

/// The table of a seam whose defects are types, which `Cut` makes a [`Tamper`] of. A defect that remembers something has
/// fields, which all its clones share: `Name { field: Shared<Type> }`.
macro_rules! rows {
    ($($defect:ident $({ $($field:ident: $type:ty),+ })? $name:literal [$($clause:literal),+] $bug:literal;)+) => {
        pub(in crate::mutants) fn rows() -> Vec<Row> {
            vec![$(Row {
                name: $name,
                bug: $bug,
                clauses: &[$($clause),+],
                tamper: Arc::new(Cut($defect::default())),
            }),+]
        }
        $(#[derive(Clone, Default)] struct $defect { $($($field: $type),+)? })+
    };
}
use rows;

/// What the clones of one defect remember.
type Shared<T> = Arc<Mutex<T>>;

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn mutants(seam: Seam, rows: Vec<Row>) -> impl Iterator<Item = Mutant> {
    rows.into_iter().map(move |row| Mutant {
        name: row.name.to_owned(),
        seam,
        bug: row.bug.to_owned(),
        clauses: row.clauses.iter().map(|clause| (*clause).to_owned()).collect(),
        crude: false,
        language: Language::Rust,
        tamper: row.tamper,
    })
}

/// Every mutant, by seam.
///
/// # Errors
/// If the SDK's mutants are not validly declared.
pub fn all() -> anyhow::Result<Vec<Mutant>> {
    Ok(mutants(Seam::Backend, keyvalue::backends())
        .chain(mutants(Seam::Backend, messaging::backends()))
        .chain(mutants(Seam::Backend, config::rows()))
        .chain(mutants(Seam::Link, link::rows()))
        .chain(mutants(Seam::Link, restart::rows()))
        .chain(mutants(Seam::Description, description::rows()))
        .chain(mutants(Seam::Link, keyvalue::errors::rows()))
        .chain(mutants(Seam::Link, keyvalue::switch::rows()))
        .chain(mutants(Seam::Glue, glue::rows()))
        .chain(mutants(Seam::Glue, keyvalue::glue::rows()))
        .chain(mutants(Seam::Glue, keyvalue::plain::rows()))
        .chain(mutants(Seam::Glue, keyvalue::snapshot::rows()))
        .chain(mutants(Seam::Link, messaging::link::rows()))
        .chain(mutants(Seam::Glue, messaging::glue::rows()))
        .chain(mutants(Seam::Glue, messaging::glue_request::rows()))
        .chain(mutants(Seam::Glue, messaging::serving::all()))
        .chain(sdk::mutants()?)
        .collect())
}
