//! Our key-value packages on a host that links `wasi:keyvalue@0.2.0-draft`, as wasmtime and wasmCloud do.
//!
//! Every call is one call of the host's, with the same arguments. What the draft has no words for is an error that says so
//! and nothing else: a cursor that is no number, an increment by less than nothing, compare-and-swap, and the extension.
//!
//! One name is given twice: hosts of the draft call their only store the empty word, and guests call theirs `default`. Where the
//! host knows no `default`, that store is it.

wit_bindgen::generate!({
    path: ["../../../../wit/deps/keyvalue", "../../../../wit/deps/keyvalue-ext", "draft", "wit"],
    world: "wasi-cloud:bridge/keyvalue-draft",
    generate_all,
});

use exports::{
    wasi::keyvalue0_2_0_draft2::{atomics, batch, store},
    wasi_cloud::keyvalue::extension,
};
use wasi::keyvalue0_2_0_draft as theirs;

struct Bridge;

export!(Bridge);

struct Bucket(theirs::store::Bucket);

/// There is none: nothing ever makes one.
enum Cas {}

impl From<theirs::store::Error> for store::Error {
    fn from(error: theirs::store::Error) -> Self {
        match error {
            theirs::store::Error::NoSuchStore => Self::NoSuchStore,
            theirs::store::Error::AccessDenied => Self::AccessDenied,
            theirs::store::Error::Other(text) => Self::Other(text),
        }
    }
}

fn inexpressible(what: &str) -> String {
    format!("unsupported: `wasi:keyvalue@0.2.0-draft` has no {what}")
}

impl store::Guest for Bridge {
    type Bucket = Bucket;

    fn open(identifier: String) -> Result<store::Bucket, store::Error> {
        let opened = match theirs::store::open(&identifier) {
            Err(theirs::store::Error::NoSuchStore) if identifier == "default" => theirs::store::open(""),
            other => other,
        };
        Ok(store::Bucket::new(Bucket(opened?)))
    }
}

impl store::GuestBucket for Bucket {
    fn get(&self, key: String) -> Result<Option<Vec<u8>>, store::Error> {
        Ok(self.0.get(&key)?)
    }

    fn set(&self, key: String, value: Vec<u8>) -> Result<(), store::Error> {
        Ok(self.0.set(&key, &value)?)
    }

    fn delete(&self, key: String) -> Result<(), store::Error> {
        Ok(self.0.delete(&key)?)
    }

    fn exists(&self, key: String) -> Result<bool, store::Error> {
        Ok(self.0.exists(&key)?)
    }

    fn list_keys(&self, cursor: Option<String>) -> Result<store::KeyResponse, store::Error> {
        let cursor = cursor.map(|cursor| cursor.parse()).transpose();
        let cursor = cursor.map_err(|_| store::Error::Other(inexpressible("cursor that is no number")))?;
        let theirs::store::KeyResponse { keys, cursor } = self.0.list_keys(cursor)?;
        Ok(store::KeyResponse { keys, cursor: cursor.map(|cursor| cursor.to_string()) })
    }
}

impl atomics::Guest for Bridge {
    type Cas = Cas;

    fn increment(bucket: store::BucketBorrow<'_>, key: String, delta: i64) -> Result<i64, store::Error> {
        let delta = u64::try_from(delta).map_err(|_| store::Error::Other(inexpressible("increment by less than 0")))?;
        let sum = theirs::atomics::increment(&bucket.get::<Bucket>().0, &key, delta)?;
        i64::try_from(sum).map_err(|_| store::Error::Other(format!("{sum} is more than 64 bits with a sign hold")))
    }

    fn swap(cas: atomics::Cas, _: Vec<u8>) -> Result<(), atomics::CasError> {
        match *cas.get::<Cas>() {}
    }
}

impl atomics::GuestCas for Cas {
    fn new(_: store::BucketBorrow<'_>, _: String) -> Result<atomics::Cas, store::Error> {
        Err(store::Error::Other(inexpressible("compare-and-swap")))
    }

    fn current(&self) -> Result<Option<Vec<u8>>, store::Error> {
        match *self {}
    }
}

impl batch::Guest for Bridge {
    fn get_many(
        bucket: store::BucketBorrow<'_>,
        keys: Vec<String>,
    ) -> Result<Vec<Option<(String, Vec<u8>)>>, store::Error> {
        Ok(theirs::batch::get_many(&bucket.get::<Bucket>().0, &keys)?)
    }

    fn set_many(bucket: store::BucketBorrow<'_>, pairs: Vec<(String, Vec<u8>)>) -> Result<(), store::Error> {
        Ok(theirs::batch::set_many(&bucket.get::<Bucket>().0, &pairs)?)
    }

    fn delete_many(bucket: store::BucketBorrow<'_>, keys: Vec<String>) -> Result<(), store::Error> {
        Ok(theirs::batch::delete_many(&bucket.get::<Bucket>().0, &keys)?)
    }
}

/// What every function of the extension answers.
fn unsupported<T>() -> Result<T, extension::Error> {
    let message = inexpressible("extension");
    Err(extension::Error { kind: extension::Kind::Unsupported, applied: extension::Applied::No, message })
}

impl extension::Guest for Bridge {
    fn get(_: store::BucketBorrow<'_>, _: String) -> Result<Option<extension::Entry>, extension::Error> {
        unsupported()
    }

    fn put(
        _: store::BucketBorrow<'_>,
        _: String,
        _: Vec<u8>,
        _: extension::PutOptions,
    ) -> Result<extension::Version, extension::Error> {
        unsupported()
    }

    fn delete(_: store::BucketBorrow<'_>, _: String, _: extension::Condition) -> Result<bool, extension::Error> {
        unsupported()
    }

    fn list_keys(
        _: store::BucketBorrow<'_>,
        _: String,
        _: Option<String>,
        _: u32,
    ) -> Result<extension::Page, extension::Error> {
        unsupported()
    }
}
