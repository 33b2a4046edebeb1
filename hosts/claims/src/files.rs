//! The files of keys, in PEM.

use crate::{KeyError, PrivateKey, PublicKey};
use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// In bytes: no key in PEM comes near it.
const MAX_KEY: u64 = 64 << 10;

/// Why a key's file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The system does not let it be read, or nothing is in it.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system does not let it be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A pair overwrites nothing.
    #[error("`{}` or `{}` is there already: choose another name", private.display(), public.display())]
    Exists {
        /// The file of the private key.
        private: PathBuf,
        /// The file of the public key.
        public: PathBuf,
    },
    /// What is in it is no such key.
    #[error("`{}`", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: KeyError,
    },
}

/// Where the public key of a pair is: `team.pub.pem` beside `team.pem`.
#[must_use]
pub fn public_beside(private: &Path) -> PathBuf {
    private.with_extension("pub.pem")
}

/// Makes a pair of keys in two files that are not there yet. Only their owner can read the private one, where the system knows
/// owners.
///
/// # Errors
/// If one of the files is there or cannot be written; then neither is left.
pub fn generate(private: &Path) -> Result<PrivateKey, FileError> {
    let public = public_beside(private);
    if private.exists() || public.exists() {
        return Err(FileError::Exists { private: private.into(), public });
    }
    let in_file = |path: &Path| {
        let path = path.to_owned();
        move |source| FileError::Key { path, source }
    };
    let key = PrivateKey::generate().map_err(in_file(private))?;
    let open = key.public().to_pem().map_err(in_file(&public))?;
    whole(&public, OpenOptions::new().write(true).create_new(true), &open)?;
    let secret = key.to_pem().map_err(in_file(private))?;
    let mut owners = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut owners, 0o600);
    // Half a pair would be in the way of the next try.
    whole(private, owners.write(true).create_new(true), &secret)
        .inspect_err(|_| drop(std::fs::remove_file(&public)))?;
    Ok(key)
}

/// All of it, or no file.
fn whole(path: &Path, options: &OpenOptions, text: &str) -> Result<(), FileError> {
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()).inspect_err(|_| drop(std::fs::remove_file(path))));
    written.map_err(|source| FileError::Write { path: path.into(), source })
}

/// The private key in a file. It can be a pipe, as a shell's `<(...)` is.
///
/// # Errors
/// If it cannot be read, or is none.
pub fn private(path: &Path) -> Result<PrivateKey, FileError> {
    PrivateKey::from_pem(&text(path)?).map_err(|source| FileError::Key { path: path.into(), source })
}

/// The public key in a file.
///
/// # Errors
/// If it cannot be read, or is none.
pub fn public(path: &Path) -> Result<PublicKey, FileError> {
    PublicKey::from_pem(&text(path)?).map_err(|source| FileError::Key { path: path.into(), source })
}

fn text(path: &Path) -> Result<String, FileError> {
    let failed = |source| FileError::Read { path: path.into(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(failed)?.take(MAX_KEY).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.is_empty() {
        return Err(failed(io::Error::new(io::ErrorKind::UnexpectedEof, "it is empty")));
    }
    // What is no text is no PEM.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
