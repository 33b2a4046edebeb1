//! What this host has for a component, and what to do about what it has not.

use semver::Version;
use serde::Serialize;

/// The interfaces that [`Runtime`](wasi_cloud_wasmtime::runtime::Runtime) links, by package and version. A test asks its
/// linker for each.
const PROVIDED: &[(&str, &str, &[&str])] = &[
    ("wasi-cloud:keyvalue", "0.1.0", &["extension"]),
    ("wasi:cli", WASI, CLI),
    ("wasi:clocks", WASI, &["monotonic-clock", "wall-clock"]),
    ("wasi:config", "0.2.0-rc.1", &["store"]),
    ("wasi:filesystem", WASI, &["preopens", "types"]),
    ("wasi:http", WASI, &["outgoing-handler", "types"]),
    ("wasi:io", WASI, &["error", "poll", "streams"]),
    ("wasi:keyvalue", KEYVALUE, &["atomics", "batch", "store"]),
    ("wasi:messaging", MESSAGING, &["producer", "request-reply", "types"]),
    ("wasi:random", WASI, &["insecure", "insecure-seed", "random"]),
    ("wasi:sockets", WASI, SOCKETS),
];
/// Its version here.
pub const WASI: &str = "0.2.12";
pub const KEYVALUE: &str = "0.2.0-draft2";
pub const MESSAGING: &str = "0.2.0-draft";
const CLI: &[&str] = &[
    "environment",
    "exit",
    "stderr",
    "stdin",
    "stdout",
    "terminal-input",
    "terminal-output",
    "terminal-stderr",
    "terminal-stdin",
    "terminal-stdout",
];
const SOCKETS: &[&str] =
    &["instance-network", "ip-name-lookup", "network", "tcp", "tcp-create-socket", "udp", "udp-create-socket"];

/// An import, and what its user should know of it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Hint {
    pub import: String,
    pub hint: String,
}

/// The package, the interface and the version of `wasi:io/poll@0.2.0`; an empty version if it has none.
pub fn parts(name: &str) -> Option<(&str, &str, &str)> {
    let (path, version) = name.split_once('@').unwrap_or((name, ""));
    let (package, interface) = path.split_once('/')?;
    Some((package, interface, version))
}

/// The imports that no part of this host has, and what to do.
pub fn missing(imports: &[String]) -> Vec<Hint> {
    imports.iter().filter_map(|import| Some(Hint { import: import.clone(), hint: lack(import)? })).collect()
}

/// What to do about an import that this host has not; `None` if it has it.
fn lack(import: &str) -> Option<String> {
    let elsewhere = || {
        let what = "this host has nothing of that name; if it is more than types, plug in a component that exports it,";
        format!("{what} such as with `wasi-cloud compose`, or take a host that has it")
    };
    let Some((package, interface, version)) = parts(import) else { return Some(elsewhere()) };
    let Some((_, ours, interfaces)) = PROVIDED.iter().find(|(known, ..)| *known == package) else {
        return Some(elsewhere());
    };
    if !interfaces.contains(&interface) {
        return Some(format!("of `{package}` this host has {} alone, in {ours}", interfaces.join(", ")));
    }
    (!fits(version, ours)).then(|| format!("this host has it in {ours}: build against that version"))
}

/// Whether a component that was built for `version` runs on `ours`.
pub fn fits(version: &str, ours: &str) -> bool {
    version == ours || track(version).is_some_and(|of_it| track(ours) == Some(of_it))
}

/// What versions have in common that can stand for each other, as wasmtime's linker takes it; `None` for drafts and
/// release candidates, which stand for themselves alone.
fn track(version: &str) -> Option<[u64; 3]> {
    let version = Version::parse(version).ok().filter(|version| version.pre.is_empty())?;
    Some(match (version.major, version.minor) {
        (0, 0) => [0, 0, version.patch],
        (0, minor) => [0, minor, 0],
        (major, _) => [major, 0, 0],
    })
}

/// The imports that are linked, but whose calls this host refuses.
pub fn refused(imports: &[String]) -> Vec<Hint> {
    let why = |import: &String| match parts(import)? {
        ("wasi:http", "outgoing-handler", _) => {
            Some("this host sends no HTTP requests: each is refused with `HTTP-request-denied`")
        }
        ("wasi:sockets", "tcp" | "udp" | "ip-name-lookup", _) => {
            Some("this host opens no sockets: each address is refused with `access-denied`")
        }
        _ => None,
    };
    let hint = |import: &String| Some(Hint { import: import.clone(), hint: why(import)?.to_owned() });
    imports.iter().filter_map(hint).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test")]

    use super::*;
    use wasi_cloud_wasmtime::runtime::{Limits, Runtime};

    #[test]
    fn the_linker_has_what_the_list_says() {
        Runtime::with_linker(Limits::default(), |linker| {
            let mut root = linker.root();
            root.func_new("wasi:io/nothing@0.2.12", |_, _, _, _| Ok(()))?;
            for (package, version, interfaces) in PROVIDED {
                for interface in *interfaces {
                    let name = format!("{package}/{interface}@{version}");
                    // A linker takes a name once.
                    assert!(root.func_new(&name, |_, _, _, _| Ok(())).is_err(), "{name} is not linked");
                    assert_eq!(lack(&name), None);
                }
            }
            Ok(())
        })
        .expect("a runtime");
    }

    #[test]
    fn versions_stand_for_each_other_as_the_linker_has_it() {
        for has in ["wasi:io/poll@0.2.0", "wasi:io/poll@0.2.99", "wasi:keyvalue/store@0.2.0-draft2"] {
            assert_eq!(lack(has), None, "{has}");
        }
        let other = ["wasi:io/poll@0.3.0", "wasi:io/poll@0.2.0-rc", "wasi:io/poll", "wasi:keyvalue/store@0.2.0-draft"];
        for lacks in other {
            assert!(lack(lacks).expect(lacks).contains("build against"), "{lacks}");
        }
        assert!(lack("wasi:keyvalue/watcher@0.2.0-draft2").expect("lacks").contains("atomics, batch, store"));
        for lacks in ["a:b/c@1.0.0", "f", "a:b/c", ""] {
            assert!(lack(lacks).expect(lacks).contains("wasi-cloud compose"), "{lacks}");
        }
    }
}
