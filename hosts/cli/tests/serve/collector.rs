//! A collector of traces, by HTTP on this machine, that keeps what it gets.

use crate::served::PATIENCE;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{KeyValue, any_value::Value},
    trace::v1::Span,
};
use prost::Message;
use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, runtime::Runtime};

#[derive(Default)]
struct State {
    connections: AtomicUsize,
    refuses: AtomicBool,
    /// Path and body of each request that was not refused.
    got: Mutex<Vec<(String, Bytes)>>,
}

pub struct Collector {
    address: SocketAddr,
    state: Arc<State>,
    _runtime: Runtime,
}

impl Collector {
    pub fn start() -> Self {
        let (runtime, state) = (Runtime::new().expect("a runtime"), Arc::new(State::default()));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let kept = state.clone();
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = kept.clone();
                state.connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(async move {
                    let answer = service_fn(|request| answer(&state, request));
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
                });
            }
        });
        Self { address, state, _runtime: runtime }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it answers 503, or no more.
    pub fn refuse(&self, refuses: bool) {
        self.state.refuses.store(refuses, Ordering::Relaxed);
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// Where requests went, without repetition, and what they held.
    pub fn got(&self) -> (Vec<String>, Vec<u8>) {
        let got = self.state.got.lock().expect("lock");
        let mut paths: Vec<_> = got.iter().map(|(path, _)| path.clone()).collect();
        paths.dedup();
        (paths, got.iter().flat_map(|(_, body)| body.to_vec()).collect())
    }

    /// The names of the services that have sent.
    pub fn services(&self) -> Vec<String> {
        let resources = self.requests().into_iter().flat_map(|request| request.resource_spans);
        let named = |resource: Vec<KeyValue>| attribute_of(&resource, "service.name");
        resources.filter_map(|of| of.resource).filter_map(|resource| named(resource.attributes)).collect()
    }

    /// All spans that came, the earliest first.
    pub fn spans(&self) -> Vec<Span> {
        let resources = self.requests().into_iter().flat_map(|request| request.resource_spans);
        let mut spans: Vec<_> = resources.flat_map(|of| of.scope_spans).flat_map(|of| of.spans).collect();
        spans.sort_by_key(|span| span.start_time_unix_nano);
        spans
    }

    /// Waits until so many spans of this name came.
    pub fn wait(&self, name: &str, count: usize) -> Vec<Span> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let spans = self.spans();
            if spans.iter().filter(|span| span.name == name).count() >= count {
                return spans;
            }
            assert!(Instant::now() < deadline, "no {count} spans `{name}`: {spans:#?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn requests(&self) -> Vec<ExportTraceServiceRequest> {
        let got = self.state.got.lock().expect("lock");
        got.iter().map(|(_, body)| ExportTraceServiceRequest::decode(body.clone()).expect("protobuf")).collect()
    }
}

async fn answer(state: &State, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path().to_owned();
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let mut response = Response::new(Full::default());
    if state.refuses.load(Ordering::Relaxed) {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    } else {
        state.got.lock().expect("lock").push((path, body));
    }
    Ok(response)
}

/// What a span says of itself under a name. Nothing is said twice.
pub fn attribute(span: &Span, name: &str) -> Option<String> {
    attribute_of(&span.attributes, name)
}

fn attribute_of(attributes: &[KeyValue], name: &str) -> Option<String> {
    let mut found = attributes.iter().filter(|one| one.key == name);
    let value = found.next()?.value.clone()?.value?;
    assert!(found.next().is_none(), "`{name}` comes twice: {attributes:?}");
    Some(match value {
        Value::StringValue(text) => text,
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    })
}
