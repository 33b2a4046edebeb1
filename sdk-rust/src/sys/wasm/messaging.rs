use crate::{
    Error, Result,
    bindings::{
        exports::wasi::messaging::incoming_handler,
        wasi::messaging::{producer, request_reply, types},
    },
    case::{self, Access},
    messaging::Handler,
};
use std::marker::PhantomData;

fn case(error: types::Error) -> case::Messaging {
    match error {
        types::Error::Timeout => case::Messaging::Timeout,
        types::Error::Connection(text) => case::Messaging::Connection(text),
        types::Error::PermissionDenied(text) => case::Messaging::PermissionDenied(text),
        types::Error::Other(text) => case::Messaging::Other(text),
    }
}

fn read(error: types::Error) -> Error {
    case(error).of(Access::Read)
}

fn write(error: types::Error) -> Error {
    case(error).of(Access::Write)
}

#[derive(Debug)]
pub(crate) struct Client(types::Client);

impl Client {
    pub(crate) fn connect(label: &str) -> Result<Self> {
        types::Client::connect(label).map(Self).map_err(read)
    }

    pub(crate) fn disconnect(&self) -> Result<()> {
        self.0.disconnect().map_err(read)
    }

    pub(crate) fn send(&self, topic: &str, message: Message) -> Result<()> {
        producer::send(&self.0, topic, message.0).map_err(write)
    }

    pub(crate) fn request(
        &self,
        topic: &str,
        message: &Message,
        timeout_ms: Option<u32>,
        expected_replies: Option<u32>,
    ) -> Result<Vec<Message>> {
        let options = (timeout_ms.is_some() || expected_replies.is_some()).then(request_reply::RequestOptions::new);
        if let (Some(options), Some(ms)) = (&options, timeout_ms) {
            options.set_timeout_ms(ms);
        }
        if let (Some(options), Some(count)) = (&options, expected_replies) {
            options.set_expected_replies(count);
        }
        let replies = request_reply::request(&self.0, topic, &message.0, options).map_err(write)?;
        Ok(replies.into_iter().map(Message).collect())
    }
}

#[derive(Debug)]
pub(crate) struct Message(types::Message);

impl Message {
    pub(crate) fn new(data: &[u8]) -> Self {
        Self(types::Message::new(data))
    }

    pub(crate) fn topic(&self) -> Option<String> {
        self.0.topic()
    }

    pub(crate) fn content_type(&self) -> Option<String> {
        self.0.content_type()
    }

    pub(crate) fn set_content_type(&mut self, content_type: &str) {
        self.0.set_content_type(content_type);
    }

    pub(crate) fn data(&self) -> Vec<u8> {
        self.0.data()
    }

    pub(crate) fn set_data(&mut self, data: &[u8]) {
        self.0.set_data(data);
    }

    pub(crate) fn metadata(&self) -> Option<Vec<(String, String)>> {
        self.0.metadata()
    }

    pub(crate) fn add_metadata(&mut self, key: &str, value: &str) {
        self.0.add_metadata(key, value);
    }

    pub(crate) fn set_metadata(&mut self, pairs: &[(String, String)]) {
        self.0.set_metadata(pairs);
    }

    pub(crate) fn remove_metadata(&mut self, key: &str) {
        self.0.remove_metadata(key);
    }

    pub(crate) fn reply(&self, message: Self) -> Result<()> {
        request_reply::reply(&self.0, message.0).map_err(write)
    }
}

/// What `export!` exports: a [`Handler`] in the shape that the bindings want.
#[derive(Debug)]
pub struct Exported<H>(PhantomData<H>);

impl<H: Handler> incoming_handler::Guest for Exported<H> {
    fn handle(message: types::Message) -> std::result::Result<(), types::Error> {
        H::handle(Message(message).into()).map_err(|error| types::Error::Other(case::text(error)))
    }
}
