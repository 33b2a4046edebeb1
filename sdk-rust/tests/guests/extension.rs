#![forbid(unsafe_code)]

fn main() {
    let entry = wasi_cloud_sdk::keyvalue::Bucket::open("default").and_then(|bucket| bucket.get_entry("key"));
    println!("{entry:?}");
}
