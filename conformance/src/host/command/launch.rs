//! `[launch]` of a host's file: how a program that runs components is started, and what it cannot carry.

use crate::{
    catalogue::deployment::{DEFAULT, OTHER},
    dialect::Dialect,
    host::http::{self, Token},
    language::Language,
};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Stands for the component's path.
const COMPONENT: &str = "{component}";
/// Stands for the path of what `prepare` makes of it.
const PREPARED: &str = "{prepared}";
/// Stands for the folder of the host's file.
const HERE: &str = "{here}";
/// Stands for one argument of `config` for each pair of the configuration.
const CONFIG: &str = "{config}";
const NAME: &str = "{name}";
const VALUE: &str = "{value}";

/// How to run a component with a host that is a program.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Launch {
    /// The program and its arguments: `{component}` stands for the component's path, `{prepared}` for that of what
    /// `prepare` made of it, `{here}` for the folder of the host's file, and an argument that is `{config}` for those that
    /// `config` makes. Standard input and output are the guest's.
    #[serde(default)]
    pub argv: Vec<String>,
    /// In the place of `argv`: a program that starts guests on the host, and may give the suite controls over it. It is spoken
    /// with in JSON lines: see `docs/adapter-protocol.md`.
    #[serde(default)]
    pub adapter: Vec<String>,
    /// In the place of `argv`: where the vendor has deployed the guests, which are then spoken with over HTTP. `{lang}` and
    /// `{driver}` stand for the guest's.
    #[serde(default)]
    pub url: Option<String>,
    /// What deployed guests ask for.
    #[serde(default)]
    pub token: Option<Token>,
    /// One argument for each pair of the configuration: `{name}` and `{value}` stand for its parts.
    #[serde(default)]
    pub config: Option<String>,
    /// Run once for each component, before the first case: makes `{prepared}` of `{component}`. Hosts that compile need
    /// it, or they compile for each case.
    #[serde(default)]
    pub prepare: Vec<String>,
    /// Prints the version, on its first line.
    #[serde(default)]
    pub version: Vec<String>,
    /// The folder of the host's file.
    #[serde(skip)]
    pub here: String,
    /// How it exits when a guest trapped; any other exit before the guest's end is the host's own.
    #[serde(default)]
    pub trap_exit_codes: BTreeSet<i32>,
    /// The packages that it links instead of ours: a bridge is composed under the guest for each.
    #[serde(default)]
    pub dialects: BTreeSet<Dialect>,
    /// What it calls the suite's labels of key-value stores. A label that is not here is its own name, and where there is
    /// anything here, the host has no store for the others.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Why two guests cannot meet, where each has data of its own.
    #[serde(default)]
    pub guests_are_alone: Option<String>,
}

impl Launch {
    /// Whether it can be used at all.
    ///
    /// # Errors
    /// What is missing.
    pub fn check(&self) -> Result<(), String> {
        self.check_labels().map_err(|wrong| format!("launch: {wrong}"))?;
        if !self.adapter.is_empty() {
            return self.check_adapter().map_err(|wrong| format!("launch: {wrong}"));
        }
        if let Some(url) = &self.url {
            return self.check_deployed(url).map_err(|wrong| format!("launch: {wrong}"));
        }
        let has = |list: &[String], place: &str| list.iter().any(|argument| argument.contains(place));
        let wrong = if self.token.is_some() {
            "`token` is what guests ask for that are deployed: there is no `url`"
        } else if self.argv.is_empty() {
            "`argv` names no program, and there is no `adapter` and no `url`"
        } else if !has(&self.argv, COMPONENT) && !has(&self.argv, PREPARED) {
            "`argv` says nowhere what to run: write {component} or {prepared}"
        } else if has(&self.argv, PREPARED) == self.prepare.is_empty() {
            "`prepare` makes {prepared}, and `argv` runs it: give both or neither"
        } else if !self.prepare.is_empty() && [COMPONENT, PREPARED].iter().any(|place| !has(&self.prepare, place)) {
            "`prepare` makes {prepared} of {component}: it must name both"
        } else if self.argv.iter().any(|argument| argument == CONFIG) != self.config.is_some() {
            "`config` stands in `argv` where {config} is: give both or neither"
        } else if self.config.as_ref().is_some_and(|text| !text.contains(NAME) || !text.contains(VALUE)) {
            "`config` must name {name} and {value}"
        } else {
            return Ok(());
        };
        Err(format!("launch: {wrong}"))
    }

