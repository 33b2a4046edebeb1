#![forbid(unsafe_code)]

use wasi_cloud_sdk::{
    Result,
    messaging::{Handler, Message},
};

struct Silent;

impl Handler for Silent {
    fn handle(_: Message) -> Result<()> {
        Ok(())
    }
}

wasi_cloud_sdk::export!(Silent);
