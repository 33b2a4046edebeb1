//! The list of guests: a new one is a row here, and its sources in each language.

use super::stage::{C_GUESTS, C_SDK, GO_GUESTS, GO_SDK, GUESTS};
use crate::{dialect::Dialect, language::Language};
use anyhow::Result;
use std::path::Path;
use wasi_cloud_componentize::{Componentize, World};

/// One guest of the corpus.
pub struct Guest {
    /// Its name in the corpus.
    pub name: String,
    /// What it is built from.
    pub source: Source,
    worlds: Worlds,
}

/// What a guest is built from.
pub enum Source {
    /// A package of the guests' workspace.
    Cargo {
        /// Its name.
        package: String,
        /// What cargo calls its wasm file, without the suffix: libraries lose their hyphens, programs keep them.
        artifact: String,
    },
    /// C below the repository.
    Zig {
        /// The file, or the folder of files.
        own: String,
        /// The bindings of the line, for a driver.
        line: Option<String>,
    },
    /// The folder of a Go program below the repository.
    Go(String),
    /// A component in the text format, below the repository.
    Text(String),
}

/// The worlds of the line protocol that a guest is held to, and those of the law. A guest may import the packages that it is
/// here for and no other.
type Worlds = (&'static [&'static str], &'static [&'static str]);

/// What there is in every language.
const PROGRAMS: [(&str, Worlds); 7] = [
    ("config", (&["config-driver"], &["wasi:config/imports"])),
    ("keyvalue", (&["keyvalue-driver"], &["wasi:keyvalue/imports"])),
    ("keyvalue-ext", (&["keyvalue-ext-driver"], &["wasi:keyvalue/imports", "wasi-cloud:keyvalue/imports"])),
    ("messaging", (&["messaging-driver"], &["wasi:messaging/imports-request-reply"])),
    ("pingpong", (&[], &["wasi-cloud:cloud/service"])),
    ("recorder", (&[], &["wasi:messaging/messaging-request-reply"])),
    ("watcher", (&[], &["wasi:keyvalue/watch-service"])),
];
/// What there is once.
const SHELLS: [(&str, Worlds); 4] = [
    ("config", (&["config-shell"], &[])),
    ("keyvalue", (&["keyvalue-shell"], &[])),
    ("keyvalue-ext", (&["keyvalue-ext-shell"], &[])),
    ("messaging", (&["messaging-shell"], &[])),
];

/// Spin's batch has the name of ours, and WIT knows no two packages of one name: the sources of the bridge give it a version of
/// its own, of the same length, and the component gets the name back.
const BATCH: [&str; 2] = ["wasi:keyvalue/batch@0.2.0-spin-2", "wasi:keyvalue/batch@0.2.0-draft2"];
const _: () = assert!(BATCH[0].len() == BATCH[1].len(), "no size in the component may change");

/// Everything but the mutants.
pub fn guests() -> impl Iterator<Item = Guest> {
    let programs =
        PROGRAMS.iter().flat_map(|(name, worlds)| Language::ALL.map(|language| program(language, name, *worlds)));
    let shells = SHELLS.iter().flat_map(|(name, worlds)| [shell(name, *worlds), shell_http(name)]);
    let bridges = Dialect::ALL.into_iter().flat_map(|dialect| [Some(dialect.bridge()), dialect.handler()]).flatten();
    programs.chain(shells).chain(bridges.map(bridge))
}

/// A guest of a language.
pub fn guest(language: Language, name: &str) -> Option<Guest> {
    PROGRAMS.iter().find(|(program, _)| *program == name).map(|(name, worlds)| program(language, name, *worlds))
}

fn program(language: Language, name: &str, worlds: Worlds) -> Guest {
    let driver = !worlds.0.is_empty();
    let source = match language {
        Language::Rust => {
            let package = if driver { format!("{name}-driver") } else { name.to_owned() };
            Source::Cargo { artifact: package.replace('-', "_"), package }
        }
        // Word for word what the SDK shows its users.
        Language::C if name == "pingpong" => Source::Zig { own: format!("{C_SDK}/examples/pingpong.c"), line: None },
        Language::C => Source::Zig {
            own: format!("{C_GUESTS}/{name}"),
            line: driver.then(|| format!("{}_driver", name.replace('-', "_"))),
        },
        Language::Go if name == "pingpong" => Source::Go(format!("{GO_SDK}/examples/pingpong")),
        Language::Go => Source::Go(format!("{GO_GUESTS}/{name}")),
    };
    Guest { name: format!("{language}/{name}"), source, worlds }
}

fn shell(name: &str, worlds: Worlds) -> Guest {
    let source = Source::Cargo { package: "shell".to_owned(), artifact: name.to_owned() };
    Guest { name: format!("shell/{name}"), source, worlds }
}

/// For a host that is deployed: what it exports and imports is HTTP, and no world of the line.
fn shell_http(name: &str) -> Guest {
    let package = format!("shell-http-{name}");
    let source = Source::Cargo { artifact: package.replace('-', "_"), package };
    Guest { name: format!("shell-http/{name}"), source, worlds: (&[], &[]) }
}

/// What stands between a guest and a host that links another package: see [`Dialect`].
fn bridge(name: &str) -> Guest {
    let package = name.replace('/', "-");
    // Where only the name is another there is nothing to compile.
    let source = if name.starts_with("bridge/config-") {
        Source::Text(format!("{GUESTS}/bridges/{}.wat", name.trim_start_matches("bridge/")))
    } else {
        Source::Cargo { artifact: package.replace('-', "_"), package }
    };
    Guest { name: name.to_owned(), source, worlds: (&[], &[]) }
}

/// The component with Spin's batch by its real name.
fn renamed(wasm: &[u8]) -> Vec<u8> {
    let [ours, real] = BATCH.map(str::as_bytes);
    let mut wasm = wasm.to_vec();
    for at in 0..wasm.len() {
        if let Some(place) = wasm.get_mut(at..at + ours.len()).filter(|place| *place == ours) {
            place.copy_from_slice(real);
        }
    }
    wasm
}

impl Guest {
    /// The component of what a compiler made, held to the guest's worlds. A bridge and a shell for HTTP have the worlds of their own sources.
    ///
    /// # Errors
    /// If it exports less, or imports anything more but WASI's own.
    pub fn component(&self, wasm: &[u8], root: &Path) -> Result<Vec<u8>> {
        let (lines, law) = self.worlds;
        if lines.is_empty() && law.is_empty() {
            return Ok(renamed(wasm));
        }
        let lines = lines.iter().map(|world| World::path(root.join("conformance/wit")).named(*world));
        let law = law.iter().map(|world| World::path(root.join("wit")).named(*world));
        Ok(lines.chain(law).fold(Componentize::new(), Componentize::world).run(wasm)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Corpus;

    #[test]
    fn every_guest_fits_its_own_row_and_drivers_no_other() {
        let (corpus, root) = (Corpus::load().unwrap(), super::super::find_root(Path::new(".")).unwrap());
        for language in Language::ALL {
            let folder = format!("{language}/");
            let rows: Vec<_> =
                guests().filter(|guest| guest.name.starts_with(&folder) && !guest.worlds.0.is_empty()).collect();
            for row in &rows {
                for guest in rows.iter().map(|guest| &guest.name) {
                    let fits = row.component(corpus.guest(guest).unwrap(), &root);
                    assert_eq!(fits.is_ok(), row.name == *guest, "{guest} in the world of {}: {fits:?}", row.name);
                }
            }
        }
    }
}
