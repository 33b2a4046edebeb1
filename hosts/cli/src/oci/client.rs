//! One registry, as long as it is needed.

use super::{
    credentials, errors, layout,
    transfer::{chunks, collect, progress},
};
use crate::args::oci::Access;
use anyhow::{Context, anyhow, bail};
use oci_client::{
    Client, Reference, RegistryOperation,
    client::{ClientConfig, ClientProtocol},
    errors::OciDistributionError,
    secrets::RegistryAuth,
};
use std::{net::IpAddr, time::Duration};
use tokio::time::timeout;

/// To be reached.
const CONNECT: Duration = Duration::from_secs(10);
/// Without a byte.
const SILENCE: Duration = Duration::from_secs(30);
/// For who asks to be shown, a manifest, and where an answer begins. The client keeps all of these that comes.
const SHORT: Duration = Duration::from_secs(30);

pub struct Connection {
    client: Client,
    reference: Reference,
    auth: RegistryAuth,
}

impl Connection {
    /// Asks the registry what it wants to see, and shows it.
    pub async fn open(reference: &Reference, access: &Access, operation: RegistryOperation) -> anyhow::Result<Self> {
        // There is one for the whole process, and nothing else chooses it. If it is chosen already, all is well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let registry = reference.registry().to_owned();
        let known = tokio::task::spawn_blocking(move || credentials::of(&registry)).await;
        let auth = known.context("cannot look for credentials")??;
        let mut connection = Self { client: client(reference, access)?, reference: reference.clone(), auth };
        let asked = connection.client.auth(reference, &connection.auth, operation);
        match connection.short(asked).await? {
            // The client would panic.
            Some(token) if !token.bytes().all(|byte| byte.is_ascii_graphic()) => {
                bail!("`{}` gives a token that cannot be sent back", reference.registry())
            }
            // From now on it need not be asked again, which could answer with another one.
            Some(token) => {
                connection.auth = RegistryAuth::Bearer(token);
                connection.client = client(reference, access)?;
            }
            None => {}
        }
        connection.client.store_auth_if_needed(reference.resolve_registry(), &connection.auth).await;
        Ok(connection)
    }

    /// The digest of the manifest, and the wasm.
    pub async fn pull(&self) -> anyhow::Result<(String, Vec<u8>)> {
        let asked = self.client.pull_image_manifest(&self.reference, &self.auth);
        let (manifest, digest) = self.short(asked).await?;
        let (layer, size) = layout::layer(manifest)?;
        let stream = self.short(self.client.pull_blob_stream(&self.reference, &layer)).await?;
        let bar = progress("pulled", size);
        let pulled = collect(stream, size, &bar).await;
        bar.finish_and_clear();
        let wasm = pulled.map_err(|e| self.explained(errors::of_stream(e)))?;
        if u64::try_from(wasm.len()).ok() != Some(size) {
            bail!("the registry sends less than its manifest says");
        }
        Ok((digest, wasm))
    }

    /// Puts all there is into the registry, the manifest last, and returns its digest.
    pub async fn push(&self, artifact: layout::Artifact) -> anyhow::Result<String> {
        let manifest = artifact.manifest()?;
        self.blob(artifact.layer).await?;
        self.blob(artifact.config).await?;
        let media_type = manifest.media_type.parse().context("a media type")?;
        let put = self.client.push_manifest_raw(&self.reference, manifest.bytes, media_type);
        self.short(put).await?;
        Ok(manifest.digest)
    }

    async fn blob(&self, blob: layout::Blob) -> anyhow::Result<()> {
        let there = self.client.blob_exists(&self.reference, &blob.digest);
        if self.short(there).await? {
            return Ok(());
        }
        let size = u64::try_from(blob.bytes.len()).context("too large")?;
        let bar = progress("pushed", size);
        let stream = chunks(blob.bytes, bar.clone());
        let pushed = self.client.push_blob_stream(&self.reference, stream, &blob.digest, Some(size)).await;
        bar.finish_and_clear();
        match pushed {
            // Registries leave out where it went, though the specification wants it. What counts is that it is there.
            Err(e @ OciDistributionError::RegistryNoLocationError) => {
                let there = self.client.blob_exists(&self.reference, &blob.digest);
                if self.short(there).await? { Ok(()) } else { Err(self.explained(e)) }
            }
            pushed => pushed.map(drop).map_err(|e| self.explained(e)),
        }
    }

    /// What has to be quick.
    async fn short<T>(&self, asked: impl Future<Output = Result<T, OciDistributionError>>) -> anyhow::Result<T> {
        let answer = timeout(SHORT, asked).await;
        let answer = answer.map_err(|_| anyhow!("`{}` does not answer", self.reference.registry()))?;
        answer.map_err(|e| self.explained(e))
    }

    fn explained(&self, error: OciDistributionError) -> anyhow::Error {
        errors::explained(error, self.reference.registry())
    }
}

fn client(reference: &Reference, access: &Access) -> anyhow::Result<Client> {
    let registry = reference.registry();
    let config = ClientConfig {
        protocol: if access.insecure || is_here(registry) { ClientProtocol::Http } else { ClientProtocol::Https },
        // Not all registries take a blob in parts.
        use_monolithic_push: true,
        platform_resolver: None,
        connect_timeout: Some(CONNECT),
        read_timeout: Some(SILENCE),
        user_agent: concat!("wasi-cloud/", env!("CARGO_PKG_VERSION")),
        ..ClientConfig::default()
    };
    Client::try_from(config).map_err(|e| errors::explained(e, registry))
}

/// Whether a registry is on this machine, so that nobody is in between.
fn is_here(registry: &str) -> bool {
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_here;

    #[test]
    fn only_this_machine_is_here() {
        for here in ["localhost", "localhost:5000", "127.0.0.1", "127.0.0.2:80"] {
            assert!(is_here(here), "{here}");
        }
        for there in ["ghcr.io", "localhost.example", "10.0.0.1:5000", "127.0.0.1.example:80"] {
            assert!(!is_here(there), "{there}");
        }
    }
}
