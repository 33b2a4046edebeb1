//! Is told of changes. Prints each as one JSON line on stdout, before it does anything else, and then does what the key says:
//! told that `copy` was written, it reads it by the handle that it was given and writes what it finds to `copied`; told of
//! `trap`, it traps.

use serde::Serialize;
use std::io::Write;
use wasi_cloud_sdk::keyvalue::{Bucket, Watcher};

struct Printer;

wasi_cloud_sdk::export_watcher!(Printer);

#[derive(Serialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
enum Told<'a> {
    Set { key: &'a str, value: &'a [u8] },
    Delete { key: &'a str },
}

impl Told<'_> {
    /// Nothing can be returned: what cannot be printed is missing, and the suite waits for it in vain.
    fn print(&self) {
        let Ok(mut line) = serde_json::to_vec(self) else { return };
        line.push(b'\n');
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(&line).and_then(|()| stdout.flush());
    }
}

impl Watcher for Printer {
    fn on_set(bucket: &Bucket, key: &str, value: Vec<u8>) {
        Told::Set { key, value: &value }.print();
        match key {
            "copy" => {
                let found = bucket.get("copy").ok().flatten();
                let _ = bucket.set("copied", found.unwrap_or_default());
            }
            "trap" => std::arch::wasm32::unreachable(),
            _ => {}
        }
    }

    fn on_delete(_: &Bucket, key: &str) {
        Told::Delete { key }.print();
    }
}
