//! One span for all that a component does at a time: a message, a request, a change, or the whole run of a command.
//!
//! They are plain `tracing`, which costs next to nothing while nobody collects them. A sender's trace is continued: `traceparent` and
//! `tracestate`, of a message's metadata or a request's head, are fields of the span, for the collector to make its parent of.
//! They are read and never written: what a guest sends is its own (MSG-TYPES-11).

use super::Ending;
use hyper::{Request, StatusCode, http::Method};
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::{Instrument, Span, field::Empty, instrument::Instrumented};
use wasi_cloud_core::{
    layer::SPANS,
    messaging::{Delivery, Messaging},
};

/// More is no `tracestate`, but somebody who wants to be in every span.
const MAX_STATE: usize = 512;

/// What is done under one span.
pub(super) struct Doing {
    span: Span,
    failed: AtomicBool,
    over: AtomicBool,
}

impl Doing {
    fn new(span: Span) -> Self {
        Self { span, failed: AtomicBool::new(false), over: AtomicBool::new(false) }
    }

    /// A message that a component handles.
    pub(super) fn message(component: &str, link: &wasi_cloud_core::Link<dyn Messaging>, delivery: &Delivery) -> Self {
        // Some senders write header names as HTTP/1 does.
        let metadata = |name: &str| {
            let pair = delivery.payload.metadata.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            pair.map(|(_, value)| &**value)
        };
        Self::new(tracing::info_span!(
            target: SPANS,
            parent: None,
            "process",
            otel.name = format_args!("process {}", delivery.topic),
            otel.kind = "consumer",
            otel.status_description = Empty,
            traceparent = metadata("traceparent"),
            tracestate = metadata("tracestate").filter(|state| state.len() <= MAX_STATE),
            messaging.system = link.system().as_deref(),
            "messaging.operation.type" = "process",
            messaging.operation.name = "process",
            messaging.destination.name = delivery.topic,
            wasi_cloud.component = component,
            wasi_cloud.link = link.label(),
            wasi_cloud.attempt = i64::from(delivery.attempt),
            "error.type" = Empty,
        ))
    }

    /// An HTTP request that a component answers. Its query may hold secrets.
    pub(super) fn request<B>(component: &str, request: &Request<B>) -> Self {
        let method = match *request.method() {
            Method::GET
            | Method::HEAD
            | Method::POST
            | Method::PUT
            | Method::DELETE
            | Method::CONNECT
            | Method::OPTIONS
            | Method::TRACE
            | Method::PATCH => request.method().as_str(),
            _ => "_OTHER",
        };
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        Self::new(tracing::info_span!(
            target: SPANS,
            parent: None,
            "request",
            otel.name = if method == "_OTHER" { "HTTP" } else { method },
            otel.kind = "server",
            otel.status_description = Empty,
            traceparent = header("traceparent"),
            tracestate = header("tracestate").filter(|state| state.len() <= MAX_STATE),
            http.request.method = method,
            http.response.status_code = Empty,
            url.path = request.uri().path(),
            url.scheme = "http",
            wasi_cloud.component = component,
            "error.type" = Empty,
        ))
    }

    /// A change that a component is told of.
    pub(super) fn change(component: &str, link: &str) -> Self {
        Self::new(tracing::info_span!(
            target: SPANS,
            parent: None,
            "change",
            otel.name = format_args!("change {link}"),
            otel.kind = "consumer",
            otel.status_description = Empty,
            wasi_cloud.component = component,
            wasi_cloud.link = link,
            "error.type" = Empty,
        ))
    }

    /// A command, or a function that is called.
    pub(super) fn run(component: &str) -> Self {
        Self::new(tracing::info_span!(
            target: SPANS,
            "run",
            otel.name = format_args!("run {component}"),
            otel.status_description = Empty,
            wasi_cloud.component = component,
            "error.type" = Empty,
        ))
    }

    /// Does it.
    pub(super) fn instrument<F>(&self, what: F) -> Instrumented<F> {
        what.instrument(self.span.clone())
    }

    /// How the guest came to its end.
    pub(super) fn ended(&self, ending: &Ending) {
        self.over.store(true, Ordering::Relaxed);
        match ending {
            Ending::Exited(0) => {}
            Ending::Exited(_) => self.failed("error"),
            Ending::Trapped(_) => self.failed("trapped"),
            Ending::OutOfTime => self.failed("out-of-time"),
            Ending::OutOfMemory => self.failed("out-of-memory"),
            Ending::Failed(_) => self.failed("failed"),
        }
    }

    /// What the client was told.
    pub(super) fn answered(&self, status: StatusCode) {
        self.span.record("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            self.failed(status.as_str());
        }
    }

    /// What went wrong first is what counts.
    pub(super) fn failed(&self, why: &str) {
        if !self.failed.swap(true, Ordering::Relaxed) {
            self.span.record("error.type", why).record("otel.status_description", why);
        }
    }
}

/// What is stopped in the middle has no other end.
impl Drop for Doing {
    fn drop(&mut self) {
        if !self.over.load(Ordering::Relaxed) {
            self.failed("stopped");
        }
    }
}
