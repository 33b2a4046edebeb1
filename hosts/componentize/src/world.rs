//! Where a world comes from: WIT that is given, or the section of a module.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use wasm_encoder::{CustomSection, Encode, Section};
use wasmparser::{Parser, Payload};
use wit_component::StringEncoding;
use wit_component::metadata::{self, Bindgen};
use wit_parser::decoding::decode_world;
use wit_parser::{PackageId, Resolve, World as WitWorld, WorldId};

use crate::input::Input;
use crate::{Error, exports};

/// How the names of the sections begin that hold worlds.
pub(crate) const SECTION: &str = "component-type";

/// A world to make a component for. [`Componentize::world`](crate::Componentize::world) takes it.
#[derive(Clone, Debug)]
pub struct World {
    source: Source,
    name: Option<String>,
    only_implemented: bool,
}

#[derive(Clone, Debug)]
enum Source {
    Path(PathBuf),
    Text(String),
}

impl World {
    /// The world in a folder of WIT with its `deps`, in one file of WIT that needs no other, or in a WIT package that another tool
    /// encoded as wasm. It is read when the component is made.
    pub fn path(path: impl Into<PathBuf>) -> Self {
        Self { source: Source::Path(path.into()), name: None, only_implemented: false }
    }

    /// The world in `text`, which is WIT: one package, in which others can be nested.
    pub fn text(text: impl Into<String>) -> Self {
        Self { source: Source::Text(text.into()), name: None, only_implemented: false }
    }

    /// Which world it is, `service` or `wasi-cloud:cloud/service`. Needed if the package has more than one.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Asks for no more than the module has: an exported interface, or an exported function of the world itself, of which it
    /// exports nothing is taken out of the world. An interface of which it exports a part is still an error.
    ///
    /// For bindings of which a program links only what it uses, such as an SDK's.
    #[must_use]
    pub fn only_implemented(mut self) -> Self {
        self.only_implemented = true;
        self
    }

    fn place(&self) -> String {
        match &self.source {
            Source::Path(path) => format!("`{}`", path.display()),
            Source::Text(_) => "the given WIT".to_owned(),
        }
    }

    /// The world as the content of a `component-type` section, and its name for messages.
    fn encode(&self, input: &Input) -> Result<(Vec<u8>, String), Error> {
        let error = |reason| {
            let name = self.name.as_ref().map_or("the world".to_owned(), |name| format!("world `{name}`"));
            Error::World { world: format!("{name} of {}", self.place()), reason }
        };
        let mut resolve = Resolve::default();
        let pushed = match &self.source {
            Source::Path(path) => resolve.push_path(path).map(|(package, _)| package),
            Source::Text(text) => resolve.push_str("world.wit", text),
        };
        let package = pushed.map_err(|e| error(resolve.render_error(&e) + self.hint()))?;
        let world = resolve.select_world(&[package], self.name.as_deref()).map_err(|e| error(format!("{e:#}")))?;
        if self.only_implemented {
            exports::only_implemented(&mut resolve, world, input);
        }
        let encoded =
            metadata::encode(&resolve, world, StringEncoding::UTF8, None).map_err(|e| error(format!("{e:#}")))?;
        Ok((encoded, format!("world `{}` of {}", resolve.worlds[world].name, self.place())))
    }

    fn hint(&self) -> &'static str {
        match &self.source {
            Source::Path(path) if path.is_file() && path.parent().is_some_and(has_deps) => {
                "; a single file does not see the `deps` next to it: give the folder"
            }
            _ => "",
        }
    }
}

fn has_deps(folder: &Path) -> bool {
    folder.join("deps").is_dir()
}

/// A world with all its types, merged from one or more, and what messages call it.
pub(crate) struct Described {
    pub label: String,
    bindgen: Bindgen,
    /// The worlds as they were before.
    pub parts: Vec<Part>,
    /// The sections that a module needs to get this world: none if it has them.
    sections: Vec<Vec<u8>>,
}

/// One world, as the content of a section has it.
pub(crate) struct Part {
    pub label: String,
    pub resolve: Resolve,
    pub world: WorldId,
}

impl Part {
    fn decode(label: String, section: &[u8]) -> Result<Self, Error> {
        let error = |reason| Error::World { world: label.clone(), reason };
        let (resolve, world) = decode_world(section).map_err(|e| error(format!("{e:#}")))?;
        refuse_circles([&resolve]).map_err(error)?;
        Ok(Self { label, resolve, world })
    }
}

