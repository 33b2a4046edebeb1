//! Who is there: a stream takes every request, and cannot say whether anybody reads it.

use super::lost;
use crate::{connection::Server, error::Why, names};
use async_nats::client::RequestErrorKind;
use bytes::Bytes;
use futures::StreamExt;
use tokio::task::AbortHandle;
use wasi_cloud_core::Result;

fn subject(scope: &str, topic: &str) -> String {
    format!("wasi-cloud.on.{}.{}", names::token(scope), names::key(topic))
}

/// Answers for a topic until it is dropped.
pub(super) struct Presence(AbortHandle);

impl Presence {
    /// From the next round trip on.
    pub(super) async fn new(server: &Server, scope: &str, topic: &str) -> Result<Self> {
        server.live()?;
        let client = server.client.clone();
        let mut asked = client.subscribe(subject(scope, topic)).await.map_err(|_| lost(server))?;
        let answering = async move {
            while let Some(question) = asked.next().await {
                if let Some(to) = question.reply {
                    // Who asks waits for no longer than it likes.
                    let _ = client.publish(to, Bytes::new()).await;
                }
            }
        };
        Ok(Self(tokio::spawn(answering).abort_handle()))
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Whether anybody is subscribed to a topic. The server knows; no host is waited for where there is none.
pub(super) async fn is_anybody(server: &Server, scope: &str, topic: &str) -> Result<bool> {
    server.live()?;
    match server.client.request(subject(scope, topic), Bytes::new()).await {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == RequestErrorKind::NoResponders => Ok(false),
        Err(error) => Err(Why::from(&error).read(&server.url)),
    }
}
