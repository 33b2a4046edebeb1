//! The matrix for people: a line per pair, a column per language, and what is wrong below.

use super::{Pair, Shown};
use crate::report::pretty::{BOLD, GREEN, RED};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{self, Write},
};

/// As wide as `4 of 5, 1 skipped`.
const WIDTH: usize = 17;

pub(super) fn print(out: &mut impl Write, shown: &Shown) -> io::Result<()> {
    let languages: BTreeSet<&str> = shown.pairs.iter().map(|pair| &*pair.language).collect();
    let mut rows: BTreeMap<(&str, &str), BTreeMap<&str, &Pair>> = BTreeMap::new();
    for pair in &shown.pairs {
        rows.entry((&pair.messaging, &pair.keyvalue)).or_default().insert(&pair.language, pair);
    }
    let widest = |title: &str, column: fn(&Pair) -> &str| {
        shown.pairs.iter().map(|pair| column(pair).len()).chain([title.len()]).max().unwrap_or_default()
    };
    let (one, two) = (widest("messaging", |pair| &pair.messaging), widest("keyvalue", |pair| &pair.keyvalue));
    let titles: Vec<_> = languages.iter().map(|language| format!("{language:>WIDTH$}")).collect();
    writeln!(out, "{BOLD}{:one$}  {:two$}  {}{BOLD:#}", "messaging", "keyvalue", titles.join("  "))?;
    for ((messaging, keyvalue), by_language) in &rows {
        write!(out, "{messaging:one$}  {keyvalue:two$}")?;
        by_language.values().try_for_each(|pair| cell(out, pair))?;
        writeln!(out)?;
    }
    for pair in &shown.pairs {
        let Pair { messaging, keyvalue, language, failed, different, .. } = pair;
        for (id, why) in failed.iter().chain(different) {
            writeln!(out, "{RED}{id}{RED:#} ({messaging}, {keyvalue}, {language}): {why}")?;
        }
    }
    for host in &shown.not_run {
        writeln!(out, "not run: {}: {}", host.host, host.why)?;
    }
    sum(out, shown, rows.len())
}

fn cell(out: &mut impl Write, pair: &Pair) -> io::Result<()> {
    let Pair { passed, skipped, failed, different, .. } = pair;
    let of = if failed.is_empty() { passed.to_string() } else { format!("{passed} of {}", passed + failed.len()) };
    let text = if *skipped == 0 { of } else { format!("{of}, {skipped} skipped") };
    let style = if failed.is_empty() && different.is_empty() { GREEN } else { RED };
    write!(out, "  {style}{text:>WIDTH$}{style:#}")
}

fn sum(out: &mut impl Write, shown: &Shown, pairs: usize) -> io::Result<()> {
    let count = |of: fn(&Pair) -> usize| shown.pairs.iter().map(of).sum::<usize>();
    let (passed, failed) = (count(|pair| pair.passed), count(|pair| pair.failed.len()));
    let different = count(|pair| pair.different.len());
    let alike = if different == 0 { "all that passed showed the same".into() } else { format!("{different} differ") };
    writeln!(out, "\n{pairs} pairs: {passed} passed, {failed} failed; {alike}")
}
