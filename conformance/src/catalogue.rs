//! The cases. A case is a value in its file's table plus a function; nothing else is to be edited, an unlisted
//! function is dead code and does not compile in CI, and a duplicated id fails the suite's own tests.

pub(crate) mod about;
pub mod config;
pub mod deployment;
pub mod keyvalue;
pub mod messaging;
pub mod pingpong;

use crate::{
    bench::Bench,
    outcome::{Outcome, Stop},
};
use futures::future::BoxFuture;

/// What a case needs of a host. A case may use nothing that is not in its list: the bench refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A feature or profile of the case's capability, as the host declares it; undeclared, the case does not run.
    Feature(&'static str),
    /// A limit, which the case goes to: it is skipped while it runs where the host declares none, or one out of reach.
    Limit(&'static str),
    /// The feature is *not* declared: the case proves that it is refused.
    Without(&'static str),
    /// Functions beyond the capability's base, by interface: `atomics`, `batch`, `extension`, `request-reply`; and what
    /// a dialect may lack of one: `cas`, `decrement` for an increment by less than nothing, and
    /// `overflow` for the end of 64 bits with a sign; `brokers` by name, `carried-metadata` for what travels with a message,
    /// `error-kinds` for errors that say more than a text, and `several-replies`.
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
    /// The host shows how it settled a delivery.
    Trace,
    /// Faults can be injected.
    Fault,
    /// Another program can write past the host.
    Foreign,
    /// A real guest: not at the altitude `direct`.
    Guest,
    /// Several guests at once, or one after the other, that meet in one store.
    Guests,
    /// A second label, with a store of its own.
    Labels,
    /// Nothing else may run at the same time.
    Exclusive,
}

impl Need {
    /// The word that lists and reports print.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Feature(name) | Self::Interface(name) | Self::Limit(name) => name.to_owned(),
            Self::Without(name) => format!("no-{name}"),
            Self::Grant => "grant".into(),
            Self::Switch => "switch".into(),
            Self::Restart => "restart".into(),
            Self::Time => "time".into(),
            Self::Serve => "serve".into(),
            Self::Trace => "trace".into(),
            Self::Fault => "fault".into(),
            Self::Foreign => "foreign".into(),
            Self::Guest => "guest".into(),
            Self::Guests => "guests".into(),
            Self::Labels => "labels".into(),
            Self::Exclusive => "exclusive".into(),
        }
    }
}

/// The minor version of this suite. It decides what its catalogue is, and which of its cases are new.
pub(crate) const MINOR: &str = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));

/// One axis of a family: its values by name.
pub type Axis<T> = &'static [(&'static str, T)];

/// The names along one axis, by number.
pub type Names = fn(usize) -> Option<&'static str>;

/// A family has at most so many axes.
const AXES: usize = 2;

/// One case, or, in its file's table, a family of them: a case for each point of its axes.
#[derive(Clone, Copy)]
pub struct Case {
    /// The first two parts of the id, such as `keyvalue/store`. The second one is the interface.
    pub suite: &'static str,
    /// The function's name.
    pub function: &'static str,
    /// The axes of its family. A case by itself has none.
    pub axes: &'static [Names],
    /// Where on its axes it stands.
    pub point: [usize; AXES],
    /// The clauses that it proves. The first one decides the level.
    pub clauses: &'static [&'static str],
    /// What it needs.
    pub needs: &'static [Need],
    /// The minor version of the suite that it came with, while that is this one.
    pub since: Option<&'static str>,
    /// The case itself.
    pub run: for<'a> fn(&'a mut Bench) -> BoxFuture<'a, Outcome>,
}

impl Case {
    /// The id: `keyvalue/store/get-missing-key`, or in a family `keyvalue/store/value-is-kept/64-kib-under-emoji`.
    #[must_use]
    pub fn id(&self) -> String {
        let names: Vec<_> = self.axes.iter().zip(self.point).filter_map(|(names, at)| names(at)).collect();
        if names.is_empty() { self.family() } else { format!("{}/{}", self.family(), names.join("-")) }
    }

    /// The id without the place on the axes: one function's cases have it in common.
    #[must_use]
    pub fn family(&self) -> String {
        format!("{}/{}", self.suite, self.function.replace('_', "-"))
    }

    /// Itself, or the cases of the family, the last axis turning fastest.
    fn expand(self) -> Vec<Self> {
        self.axes.iter().take(AXES).enumerate().fold(vec![self], |cases, (axis, names)| {
            let along = |case: Self| {
                let at = (0..).take_while(|at| names(*at).is_some());
                at.map(move |at| {
                    let mut point = case.point;
                    point[axis] = at;
                    Self { point, ..case }
                })
            };
            cases.into_iter().flat_map(along).collect()
        })
    }

    /// The same, as if it had come with this minor version.
    #[cfg(test)]
    pub(crate) fn dated(self, since: Option<&'static str>) -> Self {
        Self { since, ..self }
    }

