use crate::{Result, sys};

/// A message: payload, content type and metadata, and the topic if it was received.
///
/// What it holds lives at the host; the functions here copy it in and out.
///
/// ```
/// use wasi_cloud_sdk::messaging::Message;
///
/// let mut message = Message::new(r#"{"cups":2}"#);
/// message.set_content_type("application/json");
/// message.add_metadata("table", "7");
/// assert_eq!(message.metadata(), Some(vec![("table".to_owned(), "7".to_owned())]));
/// assert_eq!(message.topic(), None);
/// ```
#[derive(Debug)]
pub struct Message(pub(crate) sys::messaging::Message);

impl From<sys::messaging::Message> for Message {
    fn from(inner: sys::messaging::Message) -> Self {
        Self(inner)
    }
}

impl Message {
    /// A message with this payload, without topic, content type and metadata (MSG-TYPES-05). Its size is checked when
    /// it is sent.
    #[must_use]
    pub fn new(data: impl AsRef<[u8]>) -> Self {
        Self(sys::messaging::Message::new(data.as_ref()))
    }

    /// The topic that it was received on; `None` for one that was made here (MSG-TYPES-12).
    #[must_use]
    pub fn topic(&self) -> Option<String> {
        self.0.topic()
    }

    /// The content type, as the sender gave it.
    #[must_use]
    pub fn content_type(&self) -> Option<String> {
        self.0.content_type()
    }

    /// Sets the content type (MSG-TYPES-06). Not checked.
    pub fn set_content_type(&mut self, content_type: &str) {
        self.0.set_content_type(content_type);
    }

    /// A copy of the payload (MSG-TYPES-04).
    #[must_use]
    pub fn data(&self) -> Vec<u8> {
        self.0.data()
    }

    /// Replaces the payload (MSG-TYPES-07). Its size is checked when the message is sent.
    pub fn set_data(&mut self, data: impl AsRef<[u8]>) {
        self.0.set_data(data.as_ref());
    }

    /// A copy of the metadata, in any order; `None` if there is none (MSG-M09).
    #[must_use]
    pub fn metadata(&self) -> Option<Vec<(String, String)>> {
        self.0.metadata()
    }

    /// Adds a pair, or replaces the value that the name had (MSG-TYPES-08). Names are case-sensitive.
    pub fn add_metadata(&mut self, name: &str, value: &str) {
        self.0.add_metadata(name, value);
    }

    /// Replaces all metadata (MSG-TYPES-09); of a name given twice the last pair wins (MSG-M09).
    pub fn set_metadata<N: Into<String>, V: Into<String>>(&mut self, pairs: impl IntoIterator<Item = (N, V)>) {
        let pairs: Vec<_> = pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self.0.set_metadata(&pairs);
    }

    /// Removes a pair, if there is one of that name (MSG-TYPES-10).
    pub fn remove_metadata(&mut self, name: &str) {
        self.0.remove_metadata(name);
    }

    /// Answers this message, as often as one likes (MSG-RR-07, MSG-RR-08). If it did not ask for a reply, this may do
    /// nothing and be `Ok` (MSG-RR-09).
    ///
    /// # Errors
    /// See the [module](super). A requester that has left is no reason to trap (MSG-M15).
    pub fn reply(&self, message: Self) -> Result<()> {
        self.0.reply(message.0)
    }
}
