//! Replies: published on a topic that the requester alone listens to.

use super::envelope;
use crate::sender::Asking;
use async_trait::async_trait;
use rumqttc::v5::mqttbytes::v5::PublishProperties;
use wasi_cloud_core::{
    Error, Kind, Result,
    messaging::{Payload, Replies},
};

/// One who waits.
pub(super) struct ReplyInbox(Asking);

impl ReplyInbox {
    pub(super) fn new(asking: Asking) -> Self {
        Self(asking)
    }

    /// The properties of a request whose replies come here. The topic alone says which request a reply is for; other
    /// programs may want correlation data all the same.
    pub(super) fn asking(&self, properties: PublishProperties) -> PublishProperties {
        let address = self.0.address();
        let correlation_data = Some(address.clone().into());
        PublishProperties { response_topic: Some(address), correlation_data, ..properties }
    }
}

#[async_trait]
impl Replies for ReplyInbox {
    async fn next(&mut self) -> Result<Payload> {
        match self.0.next().await {
            Some(reply) => Ok(envelope::payload(&reply).0),
            None => Err(Error::new(Kind::Unavailable, "the connection that waits for replies was lost")),
        }
    }
}
