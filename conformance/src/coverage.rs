//! What the suite proves of the law, and what shows that it would notice: read off the catalogue, the mutants and the
//! kill matrix, without a run.

use crate::{
    catalogue::Case,
    clauses::{Clause, Law, Level},
    matrix::Matrix,
    mutants::Mutant,
    waivers::Waivers,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The whole, by capability.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Coverage {
    /// By capability word.
    pub capabilities: BTreeMap<String, Part>,
    /// What is excepted or measured and no longer true.
    pub stale: Vec<String>,
}

/// One capability.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Part {
    /// How many clauses the law has.
    pub clauses: usize,
    /// How many cases there are.
    pub cases: usize,
    /// Clauses that no case proves wherever they bind.
    pub clauses_without_a_case: Vec<Lack>,
    /// Cases that prove nothing of the law.
    pub cases_without_a_clause: Vec<Lack>,
    /// Core clauses that no mutant breaks.
    pub core_clauses_without_a_mutant: Vec<Lack>,
    /// Cases that fail on no mutant, as measured last.
    pub cases_without_a_mutant: Vec<Lack>,
}

/// Something that is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lack {
    /// The clause or the case.
    pub id: String,
    /// Its level.
    pub level: String,
    /// Why it may be missing. Without a reason it is a gap.
    pub reason: Option<String>,
}

impl Part {
    /// The four lists with what to call them.
    #[must_use]
    pub fn lists(&self) -> [(&'static str, &[Lack]); 4] {
        [
            ("clauses without a case", &self.clauses_without_a_case),
            ("cases without a clause", &self.cases_without_a_clause),
            ("core clauses without a mutant", &self.core_clauses_without_a_mutant),
            ("cases that kill no mutant", &self.cases_without_a_mutant),
        ]
    }
}

impl Coverage {
    /// Reads it off.
    #[must_use]
    pub fn of(cases: &[Case], law: &Law, mutants: &[Mutant], matrix: &Matrix, waivers: &Waivers) -> Self {
        let mut this = Self { capabilities: BTreeMap::new(), stale: waivers.stale(cases, matrix) };
        for clause in law.iter() {
            this.part(clause.capability()).clauses += 1;
        }
        this.clauses(cases, law, waivers);
        this.mutants(law, mutants, waivers);
        for case in cases {
            let (id, part) = (case.id(), this.part(case.capability()));
            part.cases += 1;
            let level = case.clauses.first().and_then(|first| law.get(first)).map(|clause| clause.level.to_string());
            let lack = |reason: Option<&String>| {
                let (id, level) = (id.clone(), level.clone().unwrap_or_default());
                Lack { id, level, reason: reason.cloned() }
            };
            if case.clauses.is_empty() || case.clauses.iter().any(|id| law.get(id).is_none()) {
                part.cases_without_a_clause.push(lack(None));
            }
            if matrix.kills(&id) == 0 {
                part.cases_without_a_mutant.push(lack(waivers.cases_without_a_mutant.get(&id)));
            }
        }
        let unmeasured = mutants.iter().filter(|mutant| !matrix.mutants().any(|name| name == mutant.name));
        this.stale.extend(unmeasured.map(|mutant| format!("the kill matrix does not know the mutant {}", mutant.name)));
        let gone = matrix.mutants().filter(|name| !mutants.iter().any(|mutant| mutant.name == *name));
        this.stale.extend(gone.map(|name| format!("the kill matrix has {name}, which is no mutant any more")));
        this
    }

    /// What is missing without a reason, and what is stale.
    #[must_use]
    pub fn gaps(&self) -> usize {
        let lacks = self.capabilities.values().flat_map(Part::lists).flat_map(|(_, lacks)| lacks);
        lacks.filter(|lack| lack.reason.is_none()).count() + self.stale.len()
    }

    fn part(&mut self, capability: &str) -> &mut Part {
        self.capabilities.entry(capability.to_owned()).or_default()
    }

    fn clauses(&mut self, cases: &[Case], law: &Law, waivers: &Waivers) {
        let is_core = |id: &str| law.get(id).is_some_and(|clause| clause.level == Level::Core);
        // A case of a profile does not run on a host without it, and then proves nothing of the core.
        let of_core = cases.iter().filter(|case| case.clauses.first().is_some_and(|first| is_core(first)));
        let by_core: BTreeSet<_> = of_core.flat_map(|case| case.clauses).copied().collect();
        let cited: BTreeSet<_> = cases.iter().flat_map(|case| case.clauses).copied().collect();
        let proved =
            |clause: &&Clause| if clause.level == Level::Core { &by_core } else { &cited }.contains(&*clause.id);
        let missing: Vec<_> = law.iter().filter(|clause| !proved(clause)).collect();
        self.except("case", &missing, &waivers.clauses_without_a_case);
        for clause in missing {
            let mut lack = lack(clause, &waivers.clauses_without_a_case);
            if clause.level == Level::May && lack.reason.is_none() {
                lack.reason = Some("a permission: guests have to live with it, and no host has to show it".to_owned());
            }
            self.part(clause.capability()).clauses_without_a_case.push(lack);
        }
    }

