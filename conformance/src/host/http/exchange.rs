//! One HTTP request as one guest, and how it can end.

use super::address::address;
use crate::{
    host::Driver,
    language::Language,
    session::{Broken, Session},
};
use anyhow::{Context, ensure};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{
    AsyncBufReadExt, StreamExt, TryStreamExt,
    channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded},
    io::Lines,
    stream::{IntoAsyncRead, MapErr},
};
use http::{
    HeaderValue, Request, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use std::{io, sync::Arc, time::Duration};
use tokio::time::timeout;
use wasi_cloud_core::{Applied, Error, provider::Timing};
use wasi_cloud_http::{Client, Pieces};

/// How much of a refusal a report shows, in bytes.
const WORDS: usize = 200;
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

type Observations = Lines<IntoAsyncRead<MapErr<Pieces, fn(Error) -> io::Error>>>;

/// A guest in a request of its own. Dropping it closes the connection.
pub(super) struct Exchange {
    remote: Arc<Remote>,
    driver: Driver,
    operations: UnboundedSender<Bytes>,
    answer: Answer,
}

enum Answer {
    /// The request is not sent yet.
    Unasked(Option<UnboundedReceiver<Bytes>>),
    Begun(Observations),
}

impl Exchange {
    /// Sends nothing before the first operation: there are hosts and proxies that answer nothing before the request has a body.
    pub fn open(remote: Arc<Remote>, driver: Driver) -> Self {
        let (operations, receiver) = unbounded();
        Self { remote, driver, operations, answer: Answer::Unasked(Some(receiver)) }
    }

    async fn observations(&mut self) -> Result<&mut Observations, Broken> {
        if let Answer::Unasked(operations) = &mut self.answer {
            let operations = operations.take().ok_or_else(|| Broken::Protocol("this guest broke before".into()))?;
            let pieces = self.remote.begin(self.driver, operations).await?;
            let failed: fn(Error) -> io::Error = |why| io::Error::other(why.message);
            self.answer = Answer::Begun(pieces.map_err(failed).into_async_read().lines());
        }
        match &mut self.answer {
            Answer::Begun(observations) => Ok(observations),
            Answer::Unasked(_) => Err(Broken::Protocol("this guest has not begun".into())),
        }
    }
}

#[async_trait]
impl Session for Exchange {
    async fn exec(&mut self, op: &str) -> Result<String, Broken> {
        // Where nobody reads any more, the answer says why.
        let _ = self.operations.unbounded_send(format!("{op}\n").into());
        match self.observations().await?.next().await {
            Some(Ok(seen)) => Ok(seen),
            Some(Err(why)) if why.kind() == io::ErrorKind::InvalidData => {
                Err(Broken::Protocol(format!("a line is no text: {why}")))
            }
            Some(Err(why)) => Err(self.remote.ended(self.driver, &why.to_string()).await),
            None => Err(self.remote.ended(self.driver, "the answer ended before the request did").await),
        }
    }
}
