//! Our messaging package on a host that links `wasmcloud:messaging@0.2.0`.
//!
//! A message there is a topic and bytes. What it has no words for is an error that says so and nothing else: a second broker,
//! metadata, a content type, and any number of replies but one. Every failure is a text there, so it is `other` here, also one
//! that is a timeout.

mod message;

wit_bindgen::generate!({
    path: ["../../../../wit/deps/messaging", "wasmcloud", "wit"],
    world: "wasi-cloud:bridge/messaging-wasmcloud",
    generate_all,
});

use exports::{
    wasi::messaging::{producer, request_reply, types},
    wasi_cloud::bridge::received,
};
use message::Message;
use std::cell::Cell;
use wasmcloud::messaging::consumer::{self, BrokerMessage};

/// The host has one broker, and no name for it.
const BROKER: &str = "default";
/// How long a request waits that says nothing of it, in milliseconds: as long as a call of our own host.
const PATIENCE: u32 = 30_000;

struct Bridge;

export!(Bridge);

/// Whether it is connected.
struct Client(Cell<bool>);

#[derive(Default)]
struct Options {
    timeout_ms: Cell<Option<u32>>,
    expected: Cell<Option<u32>>,
}

fn inexpressible(what: &str) -> types::Error {
    types::Error::Other(format!("unsupported: `wasmcloud:messaging@0.2.0` has no {what}"))
}

impl types::Guest for Bridge {
    type Client = Client;
    type Message = Message;
}

impl types::GuestClient for Client {
    fn connect(name: String) -> Result<types::Client, types::Error> {
        if name != BROKER {
            return Err(inexpressible("broker but the one that is called `default`"));
        }
        Ok(types::Client::new(Self(Cell::new(true))))
    }

    fn disconnect(&self) -> Result<(), types::Error> {
        self.live()?;
        self.0.set(false);
        Ok(())
    }
}

impl Client {
    fn live(&self) -> Result<(), types::Error> {
        let gone = || types::Error::Connection("the client was disconnected".to_owned());
        self.0.get().then_some(()).ok_or_else(gone)
    }
}

fn publish(subject: String, message: &Message) -> Result<(), types::Error> {
    let body = message.body()?;
    consumer::publish(&BrokerMessage { subject, body, reply_to: None }).map_err(types::Error::Other)
}

impl producer::Guest for Bridge {
    fn send(client: types::ClientBorrow<'_>, topic: String, message: types::Message) -> Result<(), types::Error> {
        client.get::<Client>().live()?;
        publish(topic, message.get())
    }
}

impl request_reply::Guest for Bridge {
    type RequestOptions = Options;

    fn request(
        client: types::ClientBorrow<'_>,
        topic: String,
        message: types::MessageBorrow<'_>,
        options: Option<request_reply::RequestOptions>,
    ) -> Result<Vec<types::Message>, types::Error> {
        client.get::<Client>().live()?;
        let body = message.get::<Message>().body()?;
        let options = options.as_ref().map(request_reply::RequestOptions::get::<Options>);
        if options.and_then(|options| options.expected.get()).is_some_and(|expected| expected != 1) {
            return Err(inexpressible("number of replies but one"));
        }
        let timeout = options.and_then(|options| options.timeout_ms.get()).unwrap_or(PATIENCE);
        let reply = consumer::request(&topic, &body, timeout).map_err(types::Error::Other)?;
        Ok(vec![types::Message::new(Message::received(reply))])
    }

    fn reply(to: types::MessageBorrow<'_>, message: types::Message) -> Result<(), types::Error> {
        // Who did not ask is sent nothing (MSG-RR-09).
        to.get::<Message>().reply_to().map_or(Ok(()), |subject| publish(subject, message.get()))
    }
}

impl request_reply::GuestRequestOptions for Options {
    fn new() -> Self {
        Self::default()
    }

    fn set_timeout_ms(&self, timeout_ms: u32) {
        self.timeout_ms.set(Some(timeout_ms));
    }

    fn set_expected_replies(&self, expected: u32) {
        self.expected.set(Some(expected));
    }
}

impl received::Guest for Bridge {
    fn receive(subject: String, body: Vec<u8>, reply_to: Option<String>) -> types::Message {
        types::Message::new(Message::received(BrokerMessage { subject, body, reply_to }))
    }
}
