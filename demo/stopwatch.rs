//! Middleware: goes around any handler of messages, and says on stdout how long it took for each.
//!
//! It exports what it imports, and knows nothing of what it goes around: `wasi-cloud compose stopwatch.wasm --plug app.wasm`.

// There is nothing to it but WebAssembly.
#![cfg(target_family = "wasm")]
#![allow(missing_docs, unsafe_code, reason = "of what the macro makes")]

use std::time::Instant;
use wasi::messaging::{incoming_handler, types};

wit_bindgen::generate!({
    path: "../wit",
    inline: "
        package wasi-cloud:demo;
        world stopwatch {
            import wasi:messaging/incoming-handler@0.2.0-draft;
            export wasi:messaging/incoming-handler@0.2.0-draft;
        }
    ",
    generate_all,
});

struct Stopwatch;

export!(Stopwatch);

impl exports::wasi::messaging::incoming_handler::Guest for Stopwatch {
    fn handle(message: types::Message) -> Result<(), types::Error> {
        let topic = message.topic().unwrap_or_default();
        let began = Instant::now();
        let handled = incoming_handler::handle(message);
        let outcome = if handled.is_ok() { "handled" } else { "failed" };
        println!("{topic}: {outcome} in {:.1?}", began.elapsed());
        handled
    }
}
