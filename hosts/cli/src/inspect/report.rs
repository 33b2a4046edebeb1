//! The report for people.

use super::{
    Inspection, bytes,
    host::{Hint, parts},
    needs::Grant,
};
use crate::claims::Shown;
use anstyle::{AnsiColor, Style};
use std::{
    fmt::Write as _,
    io::{Result, Write},
};

const BOLD: Style = Style::new().bold();
const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default();

/// A name without what could move the cursor or reorder the line: of a module it can hold anything.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if odd(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// JSON with the same characters escaped. They can only be in its strings, but for the ends of its lines.
pub fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && odd(c) {
            let _ = write!(text, "\\u{:04x}", u32::from(c));
        } else {
            text.push(c);
        }
    }
    text
}

/// Control characters, and those that end lines or set the direction of text.
fn odd(c: char) -> bool {
    let directs = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || directs
}

/// Writes it with colours; who cannot show them strips them.
pub fn write(out: &mut impl Write, of: &Inspection) -> Result<()> {
    let what = match (of.kind, &*of.runs) {
        (bytes::COMPONENT, _) => "a component",
        (_, ["program"]) => "a core module, a program for WASI preview 1",
        _ if of.problem.is_some() && of.runs.is_empty() => "a core module",
        _ => "a core module that carries its world; the component that is made of it:",
    };
    writeln!(out, "{BOLD}{}{BOLD:#}  {what}", plain(&of.file))?;
    row(out, "size", &size(of.size))?;
    row(out, "made by", &producers(of))?;
    row(out, "runs as", &of.runs.iter().map(|how| role(how)).collect::<Vec<_>>().join(", "))?;
    let wasi = (!of.wasi.is_empty()).then(|| format!("WASI {}", of.wasi.join(", ")));
    let words = of.capabilities.iter().map(|word| (*word).to_owned()).chain(wasi);
    row(out, "needs", &words.collect::<Vec<_>>().join("; "))?;
    list(out, "imports", &packages(&of.imports))?;
    list(out, "exports", &packages(&of.exports))?;
    list(out, "functions", &of.functions)?;
    list(out, "topics", &of.topics)?;
    grants(out, &of.grants)?;
    claims(out, of.claims.as_ref())?;
    hints(out, "missing here", &of.missing, BAD)?;
    hints(out, "refused here", &of.refused, BOLD)?;
    match &of.problem {
        Some(why) => writeln!(out, "\n{BAD}does not run here{BAD:#}\n  {}", plain(why)),
        None if of.runs.is_empty() => writeln!(out, "\nnothing to run: it exports no function that `run` calls"),
        None => writeln!(out, "\n{BOLD}try it{BOLD:#}\n  {GOOD}{}{GOOD:#}", command(of)),
    }
}

/// A word and what there is to it, if there is anything.
fn row(out: &mut impl Write, word: &str, text: &str) -> Result<()> {
    if text.is_empty() { Ok(()) } else { writeln!(out, "  {word:8} {}", plain(text)) }
}

fn list(out: &mut impl Write, title: &str, names: &[String]) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}{title}{BOLD:#}")?;
    names.iter().try_for_each(|name| writeln!(out, "  {}", plain(name)))
}

/// `wasi:io@0.2.0: poll, streams` for two interfaces of a package; what is no interface stays as it is.
fn packages(names: &[String]) -> Vec<String> {
    let mut lines: Vec<(String, String)> = Vec::new();
    for name in names {
        let Some((package, interface, version)) = parts(name) else {
            lines.push((name.clone(), String::new()));
            continue;
        };
        let at = if version.is_empty() { "" } else { "@" };
        let package = format!("{package}{at}{version}");
        match lines.iter_mut().find(|(known, interfaces)| *known == package && !interfaces.is_empty()) {
            Some((_, interfaces)) => {
                interfaces.push_str(", ");
                interfaces.push_str(interface);
            }
            None => lines.push((package, interface.to_owned())),
        }
    }
    let line = |(package, interfaces): (String, String)| match &*interfaces {
        "" => package,
        interfaces => format!("{package}: {interfaces}"),
    };
    lines.into_iter().map(line).collect()
}

