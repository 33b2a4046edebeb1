//! The way to the server: one connection, which the crate replaces when it is lost.
//!
//! While there is none, calls are refused at once: what the crate would keep for later could then still happen.

use crate::{
    error::Why,
    options::{Login, Options},
};
use async_nats::{
    Client, ConnectErrorKind, ConnectOptions,
    connection::State,
    jetstream::{
        Context, ErrorCode,
        context::ContextBuilder,
        message::PublishMessage,
        stream::{self, Stream},
    },
};
use std::time::Duration;
use tokio::time::timeout;
use wasi_cloud_core::{
    Error, Kind, Result,
    provider::{Answered, Timing},
};

/// How often the server is asked for a sign of life.
const PING: Duration = Duration::from_secs(10);
/// Longest pause between two attempts to connect anew.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// How many messages of a subscription wait here to be read; later ones are dropped.
const WAITING: usize = 2048;
/// Room for a message's headers, in bytes.
const HEADERS: u64 = 64 << 10;

/// A server, as one URL names it.
pub(crate) struct Server {
    pub(crate) client: Client,
    context: Context,
    /// As it may be shown.
    pub(crate) url: String,
    pub(crate) timing: Timing,
    answered: Answered,
}

impl Server {
    /// Connects, logs in, and asks for JetStream.
    pub(crate) async fn connect(options: Options, timing: Timing) -> Result<Self> {
        let connecting = ConnectOptions::new()
            .name("wasi-cloud")
            .connection_timeout(timing.connect)
            .request_timeout(Some(timing.response))
            .ping_interval(PING)
            .subscription_capacity(WAITING)
            // Also of the servers that are found by themselves.
            .require_tls(options.address.starts_with("tls:"))
            .reconnect_delay_callback(|attempts| {
                let millis = 10_u64.saturating_mul(u64::try_from(attempts).unwrap_or(u64::MAX));
                Duration::from_millis(millis).min(LONGEST_PAUSE)
            });
        let connecting = match options.login {
            Login::Nobody => connecting,
            Login::Token(token) => connecting.token(token.reveal().to_owned()),
            Login::User(user, password) => connecting.user_and_password(user, password.reveal().to_owned()),
        };
        let unreachable =
            |why: &str| Error::new(Kind::Unavailable, format!("no connection to {}: {why}", options.shown));
        let client = match timeout(timing.connect, connecting.connect(&*options.address)).await {
            Ok(Ok(client)) => client,
            Ok(Err(error)) if error.kind() == ConnectErrorKind::ServerParse => {
                return Err(Error::new(Kind::Invalid, format!("{} is no address of a server", options.shown)));
            }
            Ok(Err(error)) => return Err(unreachable(&error.kind().to_string())),
            Err(_) => return Err(unreachable("no answer in time")),
        };
        let context =
            ContextBuilder::new().timeout(timing.response).backpressure_on_inflight(true).build(client.clone());
        let server = Self { client, context, url: options.shown, timing, answered: Answered::default() };
        server.ping().await?;
        Ok(server)
    }

    /// JetStream, whether there is a connection or not.
    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    /// JetStream, if there is a connection.
    pub(crate) fn live(&self) -> Result<&Context> {
        if self.client.connection_state() == State::Connected {
            return Ok(&self.context);
        }
        Err(Error::new(Kind::Unavailable, format!("no connection to {}; it is being made anew", self.url)))
    }

    /// That JetStream answers, or did so just now on this connection.
    pub(crate) async fn is_there(&self) -> Result<()> {
        self.live()?;
        if self.answered.is_recent() { Ok(()) } else { self.ping().await }
    }

    /// That JetStream answers. What this connection sent before has then reached the server.
    pub(crate) async fn ping(&self) -> Result<()> {
        match self.live()?.query_account().await {
            Ok(_) => {
                self.answered.answered();
                Ok(())
            }
            Err(error) => match error.kind() {
                async_nats::jetstream::context::AccountErrorKind::TimedOut => Err(Why::Late.read(&self.url)),
                async_nats::jetstream::context::AccountErrorKind::JetStream(refusal) => {
                    Err(Why::from(&refusal).read(&self.url))
                }
                _ => Err(Why::Nobody.read(&self.url)),
            },
        }
    }

    /// The largest payload, in bytes: `most`, or less where the server takes less.
    pub(crate) fn max_payload(&self, most: u64) -> u64 {
        (self.client.max_payload() as u64).saturating_sub(HEADERS).min(most)
    }

    /// The stream, without asking whether it is there.
    pub(crate) async fn stream(&self, name: &str) -> Result<Stream<()>> {
        self.live()?.get_stream_no_info(name).await.map_err(|why| Why::from(why).read(&self.url))
    }

    /// The stream as it is, made if it is not there.
    pub(crate) async fn stream_made(&self, config: stream::Config) -> Result<stream::Config> {
        let context = self.live()?;
        let name = config.name.clone();
        let there = match context.get_stream(&name).await.map_err(Why::from) {
            Err(why) if why.is(ErrorCode::STREAM_NOT_FOUND) => {
                match context.create_stream(config).await.map_err(Why::from) {
                    // Somebody else made it in between, in another way.
                    Err(why) if why.is(ErrorCode::STREAM_NAME_EXIST) => {
                        context.get_stream(&name).await.map_err(Why::from)
                    }
                    made => made,
                }
            }
            found => found,
        };
        Ok(there.map_err(|why| why.read(&self.url))?.cached_info().config.clone())
    }

    /// Stores a message and says its sequence number.
    pub(crate) async fn store(&self, subject: String, message: PublishMessage) -> Result<u64> {
        let sending = self.live()?.send_publish(subject, message).await;
        // Until here nothing was sent.
        let sending = sending.map_err(|why| Why::from(why).read(&self.url))?;
        let ack = sending.await.map_err(|why| {
            self.answered.failed();
            Why::from(why).write(&self.url)
        })?;
        self.answered.answered();
        Ok(ack.sequence)
    }
}
