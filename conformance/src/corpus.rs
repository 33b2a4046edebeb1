//! The guests as they ship: prebuilt, in one archive inside this program, so that nobody needs a toolchain to test a host.
//!
//! Names are `<language>/<guest>`, `rust/keyvalue` or `rust/recorder`; `shell/<driver>` are the shells,
//! `shell-http/<driver>` those for hosts that are deployed, `bridge/<dialect>`
//! stand between a guest and a host that links another package, and `mutant/<name>`
//! are drivers on an SDK with one bug (`mutants/sdk*.toml`). [`toolchain`](crate::toolchain) builds them.

pub(crate) mod archive;
pub(crate) mod lock;

use crate::{compose::compose, language::Language};
use anyhow::{Context, Result, ensure};
use lock::Lock;
use std::{
    collections::BTreeMap,
    fmt, fs,
    path::Path,
    sync::{Arc, OnceLock},
};

/// The archive's file name in `conformance/corpus` and in every folder that a build writes.
pub const ARCHIVE: &str = "guests.tar.xz";
/// The lock's file name, beside [`ARCHIVE`].
pub const LOCK: &str = "corpus.lock";

/// The lock of the corpus inside this program.
const LOCK_TEXT: &str = include_str!("../corpus/corpus.lock");

/// All guests, unpacked in memory. Clones share them.
#[derive(Clone)]
pub struct Corpus {
    guests: Arc<BTreeMap<String, Vec<u8>>>,
}

impl Corpus {
    /// The corpus inside this program, unpacked once for the whole process: that takes a second, and what it holds never
    /// changes.
    ///
    /// # Errors
    /// If the archive is damaged or is not the one that the lock describes.
    pub fn load() -> Result<Self> {
        static UNPACKED: OnceLock<Corpus> = OnceLock::new();
        if let Some(corpus) = UNPACKED.get() {
            return Ok(corpus.clone());
        }
        let corpus =
            Self::unpack(include_bytes!("../corpus/guests.tar.xz"), LOCK_TEXT).context("the built-in corpus")?;
        Ok(UNPACKED.get_or_init(|| corpus).clone())
    }

    /// The corpus that a build wrote to `dir`.
    ///
    /// # Errors
    /// As for [`load`](Self::load), or if a file cannot be read.
    pub fn from_dir(dir: &Path) -> Result<Self> {
        let read =
            || -> Result<Self> { Self::unpack(&fs::read(dir.join(ARCHIVE))?, &fs::read_to_string(dir.join(LOCK))?) };
        read().with_context(|| format!("the corpus in {}", dir.display()))
    }

    fn unpack(archive: &[u8], lock: &str) -> Result<Self> {
        let guests = archive::unpack(archive)?;
        let expected = Lock::parse(lock)?.components;
        let actual = lock::hashes(&guests);
        if let Some(name) = expected.keys().chain(actual.keys()).find(|name| expected.get(*name) != actual.get(*name)) {
            anyhow::bail!("`{name}` is not what {LOCK} says: build the corpus again");
        }
        Ok(Self { guests: Arc::new(guests) })
    }

    /// The languages of the guests inside this program. Reads the lock and unpacks nothing.
    ///
    /// # Errors
    /// If the lock is damaged.
    pub fn languages() -> Result<Vec<Language>> {
        let names = Lock::parse(LOCK_TEXT).context("the built-in corpus")?.components;
        let has = |language: &Language| names.keys().any(|name| name.split('/').next() == Some(language.name()));
        Ok(Language::ALL.into_iter().filter(has).collect())
    }

    /// The digests of what guests are made of: of every component inside this program but the mutants, by its name.
    ///
    /// # Errors
    /// If the lock is damaged.
    pub fn digests() -> Result<BTreeMap<String, String>> {
        let components = Lock::parse(LOCK_TEXT).context("the built-in corpus")?.components;
        Ok(components.into_iter().filter(|(name, _)| !name.starts_with("mutant/")).collect())
    }

    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.guests.keys().map(String::as_str)
    }

    /// One component by its name, such as `rust/recorder`.
    ///
    /// # Errors
    /// If there is none of that name; the text lists those that there are.
    pub fn guest(&self, name: &str) -> Result<&[u8]> {
        let guest = self.guests.get(name);
        ensure!(
            guest.is_some(),
            "no guest `{name}` in the corpus: it has {}",
            self.names().collect::<Vec<_>>().join(", ")
        );
        Ok(guest.map_or(&[], Vec::as_slice))
    }

    /// The program for a driver (`keyvalue`, `keyvalue-ext`, `messaging`, `config`) in a language: shell and driver
    /// composed. Composes anew each time.
    ///
    /// # Errors
    /// If there is no such driver.
    pub fn composed(&self, language: &str, driver: &str) -> Result<Vec<u8>> {
        self.plugged("shell", driver, &format!("{language}/{driver}"))
    }

    /// The same for a host that is deployed: it answers HTTP.
    ///
    /// # Errors
    /// If there is no such driver.
    pub fn deployable(&self, language: &str, driver: &str) -> Result<Vec<u8>> {
        self.plugged("shell-http", driver, &format!("{language}/{driver}"))
    }

    /// The program for the mutant `name`, which has a bug in the SDK below `driver`.
    ///
    /// # Errors
    /// If there is no such mutant or driver.
    pub fn mutated(&self, name: &str, driver: &str) -> Result<Vec<u8>> {
        self.plugged("shell", driver, &format!("mutant/{name}"))
    }

    fn plugged(&self, shell: &str, driver: &str, guest: &str) -> Result<Vec<u8>> {
        compose(self.guest(&format!("{shell}/{driver}"))?, self.guest(guest)?)
            .with_context(|| format!("composing {guest}"))
    }
}

impl fmt::Debug for Corpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.guests.iter().map(|(name, wasm)| (name, wasm.len()))).finish()
    }
}
