//! Writers past the host: other programs, which know of a backend what its documentation says and share no code with it.

#[cfg(feature = "etcd")]
mod etcd;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "vault")]
mod vault;
#[cfg(feature = "zookeeper")]
mod zookeeper;

#[cfg(feature = "etcd")]
pub use etcd::etcd;
#[cfg(feature = "postgres")]
pub use postgres::postgres;
#[cfg(feature = "vault")]
pub use vault::vault;
#[cfg(feature = "zookeeper")]
pub use zookeeper::zookeeper;

use crate::session::Broken;
use async_trait::async_trait;
use std::{path::PathBuf, sync::Arc};
use url::Url;

/// Another program that writes to the backend under test.
#[async_trait]
pub trait Foreign: Send + Sync {
    /// Writes the value under the name that the backend documents for this key of this bucket, or removes it. The key
    /// need not be UTF-8.
    async fn write(&self, bucket: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Broken>;
}

/// A writer to the server of a URL, if it is one that we know. A password that only the host's secrets hold is not asked
/// for.
#[must_use]
pub fn redis(url: &Url) -> Option<Arc<dyn Foreign>> {
    if url.scheme() != "redis" || url.query_pairs().any(|(key, _)| key == "secret") {
        return None;
    }
    let mut bare = url.clone();
    bare.set_query(None);
    Some(Arc::new(Redis(redis::Client::open(bare).ok()?)))
}

/// A writer to the server of a URL, if it is one that we know.
#[cfg(feature = "nats")]
#[must_use]
pub fn nats(url: &Url) -> Option<Arc<dyn Foreign>> {
    if url.scheme() != "nats" || url.query_pairs().any(|(key, _)| key == "secret") {
        return None;
    }
    let mut bare = url.clone();
    bare.set_query(None);
    Some(Arc::new(Nats(bare)))
}

/// A writer to a file with the table `keyvalue`.
#[must_use]
pub fn sqlite(file: PathBuf) -> Arc<dyn Foreign> {
    Arc::new(Sqlite(file))
}

/// `redis-cli SET bucket:key value`.
struct Redis(redis::Client);

#[async_trait]
impl Foreign for Redis {
    async fn write(&self, bucket: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Broken> {
        if bucket.contains([':', '%', '{', '}']) || key.iter().any(|byte| b"%{}".contains(byte)) {
            return Err(Broken::Setup("this writer knows the plain names only, which need no escape".into()));
        }
        let name = [bucket.as_bytes(), b":", key].concat();
        let command = match value {
            Some(value) => redis::cmd("SET").arg(name).arg(value).to_owned(),
            None => redis::cmd("DEL").arg(name).to_owned(),
        };
        let broken =
            |why: redis::RedisError| Broken::Setup(format!("another program cannot write: {}", why.category()));
        let mut connection = self.0.get_multiplexed_async_connection().await.map_err(broken)?;
        command.exec_async(&mut connection).await.map_err(broken)
    }
}

/// `nats kv put bucket key value`.
#[cfg(feature = "nats")]
struct Nats(Url);

#[cfg(feature = "nats")]
#[async_trait]
impl Foreign for Nats {
    async fn write(&self, bucket: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Broken> {
        let write = async {
            let client = async_nats::connect(self.0.as_str()).await?;
            let store =
                async_nats::jetstream::new(client).get_key_value(nats_name(bucket.as_bytes(), b"-", '_')).await?;
            let key = nats_name(key, b"-_/", '=');
            match value {
                Some(value) => store.put(key, value.to_vec().into()).await.map(drop)?,
                None => store.delete(key).await?,
            }
            Ok::<_, async_nats::Error>(())
        };
        write.await.map_err(|why| Broken::Setup(format!("another program cannot write: {why}")))
    }
}

/// Letters, digits and what is plain as they are, other bytes in hex behind a mark. Where a dot may stand is not known here.
#[cfg(feature = "nats")]
fn nats_name(name: &[u8], plain: &[u8], mark: char) -> String {
    let written = |byte: &u8| match byte {
        byte if byte.is_ascii_alphanumeric() || plain.contains(byte) => char::from(*byte).to_string(),
        byte => format!("{mark}{byte:02X}"),
    };
    name.iter().map(written).collect()
}

/// `sqlite3 file 'insert into keyvalue (bucket, key, value) ...'`.
struct Sqlite(PathBuf);

const SET: &str = "insert into keyvalue (bucket, key, value) values (?1, cast(?2 as text), ?3)
    on conflict (bucket, key) do update set value = excluded.value";
const DELETE: &str = "delete from keyvalue where bucket = ?1 and key = cast(?2 as text)";

#[async_trait]
impl Foreign for Sqlite {
    async fn write(&self, bucket: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Broken> {
        let file = self.0.clone();
        let (bucket, key, value) = (bucket.to_owned(), key.to_owned(), value.map(<[u8]>::to_vec));
        let write = move || {
            let database = rusqlite::Connection::open(file)?;
            match value {
                Some(value) => database.execute(SET, (bucket, key, value)),
                None => database.execute(DELETE, (bucket, key)),
            }
        };
        let broken = |why: &dyn std::fmt::Display| Broken::Setup(format!("another program cannot write: {why}"));
        let done = tokio::task::spawn_blocking(write).await.map_err(|why| broken(&why))?;
        done.map(drop).map_err(|why| broken(&why))
    }
}
