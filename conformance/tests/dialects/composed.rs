//! A guest with the bridges of a host around it, as `wasi-cloud bridge` composes them.

use anyhow::Result;
use cloud_conformance::{corpus::Corpus, dialect::Dialect};
use std::collections::BTreeSet;
use wac_graph::{CompositionGraph, EncodeOptions, PackageId, types::Package};

/// A component, and the names of what it wants and has.
struct Part {
    package: PackageId,
    imports: BTreeSet<String>,
    exports: BTreeSet<String>,
}

impl Part {
    fn of(graph: &mut CompositionGraph, name: &str, wasm: &[u8]) -> Result<Self> {
        let package = Package::from_bytes(name, None, wasm.to_vec(), graph.types_mut())?;
        let world = &graph.types()[package.ty()];
        let (imports, exports) = (world.imports.keys().cloned().collect(), world.exports.keys().cloned().collect());
        Ok(Self { package: graph.register_package(package)?, imports, exports })
    }
}

/// Each import of a part is fulfilled by a later one, and what the first one exports is exported. `handles` is whether the host calls
/// the guest's handler.
pub fn composed(corpus: &Corpus, guest: &[u8], dialects: &[Dialect], handles: bool) -> Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let mut parts = Vec::new();
    for name in dialects.iter().filter_map(|dialect| dialect.handler()).filter(|_| handles) {
        parts.push(Part::of(&mut graph, &format!("test:{}", name.replace('/', "-")), corpus.guest(name)?)?);
    }
    parts.push(Part::of(&mut graph, "test:guest", guest)?);
    for name in dialects.iter().map(|dialect| dialect.bridge()) {
        let bridge = Part::of(&mut graph, &format!("test:{}", name.replace('/', "-")), corpus.guest(name)?)?;
        if parts.iter().any(|part| !part.imports.is_disjoint(&bridge.exports)) {
            parts.push(bridge);
        }
    }
    let nodes: Vec<_> = parts.iter().map(|part| graph.instantiate(part.package)).collect();
    for (at, to) in parts.iter().enumerate() {
        for import in &to.imports {
            let mut later = parts.iter().zip(&nodes).skip(at + 1);
            let Some((_, from)) = later.find(|(part, _)| part.exports.contains(import)) else { continue };
            let export = graph.alias_instance_export(*from, import)?;
            graph.set_instantiation_argument(nodes[at], import, export)?;
        }
    }
    for name in &parts[0].exports {
        let export = graph.alias_instance_export(nodes[0], name)?;
        graph.export(export, name)?;
    }
    Ok(graph.encode(EncodeOptions::default())?)
}
