//! The Markdown of WIT documentation as Go doc comments, in the form that gofmt gives them.
//!
//! gofmt reads comments as text, headings, and indented spans, which are lists or code. What it would read differently is
//! written as plain text.

use wit_bindgen_core::wit_parser::Docs;

#[derive(PartialEq)]
enum Block {
    Text(Vec<String>),
    Heading(String),
    /// Items with the same kind of marker, and whether blank lines are between them.
    List(Vec<(String, Vec<String>)>, bool),
    Code(Vec<String>),
}

/// The comment, with a line end, or nothing.
pub(crate) fn comment(docs: &Docs) -> String {
    docs.contents.as_deref().map(comment_of).unwrap_or_default()
}

/// The comment of a text.
pub(crate) fn comment_of(text: &str) -> String {
    let mut blocks = parse(text);
    headings(&mut blocks);
    flatten(&mut blocks);
    let mut out = Vec::new();
    for block in blocks {
        if !out.is_empty() {
            out.push("//".to_owned());
        }
        match block {
            Block::Text(lines) => out.extend(lines.iter().map(|line| format!("// {line}"))),
            Block::Heading(text) => out.push(format!("// # {text}")),
            Block::Code(lines) => {
                out.extend(
                    lines.iter().map(|line| if line.is_empty() { "//".to_owned() } else { format!("//\t{line}") }),
                );
            }
            Block::List(items, loose) => {
                for (i, (marker, lines)) in items.iter().enumerate() {
                    if loose && i > 0 {
                        out.push("//".to_owned());
                    }
                    let marker = if marker == "-" { "  -" } else { &format!(" {marker}") };
                    out.push(format!("// {marker} {}", lines[0]));
                    out.extend(lines[1..].iter().map(|line| format!("//     {line}")));
                }
            }
        }
    }
    out.iter().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Several texts as one comment: what one leaves open ends with it.
pub(crate) fn comment_of_all(texts: &[String]) -> String {
    let comments: Vec<_> = texts.iter().map(|text| comment_of(text)).filter(|comment| !comment.is_empty()).collect();
    comments.join("//\n")
}

fn parse(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let (mut fence, mut gap) = (None, true);
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            match fence.take() {
                Some(code) => blocks.push(Block::Code(code)),
                None => fence = Some(Vec::new()),
            }
            gap = true;
            continue;
        }
        if let Some(code) = &mut fence {
            code.push(line.trim_end().to_owned());
        } else if trimmed.is_empty() {
            gap = true;
        } else {
            add(&mut blocks, line, gap);
            gap = false;
        }
    }
    blocks.extend(fence.map(Block::Code));
    blocks.into_iter().filter_map(tidy).collect()
}

/// Adds a line to the last block, or begins one.
fn add(blocks: &mut Vec<Block>, line: &str, gap: bool) {
    let trimmed = line.trim();
    if let Some(heading) =
        trimmed.strip_prefix('#').map(|rest| rest.trim_start_matches('#')).filter(|h| h.starts_with(' '))
    {
        return blocks.push(Block::Heading(plain(heading.trim().trim_end_matches(" ###"))));
    }
    let item = item(trimmed);
    match (blocks.last_mut(), item) {
        (Some(Block::List(items, loose)), Some((marker, text))) if (items[0].0 == "-") == (marker == "-") => {
            *loose |= gap;
            items.push((marker, vec![text]));
        }
        (Some(Block::List(items, _)), _) if !gap && line.starts_with(' ') => {
            if let Some((_, lines)) = items.last_mut() {
                lines.push(plain(trimmed));
            }
        }
        // gofmt would take it for a part of the list before.
        (Some(Block::List(..)), Some(_)) => blocks.push(Block::Text(vec![plain(trimmed)])),
        (_, Some((marker, text))) => blocks.push(Block::List(vec![(marker, vec![text])], false)),
        (Some(Block::Text(lines)), None) if !gap => lines.push(plain(trimmed)),
        (_, None) => blocks.push(Block::Text(vec![plain(trimmed)])),
    }
}

