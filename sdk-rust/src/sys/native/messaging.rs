use super::thread::run;
use crate::{
    Error, Result,
    case::{self, Access},
    testing,
};
use std::time::Duration;
use wasi_cloud_core::{self as core, Kind, messaging as portable};

/// The case that a host shows, as `wasi-cloud-wasmtime` has it.
fn case(error: core::Error) -> case::Messaging {
    let text = error.to_string();
    match error.kind {
        Kind::Timeout => case::Messaging::Timeout,
        Kind::Unavailable => case::Messaging::Connection(text),
        Kind::AccessDenied => case::Messaging::PermissionDenied(text),
        Kind::NotFound | Kind::Invalid | Kind::Conflict | Kind::Unsupported | Kind::Quota | Kind::Other => {
            case::Messaging::Other(text)
        }
    }
}

fn read(error: core::Error) -> Error {
    case(error).of(Access::Read)
}

fn write(error: core::Error) -> Error {
    case(error).of(Access::Write)
}

#[derive(Debug)]
pub(crate) struct Client(portable::Client);

impl Client {
    pub(crate) fn connect(label: &str) -> Result<Self> {
        let link = testing::current().messaging(label);
        run(async move { portable::Client::connect(link).await })?.map(Self).map_err(read)
    }

    pub(crate) fn disconnect(&self) -> Result<()> {
        self.0.disconnect().map_err(read)
    }

    pub(crate) fn send(&self, topic: &str, message: Message) -> Result<()> {
        let (client, topic) = (self.0.clone(), topic.to_owned());
        run(async move { client.send(&topic, message.0).await })?.map_err(write)
    }

    pub(crate) fn request(
        &self,
        topic: &str,
        message: &Message,
        timeout_ms: Option<u32>,
        expected_replies: Option<u32>,
    ) -> Result<Vec<Message>> {
        let (client, topic, message) = (self.0.clone(), topic.to_owned(), message.0.clone());
        let timeout = timeout_ms.map(|ms| Duration::from_millis(ms.into()));
        let options = portable::RequestOptions { timeout, expected_replies };
        let replies = run(async move { client.request(&topic, &message, options).await })?.map_err(write)?;
        Ok(replies.into_iter().map(Message).collect())
    }
}

#[derive(Debug)]
pub(crate) struct Message(pub(crate) portable::Message);

impl Message {
    pub(crate) fn new(data: &[u8]) -> Self {
        Self(portable::Message::new(data.to_vec()))
    }

    pub(crate) fn topic(&self) -> Option<String> {
        self.0.topic().map(str::to_owned)
    }

    pub(crate) fn content_type(&self) -> Option<String> {
        self.0.content_type().map(str::to_owned)
    }

    pub(crate) fn set_content_type(&mut self, content_type: &str) {
        self.0.set_content_type(content_type.to_owned());
    }

    pub(crate) fn data(&self) -> Vec<u8> {
        self.0.data().to_vec()
    }

    pub(crate) fn set_data(&mut self, data: &[u8]) {
        self.0.set_data(data.to_vec());
    }

    pub(crate) fn metadata(&self) -> Option<Vec<(String, String)>> {
        self.0.metadata().map(<[_]>::to_vec)
    }

    pub(crate) fn add_metadata(&mut self, key: &str, value: &str) {
        self.0.add_metadata(key.to_owned(), value.to_owned());
    }

    pub(crate) fn set_metadata(&mut self, pairs: &[(String, String)]) {
        self.0.set_metadata(pairs.to_vec());
    }

    pub(crate) fn remove_metadata(&mut self, key: &str) {
        self.0.remove_metadata(key);
    }

    pub(crate) fn reply(&self, message: Self) -> Result<()> {
        let to = self.0.clone();
        run(async move { to.reply(message.0).await })?.map_err(write)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Applied;

    #[test]
    fn messaging_tells_four_cases() {
        for kind in Kind::ALL {
            let expected = match kind {
                Kind::Timeout => crate::Kind::Timeout,
                Kind::Unavailable => crate::Kind::Unavailable,
                Kind::AccessDenied => crate::Kind::AccessDenied,
                _ => crate::Kind::Other,
            };
            let (read, write) = (read(core::Error::new(kind, "why")), write(core::Error::new(kind, "why")));
            assert_eq!((read.kind, read.applied), (expected, Applied::No));
            let applied = if kind == Kind::AccessDenied { Applied::No } else { Applied::Maybe };
            assert_eq!((write.kind, write.applied), (expected, applied));
        }
    }
}
