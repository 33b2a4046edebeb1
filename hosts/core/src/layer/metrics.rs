use super::{Layer, Next};
use crate::{call::Call, error::Result};
use async_trait::async_trait;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};
use std::{fmt, time::Instant};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    component: String,
    capability: &'static str,
    op: &'static str,
    label: String,
    outcome: &'static str,
}

/// Counts calls and their duration per component, capability, operation, label and outcome. A label counts only where it is
/// linked and granted, so guests cannot make up series.
#[derive(Clone)]
pub struct Metrics {
    component: String,
    calls: Family<Labels, Counter>,
    seconds: Family<Labels, Histogram>,
}

/// What [`Metrics::register`] names in the registry.
#[derive(Debug, Clone, Copy)]
pub struct Registered {
    /// The counter, without its `_total`.
    pub calls: &'static str,
    /// The histogram.
    pub seconds: &'static str,
}

impl Metrics {
    /// A layer whose numbers appear in `registry` in the OpenMetrics format.
    pub fn register(registry: &mut Registry) -> (Self, Registered) {
        let this = Self {
            component: String::new(),
            calls: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(exponential_buckets(50e-6, 4.0, 10))),
        };
        let names = Registered { calls: "wasi_cloud_calls", seconds: "wasi_cloud_call_seconds" };
        registry.register(names.calls, "Capability calls", this.calls.clone());
        registry.register(names.seconds, "Duration of capability calls", this.seconds.clone());
        (this, names)
    }

    /// The same numbers, for the calls of one component.
    #[must_use]
    pub fn of(&self, component: impl Into<String>) -> Self {
        Self { component: component.into(), ..self.clone() }
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

#[async_trait]
impl Layer for Metrics {
    async fn around(&self, call: &Call<'_>, mut next: Next<'_>) -> Result<()> {
        let start = Instant::now();
        let result = next.run(call).await;
        let labels = Labels {
            component: self.component.clone(),
            capability: call.capability,
            op: call.op,
            label: call.label.to_owned(),
            outcome: result.as_ref().map_or_else(|e| e.kind.name(), |()| "ok"),
        };
        self.seconds.get_or_create(&labels).observe(start.elapsed().as_secs_f64());
        self.calls.get_or_create(&labels).inc();
        result
    }
}
