#![forbid(unsafe_code)]

fn main() {
    println!("{:?}", wasi_cloud_sdk::config::get("key"));
}
