#![forbid(unsafe_code)]

fn main() {
    let value = wasi_cloud_sdk::keyvalue::Bucket::open("default").and_then(|bucket| bucket.get("key"));
    println!("{value:?}");
}