    fn mutants(&mut self, law: &Law, mutants: &[Mutant], waivers: &Waivers) {
        let broken: BTreeSet<_> = mutants.iter().flat_map(|mutant| &mutant.clauses).collect();
        let missing: Vec<_> =
            law.iter().filter(|clause| clause.level == Level::Core && !broken.contains(&clause.id)).collect();
        self.except("mutant", &missing, &waivers.clauses_without_a_mutant);
        for clause in missing {
            let lack = lack(clause, &waivers.clauses_without_a_mutant);
            self.part(clause.capability()).core_clauses_without_a_mutant.push(lack);
        }
    }

    /// An exception of what is not missing is stale.
    fn except(&mut self, of: &str, missing: &[&Clause], excepted: &BTreeMap<String, String>) {
        let stale = excepted.keys().filter(|id| !missing.iter().any(|clause| clause.id == **id));
        self.stale.extend(stale.map(|id| format!("{id} is excepted from having a {of} and has one, or is no clause")));
    }
}

fn lack(clause: &Clause, excepted: &BTreeMap<String, String>) -> Lack {
    Lack { id: clause.id.clone(), level: clause.level.to_string(), reason: excepted.get(&clause.id).cloned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalogue, mutants};

    fn coverage(cases: &[Case], mutants: &[Mutant], matrix: &Matrix) -> Coverage {
        let (law, waivers) = (Law::embedded().expect("the law"), Waivers::embedded().expect("waivers"));
        Coverage::of(cases, &law, mutants, matrix, &waivers)
    }

    fn ids(lacks: &[Lack]) -> Vec<&str> {
        lacks.iter().filter(|lack| lack.reason.is_none()).map(|lack| &*lack.id).collect()
    }

    #[test]
    fn a_deleted_case_leaves_its_clause_without_one() {
        let cases: Vec<_> =
            catalogue::all().into_iter().filter(|case| !case.clauses.contains(&"KV-STORE-09")).collect();
        let coverage = coverage(&cases, &mutants::all().expect("mutants"), &Matrix::embedded());
        assert!(ids(&coverage.capabilities["keyvalue"].clauses_without_a_case).contains(&"KV-STORE-09"));
    }

    #[test]
    fn a_deleted_mutant_leaves_its_clause_and_its_cases_without_one() {
        let name = "cuts-64-kib";
        let mutants: Vec<_> = mutants::all().expect("mutants");
        let without: Vec<_> = mutants.iter().filter(|m| !m.clauses.contains(&"KV-STORE-09".into())).cloned().collect();
        let part = coverage(&catalogue::all(), &without, &Matrix::embedded()).capabilities["keyvalue"].clone();
        assert!(ids(&part.core_clauses_without_a_mutant).contains(&"KV-STORE-09"));
        let none = Matrix::default();
        let part = coverage(&catalogue::all(), &mutants, &none).capabilities["keyvalue"].clone();
        assert!(ids(&part.cases_without_a_mutant).contains(&"keyvalue/store/get-missing-key"));
        let stale = coverage(&catalogue::all(), &mutants, &none).stale;
        assert!(stale.iter().any(|text| text.ends_with(name)), "{stale:?}");
        // A row that nothing measures any more would pass for a proof of its cases.
        let gone: Vec<_> = mutants.iter().filter(|mutant| mutant.name != name).cloned().collect();
        let stale = coverage(&catalogue::all(), &gone, &Matrix::embedded()).stale;
        assert!(stale.iter().any(|text| text.contains(name) && text.contains("no mutant any more")), "{stale:?}");
    }

    #[test]
    fn a_case_of_no_clause_is_found_and_a_clause_without_a_case_has_its_reason() {
        let mut cases = catalogue::all();
        cases[0].clauses = &["KV-STORE-99"];
        let coverage = coverage(&cases, &[], &Matrix::embedded());
        let part = &coverage.capabilities["keyvalue"];
        assert_eq!(ids(&part.cases_without_a_clause), [cases[0].id()]);
        let lack = part.clauses_without_a_case.iter().find(|lack| lack.id == "KV-ATOM-S06").expect("it is listed");
        assert!(lack.reason.as_ref().is_some_and(|reason| reason.contains("a guest cannot tell contention")));
        assert!(coverage.gaps() > 1);
    }
}
