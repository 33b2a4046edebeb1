//! `--repeat`: whether verdicts depend on the order of the cases, or on chance.

use crate::{cli::UNDECIDED, event::Summary, outcome::Verdict};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// By id and altitude.
pub(super) type Verdicts = BTreeMap<(String, String), Verdict>;

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ran {
    pub exit: u8,
    pub verdicts: Verdicts,
}

/// All runs so far.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    first: Option<Ran>,
    worst: u8,
    differ: bool,
}

/// How a run compares with the first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Comparison {
    exit: u8,
    different: Vec<String>,
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit code {}", self.exit)?;
        self.different.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

fn worse(one: u8, other: u8) -> u8 {
    Summary::EXITS.into_iter().find(|code| *code == one || *code == other).unwrap_or(one)
}

impl Repeats {
    /// Takes the next run.
    pub fn add(&mut self, ran: Ran) -> Comparison {
        self.worst = worse(self.worst, ran.exit);
        let exit = ran.exit;
        let first = self.first.get_or_insert_with(|| ran.clone());
        let word = |verdict: Option<&Verdict>| verdict.map_or("no verdict", |verdict| verdict.word());
        let cases: BTreeSet<_> = first.verdicts.keys().chain(ran.verdicts.keys()).collect();
        let different = cases.into_iter().filter_map(|case| {
            let (was, is) = (first.verdicts.get(case), ran.verdicts.get(case));
            let (id, altitude) = case;
            (was != is).then(|| format!("{id} ({altitude}): {} in the first run, now {}", word(was), word(is)))
        });
        let different: Vec<_> = different.collect();
        self.differ |= !different.is_empty();
        Comparison { exit, different }
    }

    /// Whether a run did not end well: its reports are not written over.
    pub const fn is_bad(&self) -> bool {
        self.worst != 0
    }

    /// Whether a run was not as the first.
    pub const fn differ(&self) -> bool {
        self.differ
    }

    /// The worst of all runs; a host of which two runs differ is at least undecided.
    pub fn exit(&self) -> u8 {
        if self.differ { worse(self.worst, UNDECIDED) } else { self.worst }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ran(exit: u8, verdicts: &[(&str, Verdict)]) -> Ran {
        let verdicts = verdicts.iter().map(|(id, verdict)| (((*id).to_owned(), "direct".to_owned()), *verdict));
        Ran { exit, verdicts: verdicts.collect() }
    }

    #[test]
    fn a_verdict_that_changes_is_named_and_decides_the_exit_code() {
        use Verdict::{Fail, Pass, Skip};
        let first = ran(0, &[("a", Pass), ("b", Pass)]);
        for (other, line, exit) in [
            (ran(1, &[("a", Pass), ("b", Fail)]), "b (direct): pass in the first run, now fail", 1),
            (ran(0, &[("a", Pass), ("b", Skip)]), "b (direct): pass in the first run, now skip", 2),
            (ran(3, &[("a", Pass)]), "b (direct): pass in the first run, now no verdict", 3),
        ] {
            let mut repeats = Repeats::default();
            assert_eq!(repeats.add(first.clone()).to_string(), "exit code 0");
            assert_eq!(repeats.add(first.clone()).to_string(), "exit code 0");
            assert!(!repeats.differ() && repeats.exit() == 0);
            assert_eq!(repeats.add(other.clone()).to_string(), format!("exit code {}\n  {line}", other.exit));
            assert!(repeats.differ() && repeats.exit() == exit, "{line}");
        }
        // The other way round it is as bad: what fails once has failed.
        let mut repeats = Repeats::default();
        repeats.add(ran(1, &[("a", Fail)]));
        assert_eq!(repeats.add(ran(0, &[("a", Pass)])).different.len(), 1);
        assert_eq!(repeats.exit(), 1);
    }
}
