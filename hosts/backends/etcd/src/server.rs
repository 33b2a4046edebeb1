//! The way to the server: requests, and a login that is renewed when the server forgot it.

use crate::{
    error::{self, Effect, Why},
    options::Options,
    wire::{self, LoggedIn, Range, Refusal},
};
use http::{HeaderValue, Request, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use wasi_cloud_core::{Error, Kind, Result, provider::Timing};
use wasi_cloud_http::Client;

/// Largest answer, in bytes: that to a batch, in Base64, of the largest values.
const MOST: usize = 64 << 20;
/// A key that is asked for as a sign of life.
const ANY_KEY: &str = "wasi-cloud";

/// A server, as one URL names it.
pub(crate) struct Server {
    client: Client,
    options: Options,
    pub(crate) timing: Timing,
    /// What the server gave for the login.
    token: Mutex<Option<HeaderValue>>,
}

impl Server {
    pub(crate) fn new(options: Options, timing: Timing) -> Result<Self> {
        let client = if options.tls { Client::secure(timing)? } else { Client::plain(timing)? };
        Ok(Self { client, options, timing, token: Mutex::default() })
    }

    /// Makes sure that it answers, and takes the login.
    pub(crate) async fn ping(&self) -> Result<()> {
        let asked = json!({ "key": wire::bytes(ANY_KEY), "count_only": true });
        match self.ask::<Range>("kv/range", &asked).await {
            // A user may be kept to the keys of some buckets.
            Ok(_) => Ok(()),
            Err(why) if why.is(error::PERMISSION_DENIED) => Ok(()),
            Err(why) if why.is(error::INVALID_ARGUMENT) => {
                let text = format!("{}: this server wants a login: write `user:password@`", self.options.shown);
                Err(Error::new(Kind::Unavailable, text))
            }
            Err(why) => Err(why.error(Effect::Read, &self.options.shown)),
        }
    }

    /// Sends a request to a method of the gateway.
    pub(crate) async fn call<T: DeserializeOwned>(&self, effect: Effect, method: &str, message: &Value) -> Result<T> {
        self.ask(method, message).await.map_err(|why| why.error(effect, &self.options.shown))
    }

    async fn ask<T: DeserializeOwned>(&self, method: &str, message: &Value) -> Result<T, Why> {
        let token = self.token(None).await?;
        match self.post(method, message, token.as_ref()).await {
            // It changed nothing. Tokens end after some minutes, and with their server.
            Err(why) if token.is_some() && why.is(error::UNAUTHENTICATED) => {
                let token = self.token(token.as_ref()).await?;
                self.post(method, message, token.as_ref()).await
            }
            answered => answered,
        }
    }

    /// A token that is not `refused`, if there is a login.
    async fn token(&self, refused: Option<&HeaderValue>) -> Result<Option<HeaderValue>, Why> {
        let Some((user, password)) = &self.options.login else { return Ok(None) };
        let mut token = self.token.lock().await;
        if token.is_none() || token.as_ref() == refused {
            let login = json!({ "name": user, "password": password.reveal() });
            let LoggedIn { token: given } = self.post("auth/authenticate", &login, None).await.map_err(|why| {
                let failed =
                    |text: &str| Why::Failed(Error::new(Kind::Unavailable, format!("{}: {text}", self.options.shown)));
                match why {
                    Why::Refused(error::INVALID_ARGUMENT) => failed("etcd refuses the URL's user or password"),
                    Why::Refused(error::FAILED_PRECONDITION) => {
                        failed("this server has no users: leave user and password out of the URL")
                    }
                    why => why,
                }
            })?;
            let mut given = HeaderValue::try_from(given).map_err(|_| Why::Nonsense(200))?;
            given.set_sensitive(true);
            *token = Some(given);
        }
        Ok(token.clone())
    }

    async fn post<T: DeserializeOwned>(
        &self,
        method: &str,
        message: &Value,
        token: Option<&HeaderValue>,
    ) -> Result<T, Why> {
        let mut request = Request::post(format!("{}/v3/{method}", self.options.address))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, token);
        }
        let request = request
            .body(message.to_string())
            .map_err(|_| Why::Failed(Error::new(Kind::Invalid, format!("{} is no address", self.options.shown))))?;
        let answer = self.client.send(request, MOST).await.map_err(Why::Failed)?;
        let status = answer.status();
        let nonsense = || Why::Nonsense(status.as_u16());
        if status.is_success() {
            return wire::read(answer.body()).ok_or_else(nonsense);
        }
        Err(wire::read(answer.body()).map_or_else(nonsense, |Refusal { code }| Why::Refused(code)))
    }
}
