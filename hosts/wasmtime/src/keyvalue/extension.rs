use crate::{
    CloudView,
    bindings::wasi_cloud::keyvalue::extension::{Condition, Entry, Error, Host, Page, PutOptions},
    error::{self, HostError},
};
use std::time::Duration;
use wasi_cloud_core::keyvalue::{self as core, Bucket};
use wasmtime::component::Resource;

type Result<T> = std::result::Result<T, HostError>;

impl Host for CloudView<'_> {
    async fn get(&mut self, bucket: Resource<Bucket>, key: String) -> Result<Option<Entry>> {
        let entry = self.ctx.read(self.table.get(&bucket)?.entry(&key)).await?;
        Ok(entry.map(|e| Entry { value: e.value, version: e.version.0 }))
    }

    async fn put(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        value: Vec<u8>,
        options: PutOptions,
    ) -> Result<String> {
        let options = options.into();
        Ok(self.ctx.write(self.table.get(&bucket)?.put(&key, &value, &options), |late| late).await?.0)
    }

    async fn delete(&mut self, bucket: Resource<Bucket>, key: String, condition: Condition) -> Result<bool> {
        let condition = condition.into();
        Ok(self.ctx.write(self.table.get(&bucket)?.delete_if(&key, &condition), |late| late).await?)
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<Bucket>,
        prefix: String,
        cursor: Option<String>,
        limit: u32,
    ) -> Result<Page> {
        let bucket = self.table.get(&bucket)?;
        let page = self.ctx.read(bucket.list_prefix(&prefix, cursor.as_deref(), limit as usize)).await?;
        Ok(Page { keys: page.keys, cursor: page.cursor })
    }

    fn convert_error(&mut self, error: HostError) -> wasmtime::Result<Error> {
        error.convert(error::extension)
    }
}

impl From<Condition> for core::Condition {
    fn from(condition: Condition) -> Self {
        match condition {
            Condition::Always => Self::Always,
            Condition::Absent => Self::Absent,
            Condition::Version(version) => Self::Version(core::Version(version)),
        }
    }
}

impl From<PutOptions> for core::PutOptions {
    fn from(options: PutOptions) -> Self {
        Self { condition: options.condition.into(), ttl: options.ttl_ms.map(Duration::from_millis) }
    }
}
