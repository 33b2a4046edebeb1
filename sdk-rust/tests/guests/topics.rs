#![forbid(unsafe_code)]

#[wasi_cloud_sdk::handlers]
mod topics {
    use wasi_cloud_sdk::{Result, config, messaging::Message};

    #[on_message("a")]
    fn a(message: Message) -> Result<(), String> {
        Err(format!("{} bytes", message.data().len()))
    }

    #[on_message("päivä")]
    fn b(message: Message) -> Result<()> {
        config::get_all()?;
        message.reply(Message::new("b"))
    }
}