    /// A label that is to be denied, or to lead nowhere, has no other name: it would be another one that is put to the host.
    fn check_labels(&self) -> Result<(), String> {
        if let Some(label) = self.labels.keys().find(|label| ![DEFAULT, OTHER].contains(&&***label)) {
            return Err(format!(
                "`labels` says what the stores `{DEFAULT}` and `{OTHER}` are called: take out {label:?}"
            ));
        }
        let called = |label: &str| self.labels.get(label).map_or(label, String::as_str).to_owned();
        match self.labels.get(OTHER) {
            Some(other) if *other == called(DEFAULT) => {
                Err(format!("`labels` calls two stores {other:?}: give each its own name, or leave out `{OTHER}`"))
            }
            _ => Ok(()),
        }
    }

    fn check_adapter(&self) -> Result<(), String> {
        let own = [
            ("argv", self.argv.is_empty()),
            ("url", self.url.is_none()),
            ("token", self.token.is_none()),
            ("config", self.config.is_none()),
            ("prepare", self.prepare.is_empty()),
            ("version", self.version.is_empty()),
            ("trap-exit-codes", self.trap_exit_codes.is_empty()),
        ];
        match own.into_iter().find(|(_, is_absent)| !is_absent) {
            Some((key, _)) => Err(format!("an adapter sees to `{key}` itself: give one of them")),
            None => Ok(()),
        }
    }

    /// Places what is beside the host's file.
    ///
    /// A program is looked for on the PATH unless its name has a folder, so a file in this folder needs the dot.
    pub fn beside(&mut self, file: &Path) {
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        self.here = folder.unwrap_or(Path::new(".")).to_string_lossy().into_owned();
    }

    /// The adapter and its arguments; none if there is no adapter.
    #[must_use]
    pub fn adapter(&self) -> Vec<String> {
        self.adapter.iter().map(|text| filled(text, &[(HERE, &self.here)])).collect()
    }

    /// The program that is started for each guest or for all of them, and every file that its arguments name.
    pub fn files(&self) -> impl Iterator<Item = String> {
        let command = if self.adapter.is_empty() { &self.argv } else { &self.adapter };
        let filled = command.iter().map(|text| filled(text, &[(HERE, &self.here)]));
        filled.enumerate().filter(|(number, text)| *number == 0 || Path::new(text).is_file()).map(|(_, text)| text)
    }

    fn check_deployed(&self, url: &str) -> Result<(), String> {
        let started = [
            ("argv", self.argv.is_empty()),
            ("config", self.config.is_none()),
            ("prepare", self.prepare.is_empty()),
            ("trap-exit-codes", self.trap_exit_codes.is_empty()),
        ];
        if let Some((key, _)) = started.into_iter().find(|(_, is_absent)| !is_absent) {
            return Err(format!("what has a `url` is not started: leave out `{key}`"));
        }
        if self.token.is_none() {
            return Err("`token` has to say where the token is that deployed guests ask for".to_owned());
        }
        http::check(url)
    }

    /// The command that runs a guest with this configuration.
    pub(super) fn command(&self, component: &str, prepared: &str, config: &BTreeMap<String, String>) -> Vec<String> {
        let pairs = || {
            let template = self.config.as_deref().unwrap_or_default();
            config.iter().map(|(name, value)| filled(template, &[(NAME, name), (VALUE, value)])).collect()
        };
        let places = self.places(component, prepared);
        let argument = |text: &String| if text == CONFIG { pairs() } else { vec![filled(text, &places)] };
        self.argv.iter().flat_map(argument).collect()
    }

    /// The command that prepares a component.
    pub(super) fn preparation(&self, component: &str, prepared: &str) -> Vec<String> {
        let places = self.places(component, prepared);
        self.prepare.iter().map(|text| filled(text, &places)).collect()
    }

    /// The command that prints the version; none if the file does not say how.
    pub(super) fn question(&self) -> Vec<String> {
        self.version.iter().map(|text| filled(text, &[(HERE, &self.here)])).collect()
    }

    fn places<'a>(&'a self, component: &'a str, prepared: &'a str) -> [(&'static str, &'a str); 3] {
        [(COMPONENT, component), (PREPARED, prepared), (HERE, &self.here)]
    }

    /// What a reader of a report has to know, with guests of this language.
    #[must_use]
    pub fn notes(&self, language: Language) -> Vec<String> {
        let deployed = self.url.iter().map(|url| format!("over HTTP at {}", http::origin(url, language)));
        let dialects = self.dialects.iter().map(|dialect| format!("via bridge: {}", dialect.name()));
        let alone = self.guests_are_alone.iter().map(|why| format!("guests do not meet: {why}"));
        let labels = self.labels.iter().map(|(label, called)| format!("the store `{label}` is called {called:?}"));
        deployed.chain(dialects).chain(alone).chain(labels).collect()
    }

    /// What the host cannot carry, by the word of the need, with the reason.
    #[must_use]
    pub fn lacks(&self) -> BTreeMap<String, String> {
        let alone = self.guests_are_alone.iter().map(|why| ("guests", why.clone()));
        let one = (!self.labels.is_empty() && !self.labels.contains_key(OTHER))
            .then(|| ("labels", "it has no second store".to_owned()));
        let dialects = self.dialects.iter().flat_map(|dialect| {
            let reason = |word: &str| format!("`{}` cannot express `{word}`", dialect.name());
            dialect.lacks().iter().map(move |word| (*word, reason(word)))
        });
        dialects.chain(alone).chain(one).map(|(word, why)| (word.to_owned(), why)).collect()
    }
}

