//! The files of keys.

use anyhow::{Context, bail};
use std::{
    fs::OpenOptions,
    io::{Read, Result, Write},
    path::Path,
};

/// In bytes: no key in PEM comes near it.
const MAX_KEY: u64 = 64 << 10;

/// Writes a file that is not there yet, and that only its owner can read where the system knows owners.
pub fn write_secret(path: &Path, text: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    whole(path, options.write(true).create_new(true), text)
}

/// Writes a file that is not there yet.
pub fn write_new(path: &Path, text: &str) -> Result<()> {
    whole(path, OpenOptions::new().write(true).create_new(true), text)
}

/// All of it, or no file.
fn whole(path: &Path, options: &OpenOptions, text: &str) -> Result<()> {
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes()).inspect_err(|_| drop(std::fs::remove_file(path)))
}

/// What is in the file of a key. It can be a pipe, as a shell's `<(...)` is.
pub fn text(path: &Path) -> anyhow::Result<String> {
    let failed = || format!("cannot read `{}`", path.display());
    let mut text = String::new();
    std::fs::File::open(path).with_context(failed)?.take(MAX_KEY).read_to_string(&mut text).with_context(failed)?;
    if text.is_empty() {
        bail!("{}: it is empty", failed());
    }
    Ok(text)
}

/// `app` for `dir/app.wasm`.
pub fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
