use super::{Layer, Next};
use crate::{call::Call, error::Result};
use async_trait::async_trait;
use std::{sync::Arc, time::Instant};
use tracing::{Instrument, Span, field::Empty};

/// The target of every span, here and where handlers run. They are for whoever collects traces; a log leaves them out.
///
/// Fields have the names of OpenTelemetry's conventions, and `otel.*` is for the crate `tracing-opentelemetry`. No span has a
/// key, a value, a payload or the text of an error.
pub const SPANS: &str = "wasi_cloud::span";

/// The name of the span of a call. One that is in no other span is of what the host does by itself, such as receiving.
pub const CALL: &str = "call";

/// One `tracing` event and one span per call: what, how long, how it ended. Keys and values stay out of it.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    system: Option<Arc<str>>,
}

impl Trace {
    /// For calls to a system of this name: `redis`.
    #[must_use]
    pub fn of(system: &str) -> Self {
        Self { system: Some(system.into()) }
    }

    fn system_if(&self, is: bool) -> Option<&str> {
        self.system.as_deref().filter(|_| is)
    }

    /// Looks at nothing if nobody wants spans: what fields are is asked for then alone.
    fn span(&self, call: &Call<'_>) -> Span {
        let messaging = || call.capability == "messaging";
        let keyvalue = || call.capability == "keyvalue";
        // Of key-value it would be a key.
        let topic = || Some(call.key).filter(|topic| messaging() && !topic.is_empty());
        let sends = || messaging() && matches!(call.op, "send" | "request" | "reply" | "dead-letter");
        tracing::info_span!(
            target: SPANS,
            CALL,
            otel.name = format_args!("{} {}", call.op, topic().unwrap_or(call.label)),
            otel.kind = if sends() { "producer" } else { "client" },
            otel.status_description = Empty,
            messaging.system = self.system_if(messaging()),
            "messaging.operation.type" = sends().then_some("send"),
            messaging.operation.name = messaging().then_some(call.op),
            messaging.destination.name = topic(),
            db.system.name = self.system_if(keyvalue()),
            db.operation.name = keyvalue().then_some(call.op),
            wasi_cloud.capability = call.capability,
            wasi_cloud.operation = call.op,
            wasi_cloud.link = call.label,
            "error.type" = Empty,
        )
    }
}

#[async_trait]
impl Layer for Trace {
    async fn around(&self, call: &Call<'_>, mut next: Next<'_>) -> Result<()> {
        let start = Instant::now();
        let span = self.span(call);
        let result = next.run(call).instrument(span.clone()).await;
        let micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
        let outcome = result.as_ref().map_or_else(|e| e.kind.name(), |()| "ok");
        if result.is_err() {
            span.record("error.type", outcome).record("otel.status_description", outcome);
        }
        tracing::debug!(
            target: "wasi_cloud::call",
            capability = call.capability, op = call.op, label = call.label, micros, outcome,
        );
        result
    }

    fn system(&self) -> Option<Arc<str>> {
        self.system.clone()
    }
}
