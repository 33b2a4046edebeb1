//! The cases. A case is a value in its file's table plus a function; nothing else is to be edited, an unlisted
//! function is dead code and does not compile in CI, and a duplicated id fails the suite's own tests.

pub mod config;
pub mod deployment;
pub mod keyvalue;
pub mod messaging;
pub mod pingpong;

use crate::{bench::Bench, outcome::Outcome};
use futures::future::BoxFuture;

/// What a case needs of a host. A case may use nothing that is not in its list: the bench refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A feature or profile of the case's capability, as the host declares it; undeclared, the case does not run.
    Feature(&'static str),
    /// The feature is *not* declared: the case proves that it is refused.
    Without(&'static str),
    /// Functions beyond the capability's base, by interface: `atomics`, `batch`, `extension`, `request-reply`.
    Interface(&'static str),
    /// Grants can be changed while guests run.
    Grant,
    /// A label can be switched while guests run.
    Switch,
    /// The host can be restarted.
    Restart,
    /// The clock can be moved.
    Time,
    /// Programs that handle messages.
    Serve,
    /// Faults can be injected.
    Fault,
    /// A real guest: not at the altitude `direct`.
    Guest,
    /// Nothing else may run at the same time.
    Exclusive,
}

impl Need {
    /// The word that lists and reports print.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Feature(name) | Self::Interface(name) => name.to_owned(),
            Self::Without(name) => format!("no-{name}"),
            Self::Grant => "grant".into(),
            Self::Switch => "switch".into(),
            Self::Restart => "restart".into(),
            Self::Time => "time".into(),
            Self::Serve => "serve".into(),
            Self::Fault => "fault".into(),
            Self::Guest => "guest".into(),
            Self::Exclusive => "exclusive".into(),
        }
    }
}

/// One case.
#[derive(Clone, Copy)]
pub struct Case {
    /// `suite`: the part of the id before the last slash, such as `keyvalue/store`.
    pub suite: &'static str,
    /// The function's name.
    pub function: &'static str,
    /// The clauses that it proves. The first one decides the level.
    pub clauses: &'static [&'static str],
    /// What it needs.
    pub needs: &'static [Need],
    /// The case itself.
    pub run: for<'a> fn(&'a mut Bench) -> BoxFuture<'a, Outcome>,
}

impl Case {
    /// The id: `keyvalue/store/get-missing-key`.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}", self.suite, self.function.replace('_', "-"))
    }

    /// The capability word: the first part of the id. Scenarios name the capability that they are about.
    #[must_use]
    pub fn capability(&self) -> &'static str {
        self.suite.split('/').next().unwrap_or_default()
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.id())
    }
}

/// The table of contents of a file of cases:
///
/// ```ignore
/// pub const CASES: &[Case] = cases! { "keyvalue/store";
///     get_missing_key ["KV-STORE-05"] [];
///     increment_is_atomic ["KV-ATOM-03"] [Need::Interface("atomics")];
/// };
/// ```
macro_rules! cases {
    ($suite:literal; $($function:ident [$($clause:literal),+ $(,)?] [$($need:expr),* $(,)?];)+) => {
        &[$($crate::catalogue::Case {
            suite: $suite,
            function: stringify!($function),
            clauses: &[$($clause),+],
            needs: &[$($need),*],
            run: |bench| Box::pin($function(bench)),
        }),+]
    };
}
pub(crate) use cases;

/// Every case, in the order of the catalogue.
#[must_use]
pub fn all() -> Vec<Case> {
    [keyvalue::CASES, messaging::CASES, config::CASES, pingpong::CASES].concat().concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clauses::{Law, Level};
    use std::collections::BTreeSet;

    fn law() -> Law {
        Law::embedded().expect("the law reads")
    }

    #[test]
    fn ids_are_unique_and_clauses_exist() {
        let (law, mut ids) = (law(), BTreeSet::new());
        for case in all() {
            assert!(ids.insert(case.id()), "{case:?} stands twice");
            for clause in case.clauses {
                assert!(law.get(clause).is_some(), "{case:?} cites {clause}, which is not in the law");
            }
        }
    }

    /// A profile's cases ask for the profile. A core clause binds hosts without any, so its cases ask for none.
    #[test]
    fn a_case_needs_the_profile_of_its_first_clause() {
        let law = law();
        let level = |clause: &str| law.get(clause).expect("a clause").level.clone();
        let profiles: BTreeSet<_> = law.iter().map(|clause| clause.level.clone()).collect();
        for case in all() {
            let named = |need: &Need| if let Need::Feature(name) = need { Some((*name).to_owned()) } else { None };
            let needs: Vec<_> = case.needs.iter().filter_map(named).map(Level::Profile).collect();
            match level(case.clauses[0]) {
                Level::Core => assert!(needs.iter().all(|need| !profiles.contains(need)), "{case:?}: {needs:?}"),
                profile @ Level::Profile(_) => assert!(needs.contains(&profile), "{case:?} does not need {profile}"),
                Level::Probe | Level::May => {}
            }
        }
    }
}
