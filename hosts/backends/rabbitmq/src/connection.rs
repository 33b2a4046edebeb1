//! The way to the server: one connection of a host, made when it is needed and made anew when it was lost.
//!
//! The client's own recovery is not used: what it would send again may have arrived before.

use crate::{
    error::{late, lost, publish, read},
    options::Options,
};
use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, ExchangeKind,
    options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions},
    types::{FieldTable, ShortString},
};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Mutex as Turn,
    time::{Instant, timeout},
};
use wasi_cloud_core::{Error, Kind, Result, provider::Timing};

/// How long it is not tried again to connect after it failed.
const PAUSE: Duration = Duration::from_millis(200);

/// A server, as one URL names it.
pub(crate) struct Server {
    options: Options,
    pub(crate) timing: Timing,
    way: Turn<Way>,
}

#[derive(Default)]
struct Way {
    live: Option<Arc<Live>>,
    /// When and how it failed last.
    failed: Option<(Instant, Error)>,
}

/// One connection, for as long as it lives.
pub(crate) struct Live {
    connection: Connection,
    /// What all messages are published on, once there is one. Held while a message is written: the server numbers
    /// messages as they come, and its confirmations name the numbers.
    publishing: Turn<Option<Channel>>,
    /// Exchanges that were made sure of.
    exchanges: Mutex<HashSet<ShortString>>,
}

impl Live {
    fn exchanges(&self) -> MutexGuard<'_, HashSet<ShortString>> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The longest frame, in bytes; 0 if there is no limit.
    pub(crate) fn frame(&self) -> usize {
        usize::try_from(self.connection.configuration().frame_max()).unwrap_or_default()
    }
}

impl Server {
    pub(crate) fn new(options: Options, timing: Timing) -> Self {
        Self { options, timing, way: Turn::default() }
    }

    /// As it may be shown.
    pub(crate) fn url(&self) -> &str {
        &self.options.shown
    }

    /// The connection, made if there is none: within [`Timing::connect`], however many ask for it.
    pub(crate) async fn live(&self) -> Result<Arc<Live>> {
        let mut way = self.way.lock().await;
        if let Some(live) = way.live.as_ref().filter(|live| live.connection.status().connected()) {
            return Ok(live.clone());
        }
        way.live = None;
        if let Some((_, error)) = way.failed.as_ref().filter(|(at, _)| at.elapsed() < PAUSE) {
            return Err(error.clone());
        }
        match self.dial().await {
            Ok(connection) => {
                let live = Live { connection, publishing: Turn::default(), exchanges: Mutex::default() };
                Ok(way.live.insert(Arc::new(live)).clone())
            }
            Err(error) => {
                way.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    async fn dial(&self) -> Result<Connection> {
        let mut uri = self.options.uri();
        // Or what gave up here would go on there.
        uri.query.connection_timeout = u64::try_from(self.timing.connect.as_millis()).ok();
        let properties = ConnectionProperties::default().with_connection_name("wasi-cloud".into());
        match timeout(self.timing.connect, Connection::connect_uri(uri, properties)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(error)) => {
                let mut error = read(self.url(), &error);
                error.kind = Kind::Unavailable;
                Err(error)
            }
            Err(_) => Err(Error::new(Kind::Unavailable, format!("{}: no answer in time", self.url()))),
        }
    }

    /// Asks the server something that changes nothing, or nothing that a second time would not.
    pub(crate) async fn ask<T>(&self, asked: impl Future<Output = lapin::Result<T>>) -> Result<T> {
        match timeout(self.timing.response, asked).await {
            Ok(answered) => answered.map_err(|error| read(self.url(), &error)),
            Err(_) => Err(late(self.url())),
        }
    }

    /// A channel of its own; it is closed when its last clone is dropped.
    pub(crate) async fn channel(&self, live: &Live) -> Result<Channel> {
        self.ask(live.connection.create_channel()).await
    }

    /// Makes an exchange, unless this connection knows it.
    pub(crate) async fn exchange(&self, live: &Live, name: &ShortString) -> Result<()> {
        let is_known = live.exchanges().contains(name);
        if is_known {
            return Ok(());
        }
        // A refusal closes the channel.
        let channel = self.channel(live).await?;
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let declared = channel.exchange_declare(name.clone(), ExchangeKind::Topic, durable, FieldTable::default());
        self.ask(declared).await?;
        live.exchanges().insert(name.clone());
        Ok(())
    }

    /// Publishes to an exchange, and returns once the server has confirmed it.
    pub(crate) async fn publish(
        &self,
        live: &Live,
        exchange: &ShortString,
        routing_key: ShortString,
        data: &[u8],
        properties: BasicProperties,
    ) -> Result<()> {
        let published = async {
            let mut publishing = live.publishing.lock().await;
            let channel = match publishing.take().filter(|channel| channel.status().connected()) {
                Some(channel) => channel,
                None => confirming(live.connection.create_channel().await?).await?,
            };
            // Before the writing: a caller that is gone by then leaves it to others all the same.
            let channel = publishing.insert(channel).clone();
            let optional = BasicPublishOptions::default();
            let confirmed = channel.basic_publish(exchange.clone(), routing_key, optional, data, properties).await?;
            drop(publishing);
            confirmed.await
        };
        // The channel is everybody's, so even a refusal may be of another message.
        let accepted = self.accepted(published).await.map_err(Error::maybe_applied);
        if accepted.is_err() {
            // Somebody may have removed it.
            live.exchanges().remove(exchange);
        }
        accepted.map(drop)
    }

    /// Waits until the server has a message, and says whether there was anywhere to route it.
    pub(crate) async fn accepted(&self, published: impl Future<Output = lapin::Result<Confirmation>>) -> Result<bool> {
        match timeout(self.timing.response, published).await {
            Ok(Ok(Confirmation::Nack(_))) => {
                let why = format!("{}: the server did not take the message; a queue is full or away", self.url());
                Err(Error::new(Kind::Unavailable, why).maybe_applied())
            }
            Ok(Ok(confirmed)) => Ok(confirmed.take_message().is_none()),
            Ok(Err(error)) => Err(publish(self.url(), &error)),
            Err(_) => Err(late(self.url()).maybe_applied()),
        }
    }

    /// What is said where a connection ended.
    pub(crate) fn lost(&self) -> Error {
        lost(self.url())
    }
}

/// Has the server confirm what is published on a channel.
pub(crate) async fn confirming(channel: Channel) -> lapin::Result<Channel> {
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    Ok(channel)
}
