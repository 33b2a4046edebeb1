use super::{Layer, Next};
use crate::{
    call::{Access, Call},
    error::{Applied, Result},
};
use async_trait::async_trait;
use backon::{BackoffBuilder, ExponentialBuilder};
use std::time::Duration;

/// Repeats what is safe to repeat: transient failures of reads, and of writes that definitely did not happen.
///
/// A write whose outcome is [`Applied::Maybe`] is never repeated: the guest must see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    /// How often at most, after the first attempt.
    pub times: usize,
    /// The first pause; each further one is twice as long, with jitter.
    pub pause: Duration,
}

#[async_trait]
impl Layer for Retry {
    async fn around(&self, call: &Call<'_>, mut next: Next<'_>) -> Result<()> {
        let mut pauses =
            ExponentialBuilder::default().with_min_delay(self.pause).with_max_times(self.times).with_jitter().build();
        loop {
            let error = match next.run(call).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let safe = call.access != Access::Write || error.applied == Applied::No;
            match pauses.next() {
                Some(pause) if safe && error.is_transient() => tokio::time::sleep(pause).await,
                _ => return Err(error),
            }
        }
    }
}
