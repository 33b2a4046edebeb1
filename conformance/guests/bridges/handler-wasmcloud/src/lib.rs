//! What a host of `wasmcloud:messaging@0.2.0` delivers, for a guest that exports the handler of our package.
//!
//! A component cannot both take from a guest and give to it, so this is apart from the bridge for what guests call, which makes
//! the messages.

wit_bindgen::generate!({
    path: ["../../../../wit/deps/messaging", "../messaging-wasmcloud/wasmcloud", "../messaging-wasmcloud/wit"],
    world: "wasi-cloud:bridge/handler-wasmcloud",
    generate_all,
});

use exports::wasmcloud::messaging::handler;
use wasi::messaging::{incoming_handler::handle, types::Error};
use wasi_cloud::bridge::received::receive;

struct Bridge;

export!(Bridge);

impl handler::Guest for Bridge {
    fn handle_message(came: handler::BrokerMessage) -> Result<(), String> {
        let message = receive(&came.subject, &came.body, came.reply_to.as_deref());
        handle(message).map_err(|error| match error {
            Error::Timeout => "timeout".to_owned(),
            Error::Connection(text) => format!("connection: {text}"),
            Error::PermissionDenied(text) => format!("permission denied: {text}"),
            Error::Other(text) => text,
        })
    }
}
