//! Where a capability is kept that is linked without a URL: below the current folder, so that a restart finds it.

use wasi_cloud_core::{Error, Kind, Result};

/// The folder, made when it is first needed.
const FOLDER: &str = ".wasi-cloud";

/// What is linked without a URL.
pub(crate) fn url(capability: &str) -> Result<&'static str> {
    match capability {
        "keyvalue" if cfg!(feature = "sqlite") => Ok("sqlite:.wasi-cloud/keyvalue.db"),
        "keyvalue" => Err(invalid("this build has no SQLite to keep keyvalue in")),
        _ => Err(invalid(&format!("nothing is kept for `{capability}` without a URL"))),
    }
}

fn invalid(why: &str) -> Error {
    Error::new(Kind::Invalid, format!("{why}; write `capability:label=url`"))
}

/// Makes the folder `.wasi-cloud` in the current one, for what belongs to it; git does not see it.
///
/// # Errors
/// `unavailable` if it cannot be made.
pub fn prepare() -> Result<()> {
    let failed = |why: std::io::Error| {
        Error::new(Kind::Unavailable, format!("`{FOLDER}` cannot be made in the current folder: {why}"))
    };
    std::fs::create_dir_all(FOLDER).map_err(failed)?;
    let ignored = std::path::Path::new(FOLDER).join(".gitignore");
    if !ignored.exists() {
        std::fs::write(ignored, "*\n").map_err(failed)?;
    }
    Ok(())
}
