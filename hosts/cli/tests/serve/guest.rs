//! The prebuilt guests of the suite.

use std::{io::Read, path::Path};

/// One in Rust, by its name.
pub fn guest(name: &str) -> Vec<u8> {
    let archive = include_bytes!("../../../../conformance/corpus/guests.tar.xz");
    let mut tar = tar::Archive::new(lzma_rust2::XzReader::new(&archive[..], false));
    for entry in tar.entries().expect("an archive") {
        let mut entry = entry.expect("an entry");
        if entry.path().expect("a path").with_extension("") == Path::new("rust").join(name) {
            let mut wasm = Vec::new();
            entry.read_to_end(&mut wasm).expect("read");
            return wasm;
        }
    }
    panic!("no guest `{name}`")
}
