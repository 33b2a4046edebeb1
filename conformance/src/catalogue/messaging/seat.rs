//! Who takes part in a case of messaging: a program that hears, and a guest that sends.

use crate::{
    bench::{Bench, Client, Messaging, Running},
    catalogue::Need,
    host::{MAX_DELIVERIES, Program, Subscribed},
    outcome::Outcome,
};

/// What the recorder is to do comes to it as metadata.
pub const SCRIPT: Need = Need::Interface("carried-metadata");

pub struct Seat {
    pub guest: Messaging,
    pub client: Client,
    /// Hears, and answers, as long as it lives.
    pub recorder: Running,
}

/// A recorder on these topics, and a guest to send from.
pub async fn seat(b: &Bench, topics: &[&str], group: Option<&str>) -> Outcome<Seat> {
    subscribed(b, Subscribed { topics, group, max_deliveries: MAX_DELIVERIES, dead_letter: None }).await
}

/// A recorder that is subscribed so, and a guest to send from.
pub async fn subscribed(b: &Bench, to: Subscribed<'_>) -> Outcome<Seat> {
    let recorder = b.subscribe(Program::Recorder, to).await?;
    let guest = b.messaging().await?;
    let client = guest.connect("default").await?;
    Ok(Seat { guest, client, recorder })
}

impl Seat {
    pub async fn send(&self, topic: &str, data: impl AsRef<[u8]>) -> Outcome {
        self.client.send(topic, self.guest.message(data).await?).await
    }
}