    /// Whether it is new in this minor version: then it runs and is reported, and counts for nothing. So a host that was
    /// conformant stays so until the next minor version, in which certificates are made anew and the case counts by itself.
    #[must_use]
    pub fn is_provisional(&self) -> bool {
        self.since == Some(MINOR)
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

/// The table of contents of a file of cases. A function with axes is a family: it is called with one value of each. What
/// comes after the catalogue's first minor version says `since` which, and is provisional in that one.
///
/// ```ignore
/// pub const CASES: &[Case] = cases! { "keyvalue/store";
///     get_missing_key ["KV-STORE-05"] [];
///     increment_is_atomic ["KV-ATOM-03"] [Need::Interface("atomics")];
///     value_is_kept(SIZES, KEYS) ["KV-STORE-04"] [];
///     listing_is_sorted ["KV-STORE-31"] [] since "0.2";
/// };
/// ```
macro_rules! cases {
    ($suite:literal; $(
        $function:ident $(($($axis:ident),+))? [$($clause:literal),+ $(,)?] [$($need:expr),* $(,)?] $(since $since:literal)?;
    )+) => {
        &[$($crate::catalogue::Case {
            suite: $suite,
            function: stringify!($function),
            axes: &[$($(|at| $axis.get(at).map(|(name, _)| *name)),+)?],
            point: [0; 2],
            clauses: &[$($clause),+],
            needs: &[$($need),*],
            since: $crate::catalogue::cases!(@since $($since)?),
            run: |bench| Box::pin(async move {
                $(let mut point = bench.point().into_iter();
                let values = ($($crate::catalogue::value($axis, point.next())?,)+);)?
                $crate::catalogue::cases!(@call $function bench $($($axis)+, values)?)
            }),
        }),+]
    };
    (@since) => { None };
    (@since $since:literal) => { Some($since) };
    (@call $function:ident $bench:ident) => { $function($bench).await };
    (@call $function:ident $bench:ident $one:ident, $values:ident) => { $function($bench, $values.0).await };
    (@call $function:ident $bench:ident $one:ident $two:ident, $values:ident) => {
        $function($bench, $values.0, $values.1).await
    };
}
pub(crate) use cases;

/// The value at one place of an axis.
pub(crate) fn value<T: Copy>(axis: Axis<T>, at: Option<usize>) -> Outcome<T> {
    let found = at.and_then(|at| axis.get(at)).map(|(_, value)| *value);
    found.ok_or_else(|| Stop::Suite(format!("a family has no value at {at:?}")))
}

/// Every case, in the order of the catalogue.
#[must_use]
pub fn all() -> Vec<Case> {
    let tables = [keyvalue::CASES, messaging::CASES, config::CASES, pingpong::CASES].concat().concat();
    tables.into_iter().flat_map(Case::expand).collect()
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

    #[test]
    fn a_family_has_a_case_for_each_point() {
        const SIZES: Axis<usize> = &[("small", 1), ("large", 2)];
        const KEYS: Axis<&str> = &[("under-a", "a"), ("under-b", "b"), ("under-c", "c")];
        async fn value_is_kept(_: &mut Bench, size: usize, key: &str) -> Outcome {
            crate::outcome::expect_eq("the point", (size, key), (2, "b"))
        }
        const TABLE: &[Case] = cases! { "keyvalue/store"; value_is_kept(SIZES, KEYS) ["KV-STORE-04"] []; };
        let cases = TABLE[0].expand();
        let ids: Vec<_> = cases.iter().map(Case::id).collect();
        assert_eq!(cases.len(), 6);
        assert_eq!(ids[1], "keyvalue/store/value-is-kept/small-under-b");
        assert_eq!(ids[3], "keyvalue/store/value-is-kept/large-under-a");
        assert!(cases.iter().all(|case| case.family() == "keyvalue/store/value-is-kept"));
        assert_eq!(value(KEYS, Some(cases[4].point[1])), Ok("b"));
        assert!(value(SIZES, Some(2)).is_err());
        assert!(cases.iter().all(|case| case.axes.len() <= AXES));
    }

    /// Why a case of a suite of this minor version cannot say that it came with that one.
    fn misdated(since: &str, minor: &str) -> Option<&'static str> {
        match (since == minor, minor) {
            (true, "0.1") => Some("in the first version nothing is new, and all of it counts"),
            (true, _) => None,
            (false, _) => Some("it came with another minor version: take `since` away, or name this one"),
        }
    }

    /// So `since` cannot rot: whoever raises the minor version takes it from the cases that count from then on.
    #[test]
    fn what_is_new_is_so_in_this_minor_version_alone() {
        for case in all() {
            let why = case.since.and_then(|since| misdated(since, MINOR));
            assert_eq!(why, None, "{case:?} says `since {}` in a suite of {MINOR}", case.since.unwrap_or_default());
        }
        assert!(misdated("0.2", "0.2").is_none() && misdated("1.0", "1.0").is_none());
        for (since, minor) in [("0.1", "0.1"), ("0.2", "0.1"), ("0.1", "0.2"), ("0.2.0", "0.2"), ("0.9", "0.10")] {
            assert!(misdated(since, minor).is_some(), "{since} in {minor}");
        }
    }

    #[test]
    fn a_case_is_provisional_in_its_own_minor_version_alone() {
        async fn works(_: &mut Bench) -> Outcome {
            Ok(())
        }
        const TABLE: &[Case] = cases! { "keyvalue/store";
            works ["KV-STORE-04"] [];
            works ["KV-STORE-04"] [] since "0.0";
        };
        assert_eq!([TABLE[0].since, TABLE[1].since], [None, Some("0.0")]);
        let provisional = |since| TABLE[0].dated(since).is_provisional();
        assert!(provisional(Some(MINOR)));
        assert!(!provisional(None) && !provisional(Some("0.0")), "an earlier one counts by itself");
        assert!(env!("CARGO_PKG_VERSION").starts_with(&format!("{MINOR}.")));
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
