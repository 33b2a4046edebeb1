//! What a registry is shown: variables of ours, or what `docker login` left.

use anyhow::bail;
use docker_credential::{CredentialRetrievalError as Missing, DockerCredential};
use oci_client::secrets::RegistryAuth;
use std::env;

pub const USER: &str = "WASI_CLOUD_REGISTRY_USER";
pub const PASSWORD: &str = "WASI_CLOUD_REGISTRY_PASSWORD";

/// Credentials for a registry. Blocks while a program of Docker's looks for them. No text of its is shown, since it can hold
/// what it looks for.
pub fn of(registry: &str) -> anyhow::Result<RegistryAuth> {
    match (env::var(USER), env::var(PASSWORD)) {
        (Ok(user), Ok(password)) => return Ok(RegistryAuth::Basic(user, password)),
        (Err(env::VarError::NotPresent), Err(env::VarError::NotPresent)) => {}
        _ => bail!("set both {USER} and {PASSWORD}, or neither"),
    }
    // As Docker writes its own registry.
    let key = if registry == "docker.io" { "https://index.docker.io/v1/" } else { registry };
    match docker_credential::get_credential(key) {
        Ok(DockerCredential::UsernamePassword(user, password)) => Ok(RegistryAuth::Basic(user, password)),
        Ok(DockerCredential::IdentityToken(_)) => {
            bail!("Docker has an identity token for `{registry}`, which is not supported: set {USER} and {PASSWORD}")
        }
        Err(Missing::NoCredentialConfigured | Missing::ConfigNotFound | Missing::ConfigReadError) => {
            Ok(RegistryAuth::Anonymous)
        }
        Err(_) => {
            tracing::warn!("Docker's credentials for `{registry}` cannot be read; going on without");
            Ok(RegistryAuth::Anonymous)
        }
    }
}
