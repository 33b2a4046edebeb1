//! A build without the feature `otel`: what to do about it.

use super::{collector, log_alone};
use tracing_subscriber::EnvFilter;

/// No traces.
#[derive(Default)]
pub struct Traces;

impl Traces {
    pub fn begin(shown: EnvFilter) -> Self {
        log_alone(shown);
        if let Some((variable, _)) = collector() {
            tracing::warn!(
                "`{variable}` is set, and this build sends no traces: install one that does with `cargo install --path \
                 hosts/cli --features otel`"
            );
        }
        Self
    }

    pub fn finish(self) {}
}
