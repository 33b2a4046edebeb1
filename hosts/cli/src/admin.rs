//! Health, readiness and metrics over HTTP, for whoever watches the host. It shows names of the manifest, and no values.

use crate::meters::Meters;
use anyhow::Context;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{ALLOW, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    collections::BTreeMap,
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
};
use wasi_cloud_wasmtime::runtime::App;

/// How many connections are open at once; more wait.
const CONNECTIONS: usize = 64;
/// How long a client may take to send a head, and to take an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What there is to tell. Clones are the same.
#[derive(Clone)]
pub struct Board {
    pub meters: Meters,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Why no messages and requests are taken, or not all of them.
    unready: Option<&'static str>,
    apps: BTreeMap<String, App>,
}

impl Board {
    pub fn new() -> Self {
        let state = State { unready: Some("starting"), ..State::default() };
        Self { meters: Meters::new(), state: Arc::new(Mutex::new(state)) }
    }

    pub fn set_unready(&self, why: Option<&'static str>) {
        self.state().unready = why;
    }

    pub fn set_apps(&self, apps: BTreeMap<String, App>) {
        self.state().apps = apps;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "GET only\n".to_owned());
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        match request.uri().path() {
            "/healthz" => text(StatusCode::OK, "ok\n".to_owned()),
            "/readyz" => match self.state().unready {
                None => text(StatusCode::OK, "ok\n".to_owned()),
                Some(why) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
            },
            "/metrics" => self.metrics(),
            _ => text(StatusCode::NOT_FOUND, "there are /healthz, /readyz and /metrics\n".to_owned()),
        }
    }

    fn metrics(&self) -> Response<Full<Bytes>> {
        let instances: Vec<_> = self.state().apps.iter().map(|(name, app)| (name.clone(), app.instances())).collect();
        match self.meters.encode(instances) {
            Ok(metrics) => {
                let mut response = text(StatusCode::OK, metrics);
                let format = "application/openmetrics-text; version=1.0.0; charset=utf-8";
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(format));
                response
            }
            Err(_) => text(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written\n".to_owned()),
        }
    }
}

fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// Answers at an address, for as long as it lives.
pub struct Admin {
    /// As the manifest has it; port 0 is any.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Admin {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Admin {
    pub async fn start(address: SocketAddr, board: Board) -> anyhow::Result<Self> {
        let failed = || format!("cannot answer at {address}; choose another `listen` in [admin]");
        let listener = TcpListener::bind(address).await.with_context(failed)?;
        let bound = listener.local_addr().with_context(failed)?;
        tracing::info!("health and metrics are at http://{bound}/readyz and http://{bound}/metrics");
        Ok(Self { address, task: tokio::spawn(accept(listener, board)) })
    }
}

async fn accept(listener: TcpListener, board: Board) {
    let turns = Arc::new(Semaphore::new(CONNECTIONS));
    while let Ok(turn) = turns.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                let board = board.clone();
                tokio::spawn(async move {
                    // One answer a connection: nobody can keep one.
                    let _ = tokio::time::timeout(PATIENCE, once(stream, board)).await;
                    drop(turn);
                });
            }
            Err(why) => {
                tracing::warn!("health and metrics: {why}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn once(stream: TcpStream, board: Board) {
    let answer = service_fn(|request| {
        let response = board.answer(&request);
        async { Ok::<_, Infallible>(response) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(PATIENCE).keep_alive(false);
    if let Err(why) = http.serve_connection(TokioIo::new(stream), answer).await {
        tracing::debug!("health and metrics: {why}");
    }
}
