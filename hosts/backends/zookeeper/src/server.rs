//! The way to the servers: one session, which is replaced when it is lost. Nothing lives in it, so a new one is as good.

use crate::{
    error::{Effect, Why},
    options::Options,
};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::timeout};
use wasi_cloud_core::{Error, Kind, Result, provider::Timing};
use zookeeper_client::{Acls, Client, CreateMode, CreateOptions, SessionState};

/// How long a server keeps a session of which it hears nothing, if its own limits allow it. The connection is given up
/// after two fifths of that, so a call ends by its own deadline before.
const SESSION: Duration = Duration::from_secs(15);

/// Servers, as one URL names them.
pub(crate) struct Server {
    pub(crate) options: Options,
    timing: Timing,
    session: Mutex<Arc<Client>>,
}

impl Server {
    pub(crate) async fn connect(options: Options, timing: Timing) -> Result<Self> {
        let opened = timeout(timing.connect, session(&options)).await;
        let session = opened.unwrap_or(Err(Why::Late)).map_err(|why| unreachable(why, &options.shown))?;
        Ok(Self { session: Mutex::new(Arc::new(session)), options, timing })
    }

    /// A session that has a connection. While there is none, nothing is sent: the crate would keep it for later.
    pub(crate) async fn session(&self) -> Result<Arc<Client>> {
        // Who waits for another's attempt waits no longer than for its own.
        let found = timeout(self.timing.connect, async {
            let mut current = self.session.lock().await;
            if current.state() != SessionState::SyncConnected {
                *current = Arc::new(session(&self.options).await?);
            }
            Ok(current.clone())
        });
        found.await.unwrap_or(Err(Why::Late)).map_err(|why| unreachable(why, &self.options.shown))
    }

    /// The outcome of requests, if it comes in time.
    pub(crate) async fn outcome<T>(&self, effect: Effect, requests: impl Future<Output = Result<T, Why>>) -> Result<T> {
        let outcome = timeout(self.timing.response, requests).await.unwrap_or(Err(Why::Late));
        outcome.map_err(|why| why.error(effect, &self.options.shown))
    }

    /// How znodes are made: to stay, and for whom the URL says.
    pub(crate) const fn kept(&self) -> CreateOptions<'static> {
        let acls = if self.options.login.is_some() { Acls::creator_all() } else { Acls::anyone_all() };
        CreateMode::Persistent.with_acls(acls)
    }
}

async fn session(options: &Options) -> Result<Client, Why> {
    let mut connector = Client::connector().with_fail_eagerly().with_session_timeout(SESSION);
    if let Some(login) = &options.login {
        connector = connector.with_auth("digest", login.reveal().as_bytes());
    }
    Ok(connector.connect(&options.hosts).await?)
}

/// Nothing was sent yet.
fn unreachable(why: Why, url: &str) -> Error {
    let error = why.error(Effect::Read, url);
    let kind = if error.kind == Kind::Timeout { Kind::Unavailable } else { error.kind };
    Error::new(kind, error.message)
}
