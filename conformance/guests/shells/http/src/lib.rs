//! The shell for a host that is deployed: `wasi:http/incoming-handler` around the `exec` of one driver. One request is one
//! session: each JSON line of its body is an operation, each JSON line of the answer's body what came of it, in order, and written
//! before the next operation is read.
//!
//! Who knows the token can do to the stores whatever the guest may: see `refusal`.

use serde::{Serialize, de::DeserializeOwned};
use std::{
    env,
    io::{self, BufReader, Write},
};
use wasip2::http::types::{Fields, Method, OutgoingBody, OutgoingResponse};
pub use wasip2::{
    self,
    exports::http::incoming_handler::Guest,
    http::types::{IncomingRequest, ResponseOutparam},
};

/// The environment variable that holds the token.
const TOKEN: &str = "CLOUD_CONFORMANCE_TOKEN";
/// An operation may be megabytes: this much of it is read at once.
const READ: usize = 64 << 10;

/// The whole component of one interface: `shell!("keyvalue-shell", keyvalue)`.
#[macro_export]
macro_rules! shell {
    ($world:tt, $interface:ident) => {
        wit_bindgen::generate!({
            path: "../../../wit",
            world: $world,
            additional_derives: [serde::Serialize, serde::Deserialize],
        });

        struct Shell;

        impl $crate::Guest for Shell {
            fn handle(request: $crate::IncomingRequest, out: $crate::ResponseOutparam) {
                $crate::answer(request, out, wasi_cloud::conformance::$interface::exec);
            }
        }

        wasip2::http::proxy::export!(Shell);
    };
}

/// Answers one request.
pub fn answer<Op: DeserializeOwned, Seen: Serialize>(
    request: IncomingRequest,
    out: ResponseOutparam,
    exec: impl Fn(&Op) -> Seen,
) {
    let refused = refusal(&request, env::var(TOKEN).unwrap_or_default().as_bytes());
    let (status, why) = refused.unwrap_or((200, ""));
    let Some(body) = begin(out, status) else { return };
    let written = if refused.is_some() { say(&body, why) } else { converse(&request, &body, exec) };
    // What broke off must not look complete: without this the host cuts the answer.
    if written.is_ok() {
        // A client that is gone does not hear that this is all.
        let _ = OutgoingBody::finish(body, None);
    }
}

/// Why nothing is done for whoever asks, if so: the status, and words.
fn refusal(request: &IncomingRequest, token: &[u8]) -> Option<(u16, &'static str)> {
    if !matches!(request.method(), Method::Post) {
        return Some((405, "POST the operations, one a line\n"));
    }
    if token.is_empty() {
        return Some((401, "there is no token in this guest's environment: set CLOUD_CONFORMANCE_TOKEN\n"));
    }
    let given = request.headers().get("authorization");
    match &*given {
        [one] if one.strip_prefix(b"Bearer ").is_some_and(|given| same(given, token)) => None,
        _ => Some((401, "this is not the token in the guest's environment\n")),
    }
}

/// Takes as long for a token that is almost right as for any other of its length.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |seen, (a, b)| seen | (a ^ b)) == 0
}

/// Sends the head, so that the answer has begun before the first operation.
fn begin(out: ResponseOutparam, status: u16) -> Option<OutgoingBody> {
    let fields = [("content-type", "application/x-ndjson"), ("cache-control", "no-store, no-transform")];
    let fields = fields.map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    let response = OutgoingResponse::new(Fields::from_list(&fields).ok()?);
    response.set_status_code(status).ok()?;
    let body = response.body().ok()?;
    ResponseOutparam::set(out, Ok(response));
    Some(body)
}

fn say(body: &OutgoingBody, words: &str) -> io::Result<()> {
    body.write().map_err(|()| gone())?.write_all(words.as_bytes())
}

fn converse<Op: DeserializeOwned, Seen: Serialize>(
    request: &IncomingRequest,
    body: &OutgoingBody,
    exec: impl Fn(&Op) -> Seen,
) -> io::Result<()> {
    let incoming = request.consume().map_err(|()| gone())?;
    let operations = BufReader::with_capacity(READ, incoming.stream().map_err(|()| gone())?);
    let observations = body.write().map_err(|()| gone())?;
    shell::converse(operations, observations, exec)
}

/// A body that was taken before, which this shell never does.
fn gone() -> io::Error {
    io::ErrorKind::BrokenPipe.into()
}