/// The marker of a list's item as gofmt writes it, and the item's text.
fn item(line: &str) -> Option<(String, String)> {
    if let Some(text) = ["- ", "* ", "+ "].iter().find_map(|marker| line.strip_prefix(marker)) {
        return Some(("-".to_owned(), plain(text.trim())));
    }
    let (number, text) = line.split_once(['.', ')'])?;
    let number: u8 = number.parse().ok()?;
    text.starts_with(' ').then(|| (format!("{number}."), plain(text.trim())))
}

/// Code without what all its lines are indented by, and nothing that is empty.
fn tidy(block: Block) -> Option<Block> {
    let Block::Code(mut lines) = block else { return (block != Block::Heading(String::new())).then_some(block) };
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let start = lines.iter().position(|line| !line.is_empty())?;
    let indent = |line: &String| line.len() - line.trim_start().len();
    let common = lines.iter().filter(|line| !line.is_empty()).map(indent).min()?;
    Some(Block::Code(lines[start..].iter().map(|line| line.get(common..).unwrap_or_default().to_owned()).collect()))
}

/// A short line by itself, before more text, is a heading to gofmt.
fn headings(blocks: &mut [Block]) {
    for i in 1..blocks.len().saturating_sub(1) {
        let Block::Text(lines) = &blocks[i] else { continue };
        if let ([line], Block::Text(_)) = (&lines[..], &blocks[i + 1])
            && line.starts_with(char::is_uppercase)
            && line.ends_with(char::is_alphanumeric)
            && !line.contains(|c: char| ".;:!?+*/=[]{}_^°&§~%#@<\">\\'".contains(c))
        {
            blocks[i] = Block::Heading(line.clone());
        }
    }
}

/// Makes text of lists and code where gofmt would read something else: where nothing is flush left, where the two touch,
/// and where code begins like a list.
fn flatten(blocks: &mut [Block]) {
    let flush = blocks.iter().any(|block| matches!(block, Block::Text(_) | Block::Heading(_)));
    for i in 0..blocks.len() {
        let (before, at) = blocks.split_at_mut(i);
        let flat = match (&at[0], before.last()) {
            (Block::Code(_), Some(Block::List(..))) | (Block::List(..), Some(Block::Code(_))) => true,
            (Block::Code(lines), _) => !flush || lines.first().is_some_and(|line| item(line).is_some()),
            (Block::List(..), _) => !flush,
            _ => false,
        };
        if flat {
            at[0] = Block::Text(match &at[0] {
                Block::List(items, _) => {
                    items.iter().map(|(marker, lines)| format!("{marker} {}", lines.join(" "))).collect()
                }
                Block::Code(lines) => {
                    lines.iter().filter(|line| !line.is_empty()).map(|line| plain(line.trim())).collect()
                }
                _ => Vec::new(),
            });
        }
    }
}

/// What gofmt, or Go, would read as something else: two quotation marks as one, `[a]: b` as the definition of a link, which
/// moves, and a build constraint.
fn plain(line: &str) -> String {
    let line = line.replace("``", "`").replace("''", "'");
    match line.as_bytes().first() {
        Some(b'[') => line.replacen("]:", "] :", 1),
        Some(b'+') => format!("+ {}", line[1..].trim_start()),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown() {
        let text = "Gets it [KV-01 core].\nSecond\n- one\n  more\n- two\nAfter.\n## Head\n```wit\nfunc()\n```\n\nText.\n10. a\n[x]: y";
        let go = "// Gets it [KV-01 core].\n// Second\n//\n//   - one\n//     more\n//   - two\n//\n// After.\n//\n// # Head\n//\n//\tfunc()\n//\n// Text.\n//\n//  10. a\n//\n// [x] : y\n";
        assert_eq!(comment_of(text), go);
    }

    #[test]
    fn what_gofmt_would_change() {
        assert_eq!(comment_of("- a\n- b"), "// - a\n// - b\n");
        assert_eq!(comment_of("a\n\nErrors\n\nb"), "// a\n//\n// # Errors\n//\n// b\n");
        assert_eq!(comment_of_all(&["a\n```\nb".to_owned(), "c".to_owned()]), "// a\n//\n//\tb\n//\n// c\n");
        assert_eq!(comment_of("+build x"), "// + build x\n");
        assert_eq!(comment_of(" \n```\n\n```\n"), "");
    }
}
