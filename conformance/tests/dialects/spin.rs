//! A small host that links what Spin links.

use super::{
    cloud::{Bucket, Defect, Refused},
    host::State,
};
use wasmtime::component::{HasSelf, Linker, Resource};

wasmtime::component::bindgen!({
    path: "tests/dialects/spin.wit",
    world: "spin",
    with: {
        "wasi:keyvalue/store.bucket": crate::cloud::Bucket,
        "wasi:keyvalue/atomics.cas": crate::spin::Cas,
    },
});

use wasi::keyvalue::{atomics, batch, store};

/// What a key held.
pub struct Cas {
    bucket: Bucket,
    key: String,
    seen: Option<Vec<u8>>,
}

impl Cas {
    fn now(bucket: Bucket, key: String) -> Self {
        let seen = bucket.with(|data| data.get(&key).cloned());
        Self { bucket, key, seen }
    }
}

pub fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    Spin::add_to_linker::<_, HasSelf<_>>(linker, |state: &mut State| state)
}

impl State {
    fn bucket(&self, handle: &Resource<Bucket>) -> Bucket {
        self.table.get(handle).expect("a bucket").clone()
    }

    fn keep(&mut self, cas: Cas) -> Resource<Cas> {
        self.table.push(cas).expect("room")
    }
}

impl store::Host for State {
    fn open(&mut self, identifier: String) -> Result<Resource<Bucket>, store::Error> {
        let bucket = self.cloud.open(&identifier).map_err(|refused| match refused {
            Refused::Denied => store::Error::AccessDenied,
            Refused::Missing => store::Error::NoSuchStore,
        })?;
        self.table.push(bucket).map_err(|full| store::Error::Other(full.to_string()))
    }
}

impl store::HostBucket for State {
    fn get(&mut self, bucket: Resource<Bucket>, key: String) -> Result<Option<Vec<u8>>, store::Error> {
        Ok(self.bucket(&bucket).with(|data| data.get(&key).cloned()))
    }

    fn set(&mut self, bucket: Resource<Bucket>, key: String, value: Vec<u8>) -> Result<(), store::Error> {
        self.bucket(&bucket).with(|data| data.insert(key, value));
        Ok(())
    }

    fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> Result<(), store::Error> {
        self.bucket(&bucket).with(|data| data.remove(&key));
        Ok(())
    }

    fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> Result<bool, store::Error> {
        Ok(self.bucket(&bucket).with(|data| data.contains_key(&key)))
    }

    /// All in one page, as Spin has it.
    fn list_keys(
        &mut self,
        bucket: Resource<Bucket>,
        cursor: Option<String>,
    ) -> Result<store::KeyResponse, store::Error> {
        if cursor.is_some() {
            return Err(store::Error::Other("there are no cursors".to_owned()));
        }
        let keys = self.bucket(&bucket).with(|data| data.keys().cloned().collect());
        Ok(store::KeyResponse { keys, cursor: None })
    }

    fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl atomics::Host for State {
    fn increment(&mut self, bucket: Resource<Bucket>, key: String, delta: i64) -> Result<i64, store::Error> {
        let add = |number: i64| number.checked_add(delta);
        self.bucket(&bucket).increment(key, add).map_err(store::Error::Other)
    }

    fn swap(&mut self, cas: Resource<Cas>, value: Vec<u8>) -> Result<(), atomics::CasError> {
        let Cas { bucket, key, seen } = self.table.delete(cas).expect("a handle");
        let swapped = bucket.with(|data| {
            let same = data.get(&key) == seen.as_ref();
            if same {
                data.insert(key.clone(), value);
            }
            same
        });
        if swapped { Ok(()) } else { Err(atomics::CasError::CasFailed(self.keep(Cas::now(bucket, key)))) }
    }
}

impl atomics::HostCas for State {
    fn new(&mut self, bucket: Resource<Bucket>, key: String) -> Result<Resource<Cas>, store::Error> {
        let cas = Cas::now(self.bucket(&bucket), key);
        Ok(self.keep(cas))
    }

    fn current(&mut self, cas: Resource<Cas>) -> Result<Option<Vec<u8>>, store::Error> {
        Ok(self.table.get(&cas).expect("a handle").seen.clone())
    }

    fn drop(&mut self, cas: Resource<Cas>) -> wasmtime::Result<()> {
        self.table.delete(cas)?;
        Ok(())
    }
}

impl batch::Host for State {
    fn get_many(
        &mut self,
        bucket: Resource<Bucket>,
        keys: Vec<String>,
    ) -> Result<Vec<(String, Option<Vec<u8>>)>, store::Error> {
        let bucket = self.bucket(&bucket);
        let mut pairs: Vec<_> = bucket.with(|data| {
            let pair = |key: String| (key.clone(), data.get(&key).cloned());
            keys.into_iter().map(pair).collect()
        });
        if self.cloud.defect == Defect::NoAbsentKeys {
            pairs.retain(|(_, value)| value.is_some());
        }
        Ok(pairs)
    }

    fn set_many(&mut self, bucket: Resource<Bucket>, pairs: Vec<(String, Vec<u8>)>) -> Result<(), store::Error> {
        self.bucket(&bucket).with(|data| data.extend(pairs));
        Ok(())
    }

    fn delete_many(&mut self, bucket: Resource<Bucket>, keys: Vec<String>) -> Result<(), store::Error> {
        self.bucket(&bucket).with(|data| keys.iter().for_each(|key| drop(data.remove(key))));
        Ok(())
    }
}
