//! What is wrong with a manifest, shown where it is, and without what may be secret.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;

/// One thing that is wrong, and what to do about it.
#[derive(Debug)]
pub struct Problem {
    /// In bytes of the manifest.
    pub at: Range<usize>,
    pub what: String,
}

/// Keys whose values are no secrets: lines with other keys are shown without their values.
const SHOWN: &[&str] = &[
    "args",
    "concurrency",
    "dead-letter",
    "deadline",
    "dirs",
    "dirs-ro",
    "file",
    "grants",
    "group",
    "handles",
    "http",
    "keys",
    "layers",
    "limit",
    "limits",
    "link",
    "links",
    "listen",
    "max-deliveries",
    "memory",
    "message-size",
    "pause",
    "request-timeout",
    "require",
    "retry",
    "reuse",
    "subscriptions",
    "timeout",
    "times",
    "topics",
    "watches",
];
/// Tables whose values are never shown, whatever their keys are.
const HIDDEN: [&str; 2] = ["config", "env"];

impl Problem {
    /// What the toml crate has to say. Of a wrong type it quotes the value.
    pub fn of(error: &toml::de::Error, source: &str) -> Self {
        let end = source.trim_end().len();
        let at = error.span().unwrap_or(end..end);
        let what = error.message().replace('\n', ", ");
        let what = match what.strip_prefix("invalid type: ").and_then(|rest| rest.split_once(", expected ")) {
            Some((found, expected)) => {
                let found = found.split(' ').next().unwrap_or_default();
                let expected = match expected {
                    "a sequence" => "a list in brackets",
                    "a map" => "a table in braces",
                    other => other,
                };
                format!("this is a value of the type {found}; write {expected}")
            }
            None => what,
        };
        Self { at, what }
    }

    /// As compilers show it: title, file with line and column, the line, and a mark below it.
    pub fn render(&self, path: &str, source: &str, renderer: &Renderer) -> String {
        let start = self.at.start.min(source.len());
        let first = source[..start].rfind('\n').map_or(0, |at| at + 1);
        let last = source[start..].find('\n').map_or(source.len(), |at| start + at);
        let line = masked(&source[..first], &source[first..last]);
        let mark = start - first..self.at.end.clamp(start, last) - first;
        let snippet = Snippet::source(line)
            .path(path)
            .line_start(source[..first].matches('\n').count() + 1)
            .annotation(AnnotationKind::Primary.span(mark));
        let report = [Level::ERROR.primary_title(&self.what).element(snippet)];
        renderer.render(&report)
    }
}

/// A line with `*` in the place of what may be secret, as long as it was: in strings what follows a `=` or `://`, and all
/// values where the key is not one of ours.
fn masked(before: &str, line: &str) -> String {
    // Of a string of several lines all is a value.
    if ["\"\"\"", "'''"].iter().any(|mark| before.matches(mark).count() % 2 == 1) {
        let hidden = |c: char| if c.is_whitespace() { c.to_string() } else { "*".repeat(c.len_utf8()) };
        return line.chars().map(hidden).collect();
    }
    let header = before.lines().rev().map(str::trim_start).find(|line| line.starts_with('[')).unwrap_or_default();
    let key = line.split_once('=').map_or("", |(key, _)| key).trim();
    let named = |words: &str, list: &[&str]| words.split(['.', '[', ']', ' ', '"']).any(|word| list.contains(&word));
    let is_header = line.trim_start().starts_with('[') && key.is_empty();
    // An element of a list that began on an earlier line.
    let is_element = line.trim_start().starts_with(['"', '\'']) && !line.trim_start().starts_with("\"\"\"");
    let known = SHOWN.contains(&key.rsplit('.').next().unwrap_or_default().trim()) || is_element;
    let open = is_header || known && !named(header, &HIDDEN) && !named(key, &HIDDEN);
    let (mut quote, mut secret, mut value) = (None, false, false);
    let mut shown = String::with_capacity(line.len());
    for (at, c) in line.char_indices() {
        match quote {
            Some(end) if c == end => (quote, secret) = (None, false),
            Some(_) => secret |= shown.ends_with('=') || shown.ends_with("://") || !open && value,
            None if c == '"' || c == '\'' => quote = Some(c),
            None => value |= c == '=' && !line[..at].trim().is_empty(),
        }
        let bare = quote.is_none() && !open && value && (c.is_alphanumeric() || c == '.');
        if bare || quote.is_some() && secret {
            // As many bytes, so that marks stay where they are.
            shown.extend(std::iter::repeat_n('*', c.len_utf8()));
        } else {
            shown.push(c);
        }
    }
    shown
}
