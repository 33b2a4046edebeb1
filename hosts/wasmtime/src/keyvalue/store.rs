use crate::{
    CloudView,
    bindings::wasi::keyvalue::store::{Error, Host, HostBucket, KeyResponse},
    error::{self, HostError},
};
use wasi_cloud_core::keyvalue::Bucket;
use wasmtime::component::Resource;

type Result<T> = std::result::Result<T, HostError>;

impl Host for CloudView<'_> {
    async fn open(&mut self, identifier: String) -> Result<Resource<Bucket>> {
        let link = self.ctx.links.keyvalue.link(&identifier, &self.ctx.grants);
        let bucket = self.ctx.read(Bucket::open(link)).await?;
        Ok(self.table.push(bucket)?)
    }

    fn convert_error(&mut self, error: HostError) -> wasmtime::Result<Error> {
        error.convert(error::keyvalue)
    }
}

impl HostBucket for CloudView<'_> {
    async fn get(&mut self, this: Resource<Bucket>, key: String) -> Result<Option<Vec<u8>>> {
        Ok(self.ctx.read(self.table.get(&this)?.get(&key)).await?)
    }

    async fn set(&mut self, this: Resource<Bucket>, key: String, value: Vec<u8>) -> Result<()> {
        Ok(self.ctx.write(self.table.get(&this)?.set(&key, &value), |late| late).await?)
    }

    async fn delete(&mut self, this: Resource<Bucket>, key: String) -> Result<()> {
        Ok(self.ctx.write(self.table.get(&this)?.delete(&key), |late| late).await?)
    }

    async fn exists(&mut self, this: Resource<Bucket>, key: String) -> Result<bool> {
        Ok(self.ctx.read(self.table.get(&this)?.exists(&key)).await?)
    }

    async fn list_keys(&mut self, this: Resource<Bucket>, cursor: Option<String>) -> Result<KeyResponse> {
        let page = self.ctx.read(self.table.get(&this)?.list_keys(cursor.as_deref())).await?;
        Ok(KeyResponse { keys: page.keys, cursor: page.cursor })
    }

    async fn drop(&mut self, this: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}
