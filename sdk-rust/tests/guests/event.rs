#![forbid(unsafe_code)]

use wasi_cloud_sdk::messaging::{Message, cloudevents::Event};

fn main() {
    println!("{:?}", Event::from_message(&Message::new("")));
}
