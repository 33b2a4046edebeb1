//! One HTTP request as one guest, and how it can end.

use super::address::address;
use crate::{
    host::{Driver, adapter::protocol::LINE, lines::Next},
    language::Language,
    session::{Broken, Session},
};
use anyhow::{Context, ensure};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{
    AsyncBufReadExt, AsyncReadExt, StreamExt, TryStreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    io::{copy, sink},
    stream::{IntoAsyncRead, MapErr},
};
use http::{
    HeaderValue, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use std::{io, sync::Arc, time::Duration};
use tokio::{runtime::Handle, time::timeout};
use wasi_cloud_core::{Applied, Error, provider::Timing};
use wasi_cloud_http::{Client, Pieces};

/// How much of a refusal a report shows, in bytes.
const WORDS: usize = 200;
/// How long a guest may take to end; then its connection is closed.
const END: Duration = Duration::from_secs(5);
/// How long a host may take to show that it lives, once a guest has ended.
const AGAIN: Duration = Duration::from_secs(5);

/// Where the guests of one language are deployed.
pub(super) struct Remote {
    client: Client,
    url: String,
    authorization: HeaderValue,
    language: Language,
}

impl Remote {
    pub fn new(url: &str, token: &str, language: Language) -> anyhow::Result<Self> {
        let first = address(url, language, Driver::Keyvalue).context("`url` is no http: or https: URL")?;
        let timing = Timing::default();
        let client = if first.scheme() == "https" { Client::secure(timing) } else { Client::plain(timing) };
        let mut authorization = HeaderValue::from_str(&format!("Bearer {token}")).ok();
        if let Some(value) = &mut authorization {
            value.set_sensitive(true);
        }
        let authorization = authorization.context("the token is no text that a header can hold")?;
        ensure!(authorization.to_str().is_ok(), "the token is no ASCII text");
        Ok(Self { client: client?, url: url.to_owned(), authorization, language })
    }

    /// Sends the request, and waits until the answer begins.
    async fn begin(&self, driver: Driver, operations: UnboundedReceiver<Bytes>) -> Result<Pieces, Broken> {
        let guest = format!("the guest {}/{}", self.language, driver.name());
        let setup = |why: String| Broken::Setup(format!("{guest}: {why}"));
        let url = address(&self.url, self.language, driver).ok_or_else(|| setup("its URL is none".into()))?;
        let request = Request::post(url.as_str())
            .header(AUTHORIZATION, &self.authorization)
            .header(CONTENT_TYPE, "application/x-ndjson")
            .body(operations)
            .map_err(|why| setup(why.to_string()))?;
        let answer = self.client.open(request).await.map_err(|why| match why.applied {
            Applied::No => setup(why.message.clone()),
            Applied::Maybe => Broken::HostDied(format!("{guest}: {}", why.message)),
        })?;
        let status = answer.status();
        if status == StatusCode::OK {
            return Ok(answer.into_body());
        }
        let why = format!("{guest} is answered with {status}: {}", words(answer.into_body()).await);
        Err(if status.is_server_error() { Broken::HostDied(why) } else { Broken::Setup(why) })
    }

    /// Why there is no answer. By HTTP the end of a guest looks like that of its host, so the host is asked for another guest.
    async fn ended(&self, driver: Driver, why: &str) -> Broken {
        let (nothing, operations) = unbounded();
        drop(nothing);
        match timeout(AGAIN, self.begin(driver, operations)).await {
            Ok(Ok(_)) => Broken::Trap(format!("{why}, while the host goes on answering")),
            Ok(Err(then)) => Broken::HostDied(format!("{why}, and then: {then}")),
            Err(_) => Broken::HostDied(format!("{why}, and then no answer within {AGAIN:?}")),
        }
    }
}

/// The first line of a refusal.
async fn words(mut answer: Pieces) -> String {
    let first = answer.next().await.and_then(Result::ok).unwrap_or_default();
    let text = String::from_utf8_lossy(&first[..first.len().min(WORDS)]).into_owned();
    text.lines().next().unwrap_or("no words").to_owned()
}

type Observations = IntoAsyncRead<MapErr<Pieces, fn(Error) -> io::Error>>;

/// A guest in a request of its own. Dropping it ends the request.
pub(super) struct Exchange {
    remote: Arc<Remote>,
    driver: Driver,
    operations: UnboundedSender<Bytes>,
    /// The body of the request, until that is sent.
    unsent: Option<UnboundedReceiver<Bytes>>,
    observations: Option<Observations>,
}

impl Exchange {
    /// Sends nothing before the first operation: there are hosts and proxies that answer nothing before the request has a body.
    pub fn open(remote: Arc<Remote>, driver: Driver) -> Self {
        let (operations, unsent) = unbounded();
        Self { remote, driver, operations, unsent: Some(unsent), observations: None }
    }

    /// What comes next in the answer.
    async fn next(&mut self) -> Result<io::Result<Next>, Broken> {
        if let Some(operations) = self.unsent.take() {
            let pieces = self.remote.begin(self.driver, operations).await?;
            let failed: fn(Error) -> io::Error = |why| io::Error::other(why.message);
            self.observations = Some(pieces.map_err(failed).into_async_read());
        }
        let mut read = Vec::new();
        let done = match &mut self.observations {
            Some(observations) => observations.take(LINE as u64).read_until(b'\n', &mut read).await,
            None => Ok(0),
        };
        Ok(done.map(|_| Next::of(read)))
    }
}

#[async_trait]
impl Session for Exchange {
    async fn exec(&mut self, op: &str) -> Result<String, Broken> {
        // Where nobody reads any more, the answer says why.
        let _ = self.operations.unbounded_send(format!("{op}\n").into());
        match self.next().await? {
            Ok(next) => match next.observation()? {
                Some(seen) => Ok(seen),
                None => Err(self.remote.ended(self.driver, "the answer ended before the request did").await),
            },
            Err(why) => Err(self.remote.ended(self.driver, &why.to_string()).await),
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.operations.close_channel();
        let (Some(mut observations), Ok(runtime)) = (self.observations.take(), Handle::try_current()) else { return };
        // A guest that reads the end of its request returns. Hosts take one that is cut off for an error.
        runtime.spawn(timeout(END, async move { copy(&mut observations, &mut sink()).await }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    const OK: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    const CUT: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n7\r\n\"Do";
    const ENDED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    const PIECES: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\na\n\r\n1\r\nb\r\n3\r\nc\nd\r\n";

    /// A host that answers its requests so, each on a connection of its own, and is gone then.
    async fn host(answers: &'static [&'static str]) -> Exchange {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hunter2/{{lang}}/{{driver}}", listener.local_addr().expect("an address"));
        tokio::spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.expect("a client");
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.expect("a request");
                let head = String::from_utf8_lossy(&request[..length]).into_owned();
                assert!(head.starts_with("POST /hunter2/c/config HTTP/1.1\r\n"), "{head}");
                assert!(head.contains("authorization: Bearer hunter3\r\n"), "{head}");
                stream.write_all(answer.as_bytes()).await.expect("sent");
                stream.shutdown().await.expect("closed");
                // What is closed before all of it is read may be reset, and its answer lost.
                tokio::spawn(async move { tokio::io::copy(&mut stream, &mut tokio::io::sink()).await });
            }
        });
        Exchange::open(Arc::new(Remote::new(&url, "hunter3", Language::C).expect("a URL")), Driver::Config)
    }

    #[tokio::test]
    async fn each_end_is_told_from_the_others() {
        let cases: [(&'static [&'static str], &str, &str); 7] = [
            (&[ENDED, OK], "the guest trapped: the answer ended before the request did", "goes on answering"),
            (&[CUT, OK], "the guest trapped: ", "the answer was lost"),
            (&[ENDED], "the host died: the answer ended before the request did", "and then: "),
            (&[CUT, "HTTP/1.1 500 No\r\n\r\n"], "the host died: ", "500 Internal Server Error"),
            (&["HTTP/1.1 502 No\r\ncontent-length: 9\r\n\r\nno\nupload"], "the host died: ", "502 Bad Gateway: no"),
            (
                &["HTTP/1.1 401 No\r\ncontent-length: 2\r\n\r\nno"],
                "the host could not be set up: ",
                "401 Unauthorized: no",
            ),
            (
                &["HTTP/1.1 302 No\r\nlocation: /\r\ncontent-length: 0\r\n\r\n"],
                "the host could not be set up: ",
                "302 Found",
            ),
        ];
        for (answers, end, why) in cases {
            let broken = host(answers).await.exec("op").await.expect_err(end).to_string();
            assert!(broken.starts_with(end) && broken.contains(why), "{answers:?}: {broken}");
            assert!(!broken.contains("hunter") && !broken.contains("upload"), "{broken}");
        }
    }

    #[tokio::test]
    async fn what_comes_is_cut_into_lines() {
        let mut guest = host(&[PIECES]).await;
        assert_eq!(guest.exec("op").await, Ok("a".into()));
        assert_eq!(guest.exec("op").await, Ok("bc".into()));
    }

    #[tokio::test]
    async fn a_line_without_end_costs_one_verdict() {
        let (head, size) = (OK, LINE + 9);
        let endless: &'static str = format!("{head}{size:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(size)).leak();
        let answers: &'static [&'static str] = vec![endless].leak();
        let mut guest = host(answers).await;
        let broken = guest.exec("op").await.expect_err("no line");
        assert!(matches!(&broken, Broken::Protocol(why) if why.contains("bytes at most")), "{broken}");
    }

    #[tokio::test]
    async fn a_host_that_is_not_there_could_not_be_set_up() {
        let mut nobody = host(&[]).await;
        tokio::task::yield_now().await;
        let broken = nobody.exec("op").await.expect_err("nobody is there");
        assert!(matches!(&broken, Broken::Setup(why) if why.contains("c/config: http://127.0.0.1:")), "{broken}");
    }
}
