use crate::{
    CloudView,
    bindings::wasi::keyvalue::atomics::{CasError, Host, HostCas},
    error::{self, HostError, HostSwapError},
};
use wasi_cloud_core::keyvalue::{Bucket, Cas, SwapError};
use wasmtime::component::Resource;

type Result<T> = std::result::Result<T, HostError>;

impl Host for CloudView<'_> {
    async fn increment(&mut self, bucket: Resource<Bucket>, key: String, delta: i64) -> Result<i64> {
        Ok(self.ctx.write(self.table.get(&bucket)?.increment(&key, delta), |late| late).await?)
    }

    async fn swap(&mut self, cas: Resource<Cas>, value: Vec<u8>) -> std::result::Result<(), HostSwapError> {
        let cas = self.table.delete(cas)?;
        Ok(self.ctx.write(cas.swap(&value), SwapError::Store).await?)
    }

    /// The handle was used up; the guest gets a new one for the fresh snapshot (KV-ATOM-12).
    fn convert_cas_error(&mut self, error: HostSwapError) -> wasmtime::Result<CasError> {
        let error = match error {
            HostSwapError::Trap(trap) => HostError::Trap(trap),
            HostSwapError::Swap(SwapError::Store(error)) => HostError::Cloud(error),
            HostSwapError::Swap(SwapError::Failed(fresh)) => match self.table.push(fresh) {
                Ok(fresh) => return Ok(CasError::CasFailed(fresh)),
                Err(full) => full.into(),
            },
        };
        error.convert(error::keyvalue).map(CasError::StoreError)
    }
}

impl HostCas for CloudView<'_> {
    async fn new(&mut self, bucket: Resource<Bucket>, key: String) -> Result<Resource<Cas>> {
        let bucket = self.table.get(&bucket)?.clone();
        let cas = self.ctx.read(Cas::new(bucket, &key)).await?;
        Ok(self.table.push(cas)?)
    }

    async fn current(&mut self, this: Resource<Cas>) -> Result<Option<Vec<u8>>> {
        Ok(self.table.get(&this)?.current().map(<[u8]>::to_vec))
    }

    async fn drop(&mut self, this: Resource<Cas>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}
