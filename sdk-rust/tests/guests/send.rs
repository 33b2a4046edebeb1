#![forbid(unsafe_code)]

fn main() {
    println!("{:?}", wasi_cloud_sdk::messaging::publish("topic", "data"));
}
