//! Our key-value packages on a host that links `wasi:keyvalue@0.2.0-draft2` as Spin does.
//!
//! `store` and `atomics` are ours to the letter, and pass by this bridge. Of the batch, `get-many` answers each key with an
//! optional value, where ours is an optional pair. The extension there is not.

wit_bindgen::generate!({
    path: ["../../../../wit/deps/keyvalue", "../../../../wit/deps/keyvalue-ext", "spin", "wit"],
    world: "wasi-cloud:bridge/keyvalue-spin",
    generate_all,
});

use exports::{wasi::keyvalue0_2_0_draft2::batch, wasi_cloud::keyvalue::extension};
use wasi::{
    keyvalue0_2_0_draft2::store::{Bucket, Error},
    keyvalue0_2_0_spin_2::batch as theirs,
};

struct Bridge;

export!(Bridge);

impl batch::Guest for Bridge {
    fn get_many(bucket: &Bucket, keys: Vec<String>) -> Result<Vec<Option<(String, Vec<u8>)>>, Error> {
        let answers = theirs::get_many(bucket, &keys)?;
        Ok(answers.into_iter().map(|(key, value)| Some((key, value?))).collect())
    }

    fn set_many(bucket: &Bucket, pairs: Vec<(String, Vec<u8>)>) -> Result<(), Error> {
        theirs::set_many(bucket, &pairs)
    }

    fn delete_many(bucket: &Bucket, keys: Vec<String>) -> Result<(), Error> {
        theirs::delete_many(bucket, &keys)
    }
}

/// What every function of the extension answers.
fn unsupported<T>() -> Result<T, extension::Error> {
    let message = "unsupported: this host has no extension of `wasi:keyvalue`".to_owned();
    Err(extension::Error { kind: extension::Kind::Unsupported, applied: extension::Applied::No, message })
}

impl extension::Guest for Bridge {
    fn get(_: &Bucket, _: String) -> Result<Option<extension::Entry>, extension::Error> {
        unsupported()
    }

    fn put(
        _: &Bucket,
        _: String,
        _: Vec<u8>,
        _: extension::PutOptions,
    ) -> Result<extension::Version, extension::Error> {
        unsupported()
    }

    fn delete(_: &Bucket, _: String, _: extension::Condition) -> Result<bool, extension::Error> {
        unsupported()
    }

    fn list_keys(_: &Bucket, _: String, _: Option<String>, _: u32) -> Result<extension::Page, extension::Error> {
        unsupported()
    }
}
