//! Plugs a driver into a shell: the result is one component, a program that reads operations and prints observations.

use anyhow::{Context, Result};
use wac_graph::{CompositionGraph, EncodeOptions, plug, types::Package};

/// Gives `shell` the conformance interface that `driver` exports. What both import besides stays imported, once.
///
/// Takes some milliseconds; keep the result.
///
/// # Errors
/// If one of them is no component, or the driver exports nothing that the shell imports.
pub fn compose(shell: &[u8], driver: &[u8]) -> Result<Vec<u8>> {
    let mut graph = CompositionGraph::new();
    let shell =
        Package::from_bytes("wasi-cloud:shell", None, shell.to_vec(), graph.types_mut()).context("the shell")?;
    let driver =
        Package::from_bytes("wasi-cloud:driver", None, driver.to_vec(), graph.types_mut()).context("the driver")?;
    let shell = graph.register_package(shell)?;
    let driver = graph.register_package(driver)?;
    plug(&mut graph, vec![driver], shell).context("plugging the driver into the shell")?;
    graph.encode(EncodeOptions::default()).context("encoding the composition")
}