impl Described {
    /// The world of a module that speaks no WIT.
    pub fn empty() -> Self {
        let label = "the empty world of a command that was given none".to_owned();
        Self { label, bindgen: Bindgen::default(), parts: Vec::new(), sections: Vec::new() }
    }

    pub fn resolve(&self) -> &Resolve {
        &self.bindgen.resolve
    }

    pub fn world(&self) -> &WitWorld {
        &self.bindgen.resolve.worlds[self.bindgen.world]
    }

    /// Reads the world from the sections of `module`.
    fn merge(&mut self, module: &[u8]) -> Result<(), Error> {
        let error = |reason| Error::World { world: self.label.clone(), reason };
        refuse_circles(self.parts.iter().map(|part| &part.resolve)).map_err(error)?;
        (_, self.bindgen) = metadata::decode(module).map_err(|e| error(format!("{e:#}")))?;
        Ok(())
    }

    /// `module` with this world in it.
    pub fn embed<'a>(&self, module: &'a [u8]) -> Cow<'a, [u8]> {
        if self.sections.is_empty() {
            return Cow::Borrowed(module);
        }
        let mut module = module.to_vec();
        for (index, data) in self.sections.iter().enumerate() {
            let section = CustomSection { name: format!("{SECTION}:{index}").into(), data: Cow::Borrowed(data) };
            module.push(section.id());
            section.encode(&mut module);
        }
        Cow::Owned(module)
    }
}

/// The given worlds merged, or `None` if there is none.
pub(crate) fn load(worlds: &[World], input: &Input) -> Result<Option<Described>, Error> {
    if worlds.is_empty() {
        return Ok(None);
    }
    let encoded = worlds.iter().map(|world| world.encode(input)).collect::<Result<Vec<_>, Error>>()?;
    let (sections, labels): (Vec<_>, Vec<_>) = encoded.into_iter().unzip();
    let label = labels.join(" with ");
    let parts = sections.iter().zip(labels).map(|(section, label)| Part::decode(label, section));
    let parts = parts.collect::<Result<_, _>>()?;
    let mut described = Described { label, bindgen: Bindgen::default(), parts, sections };
    // The encoder will read the sections from the module and merge them, so that is how they are merged here.
    described.merge(&described.embed(&wasm_encoder::Module::HEADER))?;
    Ok(Some(described))
}

/// The world of a module that has sections of its own.
pub(crate) fn of_module(module: &[u8]) -> Result<Described, Error> {
    let label = "the module's own `component-type` section".to_owned();
    let mut parts = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload {
            Ok(Payload::CustomSection(section)) if section.name().starts_with(SECTION) => {
                parts.push(Part::decode(format!("the module's own section `{}`", section.name()), section.data())?);
            }
            Ok(_) => {}
            Err(e) => return Err(Error::World { world: label, reason: e.to_string() }),
        }
    }
    let mut described = Described { label, bindgen: Bindgen::default(), parts, sections: Vec::new() };
    described.merge(module)?;
    Ok(described)
}

/// WIT that was parsed has no circle of packages. What was decoded from damaged bytes may, and so may the union of two that
/// contradict each other. Merging would then recurse without end.
pub(crate) fn refuse_circles<'a>(resolves: impl IntoIterator<Item = &'a Resolve>) -> Result<(), String> {
    let mut left: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for resolve in resolves {
        let name = |id: PackageId| resolve.packages[id].name.to_string();
        for (id, _) in resolve.packages.iter() {
            left.entry(name(id)).or_default().extend(resolve.package_direct_deps(id).map(name));
        }
    }
    while !left.is_empty() {
        let ready = |deps: &BTreeSet<String>| deps.iter().all(|dep| !left.contains_key(dep));
        let ready: Vec<_> = left.iter().filter(|(_, deps)| ready(deps)).map(|(name, _)| name.clone()).collect();
        if ready.is_empty() {
            let circle: Vec<_> = left.into_keys().collect();
            return Err(format!("packages depend on each other in a circle: {}", circle.join(", ")));
        }
        for name in ready {
            left.remove(&name);
        }
    }
    Ok(())
}
