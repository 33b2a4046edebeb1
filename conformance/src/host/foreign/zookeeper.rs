//! A writer to ZooKeeper, as `zkCli.sh` is one.

use super::Foreign;
use crate::session::Broken;
use async_trait::async_trait;
use percent_encoding::{AsciiSet, CONTROLS, percent_encode};
use std::sync::Arc;
use url::Url;
use zookeeper_client::{Acls, Client, CreateMode, Error};

/// What is written as `%XX` in a key's name.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'%').add(b'/');

/// A writer to the server of a URL, if it is one that we know and lets everybody write.
#[must_use]
pub fn zookeeper(url: &Url) -> Option<Arc<dyn Foreign>> {
    let address = format!("{}:{}", url.host_str()?, url.port().unwrap_or(2181));
    let is_plain = url.username().is_empty() && !address.contains([',', '%']) && !url.path().contains('%');
    let root = url.path().trim_end_matches('/').to_owned();
    (url.scheme() == "zookeeper" && is_plain).then(|| Arc::new(ZooKeeper { address, root }) as _)
}

/// `zkCli.sh set /bucket/key value`, to the server at this `host:port`.
struct ZooKeeper {
    address: String,
    root: String,
}

#[async_trait]
impl Foreign for ZooKeeper {
    async fn write(&self, bucket: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Broken> {
        if bucket.contains(['/', '%']) || !bucket.is_ascii() || matches!(key, b"" | b"." | b"..") {
            return Err(Broken::Setup("this writer knows the plain buckets and keys only".into()));
        }
        let bucket = format!("{}/{bucket}", self.root);
        let path = format!("{bucket}/{}", percent_encode(key, ESCAPED));
        let kept = CreateMode::Persistent.with_acls(Acls::anyone_all());
        let write = async {
            let zk = Client::connect(&self.address).await?;
            let Some(value) = value else {
                return match zk.delete(&path, None).await {
                    Err(Error::NoNode) => Ok(()),
                    deleted => deleted,
                };
            };
            match zk.set_data(&path, value, None).await {
                Err(Error::NoNode) => {}
                written => return written.map(drop),
            }
            zk.mkdir(&bucket, &kept).await?;
            zk.create(&path, value, &kept).await.map(drop)
        };
        write.await.map_err(|why: Error| Broken::Setup(format!("another program cannot write: {why}")))
    }
}
