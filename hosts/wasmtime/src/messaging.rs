//! The sync face of messaging, on the portable `Client` and `Message`.

use crate::{
    CloudView,
    bindings::wasi::messaging::{producer, request_reply, types},
    error::{self, HostError},
};
use std::time::Duration;
use wasi_cloud_core::messaging::{Client, Message, RequestOptions};
use wasmtime::component::Resource;

type Result<T> = std::result::Result<T, HostError>;

impl types::Host for CloudView<'_> {
    fn convert_error(&mut self, error: HostError) -> wasmtime::Result<types::Error> {
        error.convert(error::messaging)
    }
}

impl types::HostClient for CloudView<'_> {
    async fn connect(&mut self, name: String) -> Result<Resource<Client>> {
        let link = self.ctx.links.messaging.link(&name, &self.ctx.grants);
        let client = self.ctx.read(Client::connect(link)).await?;
        Ok(self.table.push(client)?)
    }

    async fn disconnect(&mut self, this: Resource<Client>) -> Result<()> {
        Ok(self.table.get(&this)?.disconnect()?)
    }

    async fn drop(&mut self, this: Resource<Client>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl types::HostMessage for CloudView<'_> {
    /// WIT gives a constructor no way to fail, so here alone a full table is a trap.
    async fn new(&mut self, data: Vec<u8>) -> wasmtime::Result<Resource<Message>> {
        Ok(self.table.push(Message::new(data))?)
    }

    async fn topic(&mut self, this: Resource<Message>) -> wasmtime::Result<Option<String>> {
        Ok(self.table.get(&this)?.topic().map(str::to_owned))
    }

    async fn content_type(&mut self, this: Resource<Message>) -> wasmtime::Result<Option<String>> {
        Ok(self.table.get(&this)?.content_type().map(str::to_owned))
    }

    async fn set_content_type(&mut self, this: Resource<Message>, content_type: String) -> wasmtime::Result<()> {
        self.table.get_mut(&this)?.set_content_type(content_type);
        Ok(())
    }

    async fn data(&mut self, this: Resource<Message>) -> wasmtime::Result<Vec<u8>> {
        Ok(self.table.get(&this)?.data().to_vec())
    }

    async fn set_data(&mut self, this: Resource<Message>, data: Vec<u8>) -> wasmtime::Result<()> {
        self.table.get_mut(&this)?.set_data(data);
        Ok(())
    }

    async fn metadata(&mut self, this: Resource<Message>) -> wasmtime::Result<Option<types::Metadata>> {
        Ok(self.table.get(&this)?.metadata().map(<[_]>::to_vec))
    }

    async fn add_metadata(&mut self, this: Resource<Message>, key: String, value: String) -> wasmtime::Result<()> {
        self.table.get_mut(&this)?.add_metadata(key, value);
        Ok(())
    }

    async fn set_metadata(&mut self, this: Resource<Message>, meta: types::Metadata) -> wasmtime::Result<()> {
        self.table.get_mut(&this)?.set_metadata(meta);
        Ok(())
    }

    async fn remove_metadata(&mut self, this: Resource<Message>, key: String) -> wasmtime::Result<()> {
        self.table.get_mut(&this)?.remove_metadata(&key);
        Ok(())
    }

    async fn drop(&mut self, this: Resource<Message>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl producer::Host for CloudView<'_> {
    async fn send(&mut self, c: Resource<Client>, topic: String, message: Resource<Message>) -> Result<()> {
        let message = self.table.delete(message)?;
        Ok(self.ctx.write(self.table.get(&c)?.send(&topic, message), |late| late).await?)
    }
}

impl request_reply::Host for CloudView<'_> {
    async fn request(
        &mut self,
        c: Resource<Client>,
        topic: String,
        message: Resource<Message>,
        options: Option<Resource<RequestOptions>>,
    ) -> Result<Vec<Resource<Message>>> {
        let options = options.map(|o| self.table.delete(o)).transpose()?.unwrap_or_default();
        let request = self.table.get(&c)?.request(&topic, self.table.get(&message)?, options);
        let replies = self.ctx.write(request, |late| late).await?;
        let mut handles = Vec::with_capacity(replies.len());
        for reply in replies {
            match self.table.push(reply) {
                Ok(handle) => handles.push(handle),
                Err(full) => {
                    // The guest never hears of these, so that it could not drop them.
                    for handle in handles {
                        self.table.delete(handle)?;
                    }
                    return Err(full.into());
                }
            }
        }
        Ok(handles)
    }

    async fn reply(&mut self, reply_to: Resource<Message>, message: Resource<Message>) -> Result<()> {
        let message = self.table.delete(message)?;
        Ok(self.ctx.write(self.table.get(&reply_to)?.reply(message), |late| late).await?)
    }
}

impl request_reply::HostRequestOptions for CloudView<'_> {
    /// As with messages, a full table is a trap here.
    async fn new(&mut self) -> wasmtime::Result<Resource<RequestOptions>> {
        Ok(self.table.push(RequestOptions::default())?)
    }

    async fn set_timeout_ms(&mut self, this: Resource<RequestOptions>, timeout_ms: u32) -> wasmtime::Result<()> {
        self.table.get_mut(&this)?.timeout = Some(Duration::from_millis(timeout_ms.into()));
        Ok(())
    }

    async fn set_expected_replies(&mut self, this: Resource<RequestOptions>, replies: u32) -> wasmtime::Result<()> {
        self.table.get_mut(&this)?.expected_replies = Some(replies);
        Ok(())
    }

    async fn drop(&mut self, this: Resource<RequestOptions>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}
