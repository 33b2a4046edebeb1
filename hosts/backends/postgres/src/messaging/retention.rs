//! Keeping no more messages than asked for.

use super::statements::{FORGET, TRIM, TRIM_ALL};
use crate::{connection::Server, error::Effect};
use std::sync::Arc;
use wasi_cloud_core::Result;

/// A host looks at a topic when the number of its message can be divided by this.
const EVERY: i64 = 256;

/// After a message was inserted.
pub(super) fn sent(server: &Arc<Server>, scope: &str, topic: &str, id: i64, maxlen: u32) {
    if id % EVERY != 0 {
        return;
    }
    let (server, scope, topic) = (server.clone(), scope.as_bytes().to_vec(), topic.as_bytes().to_vec());
    tokio::spawn(async move {
        if let Err(error) = server.rows(Effect::Read, TRIM, &[&scope, &topic, &i64::from(maxlen)]).await {
            tracing::warn!(%error, "a topic was not trimmed; it will be within a minute");
        }
    });
}

/// Removes what is too much of any topic, and replies that nobody fetched.
pub(crate) async fn trim(server: &Server, maxlen: u32) -> Result<()> {
    server.rows(Effect::Read, TRIM_ALL, &[&i64::from(maxlen)]).await?;
    server.rows(Effect::Read, FORGET, &[]).await.map(drop)
}
