//! The Markdown of WIT documentation as Go doc comments, in the form that gofmt gives them.

use wit_bindgen_core::wit_parser::Docs;

/// What the lines before were part of.
#[derive(Clone, Copy, PartialEq)]
enum Block {
    None,
    Text,
    Item,
    Code,
}

/// The comment, with a line end, or nothing.
pub(crate) fn comment(docs: &Docs) -> String {
    docs.contents.as_deref().map(comment_of).unwrap_or_default()
}

/// The comment of a text.
pub(crate) fn comment_of(text: &str) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut before = Block::None;
    let mut fenced = false;
    for line in text.trim().lines() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            fenced = !fenced;
            before = Block::None;
            gap(&mut out);
            continue;
        }
        if fenced {
            if before != Block::Code {
                gap(&mut out);
            }
            let code = line.trim_end();
            out.push(if code.is_empty() { String::new() } else { format!("\t{code}") });
            before = Block::Code;
            continue;
        }
        let now = match item(trimmed) {
            _ if trimmed.is_empty() => Block::None,
            Some(_) => Block::Item,
            None if before == Block::Item && line.starts_with(' ') => Block::Item,
            None => Block::Text,
        };
        if now == Block::None || (before != now && before != Block::None) {
            gap(&mut out);
        }
        match (now, item(trimmed)) {
            (Block::None, _) => {}
            (Block::Item, Some((marker, text))) => out.push(format!("{marker:>3} {}", plain(text))),
            (Block::Item, None) => out.push(format!("    {}", plain(trimmed))),
            _ if trimmed.starts_with('#') => {
                gap(&mut out);
                out.push(format!("# {}", plain(trimmed.trim_start_matches('#').trim())));
                out.push(String::new());
            }
            _ => out.push(plain(trimmed)),
        }
        before = now;
    }
    while out.last().is_some_and(String::is_empty) {
        out.pop();
    }
    out.iter().map(|line| format!("{}\n", format!("// {line}").replace("// \t", "//\t").trim_end())).collect()
}

fn gap(out: &mut Vec<String>) {
    if out.last().is_some_and(|line| !line.is_empty()) {
        out.push(String::new());
    }
}

/// The marker of a list's item as gofmt writes it, and the item's text.
fn item(line: &str) -> Option<(String, &str)> {
    if let Some(text) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).or_else(|| line.strip_prefix("+ "))
    {
        return Some(("-".to_owned(), text.trim()));
    }
    let (number, text) = line.split_once(['.', ')'])?;
    let number: u8 = number.parse().ok()?;
    text.starts_with(' ').then(|| (format!("{number}."), text.trim()))
}

/// gofmt takes two quotation marks for one, and a line `[a]: b` for the definition of a link, which it moves.
fn plain(line: &str) -> String {
    let line = line.replace("``", "`").replace("''", "'");
    if line.starts_with('[') { line.replacen("]:", "] :", 1) } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown() {
        let text =
            "Gets it [KV-01 core].\nSecond\n- one\n  more\n- two\nAfter.\n## Head\n```wit\nfunc()\n```\n\n1. a\n[x]: y";
        let go = "// Gets it [KV-01 core].\n// Second\n//\n//   - one\n//     more\n//   - two\n//\n// After.\n//\n// # Head\n//\n//\tfunc()\n//\n//  1. a\n//\n// [x] : y\n";
        assert_eq!(comment_of(text), go);
    }
}
