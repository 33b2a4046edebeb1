//! What a component needs, told by what it imports and exports.

use super::{
    bytes,
    host::{self, parts},
    report::quoted,
};
use serde::Serialize;
use wasi_cloud_core::{CAPABILITIES, Grants};

/// A grant that would let the component run, in the syntax of `run --grant`.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Grant {
    pub grant: String,
    /// Whether the label is one that hosts use of themselves. Others are in the code and not in the types, so that the
    /// grant has `*` for them.
    pub exact: bool,
}

/// The capability word of an import or export.
fn capability(name: &str) -> Option<&'static str> {
    let (package, ..) = parts(name)?;
    let word = package.strip_prefix("wasi:").or_else(|| package.strip_prefix("wasi-cloud:"))?;
    CAPABILITIES.iter().copied().find(|known| *known == word)
}

fn has(names: &[String], package: &str, interface: &str) -> bool {
    names.iter().any(|name| parts(name).is_some_and(|(p, i, _)| (p, i) == (package, interface)))
}

/// The capability words of what it imports, and of the messages that it handles.
pub fn capabilities(imports: &[String], exports: &[String]) -> Vec<&'static str> {
    let handles = has(exports, "wasi:messaging", "incoming-handler");
    let watches = has(exports, "wasi:keyvalue", "watcher");
    let used = |word: &&&str| {
        (handles && **word == "messaging")
            || (watches && **word == "keyvalue")
            || imports.iter().any(|name| capability(name) == Some(**word))
    };
    CAPABILITIES.iter().filter(used).copied().collect()
}

/// The packages of WASI it imports of, the capabilities left out: `cli`, `http`.
pub fn wasi(imports: &[String]) -> Vec<String> {
    let names = imports.iter().filter(|name| capability(name).is_none());
    let mut packages: Vec<_> =
        names.filter_map(|name| Some(parts(name)?.0.strip_prefix("wasi:")?.to_owned())).collect();
    packages.sort();
    packages.dedup();
    packages
}

/// What it is meant to run as, by its names alone: of a component that this host cannot link no more is known.
pub fn runs(exports: &[String]) -> Vec<&'static str> {
    let entries = [
        ("wasi:cli", "run", host::WASI, "command"),
        ("wasi:messaging", "incoming-handler", host::MESSAGING, "messages"),
        ("wasi:keyvalue", "watcher", host::KEYVALUE, "changes"),
        ("wasi:http", "incoming-handler", host::WASI, "http"),
    ];
    let exported = |(package, interface, ours, how)| {
        let is_it = |(p, i, version)| (p, i) == (package, interface) && host::fits(version, ours);
        exports.iter().filter_map(|name| parts(name)).any(is_it).then_some(how)
    };
    entries.into_iter().filter_map(exported).collect()
}

/// What the host itself needs to subscribe.
const HANDLER: &str = "messaging:default:read";
/// And to watch.
const WATCHER: &str = "keyvalue:default:read";

/// The least that is known to be enough.
pub fn grants(imports: &[String], exports: &[String]) -> Vec<Grant> {
    let used = capabilities(imports, &[]);
    let mut grants = Vec::new();
    let mut add = |grant: &str, exact| grants.push(Grant { grant: grant.to_owned(), exact });
    if used.contains(&"config") {
        add("config:default:read", true);
    }
    if used.contains(&"keyvalue") {
        add("keyvalue:*", false);
    }
    // The host itself subscribes, on this label. The types alone are what a handler is given.
    if has(exports, "wasi:messaging", "incoming-handler") {
        add(HANDLER, true);
    }
    if has(exports, "wasi:keyvalue", "watcher") {
        add(WATCHER, true);
    }
    // A request, its reply and what is published are writes.
    if ["producer", "request-reply"].iter().any(|interface| has(imports, "wasi:messaging", interface)) {
        add("messaging:*:write", false);
    }
    grants
}

/// What a component or module needs, by its names, and these do not allow even in part.
pub fn unmet(wasm: &[u8], allow: &Grants) -> wasi_cloud_core::Result<Vec<Grant>> {
    let (imports, exports) = bytes::names(wasm);
    let mut unmet = Vec::new();
    for need in grants(&imports, &exports) {
        // A manifest may subscribe on another link than the one that `run` takes, and watch another.
        let asked = match &*need.grant {
            HANDLER => "messaging:*:read",
            WATCHER => "keyvalue:*:read",
            other => other,
        };
        if !allow.meet(&asked.parse()?) {
            unmet.push(need);
        }
    }
    Ok(unmet)
}

/// As options of a command line, to be copied.
pub fn options(grants: &[Grant]) -> String {
    let options: Vec<_> = grants.iter().map(|one| format!("--grant {}", quoted(&one.grant))).collect();
    let names =
        if grants.iter().all(|one| one.exact) { "" } else { ", with the names that it opens in the place of `*`" };
    format!("`{}`{names}", options.join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test")]

    use super::*;
    use wasi_cloud_core::Rule;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_grants_are_what_run_takes_and_no_more() {
        let handler = names(&["wasi:messaging/incoming-handler@0.2.0-draft"]);
        let cases: [(&[&str], &[String], &[&str]); 6] = [
            (&["wasi:io/poll@0.2.0", "a:keyvalue/store"], &[], &[]),
            (&["wasi:config/store@0.2.0-rc.1"], &[], &["config:default:read"]),
            (&["wasi-cloud:keyvalue/extension@0.1.0"], &[], &["keyvalue:*"]),
            (&["wasi:messaging/types@0.2.0-draft"], &handler, &["messaging:default:read"]),
            (&["wasi:messaging/types@0.2.0-draft"], &[], &[]),
            (
                &["wasi:messaging/types@0.2.0-draft", "wasi:messaging/producer@0.2.0-draft"],
                &handler,
                &["messaging:default:read", "messaging:*:write"],
            ),
        ];
        for (imports, exports, expected) in cases {
            let grants = grants(&names(imports), exports);
            let texts: Vec<_> = grants.iter().map(|one| one.grant.as_str()).collect();
            assert_eq!(texts, expected, "{imports:?}");
            for one in grants {
                one.grant.parse::<Rule>().expect("run takes it");
                assert_eq!(one.exact, !one.grant.contains('*'));
            }
        }
    }
}
