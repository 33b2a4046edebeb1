//! Which export fulfils which import.

use crate::inspect::report::quoted;
use anyhow::{Context, anyhow, bail};
use serde::Serialize;
use std::collections::BTreeSet;
use wac_graph::{
    CompositionGraph, EncodeOptions, NodeId, PackageId, Processor,
    types::{ItemKind, Package, SubtypeChecker, are_semver_compatible},
};

/// A component, and the file that it is of.
pub struct Part {
    pub name: String,
    pub wasm: Vec<u8>,
}

/// An import of one file that another one fulfils.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Plugged {
    pub import: String,
    pub of: String,
    pub by: String,
}

/// One component of all, in which each fulfils an import of one before it. It exports what the first `exporting` ones export, but for
/// what is plugged.
pub fn join(parts: &[Part], exporting: usize) -> anyhow::Result<(Vec<u8>, Vec<Plugged>)> {
    let mut joint = Joint::of(parts)?;
    let (mut plugged, mut used, mut taken) = (Vec::new(), BTreeSet::from([0]), BTreeSet::new());
    for at in 0..parts.len() {
        if !used.contains(&at) {
            bail!(joint.of_no_use(at));
        }
        for (by, import) in joint.fulfil(at)? {
            used.insert(by);
            taken.insert((by, import.clone()));
            plugged.push(Plugged { import, of: parts[at].name.clone(), by: parts[by].name.clone() });
        }
    }
    joint.export(exporting, &taken)?;
    let processor = Some(Processor { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") });
    let options = EncodeOptions { processor, ..EncodeOptions::default() };
    let component = joint.graph.encode(options).context("these components do not go together")?;
    Ok((component, plugged))
}

/// The graph, and for each part its package and its instance.
struct Joint<'a> {
    parts: &'a [Part],
    graph: CompositionGraph,
    nodes: Vec<(PackageId, NodeId)>,
}

impl<'a> Joint<'a> {
    fn of(parts: &'a [Part]) -> anyhow::Result<Self> {
        let mut graph = CompositionGraph::new();
        let mut nodes = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let name = format!("compose:part-{at}");
            let package = Package::from_bytes(&name, None, part.wasm.clone(), graph.types_mut());
            let package = package.with_context(|| format!("`{}`", part.name))?;
            let id = graph.register_package(package)?;
            nodes.push((id, graph.instantiate(id)));
        }
        Ok(Self { parts, graph, nodes })
    }

    fn imports(&self, at: usize) -> Vec<(String, ItemKind)> {
        let world = &self.graph.types()[self.graph[self.nodes[at].0].ty()];
        world.imports.iter().map(|(name, kind)| (name.clone(), *kind)).collect()
    }

    fn exports(&self, at: usize) -> Vec<(String, ItemKind)> {
        let world = &self.graph.types()[self.graph[self.nodes[at].0].ty()];
        world.exports.iter().map(|(name, kind)| (name.clone(), *kind)).collect()
    }

    /// Gives a part what later ones export: which one, and the import.
    fn fulfil(&mut self, at: usize) -> anyhow::Result<Vec<(usize, String)>> {
        let mut plugged = Vec::new();
        for (import, kind) in self.imports(at) {
            let Some((by, export)) = self.source(at, &import, kind)? else { continue };
            let export = self.graph.alias_instance_export(self.nodes[by].1, &export)?;
            self.graph.set_instantiation_argument(self.nodes[at].1, &import, export)?;
            plugged.push((by, import));
        }
        Ok(plugged)
    }

    /// The first later part that exports it, and under which name.
    fn source(&self, at: usize, import: &str, kind: ItemKind) -> anyhow::Result<Option<(usize, String)>> {
        let mut other = None;
        for by in at + 1..self.parts.len() {
            let exports = self.exports(by);
            let exact = exports.iter().find(|(name, _)| name == import);
            let compatible = || exports.iter().find(|(name, _)| are_semver_compatible(name, import));
            let Some((name, of)) = exact.or_else(compatible) else { continue };
            let types = self.graph.types();
            match SubtypeChecker::new(&mut Default::default()).is_subtype(*of, types, kind, types) {
                Ok(()) => return Ok(Some((by, name.clone()))),
                Err(why) => other = other.or(Some((by, why))),
            }
        }
        match other {
            None => Ok(None),
            Some((by, why)) => Err(anyhow!(
                "`{}` exports `{import}`, but not with the types that `{}` imports: {why:#}; build both from the same WIT",
                self.parts[by].name,
                self.parts[at].name
            )),
        }
    }

    /// Why a part fulfils nothing, and what to do.
    fn of_no_use(&self, at: usize) -> String {
        let name = &self.parts[at].name;
        let (first, exports) = (&self.parts[0].name, self.exports(0));
        let exported = |import: &str| exports.iter().any(|(export, _)| are_semver_compatible(export, import));
        let around = self.imports(at).iter().any(|(import, _)| exported(import));
        if around {
            return format!(
                "`{name}` fulfils no import; it imports what `{first}` exports, so turn them round: `wasi-cloud compose {} \
                 --plug {}`",
                quoted(name),
                quoted(first)
            );
        }
        let list: Vec<_> = self.exports(at).into_iter().map(|(export, _)| format!("`{export}`")).collect();
        let list = if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
        format!(
            "`{name}` fulfils no import of the components before it, or another one did before; it exports {list}: leave it out, \
             or build it for what they import, which `wasi-cloud inspect` tells"
        )
    }

    fn export(&mut self, exporting: usize, taken: &BTreeSet<(usize, String)>) -> anyhow::Result<()> {
        for at in 0..exporting {
            for (name, _) in self.exports(at) {
                if !taken.contains(&(at, name.clone())) {
                    let export = self.graph.alias_instance_export(self.nodes[at].1, &name)?;
                    self.graph.export(export, &name)?;
                }
            }
        }
        Ok(())
    }
}
