mod ext;

use super::thread::run;
use crate::{
    Error, Result,
    case::{self, Access},
    keyvalue::{Found, Page, SwapError},
    testing,
};
use wasi_cloud_core::{self as core, Kind, keyvalue as portable};

/// The case that a host shows, as `wasi-cloud-wasmtime` has it.
fn case(error: core::Error) -> case::KeyValue {
    match error.kind {
        Kind::NotFound => case::KeyValue::NoSuchStore,
        Kind::AccessDenied => case::KeyValue::AccessDenied,
        Kind::Invalid
        | Kind::Conflict
        | Kind::Unsupported
        | Kind::Quota
        | Kind::Timeout
        | Kind::Unavailable
        | Kind::Other => case::KeyValue::Other(error.to_string()),
    }
}

fn read(error: core::Error) -> Error {
    case(error).of(Access::Read)
}

fn write(error: core::Error) -> Error {
    case(error).of(Access::Write)
}

fn page(page: portable::Page) -> Page {
    Page { keys: page.keys, cursor: page.cursor }
}

fn owned(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

#[derive(Debug)]
pub(crate) struct Bucket(portable::Bucket);

impl Bucket {
    pub(crate) fn open(label: &str) -> Result<Self> {
        let link = testing::current().keyvalue(label);
        run(async move { portable::Bucket::open(link).await })?.map(Self).map_err(read)
    }

    pub(crate) fn get(&self, key: &str) -> Result<Option<Vec<u8>>> {
        let (bucket, key) = (self.0.clone(), key.to_owned());
        run(async move { bucket.get(&key).await })?.map_err(read)
    }

    pub(crate) fn set(&self, key: &str, value: &[u8]) -> Result<()> {
        let (bucket, key, value) = (self.0.clone(), key.to_owned(), value.to_vec());
        run(async move { bucket.set(&key, &value).await })?.map_err(write)
    }

    pub(crate) fn delete(&self, key: &str) -> Result<()> {
        let (bucket, key) = (self.0.clone(), key.to_owned());
        run(async move { bucket.delete(&key).await })?.map_err(write)
    }

    pub(crate) fn exists(&self, key: &str) -> Result<bool> {
        let (bucket, key) = (self.0.clone(), key.to_owned());
        run(async move { bucket.exists(&key).await })?.map_err(read)
    }

    pub(crate) fn list_page(&self, cursor: Option<&str>) -> Result<Page> {
        let (bucket, cursor) = (self.0.clone(), cursor.map(str::to_owned));
        run(async move { bucket.list_keys(cursor.as_deref()).await })?.map(page).map_err(read)
    }

    pub(crate) fn increment(&self, key: &str, delta: i64) -> Result<i64> {
        let (bucket, key) = (self.0.clone(), key.to_owned());
        run(async move { bucket.increment(&key, delta).await })?.map_err(write)
    }

    pub(crate) fn get_many(&self, keys: &[&str]) -> Result<Vec<Found>> {
        let (bucket, keys) = (self.0.clone(), owned(keys));
        let found = async move {
            let values = bucket.get_many(&keys).await?;
            Ok(keys.into_iter().zip(values).map(|(key, value)| Some((key, value?))).collect())
        };
        run(found)?.map_err(read)
    }

    pub(crate) fn set_many(&self, pairs: &[(&str, &[u8])]) -> Result<()> {
        let bucket = self.0.clone();
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| ((*key).to_owned(), value.to_vec())).collect();
        run(async move { bucket.set_many(&pairs).await })?.map_err(write)
    }

    pub(crate) fn delete_many(&self, keys: &[&str]) -> Result<()> {
        let (bucket, keys) = (self.0.clone(), owned(keys));
        run(async move { bucket.delete_many(&keys).await })?.map_err(write)
    }
}

#[derive(Debug)]
pub(crate) struct Cas(portable::Cas);

impl Cas {
    pub(crate) fn new(bucket: &Bucket, key: &str) -> Result<Self> {
        let (bucket, key) = (bucket.0.clone(), key.to_owned());
        run(async move { portable::Cas::new(bucket, &key).await })?.map(Self).map_err(read)
    }

    // On wasm this is a call, and can fail.
    #[allow(clippy::unnecessary_wraps, reason = "the same signature on both sides")]
    pub(crate) fn current(&self) -> Result<Option<Vec<u8>>> {
        Ok(self.0.current().map(<[u8]>::to_vec))
    }

    pub(crate) fn swap(self, value: &[u8]) -> Result<(), SwapError> {
        let value = value.to_vec();
        run(async move { self.0.swap(&value).await })?.map_err(|error| match error {
            portable::SwapError::Store(error) => SwapError::Store(write(error)),
            portable::SwapError::Failed(fresh) => SwapError::Failed(Self(fresh).into()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Applied;

    #[test]
    fn only_three_cases_come_through_the_standard_package() {
        for kind in Kind::ALL {
            let failed = || core::Error::new(kind, "why");
            let (expected, maybe) = match kind {
                Kind::NotFound => (crate::Kind::NotFound, Applied::No),
                Kind::AccessDenied => (crate::Kind::AccessDenied, Applied::No),
                _ => (crate::Kind::Other, Applied::Maybe),
            };
            assert_eq!((read(failed()).kind, read(failed()).applied), (expected, Applied::No), "{kind}");
            assert_eq!((write(failed()).kind, write(failed()).applied), (expected, maybe), "{kind}");
        }
        assert_eq!(write(core::Error::new(Kind::Quota, "why")).message, "quota: why");
    }
}
