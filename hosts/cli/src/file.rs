//! Files that are written.

use anyhow::Context;
use std::{
    fs::{self, File},
    io::{Result, Write},
    path::Path,
};

/// Writes all of a file or nothing of it: what was there before stays until then.
pub fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    replaced(path, bytes).with_context(|| format!("cannot write `{}`", path.display()))
}

fn replaced(path: &Path, bytes: &[u8]) -> Result<()> {
    // What a link leads to, and not the link. A pipe or a device is written to as it is.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
        return fs::write(path, bytes);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(".".as_ref()))?;
    file.write_all(bytes)?;
    publish(file.as_file())?;
    file.persist(path).map(drop).map_err(|e| e.error)
}

/// A temporary file is its owner's alone, and others are to read this one as any file.
#[cfg(unix)]
fn publish(file: &File) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn publish(_: &File) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_leaves_what_was_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a");
        write(&file, b"one").expect("written");
        write(&file, b"two").expect("written again");
        assert_eq!(fs::read(&file).expect("read"), b"two");
        assert!(write(&file.join("b"), b"three").is_err());
        assert_eq!(fs::read(&file).expect("read"), b"two");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
    }
}
