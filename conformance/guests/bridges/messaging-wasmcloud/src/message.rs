//! A message, whole while a guest holds it.

use crate::{exports::wasi::messaging::types, inexpressible, wasmcloud::messaging::consumer::BrokerMessage};
use std::{cell::RefCell, collections::BTreeMap};

#[derive(Default)]
pub struct Message(RefCell<Parts>);

#[derive(Default)]
struct Parts {
    topic: Option<String>,
    reply_to: Option<String>,
    data: Vec<u8>,
    content_type: Option<String>,
    metadata: BTreeMap<String, String>,
}

impl Message {
    /// What the host delivered.
    pub fn received(came: BrokerMessage) -> Self {
        let BrokerMessage { subject, body, reply_to } = came;
        Self(RefCell::new(Parts { topic: Some(subject), reply_to, data: body, ..Parts::default() }))
    }

    /// The bytes, if they are all that there is to send.
    pub fn body(&self) -> Result<Vec<u8>, types::Error> {
        let parts = self.0.borrow();
        if parts.content_type.is_some() {
            return Err(inexpressible("content type"));
        }
        if !parts.metadata.is_empty() {
            return Err(inexpressible("metadata"));
        }
        Ok(parts.data.clone())
    }

    pub fn reply_to(&self) -> Option<String> {
        self.0.borrow().reply_to.clone()
    }
}

impl types::GuestMessage for Message {
    fn new(data: Vec<u8>) -> Self {
        Self(RefCell::new(Parts { data, ..Parts::default() }))
    }

    fn topic(&self) -> Option<String> {
        self.0.borrow().topic.clone()
    }

    fn content_type(&self) -> Option<String> {
        self.0.borrow().content_type.clone()
    }

    fn set_content_type(&self, content_type: String) {
        self.0.borrow_mut().content_type = Some(content_type);
    }

    fn data(&self) -> Vec<u8> {
        self.0.borrow().data.clone()
    }

    fn set_data(&self, data: Vec<u8>) {
        self.0.borrow_mut().data = data;
    }

    fn metadata(&self) -> Option<types::Metadata> {
        let metadata = &self.0.borrow().metadata;
        (!metadata.is_empty()).then(|| metadata.clone().into_iter().collect())
    }

    fn add_metadata(&self, key: String, value: String) {
        self.0.borrow_mut().metadata.insert(key, value);
    }

    fn set_metadata(&self, metadata: types::Metadata) {
        self.0.borrow_mut().metadata = metadata.into_iter().collect();
    }

    fn remove_metadata(&self, key: String) {
        self.0.borrow_mut().metadata.remove(&key);
    }
}
