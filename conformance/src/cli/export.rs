//! `export`.

use crate::{
    catalogue::deployment::CONFIG, compose::compose, corpus::Corpus, dialect::Dialect, host::Driver, language::Language,
};
use anyhow::Context;
use clap::{Args, builder::PossibleValuesParser};
use serde::{
    Deserialize,
    de::{IntoDeserializer, value},
};
use std::{collections::BTreeMap, fs, path::PathBuf};

const DRIVERS: [&str; 4] = ["config", "keyvalue", "keyvalue-ext", "messaging"];

const HELP: &str = "\
Writes FOLDER/LANG/DRIVER.wasm, components that export `wasi:http/incoming-handler`, and
FOLDER/config.json, the configuration that those of `config` have to find. Deploy each with a
token in its environment variable CLOUD_CONFORMANCE_TOKEN, on empty stores:
docs/certify-your-host.md, \"A host that is deployed\".

Examples:
  cloud-conformance export -o guests
  cloud-conformance export --lang rust --driver keyvalue,config -o guests
  cloud-conformance export --driver keyvalue --dialect wasi:keyvalue@0.2.0-draft -o guests";

#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub(super) struct Export {
    /// Only guests of these languages [default: all of which this build has guests].
    #[arg(long, value_name = "LANG", value_delimiter = ',')]
    lang: Vec<Language>,
    /// Only these drivers [default: all].
    #[arg(long, value_name = "DRIVER", value_delimiter = ',', value_parser = PossibleValuesParser::new(DRIVERS))]
    driver: Vec<String>,
    /// The package that the host links instead of ours, as in `dialects` of its file. May be repeated.
    #[arg(long, value_name = "PACKAGE", value_parser = dialect)]
    dialect: Vec<Dialect>,
    /// Where to write them. The folder is made if it is missing.
    #[arg(long, short, value_name = "FOLDER")]
    output: PathBuf,
}

fn dialect(text: &str) -> Result<Dialect, String> {
    let text: value::StrDeserializer<'_, value::Error> = text.into_deserializer();
    Dialect::deserialize(text).map_err(|why| why.to_string())
}

impl Export {
    pub(super) fn execute(&self) -> anyhow::Result<u8> {
        let corpus = Corpus::load().context("the guests of this build cannot be read")?;
        let languages = if self.lang.is_empty() { Corpus::languages()? } else { self.lang.clone() };
        let drivers = if self.driver.is_empty() { DRIVERS.map(str::to_owned).into() } else { self.driver.clone() };
        for language in languages {
            for driver in &drivers {
                self.write(&format!("{language}/{driver}.wasm"), &self.component(&corpus, language, driver)?)?;
            }
        }
        if drivers.iter().any(|driver| driver == "config") {
            let pairs: BTreeMap<_, _> = CONFIG.iter().copied().collect();
            self.write("config.json", serde_json::to_string_pretty(&pairs)?.as_bytes())?;
        }
        Ok(0)
    }

    fn component(&self, corpus: &Corpus, language: Language, driver: &str) -> anyhow::Result<Vec<u8>> {
        let mut wasm = corpus.deployable(language.name(), driver)?;
        let concerns = |dialect: &&Dialect| Driver::ALL.iter().any(|d| d.name() == driver && dialect.concerns(*d));
        for dialect in self.dialect.iter().filter(concerns) {
            wasm = compose(&wasm, corpus.guest(dialect.bridge())?)?;
        }
        Ok(wasm)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let file = self.output.join(name);
        let written = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&file, bytes));
        written.with_context(|| format!("`{}` cannot be written", file.display()))?;
        anstream::println!("{}", file.display());
        Ok(())
    }
}
