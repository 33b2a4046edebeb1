//! The session of one subscription, and its connection.

use super::{client_id::ClientId, window::Window};
use crate::{
    connection::{self, Address, Role, Way, drive},
    error, names,
    sender::Sender,
};
use rumqttc::v5::{
    AsyncClient, Event, MqttOptions,
    mqttbytes::{
        QoS,
        v5::{Filter, Packet, Publish, RetainForwardRule},
    },
};
use std::{
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};
use wasi_cloud_core::{Error, Kind, Result};

/// How many messages the server sends before it has an acknowledgement; it may have a smaller number of its own.
const RECEIVE_MAXIMUM: u16 = 128;
/// How many messages wait here at most. Those that need no acknowledgement leave room for those that do.
const WAITING: usize = 2 * RECEIVE_MAXIMUM as usize;
/// All that this connection itself has to have acknowledged are subscriptions.
const IN_FLIGHT: u16 = 16;
/// How long the server keeps a session that its host is to find again.
const LASTING: Duration = Duration::from_secs(3600);

/// A message on its way to a handler.
pub(super) struct Arrival {
    pub(super) topic: String,
    pub(super) attempt: u32,
    pub(super) publish: Publish,
    /// What the window calls it; what came with QoS 0 need not be acknowledged.
    number: Option<(u64, u16)>,
}

/// A subscription, until it and all that came of it is dropped.
pub(super) struct Session {
    role: Arc<Ear>,
    sender: Arc<Sender>,
    _ended: oneshot::Sender<Infallible>,
}

struct Ear {
    client_id: ClientId,
    address: Arc<Address>,
    scope: String,
    group: Option<String>,
    filters: Vec<String>,
    way: watch::Sender<Way>,
    /// How many filters are unsubscribed from.
    unsubscribed: watch::Sender<usize>,
    state: Mutex<State>,
}

struct State {
    window: Window,
    /// While the connection is there.
    client: Option<AsyncClient>,
    arrivals: mpsc::Sender<Result<Arrival>>,
    is_known: bool,
    is_leaving: bool,
}

impl Session {
    /// Subscribes. What is published after this returned arrives.
    pub(super) async fn open(
        sender: Arc<Sender>,
        client_id: ClientId,
        scope: &str,
        group: Option<String>,
        filters: Vec<String>,
    ) -> Result<(Arc<Self>, mpsc::Receiver<Result<Arrival>>)> {
        let filters = match &group {
            None => filters,
            Some(group) => {
                let again: Vec<_> = filters.iter().map(|filter| names::again_filter(group, filter)).collect();
                filters.iter().chain(&again).map(|filter| names::shared(group, filter)).collect()
            }
        };
        let (arrivals, receiver) = mpsc::channel(WAITING);
        let state = State { window: Window::default(), client: None, arrivals, is_known: false, is_leaving: false };
        let role = Arc::new(Ear {
            client_id,
            address: sender.address.clone(),
            scope: scope.to_owned(),
            group,
            filters,
            way: watch::Sender::new(Way::Sought),
            unsubscribed: watch::Sender::new(0),
            state: Mutex::new(state),
        });
        let (_ended, ended) = oneshot::channel();
        tokio::spawn(drive(role.clone(), sender.address.clone(), ended));
        connection::first(&role.way, &sender.address).await?;
        Ok((Arc::new(Self { role, sender, _ended }), receiver))
    }

    pub(super) fn has_group(&self) -> bool {
        self.role.group.is_some()
    }

    /// Whether what is not taken is kept for this host.
    pub(super) fn is_lasting(&self) -> bool {
        self.role.client_id.is_lasting()
    }

    /// Nothing arrives after that.
    pub(super) async fn unsubscribe(&self) {
        self.role.leave();
        let all = self.role.filters.len();
        let mut unsubscribed = self.role.unsubscribed.subscribe();
        // A server that does not answer ends the session in time.
        let _ = timeout(self.sender.address.timing.response, unsubscribed.wait_for(|count| *count >= all)).await;
    }

    /// The server need not keep the message.
    pub(super) fn acknowledge(&self, arrival: &Arrival) {
        let Some(number) = arrival.number else { return };
        let mut state = self.role.state();
        state.window.settle(number);
        state.acknowledge();
    }

    /// Has the group handle the message anew, as this attempt.
    pub(super) async fn again(&self, arrival: &Arrival, attempt: u32) -> Result<()> {
        let Some(group) = &self.role.group else { return Ok(()) };
        let topic = names::again(group, attempt, &names::topic(&self.role.scope, &arrival.topic));
        let Publish { payload, properties, .. } = arrival.publish.clone();
        let mut properties = properties.unwrap_or_default();
        // The server's own, which no client may send.
        properties.subscription_identifiers.clear();
        properties.topic_alias = None;
        let published = self.sender.publish(topic, payload.to_vec(), properties).await;
        match (&published, arrival.number) {
            (Ok(_), _) => self.acknowledge(arrival),
            (Err(_), Some(number)) => self.role.state().window.forget(number),
            (Err(_), None) => {}
        }
        published.map(drop)
    }
}

