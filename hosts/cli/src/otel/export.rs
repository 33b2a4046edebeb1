use super::{collector, log, log_alone, said, without_spans};
use opentelemetry::{
    Context, InstrumentationScope, Key,
    propagation::TextMapPropagator,
    trace::{SpanBuilder, Tracer, TracerProvider},
};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{SdkTracer, SdkTracerProvider},
};
use std::{
    collections::HashMap,
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};
use tokio::runtime::{Builder, Runtime};
use tracing::{Metadata, Subscriber, level_filters::LevelFilter, subscriber::Interest};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::dynamic_filter_fn,
    layer::{self, SubscriberExt},
    registry,
    registry::LookupSpan,
    util::SubscriberInitExt,
};
use url::Url;
use wasi_cloud_core::{
    layer::{CALL, SPANS},
    provider::{Timing, redact},
};
use wasi_cloud_http::Client;

/// How long the process waits at its end until what is left has been sent.
const FLUSH: Duration = Duration::from_secs(3);
/// The largest answer of a collector that is read.
const ANSWER: usize = 64 << 10;
const NAME: &str = "wasi-cloud";

/// What sends traces, if it is to. It has threads of its own, and a queue that drops what it cannot hold: no handler waits for it.
#[derive(Default)]
pub struct Traces(Option<SdkTracerProvider>);

impl Traces {
    /// Begins the log, and traces as the environment says. Blocks while it reads the certificates of this machine, if the
    /// collector is asked by TLS.
    pub fn begin(shown: EnvFilter) -> Self {
        let Some((variable, endpoint)) = collector() else {
            log_alone(shown);
            return Self(None);
        };
        match provider(variable, &endpoint) {
            Ok((provider, to)) => {
                registry().with(log().with_filter(without_spans(shown))).with(spans(&provider)).init();
                tracing::info!("sending traces to {to}");
                tell_protocol();
                Self(Some(provider))
            }
            Err(why) => {
                log_alone(shown);
                tracing::warn!("no traces are sent: {why}");
                Self(None)
            }
        }
    }

    /// Sends what is left, for a bounded time.
    pub fn finish(self) {
        let Some(provider) = self.0 else { return };
        if provider.shutdown_with_timeout(FLUSH).is_err() {
            tracing::warn!("some of the last traces could not be sent");
        }
    }
}

/// What takes our spans, and nothing else: what the sending itself logs is never sent. A call counts only within what a
/// component does.
fn spans<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let scope = InstrumentationScope::builder(NAME).with_version(env!("CARGO_PKG_VERSION")).build();
    let counts = dynamic_filter_fn(|metadata, cx: &layer::Context<'_, S>| {
        is_span(metadata) && (metadata.name() != CALL || cx.lookup_current().is_some())
    });
    let asked = |metadata: &Metadata<'_>| if is_span(metadata) { Interest::sometimes() } else { Interest::never() };
    tracing_opentelemetry::layer()
        .with_tracer(Continuing(provider.tracer_with_scope(scope), TraceContextPropagator::new()))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(counts.with_callsite_filter(asked).with_max_level_hint(LevelFilter::INFO))
}

fn is_span(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && metadata.target() == SPANS
}

/// Of a protocol that is not built in the SDK says nothing, and sends what it has.
fn tell_protocol() {
    let variables = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
    let asked = variables.into_iter().find_map(|name| Some((name, said(name)?)));
    if let Some((name, _)) = asked.filter(|(_, protocol)| protocol != "http/protobuf") {
        tracing::warn!(
            "`{name}` asks for what this host does not speak: it sends http/protobuf, for which collectors listen at 4318"
        );
    }
}

/// What sends, and where, as it may be printed. The SDK reads the rest of the environment: headers, sampler, the queue's size.
fn provider(variable: &str, endpoint: &str) -> Result<(SdkTracerProvider, String), String> {
    // The value may hold a password.
    let bad = || format!("`{variable}` is no URL of a collector; write `http://host:4318`");
    let url = Url::parse(endpoint).map_err(|_| bad())?;
    let timing = Timing::default();
    let client = match url.scheme() {
        _ if !url.has_host() => return Err(bad()),
        "http" => Client::plain(timing),
        "https" => Client::secure(timing),
        _ => return Err(bad()),
    };
    let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("traces").enable_all().build();
    let collector = Collector {
        client: client.map_err(|why| why.message)?,
        runtime: runtime.map_err(|why| format!("no thread can be started: {why}"))?,
        lost: AtomicBool::new(false),
    };
    // Of a URL that is wrong after all, its text would repeat the value; else it is of another variable.
    let exporter = SpanExporter::builder().with_http().with_http_client(collector).build().map_err(|why| {
        let why = why.to_string();
        if why.contains("endpoint") { bad() } else { why }
    })?;
    let mut resource = Resource::builder();
    let named = Resource::builder().build().get(&Key::new("service.name"));
    // What the SDK makes up where nobody has named the service.
    if named.is_none_or(|name| name.as_str().starts_with("unknown_service")) {
        resource = resource.with_service_name(NAME);
    }
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build();
    Ok((provider, redact(&url)))
}

/// A tracer that continues the trace that a span's `traceparent` names.
#[derive(Debug)]
struct Continuing(SdkTracer, TraceContextPropagator);

impl Tracer for Continuing {
    type Span = <SdkTracer as Tracer>::Span;

    fn build_with_context(&self, mut builder: SpanBuilder, parent: &Context) -> Self::Span {
        let attributes = builder.attributes.iter_mut().flat_map(|attributes| {
            attributes.extract_if(.., |one| matches!(one.key.as_str(), "traceparent" | "tracestate"))
        });
        let carrier: HashMap<_, _> =
            attributes.map(|one| (one.key.as_str().to_owned(), one.value.as_str().into_owned())).collect();
        self.0.build_with_context(builder, &self.1.extract_with_context(parent, &carrier))
    }
}

/// The way to the collector, by the client that backends use. It is called on the thread that sends, and blocks it.
struct Collector {
    client: Client,
    runtime: Runtime,
    /// Whether the last attempt failed, so that it is told once.
    lost: AtomicBool,
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Collector")
    }
}

#[async_trait::async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.runtime.block_on(self.client.send(request, ANSWER));
        let trouble = match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("the collector answers {}", answer.status())),
            Err(why) => Some(why.message.clone()),
        };
        match (trouble, self.lost.load(Ordering::Relaxed)) {
            (Some(why), false) => tracing::warn!("traces are lost until this is mended; nothing else is: {why}"),
            (None, true) => tracing::info!("traces are sent again"),
            _ => {}
        }
        self.lost.store(!answer.as_ref().is_ok_and(|answer| answer.status().is_success()), Ordering::Relaxed);
        Ok(answer?)
    }
}
