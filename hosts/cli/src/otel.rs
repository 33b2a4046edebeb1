//! Traces for OpenTelemetry: off, unless the environment names a collector in the words that all SDKs share.
//!
//! Spans are made with `tracing` where the work is done; here they are sent. Whatever is wrong with that is told once and stops
//! nothing: a host that cannot be watched still handles messages.

#[cfg_attr(feature = "otel", path = "otel/export.rs")]
#[cfg_attr(not(feature = "otel"), path = "otel/missing.rs")]
mod export;

pub use export::Traces;

use std::{env, io::IsTerminal};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, fmt, layer::SubscriberExt, registry, registry::LookupSpan, util::SubscriberInitExt,
};
use wasi_cloud_core::layer::SPANS;

/// Where traces go, and the variable that says so: that of traces alone comes first.
fn collector() -> Option<(&'static str, String)> {
    let off = is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none");
    let variables = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
    variables.into_iter().filter(|_| !off).find_map(|name| Some((name, said(name)?)))
}

/// A variable that is empty is not set.
fn said(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

fn is(variable: &str, word: &str) -> bool {
    said(variable).is_some_and(|value| value.eq_ignore_ascii_case(word))
}

/// What the log shows: what it is told to, and none of our spans, which would stand before the text of each line.
fn without_spans(shown: EnvFilter) -> EnvFilter {
    match format!("{SPANS}=off").parse() {
        Ok(off) => shown.add_directive(off),
        Err(_) => shown,
    }
}

/// Where the log goes.
fn log<S>() -> impl Layer<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fmt::layer().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr)
}

/// Begins the log, without traces. Its filter is that of all: beside a layer that has none, a filter of the log's own was seen to lose
/// the line after an `enabled!` that it had denied.
pub fn log_alone(shown: EnvFilter) {
    registry().with(without_spans(shown)).with(log()).init();
}
