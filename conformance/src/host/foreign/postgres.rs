//! `psql -c "insert into wasi_cloud.keyvalue (bucket, key, value) ..."`.

use super::Foreign;
use crate::session::Broken;
use async_trait::async_trait;
use std::sync::Arc;
use tokio_postgres::NoTls;
use url::Url;

/// A writer to the database of a URL, if it is one that we know.
#[must_use]
pub fn postgres(url: &Url) -> Option<Arc<dyn Foreign>> {
    let known = ["postgres", "postgresql"].contains(&url.scheme());
    let strange = |key: &str| ["schema", "secret", "sslmode"].contains(&key);
    if !known || url.query_pairs().any(|(key, _)| strange(&key)) {
        return None;
    }
    let mut bare = url.clone();
    bare.set_query(None);
    Some(Arc::new(Postgres(bare)))
}

struct Postgres(Url);

const SET: &str = "insert into wasi_cloud.keyvalue (bucket, key, value) values ($1, $2, $3)
    on conflict (bucket, key) do update set value = excluded.value";
const DELETE: &str = "delete from wasi_cloud.keyvalue where bucket = $1 and key = $2";

#[async_trait]
impl Foreign for Postgres {
    async fn write(&self, bucket: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Broken> {
        let write = async {
            let (client, connection) = tokio_postgres::connect(self.0.as_str(), NoTls).await?;
            let connection = tokio::spawn(connection);
            let bucket = bucket.as_bytes();
            match value {
                Some(value) => client.execute(SET, &[&bucket, &key, &value]).await?,
                None => client.execute(DELETE, &[&bucket, &key]).await?,
            };
            drop(client);
            // It ends once it has said so to the server.
            let _ = connection.await;
            Ok::<_, tokio_postgres::Error>(())
        };
        write.await.map_err(|why| Broken::Setup(format!("another program cannot write: {why}")))
    }
}
