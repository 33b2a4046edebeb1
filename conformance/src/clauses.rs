//! The law, embedded: every clause of the WIT files with its id, its level and the item that it stands on.

use anyhow::{Context, bail};
use include_dir::{Dir, include_dir};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};
use wit_parser::{Docs, Function, Interface, Resolve, SourceMap, TypeDef, TypeDefKind, UnresolvedPackageGroup};

/// A copy of `wit/` that a test holds equal to it: a released binary has no workspace around it.
pub(crate) static LAW: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/law");

/// How much a clause binds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every host.
    Core,
    /// A host, unless it declares that it does not offer the profile.
    Profile(String),
    /// Measured; fails only where it contradicts the host's own declaration.
    Probe,
    /// A permission that a guest has to live with.
    May,
}

impl Level {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "core" => Some(Self::Core),
            "may" => Some(Self::May),
            "probe" => Some(Self::Probe),
            _ => {
                let profile = text.strip_prefix("profile(")?.strip_suffix(')')?;
                (!profile.is_empty()).then(|| Self::Profile(profile.to_owned()))
            }
        }
    }

    /// The level without the profile's name, as reports group by it.
    #[must_use]
    pub const fn group(&self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Profile(_) => "profile",
            Self::Probe => "probe",
            Self::May => "may",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Profile(name) => write!(f, "profile({name})"),
            other => f.write_str(other.group()),
        }
    }
}

/// One testable sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// Its id, such as `KV-STORE-05`.
    pub id: String,
    /// How much it binds.
    pub level: Level,
    /// What it stands on: `wasi:keyvalue/store bucket.get`.
    pub place: String,
    /// The sentence, on one line.
    pub text: String,
    /// The untagged paragraphs around it, one per line.
    pub context: Vec<String>,
}

impl Clause {
    /// The capability word: `wasi-cloud:keyvalue/extension put` is about `keyvalue`.
    #[must_use]
    pub fn capability(&self) -> &str {
        word(&self.place)
    }
}

/// The capability word of a place.
pub(crate) fn word(place: &str) -> &str {
    let package = place.split(['/', ' ']).next().unwrap_or_default();
    package.split_once(':').map_or(package, |(_, word)| word)
}

/// All clauses, by id.
#[derive(Debug, Clone, Default)]
pub struct Law {
    clauses: BTreeMap<String, Clause>,
    operations: BTreeSet<String>,
}

impl Law {
    /// Reads the embedded files; a few milliseconds, no file system.
    ///
    /// # Errors
    /// When the files that this build carries are not WIT, or name a clause twice.
    pub fn embedded() -> anyhow::Result<Self> {
        let mut groups = packages(&LAW)?.into_iter();
        let main = groups.next().context("this build carries no law")?;
        let mut resolve = Resolve::default();
        resolve.push_groups(main, groups.collect())?;
        let mut law = Self::default();
        for (_, package) in &resolve.packages {
            let name = format!("{}:{}", package.name.namespace, package.name.name);
            law.docs(&name, &package.docs)?;
            for (word, id) in &package.interfaces {
                law.interface(&format!("{name}/{word}"), &resolve.interfaces[*id], &resolve)?;
            }
            for (word, id) in &package.worlds {
                law.docs(&format!("{name}/{word}"), &resolve.worlds[*id].docs)?;
            }
        }
        Ok(law)
    }

    /// The clause of that id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Clause> {
        self.clauses.get(id)
    }

    /// The place of every function: `wasi:keyvalue/store bucket.get`.
    #[must_use]
    pub const fn operations(&self) -> &BTreeSet<String> {
        &self.operations
    }

    /// Every clause, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Clause> {
        self.clauses.values()
    }

    /// Where a clause is written: a file of the specification, and the line.
    #[must_use]
    pub fn source(id: &str) -> Option<(String, usize)> {
        let tag = format!("/// [{id} ");
        let mut folders = vec![&LAW];
        while let Some(folder) = folders.pop() {
            for file in folder.files() {
                let text = file.contents_utf8().unwrap_or_default();
                if let Some(line) = text.lines().position(|line| line.trim_start().starts_with(&tag)) {
                    return Some((format!("wit/{}", file.path().display()), line + 1));
                }
            }
            folders.extend(folder.dirs());
        }
        None
    }

    fn interface(&mut self, place: &str, interface: &Interface, resolve: &Resolve) -> anyhow::Result<()> {
        self.docs(place, &interface.docs)?;
        for (word, id) in &interface.types {
            self.definition(&format!("{place} {word}"), &resolve.types[*id])?;
        }
        for function in interface.functions.values() {
            let name = format!("{place} {}", spoken(function));
            self.docs(&name, &function.docs)?;
            self.operations.insert(name);
        }
        Ok(())
    }

    fn definition(&mut self, place: &str, definition: &TypeDef) -> anyhow::Result<()> {
        self.docs(place, &definition.docs)?;
        let parts: Vec<(&str, &Docs)> = match &definition.kind {
            TypeDefKind::Record(record) => record.fields.iter().map(|f| (&*f.name, &f.docs)).collect(),
            TypeDefKind::Variant(variant) => variant.cases.iter().map(|c| (&*c.name, &c.docs)).collect(),
            TypeDefKind::Enum(words) => words.cases.iter().map(|c| (&*c.name, &c.docs)).collect(),
            TypeDefKind::Flags(flags) => flags.flags.iter().map(|f| (&*f.name, &f.docs)).collect(),
            _ => Vec::new(),
        };
        parts.into_iter().try_for_each(|(word, docs)| self.docs(&format!("{place}.{word}"), docs))
    }

    fn docs(&mut self, place: &str, docs: &Docs) -> anyhow::Result<()> {
        let (tagged, context): (Vec<_>, Vec<_>) =
            paragraphs(docs.contents.as_deref().unwrap_or_default()).into_iter().partition(|p| p.starts_with('['));
        for paragraph in tagged {
            let (id, level, text) =
                split_tag(&paragraph).with_context(|| format!("{place}: not a clause tag: {paragraph}"))?;
            let clause = Clause {
                id: id.to_owned(),
                level,
                place: place.to_owned(),
                text: text.to_owned(),
                context: context.clone(),
            };
            if self.clauses.insert(id.to_owned(), clause).is_some() {
                bail!("{place}: the clause {id} stands in the law twice");
            }
        }
        Ok(())
    }
}

