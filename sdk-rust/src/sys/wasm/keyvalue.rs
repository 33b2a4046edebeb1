mod ext;

use crate::{
    Error, Result,
    bindings::wasi::keyvalue::{atomics, batch, store},
    case::{self, Access},
    keyvalue::{self, Found, Page, SwapError, Watcher},
    watching::exports::wasi::keyvalue::watcher,
};
use std::marker::PhantomData;

fn case(error: store::Error) -> case::KeyValue {
    match error {
        store::Error::NoSuchStore => case::KeyValue::NoSuchStore,
        store::Error::AccessDenied => case::KeyValue::AccessDenied,
        store::Error::Other(text) => case::KeyValue::Other(text),
    }
}

fn read(error: store::Error) -> Error {
    case(error).of(Access::Read)
}

fn write(error: store::Error) -> Error {
    case(error).of(Access::Write)
}

#[derive(Debug)]
pub(crate) struct Bucket(store::Bucket);

impl Bucket {
    pub(crate) fn open(label: &str) -> Result<Self> {
        store::open(label).map(Self).map_err(read)
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        self.0.get(key).map_err(read)
    }

    pub(crate) fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        self.0.set(key, value).map_err(write)
    }

    pub(crate) fn delete(&self, key: &str) -> Result<()> {
        self.0.delete(key).map_err(write)
    }

    pub(crate) fn exists(&self, key: &str) -> Result<bool> {
        self.0.exists(key).map_err(read)
    }

    pub(crate) fn list_page(&self, cursor: Option<&str>) -> Result<Page> {
        let page = self.0.list_keys(cursor).map_err(read)?;
        Ok(Page { keys: page.keys, cursor: page.cursor })
    }

    pub(crate) fn increment(&self, key: &str, delta: i64) -> Result<i64> {
        atomics::increment(&self.0, key, delta).map_err(write)
    }

    pub(crate) fn get_many(&self, keys: &[&str]) -> Result<Vec<Found>> {
        batch::get_many(&self.0, keys).map_err(read)
    }

    pub(crate) fn set_many(&self, pairs: &[(&str, &[u8])]) -> Result<()> {
        batch::set_many(&self.0, pairs).map_err(write)
    }

    pub(crate) fn delete_many(&self, keys: &[&str]) -> Result<()> {
        batch::delete_many(&self.0, keys).map_err(write)
    }
}

#[derive(Debug)]
pub(crate) struct Cas(atomics::Cas);

impl Cas {
    pub(crate) fn new(bucket: &Bucket, key: &str) -> Result<Self> {
        atomics::Cas::new(&bucket.0, key).map(Self).map_err(read)
    }

    pub(crate) fn current(&self) -> Result<Option<Vec<u8>>> {
        self.0.current().map_err(read)
    }

    pub(crate) fn swap(self, value: &[u8]) -> Result<(), SwapError> {
        atomics::swap(self.0, value).map_err(|error| match error {
            atomics::CasError::StoreError(error) => SwapError::Store(write(error)),
            atomics::CasError::CasFailed(fresh) => SwapError::Failed(Self(fresh).into()),
        })
    }
}

/// What `export_watcher!` exports: a [`Watcher`] in the shape that the bindings want.
#[derive(Debug)]
pub struct Watching<W>(PhantomData<W>);

impl<W: Watcher> watcher::Guest for Watching<W> {
    fn on_set(bucket: store::Bucket, key: String, value: Vec<u8>) {
        W::on_set(&keyvalue::Bucket(Bucket(bucket)), &key, value);
    }

    fn on_delete(bucket: store::Bucket, key: String) {
        W::on_delete(&keyvalue::Bucket(Bucket(bucket)), &key);
    }
}
