//! What a host does for all: removing what nobody will ask for again.

use crate::{connection::Server, keyvalue, messaging};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval};

/// How often, from the start on.
const EVERY: Duration = Duration::from_secs(60);

/// Goes on for as long as somebody uses the server.
pub(crate) fn begin(server: &Arc<Server>, maxlen: u32) {
    let server = Arc::downgrade(server);
    tokio::spawn(async move {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let Some(server) = Weak::upgrade(&server) else { return };
            for done in [keyvalue::sweep(&server).await, messaging::trim(&server, maxlen).await] {
                if let Err(error) = done {
                    tracing::warn!(%error, "what has expired was not removed; it is tried again in a minute");
                }
            }
        }
    });
}
