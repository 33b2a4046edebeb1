//! The HTTP client of backends: HTTP/1.1 with deadlines, and failures that say whether the request may have arrived.
//!
//! It is hyper and rustls (ring, the system's roots) without more: no proxy out of the environment, no redirect that
//! would send a password elsewhere, no second attempt of what the server may have seen.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use wasi_cloud_core::provider::Timing;
//! use wasi_cloud_http::Client;
//!
//! let client = Client::plain(Timing::default())?;
//! let request = http::Request::post("http://127.0.0.1:2379/v3/kv/range").body(r#"{"key":"Zm9v"}"#)?;
//! let answer = client.send(request, 1 << 20).await?;
//! println!("{}: {} bytes", answer.status(), answer.body().len());
//! # Ok(()) }
//! ```

use bytes::Bytes;
use futures::{Stream, StreamExt, stream::BoxStream};
use http::{Request, Response, Uri};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::Frame;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::{
    convert::Infallible,
    error::Error as StdError,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::timeout;
use tower_service::Service;
use wasi_cloud_core::{Error, Kind, Result, provider::Timing};

/// How long a connection that nobody uses is kept.
const IDLE: Duration = Duration::from_secs(30);

/// A pool of connections. Clones share it.
#[derive(Debug, Clone)]
pub struct Client {
    pool: legacy::Client<Connector, UnsyncBoxBody<Bytes, Infallible>>,
    timing: Timing,
}

impl Client {
    /// For `http:` alone: it trusts no certificate. Opens no connection yet.
    ///
    /// # Errors
    /// `other` if the cryptography of this build cannot be used.
    pub fn plain(timing: Timing) -> Result<Self> {
        Self::trusting(RootCertStore::empty(), timing)
    }

    /// For `https:` too, with the roots that the system trusts, or those of the file that `SSL_CERT_FILE` names. Blocks
    /// while it reads them.
    ///
    /// # Errors
    /// `unavailable` if there are none.
    pub fn secure(timing: Timing) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            let why =
                "no certificates of authorities on this machine: install `ca-certificates` or set `SSL_CERT_FILE`";
            return Err(Error::new(Kind::Unavailable, why));
        }
        Self::trusting(roots, timing)
    }

    fn trusting(roots: RootCertStore, timing: Timing) -> Result<Self> {
        let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|why| Error::new(Kind::Other, "no version of TLS can be used").with_source(why))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
        let pool = legacy::Client::builder(TokioExecutor::new())
            .pool_idle_timeout(IDLE)
            .pool_timer(TokioTimer::new())
            .build(Connector { tls: connector.wrap_connector(tcp), limit: timing.connect });
        Ok(Self { pool, timing })
    }

    /// Sends a request and reads its answer, whatever its status, of at most `most` bytes. Takes no longer than both
    /// deadlines of its [`Timing`] together. Must be called in a tokio runtime.
    ///
    /// # Errors
    /// `unavailable` if the server cannot be reached or the answer was lost, `timeout` if there is none in time, `other`
    /// for one that is too large. Where the request may have arrived they are [`Applied::Maybe`], also for a request
    /// that changes nothing: only the caller knows. Texts name the server, and neither path nor headers.
    ///
    /// [`Applied::Maybe`]: wasi_cloud_core::Applied::Maybe
    pub async fn send(&self, request: Request<impl Into<Bytes>>, most: usize) -> Result<Response<Bytes>> {
        let server = server(request.uri());
        let exchange = async {
            let request = request.map(|body| Full::new(body.into()).boxed_unsync());
            let answer = self.pool.request(request).await.map_err(|why| unanswered(&server, why))?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, most).collect().await.map_err(|why| {
                let error = if why.is::<LengthLimitError>() {
                    Error::new(Kind::Other, format!("{server}: the answer is larger than {most} bytes"))
                } else {
                    lost(&server, &*why)
                };
                error.maybe_applied()
            })?;
            Ok(Response::from_parts(head, body.to_bytes()))
        };
        let late = |_| Err(Error::new(Kind::Timeout, format!("{server}: no answer in time")).maybe_applied());
        timeout(self.timing.connect + self.timing.response, exchange).await.unwrap_or_else(late)
    }

    /// Sends a request whose body comes piece by piece, and returns its answer, whatever its status, as soon as the head is here:
    /// the one may go on while the other comes. Only to connect has a deadline. Dropping what comes closes the connection.
    /// Must be called in a tokio runtime.
    ///
    /// # Errors
    /// As [`send`](Self::send), but for deadlines and sizes; also those of the pieces.
    pub async fn open<S>(&self, request: Request<S>) -> Result<Response<Pieces>>
    where
        S: Stream<Item = Bytes> + Send + 'static,
    {
        let server = server(request.uri());
        let request = request.map(|body| StreamBody::new(body.map(|piece| Ok(Frame::data(piece)))).boxed_unsync());
        let answer = self.pool.request(request).await.map_err(|why| unanswered(&server, why))?;
        Ok(answer.map(|body| {
            let pieces = body.into_data_stream();
            pieces.map(move |piece| piece.map_err(|why| lost(&server, &why).maybe_applied())).boxed()
        }))
    }
}

