//! One case that needs attention.

use super::{BOLD, YELLOW, style};
use crate::{
    event::{Mismatch, Record},
    host::HostCall,
    report::junit::why,
    transcript::Entry,
};
use std::io::{self, Write};

/// How many host calls a failure shows.
const LAST: usize = 10;

/// All of it. `also` are altitudes at which it ended alike.
pub(super) fn write(out: &mut impl Write, record: &Record, also: &[&str], trace: bool) -> io::Result<()> {
    let style = style(record.verdict);
    let Record { id, altitude, level, verdict, seed, repro, .. } = record;
    writeln!(out, "\n{style}{}{style:#} {BOLD}{id}{BOLD:#} ({altitude}, {level})", verdict.word())?;
    if !also.is_empty() {
        writeln!(out, "  also at {}", also.join(", "))?;
    }
    for clause in &record.clauses {
        writeln!(out, "  {}: {}", clause.id, clause.text)?;
    }
    if let Some(Mismatch { what, expected, actual }) = &record.mismatch {
        writeln!(out, "  {}\n    expected: {expected}\n      actual: {actual}", indented(what))?;
    }
    if let Some(why) = &record.why {
        writeln!(out, "  {}", indented(why))?;
    }
    calls(out, &record.calls, trace)?;
    // Of a host that shows no calls, what guests did is all there is.
    if trace || record.calls.is_empty() {
        operations(out, &record.transcript, trace)?;
    }
    log(out, &record.log, trace)?;
    if record.attempts > 0 {
        writeln!(out, "  seed of the case: {seed}")?;
    }
    writeln!(out, "  repro: {repro}")
}

/// What is as expected and yet no plain pass, on one line.
pub(super) fn line(out: &mut impl Write, record: &Record) -> io::Result<()> {
    let style = style(record.verdict);
    let mismatch = record.mismatch.as_ref().map(|mismatch| &mismatch.what);
    let why = record.why.as_ref().or(mismatch).map_or("", |why| why.lines().next().unwrap_or_default());
    writeln!(out, "\n{style}{}{style:#} {} ({}): {why}", record.verdict.word(), record.id, record.altitude)
}

/// What a probe saw that other hosts do not do, on one line.
pub(super) fn observed(out: &mut impl Write, record: &Record) -> io::Result<()> {
    let Some(Mismatch { what, expected, actual }) = &record.mismatch else { return Ok(()) };
    let (id, altitude, level) = (&record.id, &record.altitude, &record.level);
    writeln!(
        out,
        "\n{YELLOW}observed{YELLOW:#} {id} ({altitude}, {level}): {what}: not {expected} but {actual}; no clause binds"
    )
}

/// What is new and would not pass, which counts for nothing before the next minor version.
pub(super) fn provisional(out: &mut impl Write, record: &Record) -> io::Result<()> {
    let Record { id, altitude, level, repro, .. } = record;
    writeln!(out, "\n{YELLOW}provisional{YELLOW:#} {id} ({altitude}, {level}): {}", indented(&why(record)))?;
    writeln!(out, "  it is new, and counts from the next minor version of the suite on\n  repro: {repro}")
}

fn operations(out: &mut impl Write, all: &[Entry], trace: bool) -> io::Result<()> {
    let first = if trace { 0 } else { all.len().saturating_sub(LAST) };
    if first > 0 {
        writeln!(out, "  operations ({LAST} of {}; --trace shows all)", all.len())?;
    }
    all[first..].iter().try_for_each(|Entry { who, op, seen, .. }| writeln!(out, "  {who} > {op}\n  {who} < {seen}"))
}

fn calls(out: &mut impl Write, calls: &[HostCall], trace: bool) -> io::Result<()> {
    if calls.is_empty() {
        return Ok(());
    }
    let first = if trace { 0 } else { calls.len().saturating_sub(LAST) };
    let (shown, all) = (calls.len() - first, calls.len());
    let hint = if first > 0 { "; --trace shows all" } else { "" };
    writeln!(out, "  host calls ({shown} of {all}{hint})")?;
    for HostCall { at_us, capability, op, label, key, outcome, took_us } in &calls[first..] {
        let (at, took) = (millis(*at_us), millis(*took_us));
        writeln!(out, "    +{at} ms  {capability}:{label} {op} {key:?} -> {outcome} in {took} ms")?;
    }
    Ok(())
}

/// What the host said in its own words; the last of it is the nearest to the failure.
fn log(out: &mut impl Write, log: &[String], trace: bool) -> io::Result<()> {
    let first = if trace { 0 } else { log.len().saturating_sub(LAST) };
    if !log.is_empty() {
        let hint = if first > 0 { "; --trace shows all" } else { "" };
        writeln!(out, "  log of the host ({} of {}{hint})", log.len() - first, log.len())?;
    }
    log[first..].iter().try_for_each(|line| writeln!(out, "    {line}"))
}

fn millis(micros: u64) -> String {
    format!("{}.{:03}", micros / 1000, micros % 1000)
}

fn indented(text: &str) -> String {
    text.replace('\n', "\n  ")
}
