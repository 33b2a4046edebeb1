//! Removing what has expired.

use super::statements::SWEEP;
use crate::{connection::Server, error::Effect};
use std::{
    sync::{Arc, Weak},
    time::Duration,
};
use tokio::time::{MissedTickBehavior, interval};

/// How often a host looks, from its start on.
const EVERY: Duration = Duration::from_secs(60);

/// Sweeps for as long as somebody uses the server.
pub(crate) fn sweep(server: &Arc<Server>) {
    let server = Arc::downgrade(server);
    tokio::spawn(async move {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let Some(server) = Weak::upgrade(&server) else { return };
            while let Ok(Some(_)) = server.row(Effect::Read, SWEEP, &[]).await {}
        }
    });
}