/// A body that comes piece by piece.
pub type Pieces = BoxStream<'static, Result<Bytes>>;

fn unanswered(server: &str, why: legacy::Error) -> Error {
    let (unsent, cause) = (why.is_connect(), cause(&why));
    let error = Error::new(Kind::Unavailable, format!("{server}: {cause}")).with_source(why);
    if unsent { error } else { error.maybe_applied() }
}

fn lost(server: &str, why: &(dyn StdError + 'static)) -> Error {
    Error::new(Kind::Unavailable, format!("{server}: the answer was lost: {}", cause(why)))
}

/// Makes connections in time, the name looked up and TLS agreed on: `HttpConnector` alone bounds only what is between.
#[derive(Debug, Clone)]
struct Connector {
    tls: HttpsConnector<HttpConnector>,
    limit: Duration,
}

type BoxError = Box<dyn StdError + Send + Sync>;

impl Service<Uri> for Connector {
    type Response = <HttpsConnector<HttpConnector> as Service<Uri>>::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tls.poll_ready(cx)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connected = timeout(self.limit, self.tls.call(uri));
        Box::pin(async { connected.await.unwrap_or_else(|_| Err("no connection in time".into())) })
    }
}

/// The part of a URI that may be shown.
fn server(uri: &Uri) -> String {
    let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", uri.scheme_str().unwrap_or("http"), uri.host().unwrap_or_default())
}

/// The last cause says most: `connection refused`, or what is wrong with a certificate.
fn cause(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    while let Some(next) = last.source() {
        last = next;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };
    use wasi_cloud_core::Applied;

    const MOST: usize = 10;

    fn soon() -> Timing {
        Timing { connect: Duration::from_millis(500), response: Duration::from_millis(500), ..Timing::default() }
    }

    /// Sends one request to a server that answers so, or never.
    async fn ask(scheme: &str, answer: Option<&'static str>) -> Result<Response<Bytes>> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let uri = format!("{scheme}://me:hunter2@{}/hunter2", listener.local_addr().expect("an address"));
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            let read = stream.read(&mut [0; 4096]).await.expect("a request");
            match answer {
                Some(answer) => stream.write_all(answer.as_bytes()).await.expect("sent"),
                None => std::future::pending().await,
            }
            assert!(read > 0);
        });
        let client = Client::plain(soon()).expect("a client");
        let answer = client.send(Request::post(uri).body("body").expect("a request"), MOST).await;
        server.abort();
        answer
    }

    #[tokio::test]
    async fn an_answer_of_any_status_is_an_answer() {
        let answer = ask("http", Some("HTTP/1.1 503 No\r\nContent-Length: 10\r\n\r\n0123456789")).await.expect("one");
        assert_eq!((answer.status().as_u16(), &**answer.body()), (503, &b"0123456789"[..]));
    }

    #[tokio::test]
    async fn what_may_have_arrived_is_told_from_what_was_not_sent() {
        let cases = [
            ("http", Some(""), Kind::Unavailable, Applied::Maybe),
            ("http", Some("nonsense\r\n\r\n"), Kind::Unavailable, Applied::Maybe),
            ("http", Some("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n0"), Kind::Unavailable, Applied::Maybe),
            ("http", Some("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n01234567890"), Kind::Other, Applied::Maybe),
            ("http", None, Kind::Timeout, Applied::Maybe),
            // No TLS there: the request was never written.
            ("https", Some("nonsense\r\n\r\n"), Kind::Unavailable, Applied::No),
            ("https", None, Kind::Unavailable, Applied::No),
        ];
        for (scheme, answer, kind, applied) in cases {
            let error = ask(scheme, answer).await.expect_err("no answer");
            assert_eq!((error.kind, error.applied), (kind, applied), "{answer:?}: {error}");
            assert!(!error.message.contains("hunter2") && error.message.contains("127.0.0.1"), "{error}");
        }
    }

    #[tokio::test]
    async fn a_server_that_is_not_there_is_unavailable_and_nothing_was_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let uri = format!("http://{}/", listener.local_addr().expect("an address"));
        drop(listener);
        let client = Client::plain(soon()).expect("a client");
        let error = client.send(Request::get(uri).body("").expect("a request"), MOST).await.expect_err("nobody");
        assert_eq!((error.kind, error.applied), (Kind::Unavailable, Applied::No), "{error}");
    }
}