/// One group per folder that holds WIT: the root first, since it depends on the others.
fn packages(dir: &Dir<'_>) -> anyhow::Result<Vec<UnresolvedPackageGroup>> {
    let mut groups = Vec::new();
    let mut sources = SourceMap::default();
    for file in dir.files().filter(|file| file.path().extension() == Some("wit".as_ref())) {
        sources.push(Path::new(file.path()), file.contents_utf8().context("WIT is UTF-8")?);
    }
    if sources.source_files().next().is_some() {
        groups.push(sources.parse().map_err(|(sources, why)| anyhow::anyhow!(why.render(&sources)))?);
    }
    for inner in dir.dirs() {
        groups.extend(packages(inner)?);
    }
    Ok(groups)
}

/// `[method]bucket.get` as people say it.
fn spoken(function: &Function) -> &str {
    function.name.rsplit_once(']').map_or(&function.name, |(_, name)| name)
}

fn paragraphs(docs: &str) -> Vec<String> {
    let mut paragraphs = vec![String::new()];
    for line in docs.lines().map(str::trim) {
        match paragraphs.last_mut() {
            Some(last) if !line.is_empty() => {
                last.push_str(if last.is_empty() { "" } else { " " });
                last.push_str(line);
            }
            _ => paragraphs.push(String::new()),
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs
}

fn split_tag(paragraph: &str) -> Option<(&str, Level, &str)> {
    let (tag, text) = paragraph.strip_prefix('[')?.split_once(']')?;
    let (id, level) = tag.split_once(' ')?;
    let well_formed = !id.is_empty() && id.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-');
    well_formed.then_some((id, Level::parse(level)?, text.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_has_its_level_and_its_place() {
        let law = Law::embedded().expect("the law reads");
        let clause = law.get("KV-STORE-05").expect("a clause");
        assert_eq!(clause.level, Level::Core);
        assert_eq!(clause.place, "wasi:keyvalue/store bucket.get");
        assert_eq!(clause.text, "`get` of an absent key returns `ok(none)`, not an error.");
        assert!(clause.context[0].starts_with("Read the value of `key`"), "{:?}", clause.context);
        assert_eq!(law.get("KVX-30").expect("a clause").level, Level::Profile("ttl".to_owned()));
    }

    #[test]
    fn tags_that_are_almost_right_are_refused() {
        assert!(split_tag("[KV-1 core] text").is_some());
        for bad in ["[KV-1] text", "[KV-1 must] text", "[kv-1 core] text", "[KV-1 profile()] text", "[KV-1 core text"] {
            assert!(split_tag(bad).is_none(), "{bad}");
        }
    }

    /// Every tag of the text is found by the parser: none hides in a comment that WIT does not attach.
    #[test]
    fn no_tag_is_lost() {
        let law = Law::embedded().expect("the law reads");
        let mut written = 0;
        let mut dirs = vec![&LAW];
        while let Some(dir) = dirs.pop() {
            dirs.extend(dir.dirs());
            let lines = dir.files().filter_map(|f| f.contents_utf8()).flat_map(str::lines);
            written += lines.filter(|line| line.trim_start().starts_with("/// [")).count();
        }
        assert_eq!(law.iter().count(), written);
    }

    #[test]
    fn the_embedded_law_is_the_law() {
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
        if !wit.exists() {
            return; // A packaged crate stands alone; the workspace's CI holds the two equal.
        }
        let mut dirs = vec![(wit, LAW.clone())];
        while let Some((folder, dir)) = dirs.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder").map(|e| e.expect("an entry").path()) {
                let name = dir.path().join(entry.file_name().expect("a name"));
                if entry.is_dir() {
                    dirs.push((entry, dir.get_dir(&name).expect("cp -r wit/. conformance/law/").clone()));
                } else {
                    let copy = dir.get_file(&name).expect("cp -r wit/. conformance/law/");
                    assert_eq!(copy.contents(), std::fs::read(&entry).expect("a file"), "{}", entry.display());
                }
            }
        }
    }
}
