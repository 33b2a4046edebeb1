//! What is served on memory, which is in the host's own process.

mod halfway;

use super::{guest::guest, host::Host};
use crate::{args::oci::Access, secrets};
use std::{collections::BTreeSet, path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::time::timeout;
use wasi_cloud_core::{
    Clock, Registry,
    messaging::{Inbox, Messaging, Payload, Subscription},
};

const PINGS: usize = 20;

/// Nothing of it is served yet.
fn host_on(registry: Registry, file: PathBuf) -> Host {
    let access = Access { insecure: false, registry_timeout: Duration::from_secs(1) };
    Host::new(registry, Arc::new(secrets::Declared::default()), access, file.clone(), file)
}

async fn rally(broker: &dyn Messaging, pongs: &mut dyn Inbox) -> BTreeSet<String> {
    let ping = Payload { data: b"ping".to_vec(), ..Payload::default() };
    let mut heard = BTreeSet::new();
    for _ in 0..PINGS {
        broker.publish("default", "ping", &ping).await.expect("accepted");
    }
    for _ in 0..PINGS {
        let pong = timeout(Duration::from_secs(60), pongs.next()).await.expect("a pong").expect("delivered");
        heard.insert(String::from_utf8(pong.payload.data).expect("UTF-8"));
    }
    heard
}

fn numbers(from: usize) -> BTreeSet<String> {
    (from..from + PINGS).map(|n| format!("pong {n}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn pingpong_on_memory_goes_on_through_changes_of_its_manifest() {
    let folder = TempDir::new().expect("a folder");
    let app = folder.path().join("pingpong.wasm");
    std::fs::write(&app, guest("pingpong")).expect("written");
    let file = folder.path().join("wasi-cloud.toml");
    let manifest = |keyvalue: &str, grant: &str, concurrency: u8| {
        let text = format!(
            "[components.pingpong]\nfile = {app:?}\nlinks = [\"messaging:default=memory\", \"keyvalue:default={keyvalue}\"]\n\
             grants = [\"messaging:default\", \"{grant}\"]\nlimits = {{ concurrency = {concurrency} }}\n"
        );
        std::fs::write(&file, text).expect("written");
    };
    let all = "keyvalue:default";
    manifest("memory", all, 2);
    let registry = wasi_cloud::registry(&Clock::default()).expect("backends");
    let broker = registry.services("memory").await.expect("memory").messaging.expect("messaging");
    let pongs = Subscription { topics: vec!["pong".into()], group: None, max_deliveries: 1, dead_letter: None };
    let mut pongs = broker.subscribe("default", &pongs).await.expect("subscribed");

    let mut host = host_on(registry, file.clone());
    host.start().await.expect("it starts");
    assert_eq!(rally(&*broker, &mut *pongs).await, numbers(1));
    // Its counter is elsewhere, and it starts again at 1.
    manifest("memory#other", all, 2);
    host.reload().await;
    assert_eq!(rally(&*broker, &mut *pongs).await, numbers(1));
    // A new start is no new counter.
    manifest("memory#other", all, 3);
    host.reload().await;
    // The one before still hears what is broadcast until it is drained, so it is waited for.
    host.drained().await;
    assert_eq!(rally(&*broker, &mut *pongs).await, numbers(PINGS + 1));
    // What a change that failed has taken from it is there again with the manifest from before, for links and for a new start.
    for (failed, concurrency) in [3, 4].into_iter().enumerate() {
        manifest("redis://127.0.0.1:1", "keyvalue:default:read", concurrency);
        host.reload().await;
        manifest("memory#other", all, 3);
        host.reload().await;
        let next = numbers(PINGS * (failed + 2) + 1);
        assert_eq!(rally(&*broker, &mut *pongs).await, next);
    }
    host.stop().await;
}
