//! Components that answer HTTP requests.

use super::{
    App, Ending, Env, Runtime, Service,
    app::{failed, full},
    instance::{self, State},
    one_line,
    service::{drain, logged, unreturned},
    span::Doing,
};
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode,
    body::{Body, Bytes, Frame, Incoming, SizeHint},
    header::{HOST, HeaderValue, RETRY_AFTER},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
    convert::Infallible,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, oneshot, watch},
    task::JoinSet,
};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpHooks, WasiHttpView,
    p2::bindings::{
        ProxyPre,
        http::types::{ErrorCode, Scheme},
    },
};

/// How many connections are open at once. More wait in the system's queue.
const CONNECTIONS: usize = 1000;
/// How long a client may take to send a head, and may keep an idle connection.
const HEAD: Duration = Duration::from_secs(30);

/// How HTTP requests are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpOptions {
    /// How many instances answer requests at once, at least 1. A request beyond it waits for as long as a
    /// [`call`](super::Limits::call) may last; then the answer is 503. 8 by default.
    pub concurrency: usize,
    /// How long a request may take with all the waiting for its client; then the instance is ended, and the answer is
    /// 504 if it has not begun. 5 minutes by default.
    pub request: Duration,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self { concurrency: 8, request: Duration::from_secs(300) }
    }
}

impl App {
    /// Whether it answers HTTP requests: it exports `wasi:http/incoming-handler`.
    #[must_use]
    pub fn exports_http(&self) -> bool {
        ProxyPre::new(self.pre.clone()).is_ok()
    }

    /// Answers the requests that come to `listener`, by HTTP/1.1 without TLS, until the service is stopped: each in a
    /// fresh instance whose surroundings `env` makes. Must be called inside a tokio runtime, which then runs the service.
    ///
    /// A guest that traps, exits or never answers is 500, and one that executes past its deadline is 504; why is in the
    /// log and not in the answer. A body that had begun is cut off.
    ///
    /// # Errors
    /// If the component exports no `wasi:http/incoming-handler`.
    pub fn serve_http(
        &self,
        listener: TcpListener,
        env: impl Fn() -> Env + Send + Sync + 'static,
        options: &HttpOptions,
    ) -> wasmtime::Result<Service> {
        let runtime = self.runtime.clone();
        let grace = runtime.limits.run.saturating_add(runtime.limits.call);
        let server = Arc::new(Server {
            pre: ProxyPre::new(self.pre.clone())?,
            turns: Semaphore::new(options.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            env: Box::new(env),
            request: options.request,
            name: self.name.clone(),
            runtime,
        });
        Ok(Service::spawn(move |stopped| listen(server, listener, stopped, grace)))
    }
}

/// Requests that a component sends: none.
pub(super) struct Outgoing;

type Sent = (Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>);

impl WasiHttpHooks for Outgoing {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        // Path and query may hold secrets.
        let to = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        tracing::warn!(to, "a request of the guest was denied: this host sends none");
        Box::new(async { Err(Error::HttpRequestDenied) })
    }
}

/// Accepts connections until told to stop, and then lets them finish.
async fn listen(server: Arc<Server>, listener: TcpListener, mut stopped: watch::Receiver<bool>, grace: Duration) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            biased;
            _ = stopped.wait_for(|stop| *stop) => break,
            Some(ended) = connections.join_next() => { logged(ended); continue }
            accepted = listener.accept(), if connections.len() < CONNECTIONS => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(server.clone().connection(stream, stopped.clone()));
            }
            Err(e) => {
                tracing::warn!("a connection could not be accepted: {e}");
                // Most often there are too many open files: others must be closed first.
                let pause = Duration::from_millis(100);
                let _ = tokio::time::timeout(pause, stopped.wait_for(|stop| *stop)).await;
            }
        }
    }
    drop(listener);
    drain(connections, grace).await;
}

/// What answers one request after the other.
struct Server {
    runtime: Runtime,
    pre: ProxyPre<State>,
    name: Arc<str>,
    env: Box<dyn Fn() -> Env + Send + Sync>,
    turns: Semaphore,
    request: Duration,
}

impl Server {
    async fn connection(self: Arc<Self>, stream: TcpStream, mut stopped: watch::Receiver<bool>) {
        // An instance may go on when it has answered, so it is a task of its own, which ends before the connection's.
        let guests = Mutex::new(JoinSet::new());
        if let Err(e) = self.requests(stream, &guests, &mut stopped).await {
            tracing::debug!("a connection ended early: {e}");
        }
        let mut guests = guests.into_inner().unwrap_or_else(PoisonError::into_inner);
        while let Some(ended) = guests.join_next().await {
            logged(ended);
        }
    }

