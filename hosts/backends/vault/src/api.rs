//! The way to the server: requests with a token, and which engine a path leads to.

use crate::{
    error::{self, Effect},
    options::Options,
    wire::{self, Mount},
};
use bytes::Bytes;
use http::{HeaderValue, Method, Request};
use serde::de::DeserializeOwned;
use serde_json::Value;
use wasi_cloud_core::{Error, Kind, Result, provider::Timing};
use wasi_cloud_http::Client;

/// Largest answer, in bytes: far more than a value, for the names of a bucket come in one piece.
const MOST: usize = 64 << 20;

/// A server, as one URL names it.
pub(crate) struct Api {
    client: Client,
    address: String,
    token: Option<HeaderValue>,
    /// The URL as it may be shown.
    shown: String,
    pub(crate) timing: Timing,
}

/// What the server said, by whatever status.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    body: Bytes,
    effect: Effect,
    shown: &'a str,
}

impl Answer<'_> {
    /// The data of the answer. `None` where there is nothing at that path, though there could be.
    pub(crate) fn data<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        match self.status {
            200 => self.body().and_then(|body| body.data.ok_or_else(|| self.nonsense())).map(Some),
            404 => {
                let body: wire::Body<T> = self.body()?;
                if body.errors.is_empty() { Ok(body.data) } else { Err(self.refused()) }
            }
            _ => Err(self.refused()),
        }
    }

    pub(crate) fn refused(&self) -> Error {
        error::refused(self.status, self.effect, self.shown)
    }

    pub(crate) fn nonsense(&self) -> Error {
        error::nonsense(self.status, self.effect, self.shown)
    }

    fn body<T: DeserializeOwned>(&self) -> Result<wire::Body<T>> {
        wire::read(&self.body).ok_or_else(|| self.nonsense())
    }
}

impl Api {
    /// Opens no connection yet.
    pub(crate) fn new(options: Options, timing: Timing) -> Result<Self> {
        let client = if options.tls { Client::secure(timing)? } else { Client::plain(timing)? };
        let token = options.token.map(|token| {
            let mut token = HeaderValue::try_from(token.reveal())
                .map_err(|_| Error::new(Kind::Invalid, "the token has characters that no token has"))?;
            token.set_sensitive(true);
            Ok::<_, Error>(token)
        });
        Ok(Self { client, address: options.address, token: token.transpose()?, shown: options.shown, timing })
    }

    /// Reads what is at a path of the API.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer<'_>> {
        self.ask(Effect::Read, Method::GET, path, String::new()).await
    }

    /// Sends a message to a path of the API.
    pub(crate) async fn post(&self, path: &str, message: &Value) -> Result<Answer<'_>> {
        self.ask(Effect::Write, Method::POST, path, message.to_string()).await
    }

    async fn ask(&self, effect: Effect, method: Method, path: &str, body: String) -> Result<Answer<'_>> {
        // Agents can be told to want the first header: a request that a browser was led to has none.
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}/v1/{path}", self.address))
            .header("X-Vault-Request", "true");
        if let Some(token) = &self.token {
            request = request.header("X-Vault-Token", token);
        }
        let no_address = |_| Error::new(Kind::Invalid, format!("{} is no address", self.shown));
        let request = request.body(body).map_err(no_address)?;
        let answer = self.client.send(request, MOST).await.map_err(|why| effect.of(why))?;
        Ok(Answer { status: answer.status().as_u16(), body: answer.into_body(), effect, shown: &self.shown })
    }

    /// Cuts a path in two: the mount of a KV engine of version 2, and what is behind it, which may be nothing.
    pub(crate) async fn mount<'a>(&self, path: &'a str) -> Result<(&'a str, &'a str)> {
        let answer = self.get(&format!("sys/internal/ui/mounts/{path}")).await?;
        let wrong = |kind, text: &str| Error::new(kind, format!("{}: {text}", self.shown));
        let mount: Mount = match answer.status {
            403 => {
                let why = "Vault refuses the token, or there is none, or nothing is mounted at that path (status 403)";
                return Err(wrong(Kind::Unavailable, why));
            }
            _ => answer.data()?.ok_or_else(|| answer.nonsense())?,
        };
        if !mount.is_versioned() {
            let why = "what is mounted there is no KV engine of version 2; make one with `vault secrets enable -version=2 kv`";
            return Err(wrong(Kind::Invalid, why));
        }
        let parts = mount.path.trim_matches('/').split('/').count();
        let end = path.match_indices('/').nth(parts - 1).map_or(path.len(), |(at, _)| at);
        Ok((&path[..end], path[end..].trim_start_matches('/')))
    }
}
