//! The only list of backends. Each is one cargo feature and one line here.

use std::sync::Arc;
use wasi_cloud_core::{
    Clock, Registry, Result,
    provider::{EnvSecrets, Secrets},
};

/// Of each backend the feature, the schemes, and how it is made. Schemes are said here too, because a build without the
/// backend has to know what it lacks.
macro_rules! backends {
    (|$clock:ident| $($feature:literal, $schemes:expr, $backend:expr;)*) => {
        fn filled(registry: Registry, $clock: &Clock) -> Result<Registry> {
            $(
                #[cfg(feature = $feature)]
                let registry = registry.with($backend)?;
                #[cfg(not(feature = $feature))]
                let registry = registry.without(&$schemes, concat!(
                    "the feature `", $feature, "` adds it (`cargo install --path hosts/cli --features ", $feature, "`)",
                ));
            )*
            // No backend of this build may need it.
            let _ = $clock;
            Ok(registry)
        }

        #[cfg(test)]
        const BACKENDS: &[(&str, bool, &[&str])] = &[$(($feature, cfg!(feature = $feature), &$schemes)),*];
    };
}

backends! { |clock|
    "etcd", ["etcd", "etcd+tls"], wasi_cloud_etcd::Etcd::new();
    "kafka", ["kafka"], wasi_cloud_kafka::Kafka::new();
    "memory", ["memory"], wasi_cloud_memory::Memory::with_clock(clock.clone());
    "mqtt", ["mqtt"], wasi_cloud_mqtt::Mqtt::new();
    "nats", ["nats", "tls"], wasi_cloud_nats::Nats::new();
    "postgres", ["postgres", "postgresql"], wasi_cloud_postgres::Postgres::new();
    "rabbitmq", ["amqp", "amqps"], wasi_cloud_rabbitmq::Rabbitmq::new();
    "redis", ["redis", "redis+unix"], wasi_cloud_redis::Redis::new();
    "sqlite", ["sqlite"], wasi_cloud_sqlite::Sqlite::with_clock(clock.clone());
    "vault", ["vault", "vault+tls"], wasi_cloud_vault::Vault::new();
    "zookeeper", ["zookeeper"], wasi_cloud_zookeeper::ZooKeeper::new();
}

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
    filled(Registry::new(secrets), clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In a build with all features, that the lines are what the providers serve.
    #[test]
    fn the_list_is_what_the_providers_serve() {
        let registry = registry(&Clock::default()).expect("no scheme twice");
        let of = |built: bool| BACKENDS.iter().filter(move |line| line.1 == built);
        let mut listed: Vec<_> = of(true).flat_map(|line| line.2).copied().collect();
        listed.sort_unstable();
        assert_eq!(listed, registry.schemes());
        for (feature, _, schemes) in of(false) {
            for scheme in *schemes {
                let why = registry.elsewhere(scheme).expect("another build has it");
                assert!(why.ends_with(&format!("--features {feature}`)")), "{why}");
            }
        }
    }
}
