//! One connection of a host that listens, shared by all its subscriptions.
//!
//! Who listens to a channel also holds its advisory lock, shared with others. So the server knows whether anybody is
//! there, and forgets it with the connection.

use crate::connection::Server;
use std::{
    collections::HashMap,
    future::poll_fn,
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{
    runtime::Handle,
    sync::{
        Mutex as Turn,
        mpsc::{Receiver, Sender, channel},
    },
    time::timeout,
};
use tokio_postgres::{AsyncMessage, Client};
use wasi_cloud_core::{Error, Kind, Result};

/// How many notifications of a subscription wait to be read at most; later ones are dropped.
pub(super) const WAITING: usize = 10_000;

/// The connection, while there is one.
pub(super) struct Hub {
    server: Arc<Server>,
    live: Turn<Option<Arc<Live>>>,
}

/// One connection, for as long as it lives.
struct Live {
    client: Client,
    ears: Arc<Ears>,
    /// The channel of replies to this host.
    own: String,
    /// Held while channels are entered and left.
    turn: Turn<()>,
}

/// Who waits, by channel or reply address.
type Waiting = HashMap<String, Vec<(u64, Sender<i64>)>>;

/// `None` once the connection is gone.
struct Ears(Mutex<Option<Waiting>>);

impl Ears {
    fn lock(&self) -> MutexGuard<'_, Option<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it is the first to wait for that; `None` if nothing more will come.
    fn add(&self, key: &str, id: u64, sender: Sender<i64>) -> Option<bool> {
        let mut ears = self.lock();
        let waiting = ears.as_mut()?.entry(key.to_owned()).or_default();
        waiting.push((id, sender));
        Some(waiting.len() == 1)
    }

    /// Whether it was the last to wait for that.
    fn remove(&self, key: &str, id: u64) -> bool {
        let mut ears = self.lock();
        let Some(ears) = ears.as_mut() else { return false };
        let Some(waiting) = ears.get_mut(key) else { return false };
        waiting.retain(|(other, _)| *other != id);
        let is_last = waiting.is_empty();
        if is_last {
            ears.remove(key);
        }
        is_last
    }

    /// A payload is the number of a row, or nothing where rows are to be looked for, or the address and the number of a
    /// reply.
    fn tell(&self, channel: &str, payload: &str) {
        let (key, number) = payload.split_once(' ').unwrap_or((channel, payload));
        let number = number.parse().unwrap_or_default();
        if let Some(waiting) = self.lock().as_ref().and_then(|ears| ears.get(key)) {
            for (_, sender) in waiting {
                // Who has enough to do is not waited for.
                let _ = sender.try_send(number);
            }
        }
    }
}

impl Hub {
    pub(super) fn new(server: Arc<Server>) -> Self {
        Self { server, live: Turn::default() }
    }

    /// Hears what is told on these channels from now on, up to `waiting` at once.
    pub(super) async fn listen(&self, channels: &[String], waiting: usize) -> Result<Ear> {
        let live = self.live().await?;
        let (ear, sender) = Ear::new(&live, channels.to_vec(), waiting);
        let _turn = live.turn.lock().await;
        let mut wanted = String::new();
        for channel in channels {
            if live.ears.add(channel, ear.id, sender.clone()).ok_or_else(|| self.lost())? {
                wanted +=
                    &format!("listen \"{channel}\"; select pg_advisory_lock_shared(hashtextextended('{channel}', 0));");
            }
        }
        self.answer(live.client.batch_execute(&wanted)).await?;
        Ok(ear)
    }

    /// Hears replies, and the address for them.
    pub(super) async fn reply(&self) -> Result<(Ear, String)> {
        let live = self.live().await?;
        let address = format!("{}.{}", live.own, unique());
        let (ear, sender) = Ear::new(&live, vec![address.clone()], WAITING);
        live.ears.add(&address, ear.id, sender).ok_or_else(|| self.lost())?;
        Ok((ear, address))
    }

    /// The connection, made if there is none.
    async fn live(&self) -> Result<Arc<Live>> {
        let mut live = self.live.lock().await;
        if let Some(live) = live.as_ref().filter(|live| !live.client.is_closed()) {
            return Ok(live.clone());
        }
        let (client, mut connection) = self.server.dial().await?;
        let ears = Arc::new(Ears(Mutex::new(Some(Waiting::new()))));
        let told = ears.clone();
        tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                if let AsyncMessage::Notification(message) = message {
                    told.tell(message.channel(), message.payload());
                }
            }
            // Whoever waits sees that nothing more comes.
            *told.lock() = None;
        });
        let own = format!("wc_reply_{:032x}", unique());
        // So that nobody counts as listening for long whose machine has vanished.
        let first = format!(
            "set tcp_keepalives_idle to 30; set tcp_keepalives_interval to 10; set tcp_keepalives_count to 3; listen {own}"
        );
        self.answer(client.batch_execute(&first)).await?;
        Ok(live.insert(Arc::new(Live { client, ears, own, turn: Turn::default() })).clone())
    }

    async fn answer(&self, asked: impl Future<Output = Result<(), tokio_postgres::Error>>) -> Result<()> {
        match timeout(self.server.timing.response, asked).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(self.lost()),
        }
    }

    /// What whoever waited is told once nothing more comes.
    pub(super) fn lost(&self) -> Error {
        let why = format!("{}: the connection that listens was lost; it is made anew", self.server.url);
        Error::new(Kind::Unavailable, why)
    }
}

/// Waits for notifications. Dropped, it no longer counts as listening.
pub(super) struct Ear {
    id: u64,
    keys: Vec<String>,
    heard: Receiver<i64>,
    live: Arc<Live>,
    /// To leave from where there is no runtime.
    runtime: Handle,
}

impl Ear {
    fn new(live: &Arc<Live>, keys: Vec<String>, waiting: usize) -> (Self, Sender<i64>) {
        let (sender, heard) = channel(waiting);
        (Self { id: unique() as u64, keys, heard, live: live.clone(), runtime: Handle::current() }, sender)
    }

    /// The number of the next row, or 0 to look for some; `None` once the connection is gone. Cancel-safe.
    pub(super) async fn next(&mut self) -> Option<i64> {
        self.heard.recv().await
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        let (live, keys, id) = (self.live.clone(), std::mem::take(&mut self.keys), self.id);
        self.runtime.spawn(async move {
            let _turn = live.turn.lock().await;
            let mut left = String::new();
            for key in keys.iter().filter(|key| live.ears.remove(key, id)) {
                // A reply's address is no channel.
                if !key.contains('.') {
                    left +=
                        &format!("unlisten \"{key}\"; select pg_advisory_unlock_shared(hashtextextended('{key}', 0));");
                }
            }
            if !left.is_empty() {
                // If it fails, the connection is gone, and its locks with it.
                let _ = live.client.batch_execute(&left).await;
            }
        });
    }
}

/// A number that nobody else has.
fn unique() -> u128 {
    // The standard library seeds hash maps at random; that is all the randomness needed here.
    let half = || u128::from(RandomState::new().build_hasher().finish());
    half() << 64 | half()
}
