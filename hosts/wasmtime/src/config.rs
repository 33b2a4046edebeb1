//! The sync face of config. `wasi:config` names no label; its link is `default`.

use crate::{
    CloudView,
    bindings::wasi::config::store::{Error, Host},
    error::{self, HostError},
};
use wasi_cloud_core::config::Store;

type Result<T> = std::result::Result<T, HostError>;

impl Host for CloudView<'_> {
    async fn get(&mut self, key: String) -> Result<Option<String>> {
        let store = Store::new(self.ctx.links.config.link("default", &self.ctx.grants));
        Ok(self.ctx.read(store.get(&key)).await?)
    }

    async fn get_all(&mut self) -> Result<Vec<(String, String)>> {
        let store = Store::new(self.ctx.links.config.link("default", &self.ctx.grants));
        Ok(self.ctx.read(store.get_all()).await?.into_iter().collect())
    }

    fn convert_error(&mut self, error: HostError) -> wasmtime::Result<Error> {
        error.convert(error::config)
    }
}
