//! An SDK or a language's bindings under test: drivers that somebody built on them, in the place of ours.

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
}

impl Sdk {
    /// Components that export interfaces of `wasi-cloud:conformance`, each of them in one component at most.
    ///
    /// # Errors
    /// A file that is no component or exports none of them, and an interface that two files export.
    pub fn load(files: &[PathBuf]) -> anyhow::Result<Self> {
        let corpus = Corpus::load().context("the guests of this build cannot be read")?;
        let (mut drivers, mut bytes) = (BTreeMap::new(), Vec::new());
        for file in files {
            let shown = file.display();
            let wasm = fs::read(file).with_context(|| format!("`{shown}` cannot be read"))?;
            let mut found = 0;
            for driver in Driver::ALL {
                let Ok(program) = compose(corpus.guest(&format!("shell/{}", driver.name()))?, &wasm) else { continue };
                found += 1;
                if drivers.insert(driver, program).is_some() {
                    bail!("two components drive `{}`: give one", driver.name());
                }
            }
            if found == 0 {
                let known = Driver::ALL.map(Driver::name).join(", ");
                bail!(
                    "`{shown}` is no driver: a component that exports an interface of `wasi-cloud:conformance` ({known}); see \
                     docs/certify-your-sdk.md"
                );
            }
            bytes.extend(wasm);
        }
        if drivers.contains_key(&Driver::KeyvalueExt) && !drivers.contains_key(&Driver::Keyvalue) {
            bail!("a driver for `keyvalue-ext` is given and none for `keyvalue`: the extension is tested beside it");
        }
        let name = files.first().and_then(|file| file.file_stem()).unwrap_or_default().to_string_lossy().into_owned();
        Ok(Self { name, digest: sha256(&bytes), drivers: Arc::new(drivers) })
    }

    pub(super) fn drivers(&self) -> Arc<BTreeMap<Driver, Vec<u8>>> {
        self.drivers.clone()
    }

    /// What is left of the host for drivers that do not drive everything.
    pub(super) fn describe(&self, host: &mut HostDescription) {
        let has = |driver| self.drivers.contains_key(&driver);
        let kept = |word: &str| match word {
            "keyvalue" => has(Driver::Keyvalue),
            "messaging" => has(Driver::Messaging),
            "config" => has(Driver::Config),
            _ => true,
        };
        host.capabilities.retain(|word, _| kept(word));
        if has(Driver::Keyvalue) && !has(Driver::KeyvalueExt) {
            host.lacks.insert("extension".into(), format!("no driver for `{}` is given", Driver::KeyvalueExt.name()));
        }
        (host.name, host.version) = (self.name.clone(), format!("sha256:{}", &self.digest[..12]));
        host.altitude = Altitude::Sdk;
        host.notes =
            vec!["an SDK, in our host on a memory store; the law of transcripts and host calls is `direct`".into()];
    }
}
