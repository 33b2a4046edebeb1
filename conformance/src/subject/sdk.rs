//! An SDK or a language's bindings under test: drivers that somebody built on them, in the place of ours.

use super::script;
use crate::{
    certificate::sha256,
    compose::compose,
    corpus::Corpus,
    host::{Altitude, Driver, HostDescription},
};
use anyhow::{Context, bail};
use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};

/// Drivers by what they drive, each with its shell.
pub struct Sdk {
    name: String,
    digest: String,
    drivers: Arc<BTreeMap<Driver, Vec<u8>>>,
    /// What a script says that its language does not carry, by the word of the need or capability, with the reason.
    lacks: BTreeMap<String, String>,
}

impl Sdk {
    /// Components that export interfaces of `wasi-cloud:conformance`, each of them in one component at most, and scripts that
    /// build such components: `tell` hears what they are at.
    ///
    /// # Errors
    /// A component that exports none of them, an interface that two files export, and a script that fails.
    pub async fn load(files: &[PathBuf], tell: impl Fn(&str)) -> anyhow::Result<Self> {
        let corpus = Corpus::load().context("the guests of this build cannot be read")?;
        let mut given = Drivers { corpus, drivers: BTreeMap::new(), bytes: Vec::new() };
        let mut lacks = BTreeMap::new();
        for file in files {
            let shown = file.display();
            let wasm = fs::read(file).with_context(|| format!("`{shown}` cannot be read"))?;
            if wasm.starts_with(WASM) {
                given.take(&shown.to_string(), &wasm, &Driver::ALL)?;
                continue;
            }
            let built = script::build(file, &tell).await?;
            for (driver, wasm) in built.drivers {
                given.take(&format!("{shown} compile {}", driver.name()), &wasm, &[driver])?;
            }
            lacks.extend(built.lacks);
        }
        if given.drivers.contains_key(&Driver::KeyvalueExt) && !given.drivers.contains_key(&Driver::Keyvalue) {
            bail!("a driver for `keyvalue-ext` is given and none for `keyvalue`: the extension is tested beside it");
        }
        let name = files.first().and_then(|file| file.file_stem()).unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, digest: sha256(&given.bytes), drivers: Arc::new(given.drivers), lacks })
    }

    pub(super) fn drivers(&self) -> Arc<BTreeMap<Driver, Vec<u8>>> {
        self.drivers.clone()
    }

    /// What is left of the host for drivers that do not drive everything.
    pub(super) fn describe(&self, host: &mut HostDescription) {
        let has = |driver| self.drivers.contains_key(&driver);
        let kept = |word: &str| match word {
            // What a script was asked for and does not have is missing, and not out of the question.
            word if self.lacks.contains_key(word) => true,
            "keyvalue" => has(Driver::Keyvalue),
            "messaging" => has(Driver::Messaging),
            "config" => has(Driver::Config),
            _ => true,
        };
        host.capabilities.retain(|word, _| kept(word));
        host.lacks.extend(self.lacks.clone());
        if has(Driver::Keyvalue) && !has(Driver::KeyvalueExt) {
            let none = || format!("no driver for `{}` is given", Driver::KeyvalueExt.name());
            host.lacks.entry("extension".into()).or_insert_with(none);
        }
        (host.name, host.version) = (self.name.clone(), format!("sha256:{}", &self.digest[..12]));
        host.altitude = Altitude::Sdk;
        host.notes =
            vec!["an SDK, in our host on a memory store; the law of transcripts and host calls is `direct`".into()];
    }
}

/// What a component begins with.
const WASM: &[u8] = b"\0asm";

/// Those that were read so far.
struct Drivers {
    corpus: Corpus,
    drivers: BTreeMap<Driver, Vec<u8>>,
    bytes: Vec<u8>,
}

impl Drivers {
    /// Takes those of the wanted drivers that the component has, and it has to have one.
    fn take(&mut self, shown: &str, wasm: &[u8], wanted: &[Driver]) -> anyhow::Result<()> {
        let mut found = 0;
        for driver in wanted {
            let shell = self.corpus.guest(&format!("shell/{}", driver.name()))?;
            let Ok(program) = compose(shell, wasm) else { continue };
            found += 1;
            if self.drivers.insert(*driver, program).is_some() {
                bail!("two components drive `{}`: give one", driver.name());
            }
        }
        if found == 0 {
            let wanted = wanted.iter().map(|driver| driver.name()).collect::<Vec<_>>().join(", ");
            bail!(
                "`{shown}` is no driver: a component that exports an interface of `wasi-cloud:conformance` ({wanted}); see \
                 docs/certify-your-sdk.md"
            );
        }
        self.bytes.extend(wasm);
        Ok(())
    }
}
