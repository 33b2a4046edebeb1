//! The archive: tar inside xz, solid, so that what the guests have in common is stored once. Packing is deterministic:
//! sorted, without times, owners or modes of this machine.

use anyhow::{Context, Result};
use lzma_rust2::{XzOptions, XzReader, XzWriter};
use std::{
    collections::BTreeMap,
    io::{Read, Write},
};

/// Level 9 of 0 to 9: packing takes some seconds, and the archive ships with every release. Its window of 64 MiB is larger than
/// what lies between two programs in Go, most of which they have in common.
const LEVEL: u32 = 9;
/// What the names in the archive end with, and those of the corpus do not.
const SUFFIX: &str = ".wasm";

/// Packs components, `name -> bytes`. Equal components give an equal archive.
///
/// # Errors
/// If a name is too long for tar.
pub fn pack(guests: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>> {
    let mut tar = tar::Builder::new(XzWriter::new(Vec::new(), XzOptions::with_preset(LEVEL))?);
    for (name, wasm) in guests {
        let mut header = tar::Header::new_ustar();
        header.set_size(wasm.len() as u64);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        tar.append_data(&mut header, format!("{name}{SUFFIX}"), wasm.as_slice())?;
    }
    let mut xz = tar.into_inner()?;
    xz.flush()?;
    Ok(xz.finish()?)
}

/// Unpacks into memory; nothing is written to disk.
///
/// # Errors
/// If the archive is damaged or holds anything but components.
pub fn unpack(archive: &[u8]) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut tar = tar::Archive::new(XzReader::new(archive, false));
    let mut guests = BTreeMap::new();
    for entry in tar.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        let name = path.strip_suffix(SUFFIX).with_context(|| format!("`{path}` in the archive is no component"))?;
        let mut wasm = Vec::new();
        entry.read_to_end(&mut wasm)?;
        guests.insert(name.to_owned(), wasm);
    }
    Ok(guests)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_is_deterministic_and_reversible() {
        let guests: BTreeMap<_, _> =
            [("rust/a".to_owned(), vec![0, 1, 2]), ("shell/b".to_owned(), vec![7; 100_000]), ("c".to_owned(), vec![])]
                .into();
        let archive = pack(&guests).unwrap();
        assert_eq!(archive, pack(&guests).unwrap());
        assert_eq!(unpack(&archive).unwrap(), guests);
        assert!(archive.len() < 2_000, "{}", archive.len());
    }

    #[test]
    fn a_damaged_archive_is_an_error() {
        let mut archive = pack(&[("a".to_owned(), vec![9; 5_000])].into()).unwrap();
        let middle = archive.len() / 2;
        archive[middle] ^= 1;
        assert!(unpack(&archive).is_err());
        assert!(unpack(b"not xz at all").is_err());
    }
}
