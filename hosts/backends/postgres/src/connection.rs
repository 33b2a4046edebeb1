//! The way to the server: a bounded pool of connections, made when they are needed.
//!
//! A statement is sent once and never again. Its connection goes back to the pool if it is known to be idle: one whose
//! answer did not come, or whose caller went away, is closed, and nobody waits behind what it still does.

use crate::{
    Timing,
    error::{self, Effect},
    options::Options,
    tls,
};
use deadpool_postgres::{Hook, HookError, Manager, ManagerConfig, Object, Pool, RecyclingMethod, Runtime};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::{Client, Config, Row, Socket, config::SslMode, tls::MakeTlsConnect, types::ToSql};
use tokio_postgres_rustls::MakeRustlsConnect;
use wasi_cloud_core::{Error, Kind, Result};

/// How much longer an answer is waited for than the server may take: so that mostly it is the server which gives up, and
/// then says that nothing changed.
const GRACE: Duration = Duration::from_millis(500);
/// After that long in silence, a sleeping connection is asked for a sign of life.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// A database, as one URL names it.
pub(crate) struct Server {
    pool: Pool,
    config: Config,
    tls: MakeRustlsConnect,
    /// The URL as it may be shown.
    pub(crate) url: String,
    pub(crate) schema: String,
    pub(crate) timing: Timing,
}

/// What has to be polled for a [`Client`] to get answers.
pub(crate) type Connection = tokio_postgres::Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

pub(crate) type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Server {
    /// Connects nowhere yet.
    pub(crate) fn new(options: Options, timing: Timing) -> Result<Self> {
        let mut config = Config::new();
        config.host(&options.host).port(options.port).user(&options.user).dbname(&options.database);
        config.application_name("wasi-cloud").keepalives_idle(KEEPALIVE).tcp_user_timeout(timing.response + GRACE);
        config.ssl_mode(if options.tls { SslMode::Require } else { SslMode::Disable });
        if let Some(password) = &options.password {
            config.password(password.reveal());
        }
        let tls = tls::connector(options.tls)?;
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config.clone(), tls.clone(), recycling);
        // What an operator has set for the role or the database may be otherwise.
        let settings = format!(
            "set search_path to {}; set statement_timeout to {}; set default_transaction_isolation to 'read committed'",
            options.schema,
            timing.response.as_millis().max(1),
        );
        let set = Hook::async_fn(move |client: &mut deadpool_postgres::ClientWrapper, _| {
            let settings = settings.clone();
            Box::pin(async move { client.batch_execute(&settings).await.map_err(HookError::Backend) })
        });
        let pool = Pool::builder(manager)
            .max_size(options.connections)
            .wait_timeout(Some(timing.response))
            .create_timeout(Some(timing.connect))
            .recycle_timeout(Some(timing.connect))
            .post_create(set)
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|_| Error::new(Kind::Other, "no pool of connections could be made"))?;
        Ok(Self { pool, config, tls, url: options.shown, schema: options.schema, timing })
    }

    /// A connection of its own, beside the pool. Where its machine vanishes, the server notices within two minutes.
    pub(crate) async fn dial(&self) -> Result<(Client, Connection)> {
        let dialled = timeout(self.timing.connect, self.config.connect(self.tls.clone())).await;
        let late = |_| Error::new(Kind::Unavailable, format!("no connection to {} in time", self.url));
        dialled.map_err(late)?.map_err(|why| error::not_connected(&why, &self.url))
    }

    /// Runs a statement of at most one row.
    pub(crate) async fn row(&self, effect: Effect, sql: &str, params: Params<'_>) -> Result<Option<Row>> {
        Ok(self.rows(effect, sql, params).await?.pop())
    }

    /// Runs a statement. Each is a transaction of its own.
    pub(crate) async fn rows(&self, effect: Effect, sql: &str, params: Params<'_>) -> Result<Vec<Row>> {
        let object = self.pool.get().await.map_err(|why| error::unreachable(&why, &self.url))?;
        let until = Instant::now() + self.timing.response + GRACE;
        let lease = Lease(Some(object));
        let Some(connection) = &lease.0 else { return Err(error::late(Effect::Read, &self.url)) };
        // To prepare a statement changes nothing.
        let statement = timeout_at(until, connection.prepare_cached(sql)).await;
        let statement = statement
            .map_err(|_| error::late(Effect::Read, &self.url))?
            .map_err(|why| error::failed(&why, Effect::Read, &self.url))?;
        match timeout_at(until, connection.query(&statement, params)).await {
            Ok(Ok(rows)) => {
                lease.give_back();
                Ok(rows)
            }
            Ok(Err(why)) => {
                if error::is_plain_refusal(&why) {
                    lease.give_back();
                }
                Err(error::failed(&why, effect, &self.url))
            }
            Err(_) => Err(error::late(effect, &self.url)),
        }
    }

    /// Runs several statements as one transaction, for what is done once.
    pub(crate) async fn script(&self, sql: &str) -> Result<()> {
        let object = self.pool.get().await.map_err(|why| error::unreachable(&why, &self.url))?;
        let lease = Lease(Some(object));
        let Some(connection) = &lease.0 else { return Err(error::late(Effect::Read, &self.url)) };
        let done = timeout(self.timing.response + GRACE, connection.batch_execute(sql)).await;
        done.map_err(|_| error::late(Effect::Read, &self.url))?
            .map_err(|why| error::failed(&why, Effect::Read, &self.url))?;
        lease.give_back();
        Ok(())
    }
}

/// A connection in use. Dropped, it is closed.
struct Lease(Option<Object>);

impl Lease {
    fn give_back(mut self) {
        self.0 = None;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(object) = self.0.take() {
            drop(Object::take(object));
        }
    }
}
