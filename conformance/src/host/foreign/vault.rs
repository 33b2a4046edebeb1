//! A writer to Vault, as `vault kv` is one.

use super::Foreign;
use crate::{post::ask, session::Broken};
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use percent_encoding::percent_decode_str;
use serde_json::json;
use std::sync::Arc;
use url::Url;

/// A writer to the server of a URL, if it is one that we know and its mount has a path of one part.
#[must_use]
pub fn vault(url: &Url) -> Option<Arc<dyn Foreign>> {
    let address = format!("{}:{}", url.host_str()?, url.port().unwrap_or(8200));
    let token = percent_decode_str(url.password()?).decode_utf8().ok()?.into_owned();
    let mount = url.path().trim_matches('/').to_owned();
    let is_plain = !mount.is_empty() && !mount.contains(['/', '%']);
    (url.scheme() == "vault" && is_plain).then(|| Arc::new(Vault { address, token, mount }) as _)
}

/// `vault kv put mount/bucket/key value=...`.
struct Vault {
    address: String,
    token: String,
    mount: String,
}

#[async_trait]
impl Foreign for Vault {
    async fn write(&self, bucket: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Broken> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !bucket.bytes().all(is_plain) {
            return Err(Broken::Setup("this writer knows the plain buckets only, which need no escape".into()));
        }
        // Where a dot may stand, and what else is plain, is not known here.
        let written = |byte: &u8| match *byte {
            byte if is_plain(byte) => char::from(byte).to_string(),
            byte => format!("={byte:02X}"),
        };
        let key: String = key.iter().map(written).collect();
        let path = format!("/v1/{}/data/{bucket}/{key}", self.mount);
        let (method, body) = match value {
            Some(value) => {
                let fields = match std::str::from_utf8(value) {
                    Ok(text) => json!({ "value": text }),
                    Err(_) => json!({ "base64": BASE64_STANDARD.encode(value) }),
                };
                ("POST", json!({ "data": fields }).to_string())
            }
            None => ("DELETE", String::new()),
        };
        let done = ask(&self.address, method, &path, &[("X-Vault-Token", &self.token)], &body).await;
        done.map(drop).map_err(|why| Broken::Setup(format!("another program cannot write: {why}")))
    }
}
