use crate::{CloudView, bindings::wasi::keyvalue::batch::Host, error::HostError};
use wasi_cloud_core::keyvalue::Bucket;
use wasmtime::component::Resource;

type Result<T> = std::result::Result<T, HostError>;

impl Host for CloudView<'_> {
    async fn get_many(
        &mut self,
        bucket: Resource<Bucket>,
        keys: Vec<String>,
    ) -> Result<Vec<Option<(String, Vec<u8>)>>> {
        let values = self.ctx.read(self.table.get(&bucket)?.get_many(&keys)).await?;
        Ok(keys.into_iter().zip(values).map(|(key, value)| Some((key, value?))).collect())
    }

    async fn set_many(&mut self, bucket: Resource<Bucket>, pairs: Vec<(String, Vec<u8>)>) -> Result<()> {
        Ok(self.ctx.write(self.table.get(&bucket)?.set_many(&pairs), |late| late).await?)
    }

    async fn delete_many(&mut self, bucket: Resource<Bucket>, keys: Vec<String>) -> Result<()> {
        Ok(self.ctx.write(self.table.get(&bucket)?.delete_many(&keys), |late| late).await?)
    }
}
