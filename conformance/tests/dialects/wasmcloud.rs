//! A small host that links what wasmCloud links.

use super::{
    cloud::{Bucket, Defect, Refused},
    host::State,
};
use wasmtime::component::{HasSelf, Linker, Resource};

wasmtime::component::bindgen!({
    path: [
        "guests/bridges/keyvalue-draft/draft",
        "guests/bridges/messaging-wasmcloud/wasmcloud",
        "tests/dialects/wasmcloud.wit",
    ],
    world: "test:wasmcloud/wasmcloud",
    imports: { "wasmcloud:messaging/consumer.request": async },
    exports: { default: async },
    with: { "wasi:keyvalue/store.bucket": crate::cloud::Bucket },
});

use self::wasmcloud::messaging::{consumer, types};
use wasi::keyvalue::{atomics, batch, store};

/// How many keys a page has.
const PAGE: usize = 10;

pub fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    Wasmcloud::add_to_linker::<_, HasSelf<_>>(linker, |state: &mut State| state)
}

impl State {
    fn opened(&self, handle: &Resource<Bucket>) -> Bucket {
        self.table.get(handle).expect("a bucket").clone()
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
        Ok(self.opened(&bucket).with(|data| data.get(&key).cloned()))
    }

    fn set(&mut self, bucket: Resource<Bucket>, key: String, value: Vec<u8>) -> Result<(), store::Error> {
        self.opened(&bucket).with(|data| data.insert(key, value));
        Ok(())
    }

    fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> Result<(), store::Error> {
        self.opened(&bucket).with(|data| data.remove(&key));
        Ok(())
    }

    fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> Result<bool, store::Error> {
        Ok(self.opened(&bucket).with(|data| data.contains_key(&key)))
    }

    /// A cursor is the number of keys that were seen.
    fn list_keys(&mut self, bucket: Resource<Bucket>, cursor: Option<u64>) -> Result<store::KeyResponse, store::Error> {
        let from = usize::try_from(cursor.unwrap_or_default()).unwrap_or(usize::MAX);
        let keys: Vec<_> = self.opened(&bucket).with(|data| data.keys().skip(from).take(PAGE).cloned().collect());
        let skipped = usize::from(self.cloud.defect == Defect::SkipsKeys);
        let cursor = (keys.len() == PAGE).then(|| (from + PAGE + skipped) as u64);
        Ok(store::KeyResponse { keys, cursor })
    }

    fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl atomics::Host for State {
    fn increment(&mut self, bucket: Resource<Bucket>, key: String, delta: u64) -> Result<u64, store::Error> {
        let add = |number: u64| number.checked_add(delta);
        self.opened(&bucket).increment(key, add).map_err(store::Error::Other)
    }
}

impl batch::Host for State {
    fn get_many(
        &mut self,
        bucket: Resource<Bucket>,
        keys: Vec<String>,
    ) -> Result<Vec<Option<(String, Vec<u8>)>>, store::Error> {
        Ok(self.opened(&bucket).with(|data| {
            let pair = |key: String| data.get(&key).cloned().map(|value| (key, value));
            keys.into_iter().map(pair).collect()
        }))
    }

    fn set_many(&mut self, bucket: Resource<Bucket>, pairs: Vec<(String, Vec<u8>)>) -> Result<(), store::Error> {
        self.opened(&bucket).with(|data| data.extend(pairs));
        Ok(())
    }

    fn delete_many(&mut self, bucket: Resource<Bucket>, keys: Vec<String>) -> Result<(), store::Error> {
        self.opened(&bucket).with(|data| keys.iter().for_each(|key| drop(data.remove(key))));
        Ok(())
    }
}

impl types::Host for State {}

impl consumer::Host for State {
    async fn request(
        &mut self,
        subject: String,
        body: Vec<u8>,
        timeout_ms: u32,
    ) -> Result<types::BrokerMessage, String> {
        self.cloud.request(subject, body, timeout_ms).await
    }

    fn publish(&mut self, message: types::BrokerMessage) -> Result<(), String> {
        self.cloud.publish(message);
        Ok(())
    }
}
