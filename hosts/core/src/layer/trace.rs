use super::{Layer, Next};
use crate::{call::Call, error::Result};
use async_trait::async_trait;
use std::time::Instant;

/// One `tracing` event per call: what, how long, how it ended. Keys and values stay out of it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Trace;

#[async_trait]
impl Layer for Trace {
    async fn around(&self, call: &Call<'_>, mut next: Next<'_>) -> Result<()> {
        let start = Instant::now();
        let result = next.run(call).await;
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        let outcome = result.as_ref().map_or_else(|e| e.kind.name(), |()| "ok");
        tracing::debug!(
            target: "wasi_cloud::call",
            capability = call.capability, op = call.op, label = call.label, micros, outcome,
        );
        result
    }
}
