//! A field of a secret that somebody else keeps in Vault: a login of the host's own.

use crate::{api::Api, names, wire::Held};
use wasi_cloud_core::{Error, Kind, Result, provider::Secret};

/// The text in a field of the secret at `path`, which begins with the path of its mount.
pub(crate) async fn read(api: &Api, path: &str, field: &str) -> Result<Secret> {
    let written = names::path(path).ok_or_else(|| Error::new(Kind::Invalid, "this is no path of a secret"))?;
    let (mount, name) = api.mount(&written).await?;
    let missing = |what: &str| Error::new(Kind::NotFound, format!("Vault has no {what} `{path}`"));
    if name.is_empty() {
        return Err(missing("secret, but a mount, at"));
    }
    let held: Option<Held> = api.get(&format!("{mount}/data/{name}")).await?.data()?;
    let held = held.filter(Held::is_there).ok_or_else(|| missing("secret"))?;
    held.field(field).map(Secret::new).ok_or_else(|| missing("text in this field of"))
}