impl State {
    /// What is settled, while there is a connection.
    fn acknowledge(&mut self) {
        let Some(client) = &self.client else { return };
        while let Some(pkid) = self.window.acknowledge() {
            // It is refused only if the connection is lost by now, and then the server sends the message again.
            let _ = client.try_ack(&Publish { qos: QoS::AtLeastOnce, pkid, ..Publish::default() });
        }
    }
}

impl Ear {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connected(&self, is_same: bool, client: &AsyncClient) -> Result<()> {
        let mut state = self.state();
        state.window.connected(is_same);
        state.client = Some(client.clone());
        if state.is_known && !is_same {
            let why = "the server lost the session of this subscription, and with it what was published since";
            let _ = state.arrivals.try_send(Err(Error::new(Kind::Unavailable, why)));
        }
        if state.is_leaving {
            self.unsubscribe(client);
            return Ok(());
        }
        let filters = self.filters.iter().map(|filter| Filter {
            retain_forward_rule: RetainForwardRule::Never,
            ..Filter::new(filter, QoS::AtLeastOnce)
        });
        client.try_subscribe_many(filters).map_err(|_| error::lost(&self.address.url))
    }

    fn leave(&self) {
        let mut state = self.state();
        state.is_leaving = true;
        if let Some(client) = &state.client {
            self.unsubscribe(client);
        }
    }

    fn unsubscribe(&self, client: &AsyncClient) {
        for filter in &self.filters {
            // It is refused only if the connection is lost by now; then the next one does it.
            let _ = client.try_unsubscribe(filter);
        }
    }

    fn arrived(&self, publish: Publish) {
        let mut state = self.state();
        let number = match publish.qos {
            QoS::AtMostOnce => None,
            _ => match state.window.arrived(publish.pkid, publish.dup) {
                Some(number) => Some(number),
                // It may be settled by now.
                None => return state.acknowledge(),
            },
        };
        match self.read(publish, number) {
            Ok(_) if number.is_none() && state.arrivals.capacity() <= usize::from(RECEIVE_MAXIMUM) => {
                tracing::warn!("a message of QoS 0 came faster than messages are handled; dropped");
            }
            // If nobody takes it any more, the server keeps it.
            Ok(arrival) => drop(state.arrivals.try_send(Ok(arrival))),
            Err(number) => {
                tracing::debug!("a message came on a name that is no topic of this scope; passed over");
                number.into_iter().for_each(|number| state.window.settle(number));
                state.acknowledge();
            }
        }
    }

    fn read(&self, publish: Publish, number: Option<(u64, u16)>) -> Result<Arrival, Option<(u64, u16)>> {
        let name = str::from_utf8(&publish.topic).map_err(|_| number)?;
        let (attempt, name) = names::read_again(name).unwrap_or((1, name));
        let topic = names::read(&self.scope, name).ok_or(number)?;
        Ok(Arrival { topic, attempt, publish, number })
    }
}

impl Role for Ear {
    fn options(&self) -> MqttOptions {
        let mut options = self.address.options(&self.client_id.name, IN_FLIGHT);
        let lasts = if self.client_id.is_lasting() { LASTING } else { self.address.timing.reclaim };
        let seconds = u32::try_from(lasts.as_millis().div_ceil(1000)).unwrap_or(u32::MAX);
        options.set_clean_start(false).set_session_expiry_interval(Some(seconds.max(1)));
        options.set_receive_maximum(Some(RECEIVE_MAXIMUM)).set_manual_acks(true);
        options
    }

    fn way(&self) -> &watch::Sender<Way> {
        &self.way
    }

    fn hear(&self, event: Event, client: &AsyncClient) -> Result<()> {
        match event {
            Event::Incoming(Packet::ConnAck(ack)) => self.connected(ack.session_present, client)?,
            Event::Incoming(Packet::SubAck(ack)) => {
                error::subscribed(&ack.return_codes, &self.address.url)?;
                self.state().is_known = true;
                self.way.send_replace(Way::Open);
            }
            Event::Incoming(Packet::UnsubAck(_)) => self.unsubscribed.send_modify(|count| *count += 1),
            Event::Incoming(Packet::Publish(publish)) => self.arrived(publish),
            _ => {}
        }
        Ok(())
    }

    fn lost(&self) {
        self.state().client = None;
    }
}
