//! Whether one case runs on one host.

use crate::{
    bench::{CARRIED, at_most, beyond},
    catalogue::{Case, Need},
    clauses::{Law, Level},
    host::{Control, HostDescription},
    levels,
};
use std::collections::{BTreeMap, BTreeSet};
use wasi_cloud_core::describe::Durability;

pub(super) enum Decision {
    Run,
    Skip(String),
    Inapplicable {
        reason: String,
        /// The host owes it, and lacks what it takes.
        lacking: bool,
    },
}

/// The first need that is not met decides, and one that makes the case inapplicable before one that skips it.
pub(super) fn decide(case: &Case, host: &HostDescription) -> Decision {
    let capability = case.capability();
    let Some(declared) = host.capabilities.get(capability) else {
        return Decision::Skip(format!("the host does not have `{capability}`"));
    };
    if let Some(reason) = lacked(case, host) {
        return Decision::Inapplicable { reason: reason.to_owned(), lacking: levels::binds(case, host) };
    }
    let mut skip = None;
    for need in case.needs {
        match need {
            Need::Guest if !host.altitude.has_guests() => {
                return inapplicable("it is about guests, and there are none at this altitude");
            }
            Need::Foreign if declared.durability == Durability::Process.name() => {
                return inapplicable("no other program can write to what lives in the host's process");
            }
            Need::Without(name) if declared.features.contains(*name) => {
                return inapplicable(&format!("it proves that `{name}` is refused, and the host declares it"));
            }
            Need::Feature(name) if !declared.features.contains(*name) => {
                skip = skip.or_else(|| Some(format!("the host does not declare `{name}`")));
            }
            other => {
                let lacking = control(other).filter(|control| !host.controls.contains(control));
                let why = lacking.map(|_| format!("the suite has no control `{}` over this host", other.word()));
                skip = skip.or(why);
            }
        }
    }
    skip.map_or(Decision::Run, Decision::Skip)
}

fn inapplicable(reason: &str) -> Decision {
    Decision::Inapplicable { reason: reason.to_owned(), lacking: false }
}

/// Why the case cannot be put to the host at all.
fn lacked<'a>(case: &Case, host: &'a HostDescription) -> Option<&'a str> {
    let interface = case.suite.rsplit('/').next().map(str::to_owned);
    let words = case.needs.iter().filter_map(|need| match need {
        Need::Interface(_) | Need::Guests | Need::Labels => Some(need.word()),
        _ => None,
    });
    let capability = Some(case.capability().to_owned());
    capability.into_iter().chain(interface).chain(words).find_map(|word| host.lacks.get(&*word)).map(String::as_str)
}

const fn control(need: &Need) -> Option<Control> {
    match need {
        Need::Grant => Some(Control::Grant),
        Need::Switch => Some(Control::Switch),
        Need::Restart => Some(Control::Restart),
        Need::Time => Some(Control::Time),
        Need::Serve => Some(Control::Serve),
        Need::Trace => Some(Control::Trace),
        Need::Fault => Some(Control::Fault),
        Need::Foreign => Some(Control::Foreign),
        Need::Feature(_)
        | Need::Without(_)
        | Need::Limit(_)
        | Need::Interface(_)
        | Need::Guest
        | Need::Guests
        | Need::Labels
        | Need::Exclusive => None,
    }
}

/// Every declared feature with the cases that would show it.
pub(super) fn claims(cases: &[Case], host: &HostDescription, law: &Law) -> BTreeMap<String, BTreeSet<String>> {
    let mut claims = BTreeMap::new();
    for (capability, declared) in &host.capabilities {
        for feature in &declared.features {
            let proving = cases.iter().filter(|case| case.capability() == capability && shows(case, feature, law));
            let (here, elsewhere): (Vec<_>, Vec<_>) =
                proving.partition(|case| !matches!(decide(case, host), Decision::Inapplicable { .. }));
            if here.is_empty() && !elsewhere.is_empty() {
                continue;
            }
            claims.insert(format!("{capability}: {feature}"), here.into_iter().map(Case::id).collect());
        }
    }
    claims
}

/// Every edge of every declared limit, as `capability: edge`. What a driver guest cannot be sent is not among it: the
/// cases say so by their skips.
pub(super) fn edges(host: &HostDescription) -> BTreeSet<String> {
    let asked = host.capabilities.iter().filter(|(word, _)| !host.lacks.contains_key(*word));
    let limits = asked.flat_map(|(word, declared)| declared.limits.iter().map(move |l| (word, l)));
    let carried = limits.filter(|(_, (_, limit))| **limit <= CARRIED as u64);
    carried.flat_map(|(word, (name, _))| [at_most(name), beyond(name)].map(|edge| format!("{word}: {edge}"))).collect()
}

/// Whether a case shows that a declared feature is there: it needs it, or proves a clause of that profile.
fn shows(case: &Case, feature: &str, law: &Law) -> bool {
    let needs = case.needs.iter().any(|need| matches!(need, Need::Feature(name) if *name == feature));
    let of_profile =
        |id: &&str| law.get(id).is_some_and(|clause| matches!(&clause.level, Level::Profile(name) if name == feature));
    needs || case.clauses.iter().any(of_profile)
}
