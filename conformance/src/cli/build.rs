//! `build`.

use crate::toolchain::{self, Options};
use clap::Args;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  cloud-conformance build
  cloud-conformance build --check

For maintainers, in a checkout: the guests come prebuilt with this program. Needs rustup with the
toolchain and the target that conformance/guests/rust-toolchain.toml names, the zig that
conformance/guests/c/requirements.txt names (`pip install -r` of that file), and the Go that
conformance/guests/go/go.mod names. Takes some minutes.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Build {
    /// Where to write the archive and its lock [default: conformance/corpus of the checkout].
    #[arg(long, value_name = "DIR", conflicts_with = "check")]
    out: Option<PathBuf>,
    /// Write nothing: build twice, in different folders, and compare with what is checked in.
    #[arg(long)]
    check: bool,
}

impl Build {
    pub(super) fn execute(&self) -> anyhow::Result<u8> {
        let root = toolchain::find_root(&std::env::current_dir()?)?;
        if self.check {
            toolchain::check(&root)?;
            eprintln!("the corpus is what its sources say, built in two folders");
            return Ok(0);
        }
        let built = toolchain::build(&Options::new(&root))?;
        let out = self.out.clone().unwrap_or_else(|| root.join("conformance/corpus"));
        built.write(&out)?;
        if self.out.is_none() {
            built.write_bridges(&root)?;
        }
        eprintln!("{} components, {} bytes, in {}", built.guests.len(), built.archive.len(), out.display());
        Ok(0)
    }
}
