use super::{Layer, Next, unknown_outcome};
use crate::{
    call::Call,
    error::{Error, Kind, Result},
};
use async_trait::async_trait;
use std::time::Duration;

/// Gives up on a call after this long: `timeout`, indefinite for a write.
#[derive(Debug, Clone, Copy)]
pub struct Timeout(pub Duration);

#[async_trait]
impl Layer for Timeout {
    async fn around(&self, call: &Call<'_>, mut next: Next<'_>) -> Result<()> {
        tokio::select! {
            biased;
            result = next.run(call) => result,
            // Polled, and so made, only if the call has to wait: a backend in this process costs no timer.
            () = async { tokio::time::sleep(self.0).await } => {
                let late = Error::new(Kind::Timeout, format!("`{}` had no answer within {:?}", call.op, self.0));
                Err(unknown_outcome(call, late))
            }
        }
    }
}
