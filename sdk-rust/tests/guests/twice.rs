//! Does not compile: a component exports one handler.

use wasi_cloud_sdk::{Result, messaging::Message, on_message};

#[on_message("a")]
fn a(_: Message) -> Result<()> {
    Ok(())
}

mod elsewhere {
    use super::*;

    #[on_message("b")]
    fn b(_: Message) -> Result<()> {
        Ok(())
    }
}
