#![forbid(unsafe_code)]

use wasi_cloud_sdk::{messaging::Message, on_message};

#[on_message("orders.new")]
fn order(message: Message) -> Result<(), std::string::FromUtf8Error> {
    println!("{}", String::from_utf8(message.data())?);
    Ok(())
}
