//! A build without the feature `oci`: what to do about it.

use crate::args::oci::{Access, Pull, Push};
use anyhow::bail;

/// Before a reference.
pub const SCHEME: &str = "oci://";

pub fn readable(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

pub fn writable(text: &str) -> Result<String, String> {
    Ok(text.to_owned())
}

pub fn push(_: &Push) -> anyhow::Result<()> {
    missing()
}

pub fn pull(_: &Pull) -> anyhow::Result<()> {
    missing()
}

pub fn read(_: &str, _: &Access) -> anyhow::Result<Vec<u8>> {
    missing()
}

fn missing<T>() -> anyhow::Result<T> {
    bail!("this build knows no registries: install one that does with `cargo install --path hosts/cli --features oci`")
}
