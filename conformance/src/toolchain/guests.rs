//! The list of guests: a new one is a row here and a member in `guests/Cargo.toml`.

use anyhow::Result;
use std::path::Path;
use wasi_cloud_componentize::{Componentize, World};

/// One guest of the corpus.
pub struct Guest {
    /// Its name in the corpus.
    pub name: &'static str,
    /// Its package in the guests' workspace.
    pub package: &'static str,
    /// The worlds of the line protocol that it is held to, and those of the law.
    worlds: (&'static [&'static str], &'static [&'static str]),
}

/// Everything but the mutants. A guest may import the packages that it is here for and no other.
pub const GUESTS: &[Guest] = &[
    driver("rust/config", "config-driver", (&["config-driver"], &["wasi:config/imports"])),
    driver("rust/keyvalue", "keyvalue-driver", (&["keyvalue-driver"], &["wasi:keyvalue/imports"])),
    driver(
        "rust/keyvalue-ext",
        "keyvalue-ext-driver",
        (&["keyvalue-ext-driver"], &["wasi:keyvalue/imports", "wasi-cloud:keyvalue/imports"]),
    ),
    driver("rust/messaging", "messaging-driver", (&["messaging-driver"], &["wasi:messaging/imports-request-reply"])),
    program("rust/pingpong", "pingpong", &["wasi-cloud:cloud/service"]),
    program("rust/recorder", "recorder", &["wasi:messaging/messaging-request-reply"]),
    shell("shell/config", &["config-shell"]),
    shell("shell/keyvalue", &["keyvalue-shell"]),
    shell("shell/keyvalue-ext", &["keyvalue-ext-shell"]),
    shell("shell/messaging", &["messaging-shell"]),
];

type Names = &'static [&'static str];

const fn driver(name: &'static str, package: &'static str, worlds: (Names, Names)) -> Guest {
    Guest { name, package, worlds }
}

const fn program(name: &'static str, package: &'static str, law: Names) -> Guest {
    Guest { name, package, worlds: (&[], law) }
}

const fn shell(name: &'static str, lines: Names) -> Guest {
    Guest { name, package: "shell", worlds: (lines, &[]) }
}

impl Guest {
    /// What cargo calls its wasm file, without the suffix: libraries lose their hyphens, programs keep them.
    pub fn artifact(&self) -> String {
        match self.name.strip_prefix("shell/") {
            Some(program) => program.to_owned(),
            None => self.package.replace('-', "_"),
        }
    }

    /// Holds a component to the guest's worlds.
    ///
    /// # Errors
    /// If it exports less, or imports anything more but WASI's own.
    pub fn check(&self, component: &[u8], root: &Path) -> Result<()> {
        let (lines, law) = self.worlds;
        let lines = lines.iter().map(|world| World::path(root.join("conformance/wit")).named(*world));
        let law = law.iter().map(|world| World::path(root.join("wit")).named(*world));
        lines.chain(law).fold(Componentize::new(), Componentize::world).run(component)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Corpus;

    #[test]
    fn every_guest_fits_its_own_row_and_drivers_no_other() {
        let (corpus, root) = (Corpus::load().unwrap(), super::super::find_root(Path::new(".")).unwrap());
        let rows = GUESTS.iter().filter(|guest| guest.name.starts_with("rust/") && !guest.worlds.0.is_empty());
        for row in rows.clone() {
            for guest in rows.clone().map(|guest| guest.name) {
                let fits = row.check(corpus.guest(guest).unwrap(), &root);
                assert_eq!(fits.is_ok(), row.name == guest, "{guest} in the world of {}: {fits:?}", row.name);
            }
        }
    }
}
