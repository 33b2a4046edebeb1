use super::Message;
use crate::Result;

/// What receives messages. [`#[on_message]`](macro@crate::on_message) and [`#[handlers]`](macro@crate::handlers) write
/// one for you; by hand, implement it and hand it to [`export!`](crate::export).
pub trait Handler {
    /// Handles one message. The instance is busy until this returns, and the host may set a deadline; with several
    /// instances, several messages are handled at once (MSG-M11).
    ///
    /// # Errors
    /// An error says that the message was not dealt with; its text goes to the host. Where the broker redelivers, the
    /// message comes again, up to `max-deliveries` times (MSG-M05).
    fn handle(message: Message) -> Result<()>;
}
