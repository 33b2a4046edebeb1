//! Serves orders, which are CloudEvents, and says so by CloudEvents.

#![forbid(unsafe_code)]

use wasi_cloud_sdk::{
    Result, messaging,
    messaging::{
        Client, Message,
        cloudevents::{Event, Mode},
    },
    on_message,
};

#[on_message("orders")]
fn serve(message: Message) -> Result<()> {
    let order = Event::from_message(&message)?;
    let served = Event::new(order.id, "/kitchen", "com.example.served");
    Client::connect(messaging::DEFAULT)?.send("served", served.to_message(Mode::Binary)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_cloud_sdk::testing::Cloud;

    #[test]
    fn an_order_is_served() -> Result<()> {
        let cloud = Cloud::new();
        let order = Event::new("7", "/counter", "com.example.order");
        cloud.deliver_message("orders", serve, order.to_message(Mode::Structured)?)?;
        assert!(cloud.published()[0].metadata.contains(&("ce-id".to_owned(), "7".to_owned())));
        Ok(())
    }
}