/// The text with what stands for something replaced, once and from the left, so that no value is taken for a place.
fn filled(text: &str, places: &[(&str, &str)]) -> String {
    let first = places.iter().filter_map(|(place, value)| Some((text.find(place)?, *place, *value))).min();
    match first {
        None => text.to_owned(),
        Some((at, place, value)) => format!("{}{value}{}", &text[..at], filled(&text[at + place.len()..], places)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(text: &str) -> Result<Launch, String> {
        let launch: Launch = toml::from_str(text).map_err(|e| e.to_string())?;
        launch.check().map(|()| launch)
    }

    #[test]
    fn places_are_filled_and_values_are_not() {
        let launch = launch("argv = ['w', '-x{component}', '{config}', 'end']\nconfig = '-S{name}={value}'").unwrap();
        let config = [("a".into(), "{name}".into()), ("b".into(), "two words".into())].into();
        let command = launch.command("/tmp/{prepared}", "/p", &config);
        assert_eq!(command, ["w", "-x/tmp/{prepared}", "-Sa={name}", "-Sb=two words", "end"]);
    }

    #[test]
    fn the_folder_of_the_file_is_filled_in_everywhere() {
        let text = "argv = ['{here}/w', '{prepared}']\nprepare = ['{here}/c', '{component}', '{prepared}']\nversion = ['{here}/v']";
        let launch = Launch { here: "a/{component}".into(), ..launch(text).unwrap() };
        assert_eq!(launch.command("c", "p", &BTreeMap::new()), ["a/{component}/w", "p"]);
        assert_eq!(launch.preparation("c", "p"), ["a/{component}/c", "c", "p"]);
        assert_eq!(launch.question(), ["a/{component}/v"]);
    }

    #[test]
    fn a_reader_is_told_what_stands_between() {
        let text = "argv = ['w', '{component}']\ndialects = ['wasi:config@0.2.0-draft']\nguests-are-alone = 'so'\n\
            labels = { default = 'd', other = 'default' }";
        assert_eq!(
            launch(text).unwrap().notes(Language::Rust),
            [
                "via bridge: wasi:config@0.2.0-draft",
                "guests do not meet: so",
                "the store `default` is called \"d\"",
                "the store `other` is called \"default\""
            ]
        );
    }

    #[test]
    fn what_is_missing_is_said() {
        for (text, word) in [
            ("argv = []", "no program"),
            ("argv = ['w']", "write {component}"),
            ("argv = ['w', '{prepared}']", "give both or neither"),
            ("argv = ['w', '{component}']\nprepare = ['c', '{component}', '{prepared}']", "give both or neither"),
            ("argv = ['w', '{prepared}']\nprepare = ['c', '{component}']", "must name both"),
            ("argv = ['w', '{component}', '{config}']", "give both or neither"),
            ("argv = ['w', '{component}', '{config}']\nconfig = '{name}'", "must name {name} and {value}"),
            ("argv = ['w', '{component}']\nport = 1", "unknown field"),
            ("adapter = ['a']\nargv = ['w', '{component}']", "an adapter sees to `argv` itself"),
            ("adapter = ['a']\nprepare = ['c']", "an adapter sees to `prepare` itself"),
            ("argv = ['w', '{component}']\ntoken = { env = 'T' }", "there is no `url`"),
            ("url = 'http://h/{lang}/{driver}'", "`token` has to say"),
            ("url = 'http://h/{lang}'\ntoken = { env = 'T' }", "write {driver}"),
            ("url = 'http://h/{lang}/{driver}'\ntoken = { env = 'T' }\nargv = ['w']", "leave out `argv`"),
            ("argv = ['w', '{component}']\ndialects = ['wasi:keyvalue@9']", "unknown variant"),
            ("adapter = ['a']\nlabels = { ungranted = 'locked' }", "take out \"ungranted\""),
            ("adapter = ['a']\nlabels = { default = 'd', Default = 'locked' }", "take out \"Default\""),
            ("adapter = ['a']\nlabels = { default = 's', other = 's' }", "two stores \"s\": give each its own name"),
            ("adapter = ['a']\nlabels = { other = 'default' }", "two stores \"default\""),
        ] {
            let why = launch(text).expect_err(text);
            assert!(why.contains(word), "{text}: {why}");
        }
    }
}
