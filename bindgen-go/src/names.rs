//! Go names: how a WIT name is spelt, and how names that clash are told apart.

use std::collections::{BTreeMap, BTreeSet};

/// Words that Go spells in one case, from the list of Go's own linter.
const INITIALISMS: &[&str] = &[
    "acl", "api", "ascii", "cpu", "css", "dns", "eof", "guid", "html", "http", "https", "id", "ip", "json", "qps",
    "ram", "rpc", "sla", "smtp", "sql", "ssh", "tcp", "tls", "ttl", "udp", "ui", "uid", "uri", "url", "utf8", "uuid",
    "vm", "xml", "xmpp", "xsrf", "xss",
];

/// What no Go package can be called.
const KEYWORDS: &[&str] = &[
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "init",
    "interface",
    "internal",
    "main",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "testdata",
    "type",
    "var",
    "vendor",
];

/// What a local variable or a package cannot be called: Go's keywords, what Go predeclares, and what generated code uses.
const TAKEN: &[&str] = &[
    "any",
    "append",
    "bool",
    "break",
    "byte",
    "cap",
    "case",
    "chan",
    "clear",
    "close",
    "comparable",
    "complex",
    "complex128",
    "complex64",
    "const",
    "context",
    "continue",
    "copy",
    "ctx",
    "default",
    "defer",
    "delete",
    "else",
    "err",
    "error",
    "errors",
    "fail",
    "fallthrough",
    "false",
    "float32",
    "float64",
    "for",
    "func",
    "go",
    "goto",
    "handler",
    "if",
    "imag",
    "import",
    "init",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "interface",
    "internal",
    "iota",
    "len",
    "lower",
    "lowered",
    "main",
    "make",
    "map",
    "math",
    "max",
    "min",
    "new",
    "nil",
    "ok",
    "package",
    "panic",
    "print",
    "println",
    "range",
    "real",
    "recover",
    "result",
    "return",
    "rune",
    "runtime",
    "scope",
    "loans",
    "select",
    "string",
    "struct",
    "switch",
    "testdata",
    "true",
    "type",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "uintptr",
    "unsafe",
    "var",
    "vendor",
    "wit",
];

/// Packages of Go that generated code uses and WIT packages may be called like.
const PACKAGES: &[&str] = &["io", "iter"];

/// `get-user-id` as `GetUserID`.
pub(crate) fn exported(wit: &str) -> String {
    wit.split('-').map(word).collect()
}

/// `user-id` as `userID`, and `type` as `type_`.
pub(crate) fn local(wit: &str) -> String {
    let (first, rest) = wit.split_once('-').unwrap_or((wit, ""));
    let name = first.to_lowercase() + &exported(rest);
    if is_taken(&name) || PACKAGES.contains(&&*name) { name + "_" } else { name }
}

/// What a package is called where it is imported.
pub(crate) fn alias(name: &str) -> String {
    if PACKAGES.contains(&name) { format!("{name}pkg") } else { package(name) }
}

/// `incoming-handler` as `incominghandler`, and `type` as `typepkg`.
pub(crate) fn package(wit: &str) -> String {
    let name = wit.replace('-', "").to_lowercase();
    if is_taken(&name) { name + "pkg" } else { name }
}

/// Whether a Go package can have the name, although generated code may have to call it by another.
pub(crate) fn is_package(name: &str) -> bool {
    let letters = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    letters && name.starts_with(|c: char| c.is_ascii_lowercase()) && !KEYWORDS.contains(&name)
}

fn word(wit: &str) -> String {
    let lower = wit.to_lowercase();
    if INITIALISMS.contains(&&*lower) || wit != lower {
        return wit.to_uppercase();
    }
    let mut chars = lower.chars();
    chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}

/// Generated code numbers its own variables: `v1`, `p0`. Behind `Open` of the API is `importOpen`.
fn is_taken(name: &str) -> bool {
    let numbered = name.len() > 1 && name[1..].bytes().all(|b| b.is_ascii_digit());
    let private = name.strip_prefix("import").is_some_and(|rest| rest.starts_with(char::is_uppercase));
    numbered || private || TAKEN.contains(&name)
}

/// The names of one scope: a package, or the methods of a type.
#[derive(Default)]
pub(crate) struct Scope {
    taken: BTreeSet<String>,
}

impl Scope {
    pub(crate) fn with(taken: &[&str]) -> Self {
        Scope { taken: taken.iter().map(|name| (*name).to_owned()).collect() }
    }

    /// Names for a batch of things, each of which says what it would be called, best name first. Where two want the same,
    /// both take their next; where none is left, all but the first get a number. So a name depends on what clashes with it
    /// and on nothing else.
    pub(crate) fn assign(&mut self, wanted: &[Vec<String>]) -> Vec<String> {
        let mut level = vec![0; wanted.len()];
        loop {
            let mut claims = BTreeMap::<&str, Vec<usize>>::new();
            for (i, names) in wanted.iter().enumerate() {
                claims.entry(&names[level[i]]).or_default().push(i);
            }
            let clash = |name: &str, by: &[usize]| by.len() > 1 || self.taken.contains(name);
            let next: Vec<_> = claims
                .into_iter()
                .filter(|(name, by)| clash(name, by))
                .flat_map(|(_, by)| by)
                .filter(|i| level[*i] + 1 < wanted[*i].len())
                .collect();
            if next.is_empty() {
                break;
            }
            next.into_iter().for_each(|i| level[i] += 1);
        }
        wanted.iter().zip(level).map(|(names, level)| self.number(&names[level])).collect()
    }

    /// A name for one thing: its own, or that with a number.
    pub(crate) fn number(&mut self, name: &str) -> String {
        let mut free = name.to_owned();
        let mut n = 2;
        while !self.taken.insert(free.clone()) {
            free = format!("{name}{n}");
            n += 1;
        }
        free
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]
    use super::*;

    #[test]
    fn spelling() {
        for (wit, go) in [
            ("get", "Get"),
            ("get-user-id", "GetUserID"),
            ("DNS-timeout", "DNSTimeout"),
            ("http-url2", "HTTPUrl2"),
            ("utf8-to-json", "UTF8ToJSON"),
            ("a1-b2", "A1B2"),
        ] {
            assert_eq!(exported(wit), go);
        }
        for (wit, go) in [
            ("id", "id"),
            ("user-id", "userID"),
            ("URL-list", "urlList"),
            ("type", "type_"),
            ("v1", "v1_"),
            ("len", "len_"),
            ("io", "io_"),
        ] {
            assert_eq!(local(wit), go);
        }
        assert_eq!(package("incoming-handler"), "incominghandler");
        assert_eq!(package("type"), "typepkg");
        assert_eq!(package("io"), "io");
        assert_eq!(alias("io"), "iopkg");
    }

    #[test]
    fn clashes() {
        let wanted = |names: &[&[&str]]| -> Vec<Vec<String>> {
            names.iter().map(|names| names.iter().map(|name| (*name).to_owned()).collect()).collect()
        };
        let mut scope = Scope::with(&["Error"]);
        let names = scope.assign(&wanted(&[
            &["Open", "StoreOpen"],
            &["Open", "BatchOpen"],
            &["Error", "StoreError"],
            &["Get"],
        ]));
        assert_eq!(names, ["StoreOpen", "BatchOpen", "StoreError", "Get"]);
        assert_eq!(scope.assign(&wanted(&[&["UserID"], &["UserID"], &["Get"]])), ["UserID", "UserID2", "Get2"]);
    }

    #[test]
    fn lists_are_sorted_enough_to_find_doubles() {
        for list in [INITIALISMS, TAKEN] {
            assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len());
        }
    }
}
