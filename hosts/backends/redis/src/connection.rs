//! The way to the server: one shared connection that is replaced once it is lost, and dedicated ones.
//!
//! The crate's own `ConnectionManager` does nearly this, but does not tell a connection that was not made (definite)
//! from an answer that was lost (indefinite for a write), and after an outage it hands the last failure to one more
//! call. Here a call dials first, if it must, and then sends its command once: nothing is ever sent again, but for a
//! script that the server did not know and so did not run.

use crate::error::{self, Effect};
use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, Pipeline, PushInfo, PushKind, RedisError, RedisResult,
    ScriptInvocation, Value,
    aio::{MultiplexedConnection, PubSub, SendError},
    from_redis_value,
};
use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{sync::Mutex, time::timeout};
use wasi_cloud_core::{
    Error, Result,
    provider::{Answered, Timing},
};

/// A server, as one URL names it.
pub(crate) struct Server {
    client: Client,
    /// The URL as it may be shown.
    pub(crate) url: String,
    pub(crate) timing: Timing,
    answered: Answered,
    shared: Mutex<Shared>,
}

#[derive(Default)]
struct Shared {
    live: Option<Live>,
    /// When the last attempt ended, and why, if it failed.
    failed: Option<(Instant, Error)>,
}

/// A connection that has not been seen to fail. Clones are the same connection.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) connection: MultiplexedConnection,
    gone: Arc<AtomicBool>,
}

impl Live {
    pub(crate) fn is_gone(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }
}

impl Server {
    pub(crate) fn new(client: Client, url: String, timing: Timing) -> Self {
        Self { client, url, timing, answered: Answered::default(), shared: Mutex::default() }
    }

    /// Makes sure that it answers, or did so just now.
    pub(crate) async fn is_there(&self) -> Result<()> {
        if self.answered.is_recent() { Ok(()) } else { self.ping().await }
    }

    /// Makes sure that it answers.
    pub(crate) async fn ping(&self) -> Result<()> {
        let answer: String = self.command(Effect::Read, &redis::cmd("PING")).await?;
        if answer == "PONG" { Ok(()) } else { Err(error::unexpected(Effect::Read, &self.url)) }
    }

    /// Runs one command.
    pub(crate) async fn command<T: FromRedisValue>(&self, effect: Effect, command: &Cmd) -> Result<T> {
        self.run(effect, |mut c| async move { command.query_async(&mut c).await }).await
    }

    /// Runs a script, and sends it before if the server does not know it.
    pub(crate) async fn script<T: FromRedisValue>(&self, effect: Effect, script: &ScriptInvocation<'_>) -> Result<T> {
        self.run(effect, |mut c| async move { script.invoke_async(&mut c).await }).await
    }

    /// Runs several commands in one round trip, not atomically.
    pub(crate) async fn pipeline<T: FromRedisValue>(&self, effect: Effect, commands: &Pipeline) -> Result<T> {
        self.run(effect, |mut c| async move { commands.query_async(&mut c).await }).await
    }

    async fn run<T, F, Fut>(&self, effect: Effect, op: F) -> Result<T>
    where
        T: FromRedisValue,
        F: FnOnce(MultiplexedConnection) -> Fut,
        Fut: Future<Output = RedisResult<Value>>,
    {
        let live = self.shared().await?;
        match op(live.connection.clone()).await {
            Ok(reply) => {
                let read = from_redis_value(reply).map_err(|_| error::unexpected(effect, &self.url));
                if read.is_ok() {
                    self.answered.answered()
                } else {
                    self.answered.failed()
                }
                read
            }
            Err(why) => {
                self.answered.failed();
                // One that does not answer in time is replaced too: it may lead to a machine that is no more.
                if why.is_io_error() || why.is_unrecoverable_error() {
                    live.gone.store(true, Ordering::Release);
                }
                Err(error::failed(&why, effect, &self.url))
            }
        }
    }

    /// The shared connection, dialled if there is none. An attempt that ended while this call waited for it speaks for
    /// this call too, so that many calls at once wait for one timeout and not one after the other.
    async fn shared(&self) -> Result<Live> {
        let asked = Instant::now();
        let mut shared = self.shared.lock().await;
        if let Some(live) = shared.live.as_ref().filter(|live| !live.is_gone()) {
            return Ok(live.clone());
        }
        if let Some((_, why)) = shared.failed.as_ref().filter(|(ended, _)| *ended >= asked) {
            return Err(why.clone());
        }
        let dialled = self.dial(self.timing.response).await;
        shared.live = dialled.as_ref().ok().cloned();
        shared.failed = dialled.as_ref().err().map(|why| (Instant::now(), why.clone()));
        dialled
    }

    /// A connection of its own, for commands that block for less than `response`.
    pub(crate) async fn dial(&self, response: Duration) -> Result<Live> {
        let gone = Arc::new(AtomicBool::new(false));
        let noticed = gone.clone();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.timing.connect))
            .set_response_timeout(Some(response))
            .set_push_sender(move |push: PushInfo| {
                if push.kind == PushKind::Disconnection {
                    noticed.store(true, Ordering::Release);
                }
                Ok::<_, SendError>(())
            });
        match self.client.get_multiplexed_async_connection_with_config(&config).await {
            Ok(connection) => Ok(Live { connection, gone }),
            Err(why) => Err(error::unreachable(&why, &self.url)),
        }
    }

    /// A connection of its own that receives what is published on these channels from now on.
    pub(crate) async fn listen(&self, channels: &[String]) -> Result<PubSub> {
        let subscribing = async {
            let mut listener = self.client.get_async_pubsub().await?;
            listener.subscribe(channels).await?;
            Ok::<_, RedisError>(listener)
        };
        let late = |_| Err(io::Error::from(io::ErrorKind::TimedOut).into());
        let subscribed = timeout(self.timing.connect, subscribing).await.unwrap_or_else(late);
        subscribed.map_err(|why| error::unreachable(&why, &self.url))
    }
}