    async fn requests(
        self: &Arc<Self>,
        stream: TcpStream,
        guests: &Mutex<JoinSet<()>>,
        stopped: &mut watch::Receiver<bool>,
    ) -> hyper::Result<()> {
        let answer = service_fn(|request| async { Ok::<_, Infallible>(self.answer(request, guests).await) });
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD);
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), answer));
        let ended = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            _ = stopped.wait_for(|stop| *stop) => None,
        };
        if let Some(ended) = ended {
            return ended;
        }
        connection.as_mut().graceful_shutdown();
        connection.await
    }

    async fn answer(self: &Arc<Self>, request: Request<Incoming>, guests: &Mutex<JoinSet<()>>) -> Response<WasiBody> {
        if request.uri().authority().is_none() && !request.headers().contains_key(HOST) {
            return plain(StatusCode::BAD_REQUEST);
        }
        let doing = Arc::new(Doing::request(&self.name, &request));
        let response = self.answer_as(&doing, request, guests).await;
        doing.answered(response.status());
        response
    }

    async fn answer_as(
        self: &Arc<Self>,
        doing: &Arc<Doing>,
        request: Request<Incoming>,
        guests: &Mutex<JoinSet<()>>,
    ) -> Response<WasiBody> {
        let (send, head) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let (server, path) = (self.clone(), request.uri().path().to_owned());
        let broken = Arc::new(AtomicBool::new(false));
        let guest = {
            let (broken, doing) = (broken.clone(), doing.clone());
            async move {
                let guest = server.guest(&path, request, send, broken, &doing);
                let _ = end.send(doing.instrument(guest).await);
            }
        };
        {
            let mut guests = guests.lock().unwrap_or_else(PoisonError::into_inner);
            while let Some(ended) = guests.try_join_next() {
                logged(ended);
            }
            guests.spawn(guest);
        }
        match head.await {
            Ok(Ok(response)) => response.map(|body| Whole { body, broken }.boxed_unsync()),
            Ok(Err(code)) => {
                tracing::warn!("the handler answered with the error {code:?}");
                plain(StatusCode::INTERNAL_SERVER_ERROR)
            }
            // The guest has ended, and will not answer any more.
            Err(_) => match ended.await {
                Ok(Some(status)) => plain(status),
                _ => {
                    tracing::warn!("the handler returned without an answer");
                    plain(StatusCode::INTERNAL_SERVER_ERROR)
                }
            },
        }
    }

    /// Runs the guest for one request. If that failed, tells why, and returns what to answer if the guest has not.
    async fn guest(
        &self,
        path: &str,
        request: Request<Incoming>,
        send: Answer,
        broken: Arc<AtomicBool>,
        doing: &Doing,
    ) -> Option<StatusCode> {
        let wait = self.runtime.limits.call;
        let Ok(Ok(_turn)) = tokio::time::timeout(wait, self.turns.acquire()).await else {
            tracing::warn!(path, "no instance was free within {wait:?}; raise the concurrency");
            return Some(StatusCode::SERVICE_UNAVAILABLE);
        };
        let Some(_place) = self.runtime.next_place().await else {
            tracing::warn!(path, "the handler {}", full(&self.runtime));
            return Some(StatusCode::SERVICE_UNAVAILABLE);
        };
        let Ok(ending) = tokio::time::timeout(self.request, self.call(request, send, broken)).await else {
            doing.failed("out-of-time");
            tracing::warn!(path, "the handler was ended: it took longer than {:?}", self.request);
            return Some(StatusCode::GATEWAY_TIMEOUT);
        };
        doing.ended(&ending);
        if ending == Ending::Exited(0) {
            return None;
        }
        tracing::warn!(path, "the handler {ending}");
        let late = ending == Ending::OutOfTime;
        Some(if late { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::INTERNAL_SERVER_ERROR })
    }

    /// Calls `handle` in a fresh instance: nothing of one request is left when the next one comes.
    async fn call(&self, request: Request<Incoming>, send: Answer, broken: Arc<AtomicBool>) -> Ending {
        let mut store = match instance::store(&self.runtime, (self.env)()) {
            Ok(store) => store,
            Err(ending) => return ending,
        };
        // Made after the store, and so dropped before it, when this future is too.
        let mut running = Running { broken, returned: false };
        let proxy = match self.pre.instantiate_async(&mut store).await {
            Ok(proxy) => proxy,
            Err(e) => return unreturned(failed(&store, &e, Ending::Failed)),
        };
        let mut http = store.data_mut().http();
        let made = http.new_incoming_request(Scheme::Http, request);
        let (request, out) = match made.and_then(|made| Ok((made, http.new_response_outparam(send)?))) {
            Ok(made) => made,
            Err(e) => return Ending::Failed(one_line(&e)),
        };
        match proxy.wasi_http_incoming_handler().call_handle(&mut store, request, out).await {
            Ok(()) => {
                running.returned = true;
                Ending::Exited(0)
            }
            Err(e) => unreturned(failed(&store, &e, Ending::Trapped)),
        }
    }
}

/// Where the guest's answer goes.
type Answer = oneshot::Sender<Result<Response<WasiBody>, ErrorCode>>;

/// A guest that has not returned: if it never does, what it has not sent is missing.
struct Running {
    broken: Arc<AtomicBool>,
    returned: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.broken.store(!self.returned, Ordering::Release);
    }
}

/// A guest's answer. A body whose guest is gone ends as if it were complete: here that is an error, for which the
/// connection is cut.
struct Whole {
    body: WasiBody,
    broken: Arc<AtomicBool>,
}

impl Body for Whole {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(None) if self.broken.load(Ordering::Acquire) => {
                Poll::Ready(Some(Err(Error::HttpResponseIncomplete)))
            }
            other => other,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer of the host's own, which says nothing of the guest.
fn plain(status: StatusCode) -> Response<WasiBody> {
    let text = status.canonical_reason().unwrap_or_default();
    let body = Full::from(format!("{text}\n")).map_err(|never: Infallible| match never {}).boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_of_a_guest_is_denied() {
        let body = Full::default().map_err(|never: Infallible| match never {}).boxed_unsync();
        let request = Request::builder().uri("http://example.com/").body(body).expect("a request");
        let sent = Outgoing.send_request(request, None, Box::new(async { Ok(()) }));
        assert!(matches!(Box::into_pin(sent).await, Err(Error::HttpRequestDenied)));
    }
}
