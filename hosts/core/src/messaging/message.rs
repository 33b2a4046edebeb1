use super::{Delivery, Messaging, Payload};
use crate::link::Link;

/// What a guest's `message` handle is: made by the guest, or received.
#[derive(Debug, Clone, Default)]
pub struct Message {
    payload: Payload,
    topic: Option<String>,
    pub(super) reply: Option<(Link<dyn Messaging>, String)>,
}

impl Message {
    /// A fresh message: no topic, no content type, no metadata (MSG-TYPES-05).
    #[must_use]
    pub fn new(data: Vec<u8>) -> Self {
        Self { payload: Payload { data, ..Payload::default() }, ..Self::default() }
    }

    /// A message that came in over `link`.
    #[must_use]
    pub fn received(link: Link<dyn Messaging>, delivery: &Delivery) -> Self {
        Self {
            payload: delivery.payload.clone(),
            topic: Some(delivery.topic.clone()),
            reply: delivery.reply_to.clone().map(|to| (link, to)),
        }
    }

    /// A reply that came in.
    #[must_use]
    pub(super) const fn from_payload(payload: Payload) -> Self {
        Self { payload, topic: None, reply: None }
    }

    /// What is sent.
    #[must_use]
    pub const fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The topic that it was received on.
    #[must_use]
    pub fn topic(&self) -> Option<&str> {
        self.topic.as_deref()
    }

    /// The bytes.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.payload.data
    }

    /// Replaces the bytes.
    pub fn set_data(&mut self, data: Vec<u8>) {
        self.payload.data = data;
    }

    /// The media type.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.payload.content_type.as_deref()
    }

    /// Sets the media type.
    pub fn set_content_type(&mut self, content_type: String) {
        self.payload.content_type = Some(content_type);
    }

    /// The pairs; `None` if there are none (MSG-M09).
    #[must_use]
    pub fn metadata(&self) -> Option<&[(String, String)]> {
        Some(&*self.payload.metadata).filter(|pairs| !pairs.is_empty())
    }

    /// Adds a pair, or replaces the value of its key.
    pub fn add_metadata(&mut self, key: String, value: String) {
        match self.payload.metadata.iter_mut().find(|(k, _)| *k == key) {
            Some((_, old)) => *old = value,
            None => self.payload.metadata.push((key, value)),
        }
    }

    /// Replaces all pairs; of a key that comes twice the last wins (MSG-M09).
    pub fn set_metadata(&mut self, pairs: Vec<(String, String)>) {
        self.payload.metadata.clear();
        for (key, value) in pairs {
            self.add_metadata(key, value);
        }
    }

    /// Removes a pair; an absent one is no error.
    pub fn remove_metadata(&mut self, key: &str) {
        self.payload.metadata.retain(|(k, _)| k != key);
    }
}
