//! Finds what a compiler leaves behind of the machine that it ran on.

use std::path::Path;

/// Where people's folders are, wherever the build was.
const HOMES: [&str; 4] = ["/root/", "/home/", "/Users/", r"C:\Users"];

/// Every text in `bytes` that begins with one of `prefixes` or with a home folder, each once, in order: what must not be in a
/// component.
#[must_use]
pub fn absolute_paths(bytes: &[u8], prefixes: &[&Path]) -> Vec<String> {
    let prefixes = prefixes.iter().map(|path| path.as_os_str().as_encoded_bytes()).filter(|prefix| prefix.len() > 1);
    let mut found: Vec<String> = prefixes
        .chain(HOMES.iter().map(|home| home.as_bytes()))
        .flat_map(|prefix| positions(bytes, prefix))
        .map(|at| printable(&bytes[at..]))
        .collect();
    found.sort();
    found.dedup();
    found
}

fn positions<'a>(bytes: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    bytes.windows(needle.len()).enumerate().filter(move |(_, window)| *window == needle).map(|(at, _)| at)
}

/// The text at the start of `bytes`, up to what no path contains.
fn printable(bytes: &[u8]) -> String {
    bytes.iter().take(200).take_while(|byte| byte.is_ascii_graphic()).map(|byte| char::from(*byte)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_between_other_bytes() {
        let bytes = b"\0/build/tree/src/lib.rs\0\x01/root/.cargo/x \xff/rustc/abc/library /root";
        let found = absolute_paths(bytes, &[Path::new("/build/tree"), Path::new("/")]);
        assert_eq!(found, ["/build/tree/src/lib.rs", "/root/.cargo/x"]);
        assert!(absolute_paths(b"/rustc/59807616e/library/core", &[Path::new("/work")]).is_empty());
        assert!(absolute_paths(b"", &[Path::new("/work")]).is_empty());
    }
}
