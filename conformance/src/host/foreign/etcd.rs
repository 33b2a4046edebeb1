//! A writer to etcd, as `etcdctl` is one.

use super::Foreign;
use crate::{post::post, session::Broken};
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::json;
use std::sync::Arc;
use url::Url;

/// A writer to the server of a URL, if it is one that we know and lets everybody write.
#[must_use]
pub fn etcd(url: &Url) -> Option<Arc<dyn Foreign>> {
    let address = format!("{}:{}", url.host_str()?, url.port().unwrap_or(2379));
    (url.scheme() == "etcd" && url.username().is_empty()).then(|| Arc::new(Etcd(address)) as _)
}

/// `etcdctl put bucket/key value`, to the server at this `host:port`.
struct Etcd(String);

#[async_trait]
impl Foreign for Etcd {
    async fn write(&self, bucket: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Broken> {
        if bucket.contains(['/', '%']) {
            return Err(Broken::Setup("this writer knows the plain buckets only, which need no escape".into()));
        }
        let key = BASE64_STANDARD.encode([bucket.as_bytes(), b"/", key].concat());
        let written = match value {
            Some(value) => {
                let pair = json!({ "key": key, "value": BASE64_STANDARD.encode(value) });
                post(&self.0, "/v3/kv/put", &pair).await
            }
            None => post(&self.0, "/v3/kv/deleterange", &json!({ "key": key })).await,
        };
        written.map(drop).map_err(|why| Broken::Setup(format!("another program cannot write: {why}")))
    }
}
