//! Generated files on disk: written where they differ, removed where they are no more.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use wit_bindgen_core::Files;

/// Makes `dir` hold `files`, and of what was generated for the same world before nothing else. Other files are left alone, as
/// is what is the same already; one that would be overwritten is an error. Returns the paths that differ; without `write` it
/// only looks.
pub fn sync(dir: &Path, files: &Files, write: bool) -> io::Result<Vec<PathBuf>> {
    let mut differ = Vec::new();
    let mut kept = BTreeSet::new();
    for (name, text) in files.iter() {
        let path = dir.join(name);
        kept.insert(path.clone());
        let old = fs::read(&path).ok();
        if old.as_deref() == Some(text) {
            continue;
        }
        if write {
            if old.is_some_and(|old| head(&old) != head(text)) {
                let what =
                    format!("{} is not of this world: move it, or give the world a folder of its own", path.display());
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, what));
            }
            fs::create_dir_all(path.parent().unwrap_or(dir))?;
            fs::write(&path, text)?;
        }
        differ.push(path);
    }
    let mark = files.iter().find(|(name, _)| name.ends_with(".go")).map(|(_, text)| first_line(text));
    for path in generated(dir, mark.unwrap_or_default())? {
        if !kept.contains(&path) {
            if write {
                fs::remove_file(&path)?;
            }
            differ.push(path);
        }
    }
    Ok(differ)
}

fn first_line(text: &[u8]) -> &[u8] {
    text.split(|b| *b == b'\n').next().unwrap_or_default()
}

/// What names the world: the first line of a generated file, or the second after one that is the same for all.
fn head(text: &[u8]) -> (&[u8], &[u8]) {
    let mut lines = text.split(|b| *b == b'\n');
    let first = lines.next().unwrap_or_default();
    (first, lines.next().filter(|line| line.starts_with(b"// world: ")).unwrap_or_default())
}

/// The Go files below `dir` that a run of the generator wrote.
fn generated(dir: &Path, mark: &[u8]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(dir) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(generated(&path, mark)?);
        } else if path.extension().is_some_and(|e| e == "go") && first_line(&fs::read(&path)?) == mark {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
