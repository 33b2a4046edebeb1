use super::{decode, encode};
use crate::{
    host::stage::Live,
    session::{Broken, Session},
    wire::config::{Op, Seen},
};
use async_trait::async_trait;
use std::sync::Arc;
use wasi_cloud_core::{Error, Kind, config::Store};

pub(super) struct Driven {
    store: Store,
}

impl Driven {
    pub fn new(live: &Arc<Live>) -> Self {
        Self { store: Store::new(live.links.config.link("default", &live.grants)) }
    }
}

/// What `wasi:config` can tell of an error: `io`, or `upstream` for all else.
fn told(error: Error) -> Error {
    let kind = match error.kind {
        Kind::Timeout | Kind::Unavailable => Kind::Unavailable,
        _ => Kind::Other,
    };
    Error::new(kind, error.to_string())
}

#[async_trait]
impl Session for Driven {
    async fn exec(&mut self, line: &str) -> Result<String, Broken> {
        let seen = match decode(line)? {
            Op::Get(key) => self.store.get(&key).await.map(Seen::Value),
            Op::GetAll => self.store.get_all().await.map(|all| Seen::Pairs(all.into_iter().collect())),
        };
        encode(&seen.unwrap_or_else(|error| Seen::Failed(told(error).into())))
    }
}
