//! The only list of backends. Each is one cargo feature and one line here.

use std::sync::Arc;
use wasi_cloud_core::{
    Clock, Registry, Result,
    provider::{EnvSecrets, Secrets},
};

/// Every backend of this build. `clock` is what backends in this process count lifetimes by; credentials come from
/// environment variables.
///
/// # Errors
/// `invalid` if two backends serve one scheme.
pub fn registry(clock: &Clock) -> Result<Registry> {
    registry_with(clock, Arc::new(EnvSecrets))
}

/// The same with credentials from elsewhere.
///
/// # Errors
/// As [`registry`].
pub fn registry_with(clock: &Clock, secrets: Arc<dyn Secrets>) -> Result<Registry> {
    let registry = Registry::new(secrets);
    #[cfg(feature = "etcd")]
    let registry = registry.with(wasi_cloud_etcd::Etcd::new())?;
    #[cfg(feature = "kafka")]
    let registry = registry.with(wasi_cloud_kafka::Kafka::new())?;
    #[cfg(feature = "memory")]
    let registry = registry.with(wasi_cloud_memory::Memory::with_clock(clock.clone()))?;
    #[cfg(feature = "mqtt")]
    let registry = registry.with(wasi_cloud_mqtt::Mqtt::new())?;
    #[cfg(feature = "nats")]
    let registry = registry.with(wasi_cloud_nats::Nats::new())?;
    #[cfg(feature = "postgres")]
    let registry = registry.with(wasi_cloud_postgres::Postgres::new())?;
    #[cfg(feature = "rabbitmq")]
    let registry = registry.with(wasi_cloud_rabbitmq::Rabbitmq::new())?;
    #[cfg(feature = "redis")]
    let registry = registry.with(wasi_cloud_redis::Redis::new())?;
    #[cfg(feature = "sqlite")]
    let registry = registry.with(wasi_cloud_sqlite::Sqlite::with_clock(clock.clone()))?;
    #[cfg(feature = "vault")]
    let registry = registry.with(wasi_cloud_vault::Vault::new())?;
    #[cfg(feature = "zookeeper")]
    let registry = registry.with(wasi_cloud_zookeeper::ZooKeeper::new())?;
    let _ = clock;
    Ok(registry)
}