fn hints(out: &mut impl Write, title: &str, hints: &[Hint], style: Style) -> Result<()> {
    if hints.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{style}{title}{style:#}")?;
    hints.iter().try_for_each(|Hint { import, hint }| writeln!(out, "  {}\n    {hint}", plain(import)))
}

fn grants(out: &mut impl Write, grants: &[Grant]) -> Result<()> {
    if grants.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{BOLD}grants{BOLD:#}")?;
    for Grant { grant, .. } in grants {
        writeln!(out, "  {GOOD}--grant {}{GOOD:#}", quoted(grant))?;
    }
    if grants.iter().any(|grant| !grant.exact) {
        writeln!(out, "  The bytes do not say which names it opens: put them in the place of `*`, often `default`.")?;
    }
    Ok(())
}

fn claims(out: &mut impl Write, claims: Option<&Shown>) -> Result<()> {
    let Some(claims) = claims else { return Ok(()) };
    writeln!(out, "\n{BOLD}claims{BOLD:#}")?;
    match claims.problem() {
        None => writeln!(out, "  {GOOD}verified{GOOD:#}")?,
        Some(why) => writeln!(out, "  {BAD}not verified{BAD:#}: {why}")?,
    }
    claims.lines().iter().try_for_each(|(word, text)| row(out, word, text))
}

fn role(how: &str) -> &str {
    match how {
        "messages" => "a handler of messages",
        "http" => "a handler of HTTP requests",
        "command" => "a command",
        "program" => "a program",
        "functions" => "functions to call with --invoke",
        other => other,
    }
}

/// Units of 1024, and the exact number.
fn size(bytes: usize) -> String {
    let tenths = |unit: usize| {
        let tenths = bytes.saturating_mul(10) / unit;
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..0x10_0000 => format!("{} KiB ({bytes} bytes)", tenths(1024)),
        _ => format!("{} MiB ({bytes} bytes)", tenths(0x10_0000)),
    }
}

/// Languages first, for they are what most ask for.
fn producers(of: &Inspection) -> String {
    let mut fields: Vec<_> = of.producers.iter().collect();
    fields.sort_by_key(|(field, _)| *field != "language");
    let all = fields.into_iter().flat_map(|(_, producers)| producers);
    all.map(|one| format!("{} {}", one.name, one.version).trim_end().to_owned()).collect::<Vec<_>>().join(", ")
}

/// A command line that can be copied: what it links is in memory.
fn command(of: &Inspection) -> String {
    // What begins with a dash is taken for an option.
    let folder = if of.file.starts_with('-') { "./" } else { "" };
    let mut line = format!("wasi-cloud run {}", quoted(&plain(&format!("{folder}{}", of.file))));
    for word in &of.capabilities {
        let _ = match *word {
            "config" => write!(line, " --config KEY=VALUE"),
            word => write!(line, " --link {word}:default=memory"),
        };
    }
    for Grant { grant, .. } in &of.grants {
        let _ = write!(line, " --grant {}", quoted(grant));
    }
    if of.runs.contains(&"messages") && of.topics.is_empty() {
        line.push_str(" --topic TOPIC");
    }
    if let (["functions"], Some(function)) = (&*of.runs, of.functions.first()) {
        // Its arguments are the user's to say.
        let name = function.split('(').next().unwrap_or(function);
        let arguments = if function.starts_with(&format!("{name}()")) { "" } else { "..." };
        let _ = write!(line, " --invoke {}", quoted(&format!("{name}({arguments})")));
    }
    line
}

/// As a shell takes it for one word.
pub fn quoted(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    if !text.is_empty() && text.chars().all(safe) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
