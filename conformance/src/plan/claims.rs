//! What is declared must be shown (F30).

use super::Plan;
use std::collections::{BTreeMap, BTreeSet};

/// What is declared and was exercised at no altitude: features by their cases, limits by both of their edges. `executed` are
/// ids of cases, `shown` edges as `capability: edge`.
#[must_use]
pub fn unexercised(plans: &[Plan], executed: &BTreeSet<String>, shown: &BTreeSet<String>) -> Vec<String> {
    let mut claims: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (claim, ids) in plans.iter().flat_map(|plan| &plan.claims) {
        claims.entry(claim).or_default().extend(ids.iter().map(String::as_str));
    }
    let edges: BTreeSet<_> = plans.iter().flat_map(|plan| &plan.edges).filter(|edge| !shown.contains(*edge)).collect();
    let idle = claims.into_iter().filter(|(_, ids)| !ids.iter().any(|id| executed.contains(*id)));
    idle.map(|(claim, ids)| match ids.len() {
        0 => format!("claimed but not exercised: {claim}; the catalogue has no case for it"),
        cases => format!("claimed but not exercised: {claim}; none of its {cases} cases was executed"),
    })
    .chain(edges.into_iter().map(|edge| format!("claimed but not exercised: {edge}; no case went there")))
    .collect()
}
