//! Where there are no Unix sockets.

use super::Asked;
use crate::args::link::Link;
use anyhow::bail;
use std::path::Path;

pub struct Control;

impl Control {
    pub fn bind(_: &Path) -> anyhow::Result<Self> {
        bail!("no control socket: this system has no Unix sockets")
    }

    pub async fn asked(&mut self) -> Option<Asked> {
        None
    }
}

pub fn link(_: Link) -> anyhow::Result<()> {
    bail!("this system has no Unix sockets; change the manifest, which the host follows")
}
