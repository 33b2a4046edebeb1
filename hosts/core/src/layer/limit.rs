use super::{Layer, Next};
use crate::{
    call::Call,
    error::{Error, Kind, Result},
};
use async_trait::async_trait;
use std::{num::NonZeroU32, sync::Arc};
use tokio::sync::Semaphore;

/// At most so many calls of a route at once; further ones wait in order, within their own deadline.
#[derive(Debug, Clone)]
pub struct Limit {
    permits: Arc<Semaphore>,
}

impl Limit {
    /// A limit of `calls` at once.
    #[must_use]
    pub fn new(calls: NonZeroU32) -> Self {
        Self { permits: Arc::new(Semaphore::new(calls.get() as usize)) }
    }
}

#[async_trait]
impl Layer for Limit {
    async fn around(&self, call: &Call<'_>, mut next: Next<'_>) -> Result<()> {
        let _permit =
            self.permits.acquire().await.map_err(|_| Error::new(Kind::Unavailable, "the route is shutting down"))?;
        next.run(call).await
    }
}
