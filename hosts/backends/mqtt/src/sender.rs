//! The connection that sends, and hears replies.

use crate::{
    connection::{self, Address, Role, Way, drive},
    error::{self, Heard},
    names, unique,
};
use rumqttc::{
    Outgoing,
    v5::{
        AsyncClient, Event, MqttOptions,
        mqttbytes::{
            QoS,
            v5::{ConnAck, Packet, PubAckReason, Publish, PublishProperties},
        },
    },
};
use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};
use wasi_cloud_core::{Error, Kind, Result};

/// How many messages may be unacknowledged; the server may allow fewer.
const IN_FLIGHT: u16 = 256;
/// Most that a packet has besides its topic, payload and properties, in bytes.
const FRAME: usize = 32;

/// Sends messages, and waits for what the server says of each.
pub(crate) struct Sender {
    role: Arc<Mouth>,
    pub(crate) address: Arc<Address>,
    _ended: oneshot::Sender<Infallible>,
}

/// What becomes of a message.
enum Fate {
    Acknowledged(PubAckReason),
    NeverSent,
}

struct Mouth {
    client_id: String,
    address: Arc<Address>,
    way: watch::Sender<Way>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// While the connection is there.
    client: Option<AsyncClient>,
    /// Largest packet that the server takes, in bytes.
    largest: Option<u32>,
    /// In the order in which the event loop takes them.
    unsent: VecDeque<oneshot::Sender<Fate>>,
    unacknowledged: HashMap<u16, oneshot::Sender<Fate>>,
    /// Who waits for replies, by number.
    asking: HashMap<u64, mpsc::UnboundedSender<Publish>>,
    asked: u64,
}

impl Sender {
    /// Connects and logs in.
    pub(crate) async fn open(address: Arc<Address>) -> Result<Self> {
        let role = Arc::new(Mouth {
            client_id: unique(),
            address: address.clone(),
            way: watch::Sender::new(Way::Sought),
            state: Mutex::default(),
        });
        let (_ended, ended) = oneshot::channel();
        tokio::spawn(drive(role.clone(), address.clone(), ended));
        connection::first(&role.way, &address).await?;
        Ok(Self { role, address, _ended })
    }

    /// That there is a connection.
    pub(crate) async fn ready(&self) -> Result<()> {
        connection::open(&self.role.way, &self.address).await
    }

    /// Publishes a message and waits until the server has it.
    pub(crate) async fn publish(&self, topic: String, data: Vec<u8>, properties: PublishProperties) -> Result<Heard> {
        self.ready().await?;
        let fate = self.role.enqueue(topic, data, properties)?;
        let url = &self.address.url;
        match timeout(self.address.timing.response, fate).await {
            Ok(Ok(Fate::Acknowledged(reason))) => error::heard(reason, url),
            Ok(Ok(Fate::NeverSent)) => Err(error::lost(url)),
            Ok(Err(_)) => Err(error::lost(url).maybe_applied()),
            Err(_) => Err(error::late(url).maybe_applied()),
        }
    }

    /// An address for replies, and the replies. They end when the connection is lost.
    pub(crate) async fn ask(self: &Arc<Self>) -> Result<Asking> {
        self.ready().await?;
        let (sender, replies) = mpsc::unbounded_channel();
        let mut state = self.role.state();
        state.asked += 1;
        let number = state.asked;
        state.asking.insert(number, sender);
        Ok(Asking { sender: self.clone(), number, replies })
    }
}

/// One request that waits for replies.
pub(crate) struct Asking {
    sender: Arc<Sender>,
    number: u64,
    replies: mpsc::UnboundedReceiver<Publish>,
}

impl Asking {
    pub(crate) fn address(&self) -> String {
        names::reply(&self.sender.role.client_id, &self.number.to_string())
    }

    /// `None` once the connection was lost.
    pub(crate) async fn next(&mut self) -> Option<Publish> {
        self.replies.recv().await
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.sender.role.state().asking.remove(&self.number);
    }
}

impl Mouth {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enqueue(&self, topic: String, data: Vec<u8>, properties: PublishProperties) -> Result<oneshot::Receiver<Fate>> {
        let mut state = self.state();
        let url = &self.address.url;
        let client = state.client.as_ref().ok_or_else(|| error::lost(url))?;
        let publish = Publish::new(&*topic, QoS::AtLeastOnce, data, Some(properties));
        // The crate would end the connection.
        if state.largest.is_some_and(|largest| publish.size() + FRAME > largest as usize) {
            return Err(Error::new(Kind::Quota, format!("{url}: larger than the server's largest packet")));
        }
        let properties = publish.properties.unwrap_or_default();
        client
            .try_publish_with_properties(topic, QoS::AtLeastOnce, false, publish.payload, properties)
            .map_err(|_| Error::new(Kind::Unavailable, format!("{url}: too many messages wait to be sent")))?;
        let (sender, fate) = oneshot::channel();
        state.unsent.push_back(sender);
        Ok(fate)
    }

    fn connected(&self, ack: &ConnAck, client: &AsyncClient) -> Result<()> {
        let url = &self.address.url;
        let properties = ack.properties.as_ref();
        if properties.and_then(|properties| properties.max_qos) == Some(0) {
            return Err(Error::new(Kind::Unavailable, format!("{url}: the server acknowledges no message (QoS 0)")));
        }
        self.state().largest = properties.and_then(|properties| properties.max_packet_size);
        let replies = names::reply(&self.client_id, "+");
        client.try_subscribe(replies, QoS::AtLeastOnce).map_err(|_| error::lost(url))
    }
}

impl Role for Mouth {
    fn options(&self) -> MqttOptions {
        self.address.options(&self.client_id, IN_FLIGHT)
    }

    fn way(&self) -> &watch::Sender<Way> {
        &self.way
    }

    fn hear(&self, event: Event, client: &AsyncClient) -> Result<()> {
        match event {
            Event::Incoming(Packet::ConnAck(ack)) => self.connected(&ack, client)?,
            Event::Incoming(Packet::SubAck(ack)) => {
                error::subscribed(&ack.return_codes, &self.address.url)?;
                self.state().client = Some(client.clone());
                self.way.send_replace(Way::Open);
            }
            Event::Outgoing(Outgoing::Publish(id)) => {
                let mut state = self.state();
                if let Some(sender) = state.unsent.pop_front() {
                    state.unacknowledged.insert(id, sender);
                }
            }
            Event::Incoming(Packet::PubAck(ack)) => {
                if let Some(sender) = self.state().unacknowledged.remove(&ack.pkid) {
                    // Whoever waited for it may have given up.
                    let _ = sender.send(Fate::Acknowledged(ack.reason));
                }
            }
            Event::Incoming(Packet::Publish(reply)) => {
                let name = str::from_utf8(&reply.topic).unwrap_or_default();
                let number = names::read_reply(&self.client_id, name);
                if let Some(asking) = number.and_then(|number| self.state().asking.get(&number).cloned()) {
                    let _ = asking.send(reply);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whoever waits is told: an acknowledgement or a reply may have been lost.
    fn lost(&self) {
        let mut state = self.state();
        let asked = state.asked;
        let lost = std::mem::replace(&mut *state, State { asked, ..State::default() });
        for sender in lost.unsent {
            let _ = sender.send(Fate::NeverSent);
        }
    }
}
