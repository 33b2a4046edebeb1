//! Handles messages as the suite tells it. What the host calls cannot be seen by a guest that is driven line by line, so this
//! one is a component of its own: it prints each message as one JSON line on stdout, before it does anything else, and then does
//! what the message's metadata says under the name `script`:
//!
//! | script | what it does |
//! |---|---|
//! | none, or `ok` | returns ok |
//! | `err` | returns an error |
//! | `trap` | traps |
//! | `loop` | never returns |
//! | `reply:N` | answers N times, with `reply 1` to `reply N`, and returns ok |
//! | `wait:MS` | waits so many milliseconds, prints the line again with `"done":true`, and returns ok |
//!
//! Any other script is an error.

use serde::Serialize;
use std::{io::Write, thread, time::Duration};
use wasi_cloud_sdk::{
    Error, Kind, Result,
    messaging::{Handler, Message},
};

struct Recorder;

wasi_cloud_sdk::export!(Recorder);

impl Handler for Recorder {
    fn handle(message: Message) -> Result<()> {
        let (delivery, script) = Delivery::of(&message);
        delivery.print()?;
        match script.split_once(':').unwrap_or((&script, "")) {
            ("ok", "") => Ok(()),
            ("err", "") => Err(Error::new(Kind::Other, "the script says so")),
            ("trap", "") => std::arch::wasm32::unreachable(),
            ("loop", "") => loop {
                std::hint::spin_loop();
            },
            ("reply", count) => {
                // A requester that has left may make a reply fail: whoever waits sees what came (MSG-M15).
                for n in 1..=number(count)? {
                    let _ = message.reply(Message::new(format!("reply {n}")));
                }
                Ok(())
            }
            ("wait", ms) => {
                thread::sleep(Duration::from_millis(number(ms)?));
                Delivery { done: true, ..delivery }.print()
            }
            _ => Err(Error::new(Kind::Invalid, format!("no such script: `{script}`"))),
        }
    }
}

fn number(text: &str) -> Result<u64> {
    text.parse().map_err(|_| Error::new(Kind::Invalid, format!("`{text}` in a script is no number")))
}

/// One line: a message as it was delivered.
#[derive(Serialize)]
struct Delivery {
    topic: Option<String>,
    data: Vec<u8>,
    content_type: Option<String>,
    /// Sorted, since hosts do not promise an order, and without the script.
    metadata: Vec<(String, String)>,
    #[serde(skip_serializing_if = "is_false")]
    done: bool,
}

fn is_false(done: &bool) -> bool {
    !done
}

impl Delivery {
    /// The delivery and its script.
    fn of(message: &Message) -> (Self, String) {
        let mut metadata = message.metadata().unwrap_or_default();
        metadata.sort();
        let script =
            metadata.iter().find(|(name, _)| name == "script").map_or("ok".to_owned(), |(_, script)| script.clone());
        metadata.retain(|(name, _)| name != "script");
        let (topic, data, content_type) = (message.topic(), message.data(), message.content_type());
        (Self { topic, data, content_type, metadata, done: false }, script)
    }

    fn print(&self) -> Result<()> {
        let mut line = serde_json::to_vec(self).map_err(Error::other)?;
        line.push(b'\n');
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(&line).and_then(|()| stdout.flush()).map_err(Error::other)
    }
}
