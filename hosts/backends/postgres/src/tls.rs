//! TLS with the system's roots.

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;
use wasi_cloud_core::{Error, Kind, Result};

/// What makes connections secure; without `wanted` it trusts nobody and is not asked.
pub(crate) fn connector(wanted: bool) -> Result<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    if wanted {
        // What cannot be read is skipped, as browsers do.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            return Err(Error::new(
                Kind::Unavailable,
                "this machine has no root certificates; install `ca-certificates`",
            ));
        }
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|why| Error::new(Kind::Other, "TLS cannot be used").with_source(why))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
