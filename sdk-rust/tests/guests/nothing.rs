#![forbid(unsafe_code)]

fn main() {
    println!("{}", wasi_cloud_sdk::Kind::Other);
}
