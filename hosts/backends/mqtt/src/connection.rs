//! Connections, and what replaces them when they are lost.
//!
//! Each connection has an event loop of its own: what the crate's would keep for the next one could still be sent after
//! the guest was told that it failed.

use crate::error;
use rumqttc::{
    Outgoing,
    v5::{AsyncClient, Event, EventLoop, MqttOptions},
};
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::{
    sync::{oneshot, watch},
    time::{sleep, timeout},
};
use wasi_cloud_core::{
    Error, Result,
    provider::{Secret, Timing},
};

/// How often the server is asked for a sign of life.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Longest pause between two attempts to connect anew.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How much may wait to be sent.
const WAITING: usize = 10_000;
/// Largest packet that is taken, in bytes: the server keeps larger ones to itself.
const LARGEST: u32 = 8 << 20;

/// A server, as one URL names it.
#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) login: Option<(String, Secret)>,
    /// As it may be shown.
    pub(crate) url: String,
    pub(crate) timing: Timing,
}

impl Address {
    /// How to connect there, with at most so many messages on their way.
    pub(crate) fn options(&self, client_id: &str, in_flight: u16) -> MqttOptions {
        let mut options = MqttOptions::new(client_id, &self.host, self.port);
        let seconds = self.timing.connect.as_millis().div_ceil(1000).max(1);
        options.set_connection_timeout(u64::try_from(seconds).unwrap_or(u64::MAX));
        options.set_keep_alive(KEEP_ALIVE).set_max_packet_size(Some(LARGEST));
        // The crate sets aside room for as many.
        options.set_outgoing_inflight_upper_limit(in_flight);
        if let Some((user, password)) = &self.login {
            options.set_credentials(user, password.reveal());
        }
        options
    }
}

/// Whether there is a connection.
#[derive(Debug, Clone)]
pub(crate) enum Way {
    /// It is made for the first time.
    Sought,
    Open,
    /// It is made anew.
    Lost(Error),
}

/// What a connection is for.
pub(crate) trait Role: Send + Sync + 'static {
    fn options(&self) -> MqttOptions;

    fn way(&self) -> &watch::Sender<Way>;

    /// Takes note of what happened on a connection. An error ends it.
    fn hear(&self, event: Event, client: &AsyncClient) -> Result<()>;

    /// The connection is no more.
    fn lost(&self);
}

/// Keeps up a connection until its other end is dropped.
pub(crate) async fn drive(role: Arc<impl Role>, address: Arc<Address>, mut ended: oneshot::Receiver<Infallible>) {
    let mut failures = 0;
    loop {
        let (client, mut events) = AsyncClient::new(role.options(), WAITING);
        let why = tokio::select! {
            why = run(&*role, &address, &client, &mut events) => why,
            _ = &mut ended => {
                if matches!(*role.way().borrow(), Way::Open) {
                    leave(&client, &mut events, address.timing.connect).await;
                }
                return;
            }
        };
        role.lost();
        if let Way::Open = role.way().send_replace(Way::Lost(why.clone())) {
            failures = 0;
            tracing::warn!(url = address.url, "{why}");
        }
        let pause = Duration::from_millis(10) * failures * failures;
        failures = (failures + 1).min(10);
        tokio::select! {
            () = sleep(pause.min(LONGEST_PAUSE)) => {}
            _ = &mut ended => return,
        }
    }
}

/// Until the connection ends.
async fn run(role: &impl Role, address: &Address, client: &AsyncClient, events: &mut EventLoop) -> Error {
    loop {
        // It would at least have asked for a sign of life, were it not stuck.
        let silence = events.options.keep_alive().max(KEEP_ALIVE) * 2;
        let heard = match timeout(silence, events.poll()).await {
            Ok(Ok(event)) => role.hear(event, client),
            Ok(Err(why)) => {
                // What came before the end counts.
                let before = events.state.events.drain(..).try_for_each(|event| role.hear(event, client));
                before.and(Err(error::unreachable(&why, &address.url)))
            }
            Err(_) => Err(error::lost(&address.url)),
        };
        if let Err(why) = heard {
            return why;
        }
    }
}

/// Says goodbye, after all that waits to be sent.
async fn leave(client: &AsyncClient, events: &mut EventLoop, patience: Duration) {
    if client.try_disconnect().is_err() {
        return;
    }
    let leaving = async {
        while let Ok(event) = events.poll().await {
            if event == Event::Outgoing(Outgoing::Disconnect) {
                return;
            }
        }
    };
    // A server that does not hear it notices that the connection is closed.
    let _ = timeout(patience, leaving).await;
}

/// Waits until the first connection is there, or has failed.
pub(crate) async fn first(way: &watch::Sender<Way>, address: &Address) -> Result<()> {
    let mut way = way.subscribe();
    match timeout(address.timing.connect, way.wait_for(|way| !matches!(way, Way::Sought))).await {
        Ok(Ok(way)) => match &*way {
            Way::Lost(why) => Err(why.clone()),
            _ => Ok(()),
        },
        _ => Err(error::lost(&address.url)),
    }
}

/// Waits until there is a connection.
pub(crate) async fn open(way: &watch::Sender<Way>, address: &Address) -> Result<()> {
    let mut changes = way.subscribe();
    if let Ok(Ok(_)) = timeout(address.timing.connect, changes.wait_for(|way| matches!(way, Way::Open))).await {
        return Ok(());
    }
    match &*way.borrow() {
        Way::Lost(why) => Err(why.clone()),
        _ => Err(error::lost(&address.url)),
    }
}
