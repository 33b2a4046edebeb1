//! Hosts behind an adapter: a program of the vendor's that starts guests on the host and gives the suite controls over it, in JSON
//! lines on its standard streams. `docs/adapter-protocol.md` is written for whoever writes one.

mod connection;
mod environment;
mod follow;
mod heard;
pub mod protocol;

use super::{
    Deployment, Environment, Host, HostDescription,
    command::{Launch, guests::Guests},
};
use crate::{corpus::Corpus, language::Language, session::Broken};
use async_trait::async_trait;
use connection::Connection;
use environment::Deployed;
use protocol::{Call, Hello, VERSION};
use serde::Deserialize;
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Mutex, time::timeout};

/// How long an adapter may take to say who it is.
const GREETING: Duration = Duration::from_secs(30);
/// How long it may take to end, and to do what no case waits for.
const PATIENCE: Duration = Duration::from_secs(5);
/// How much of what it says unasked is kept for a case at a time, of each sort, in bytes: four of its longest lines. A case has
/// come near a thousandth of it.
const MOST: usize = 4 * protocol::LINE;

/// An adapter, which is started anew where it has died: that costs the cases that it was busy with, and no others.
pub struct Adapter {
    argv: Vec<String>,
    hello: Hello,
    current: Mutex<Arc<Connection>>,
    names: AtomicU64,
}

impl Adapter {
    /// Starts it and asks who it is.
    ///
    /// # Errors
    /// If it does not start, is of another version, or does not answer.
    pub async fn start(argv: Vec<String>) -> Result<Self, Broken> {
        let (connection, hello) = greeted(&argv).await?;
        Ok(Self { argv, hello, current: Mutex::new(Arc::new(connection)), names: AtomicU64::new(1) })
    }

    /// What it says of itself.
    #[must_use]
    pub const fn hello(&self) -> &Hello {
        &self.hello
    }

    /// Says goodbye, and ends it if it does not end.
    pub async fn stop(&self) {
        let connection = self.current.lock().await;
        let parting = async {
            // Whatever it says: it has to end now.
            let _ = connection.call(Call::Bye).await;
            connection.ended().await;
        };
        if timeout(PATIENCE, parting).await.is_err() {
            connection.end(Broken::HostDied("the adapter did not end when it was told to".into()));
            connection.ended().await;
        }
    }

    async fn connection(&self) -> Result<Arc<Connection>, Broken> {
        let mut current = self.current.lock().await;
        if current.is_over() {
            *current = Arc::new(greeted(&self.argv).await?.0);
        }
        Ok(current.clone())
    }

    /// A name that no guest and no program had before.
    fn name(&self) -> u64 {
        self.names.fetch_add(1, Ordering::Relaxed)
    }
}

async fn greeted(argv: &[String]) -> Result<(Connection, Hello), Broken> {
    let connection = Connection::start(argv)?;
    let hello = Call::Hello { protocol: VERSION, suite: env!("CARGO_PKG_VERSION").to_owned() };
    let said = timeout(GREETING, connection.call(hello)).await.map_err(|_| Broken::Hung(GREETING))??;
    let hello = Hello::deserialize(Value::Object(said))
        .map_err(|why| Broken::Protocol(format!("the answer to `hello` is none: {why}")))?;
    if hello.protocol != VERSION {
        let theirs = hello.protocol;
        return Err(Broken::Setup(format!(
            "the adapter speaks version {theirs} of the protocol, and this suite {VERSION}"
        )));
    }
    if let Some(at_once) = hello.at_once {
        connection.limit(at_once);
    }
    Ok((connection, hello))
}

/// A host behind an adapter, with guests of one language.
pub struct Adapted {
    adapter: Arc<Adapter>,
    description: HostDescription,
    guests: Arc<Guests>,
}

impl Adapted {
    /// The host.
    ///
    /// # Errors
    /// If there is no folder for the guests.
    pub fn new(
        adapter: Arc<Adapter>,
        launch: Launch,
        description: HostDescription,
        corpus: Corpus,
        language: Language,
    ) -> std::io::Result<Self> {
        Ok(Self { adapter, description, guests: Arc::new(Guests::new(launch, corpus, language)?) })
    }
}

#[async_trait]
impl Host for Adapted {
    fn describe(&self) -> &HostDescription {
        &self.description
    }

    async fn warm(&self, cases: &[&str]) {
        self.guests.warm(cases).await;
    }

    fn at_once(&self) -> Option<usize> {
        self.adapter.hello().at_once.map(|most| usize::from(most).max(1))
    }

    async fn deploy(&self, deployment: &Deployment) -> Result<Box<dyn Environment>, Broken> {
        let connection = self.adapter.connection().await?;
        let deployed = Deployed::make(self.adapter.clone(), connection, self.guests.clone(), deployment).await?;
        Ok(Box::new(deployed))
    }
}
