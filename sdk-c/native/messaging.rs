//! `wasi:messaging`: types, producer and request-reply.

use crate::{
    abi::{In, List, Lower, Pair, Ret, View, as_it_is},
    handles::Handles,
};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use wasi_cloud_sdk::{
    self as sdk, Kind,
    messaging::{Client, Message, RequestOptions},
};

pub(crate) static CLIENTS: Handles<Client> = Handles::new("client");
pub(crate) static MESSAGES: Handles<Mutex<Message>> = Handles::new("message");
pub(crate) static OPTIONS: Handles<Mutex<RequestOptions>> = Handles::new("request options");

/// `types.error`.
#[repr(C, u8)]
#[allow(dead_code, reason = "C reads it")]
pub(crate) enum Error {
    Timeout,
    Connection(List<u8>),
    PermissionDenied(List<u8>),
    Other(List<u8>),
}

as_it_is!(Error);

/// The case that the SDK made its error of.
fn case(error: sdk::Error) -> Error {
    match error.kind {
        Kind::Timeout => Error::Timeout,
        Kind::Unavailable => Error::Connection(error.message.lower()),
        Kind::AccessDenied => Error::PermissionDenied(error.message.lower()),
        Kind::NotFound | Kind::Invalid | Kind::Conflict | Kind::Unsupported | Kind::Quota | Kind::Other => {
            Error::Other(error.message.lower())
        }
    }
}

pub(crate) fn put(message: Message) -> i32 {
    MESSAGES.put(Mutex::new(message))
}

pub(crate) fn take(message: i32) -> Message {
    MESSAGES.take(message).into_inner().unwrap_or_else(PoisonError::into_inner)
}

fn with<T>(message: i32, on: impl FnOnce(&mut Message) -> T) -> T {
    on(&mut MESSAGES.get(message).lock().unwrap_or_else(PoisonError::into_inner))
}

#[unsafe(export_name = "__wasm_import_wcl_gen_messaging_static_client_connect")]
extern "C" fn connect(label: In<'_>, len: usize, ret: Ret<'_, Result<i32, Error>>) {
    ret.write(Client::connect(label.text(len)).map(|client| CLIENTS.put(client)).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_messaging_method_client_disconnect")]
extern "C" fn disconnect(client: i32, ret: Ret<'_, Result<(), Error>>) {
    ret.write(CLIENTS.get(client).disconnect().map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_messaging_client_drop")]
extern "C" fn client_drop(client: i32) {
    CLIENTS.close(client);
}

#[unsafe(export_name = "__wasm_import_wcl_gen_messaging_constructor_message")]
extern "C" fn message_new(data: In<'_>, len: usize) -> i32 {
    put(Message::new(data.list(len)))
}

#[unsafe(export_name = "__wasm_import_wcl_gen_messaging_message_drop")]
extern "C" fn message_drop(message: i32) {
    MESSAGES.close(message);
}

#[unsafe(export_name = "__wasm_import_wcl_gen_messaging_method_message_topic")]
extern "C" fn topic(message: i32, ret: Ret<'_, Option<String>>) {
    ret.write(with(message, |message| message.topic()).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_messaging_method_message_content_type")]
extern "C" fn content_type(message: i32, ret: Ret<'_, Option<String>>) {
    ret.write(with(message, |message| message.content_type()).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_messaging_method_message_set_content_type")]
extern "C" fn set_content_type(message: i32, text: In<'_>, len: usize) {
    with(message, |message| message.set_content_type(text.text(len)));
}

#[unsafe(export_name = "__wasm_import_wcl_gen_messaging_method_message_data")]
extern "C" fn data(message: i32, ret: Ret<'_, Vec<u8>>) {
    ret.write(with(message, |message| message.data()).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_messaging_method_message_set_data")]
extern "C" fn set_data(message: i32, data: In<'_>, len: usize) {
    with(message, |message| message.set_data(data.list(len)));
}

#[unsafe(export_name = "__wasm_import_wcl_gen_messaging_method_message_metadata")]
extern "C" fn metadata(message: i32, ret: Ret<'_, Option<Vec<(String, String)>>>) {
    ret.write(with(message, |message| message.metadata()).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_messaging_method_message_add_metadata")]
extern "C" fn add_metadata(message: i32, name: In<'_>, name_len: usize, value: In<'_>, len: usize) {
    with(message, |message| message.add_metadata(name.text(name_len), value.text(len)));
}

#[unsafe(export_name = "__wasm_import_wcl_gen_messaging_method_message_set_metadata")]
extern "C" fn set_metadata(message: i32, pairs: In<'_, Pair<View<'_>, View<'_>>>, len: usize) {
    let pairs = pairs.list(len).iter().map(|Pair(name, value)| (name.text(), value.text()));
    with(message, |message| message.set_metadata(pairs));
}

#[unsafe(export_name = "__wasm_import_wcl_gen_messaging_method_message_remove_metadata")]
extern "C" fn remove_metadata(message: i32, name: In<'_>, len: usize) {
    with(message, |message| message.remove_metadata(name.text(len)));
}

#[unsafe(export_name = "__wasm_import_wcl_gen_producer_send")]
extern "C" fn send(client: i32, topic: In<'_>, len: usize, message: i32, ret: Ret<'_, Result<(), Error>>) {
    let message = take(message);
    ret.write(CLIENTS.get(client).send(topic.text(len), message).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_request_reply_constructor_request_options")]
extern "C" fn options_new() -> i32 {
    OPTIONS.put(Mutex::default())
}

#[unsafe(export_name = "__wasm_import_wcl_gen_request_reply_request_options_drop")]
extern "C" fn options_drop(options: i32) {
    OPTIONS.close(options);
}

fn set_option(options: i32, change: impl FnOnce(RequestOptions) -> RequestOptions) {
    let options = OPTIONS.get(options);
    let mut options = options.lock().unwrap_or_else(PoisonError::into_inner);
    *options = change(*options);
}

#[unsafe(export_name = "__wasm_import_wcl_gen_request_reply_method_request_options_set_timeout_ms")]
extern "C" fn set_timeout_ms(options: i32, ms: u32) {
    set_option(options, |options| options.timeout(Duration::from_millis(ms.into())));
}

#[unsafe(export_name = "__wasm_import_wcl_gen_request_reply_method_request_options_set_expected_replies")]
extern "C" fn set_expected_replies(options: i32, count: u32) {
    set_option(options, |options| options.expected_replies(count));
}

#[unsafe(export_name = "__wasm_import_wcl_gen_request_reply_request")]
extern "C" fn request(
    client: i32,
    topic: In<'_>,
    len: usize,
    message: i32,
    some: i32,
    options: i32,
    ret: Ret<'_, Result<Vec<i32>, Error>>,
) {
    let options = (some == 1).then(|| OPTIONS.take(options).into_inner().unwrap_or_else(PoisonError::into_inner));
    let (client, topic) = (CLIENTS.get(client), topic.text(len));
    let replies = with(message, |message| client.request(topic, message, options.unwrap_or_default()));
    ret.write(replies.map(|replies| replies.into_iter().map(put).collect::<Vec<_>>()).map_err(case).lower());
}

#[unsafe(export_name = "__wasm_import_wcl_gen_request_reply_reply")]
extern "C" fn reply(to: i32, message: i32, ret: Ret<'_, Result<(), Error>>) {
    let message = take(message);
    ret.write(with(to, |to| to.reply(message)).map_err(case).lower());
}
