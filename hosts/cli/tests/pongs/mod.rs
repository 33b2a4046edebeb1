//! A component that answers `ping` with `pong`, on memory in the test's own process.

use std::{sync::Arc, time::Duration};
use wasi_cloud_core::{
    Clock, Grants, Links,
    messaging::{Messaging, Payload, Subscription},
};
use wasi_cloud_wasmtime::runtime::{Env, Limits, Runtime, ServeOptions, recorded_topics};

/// What comes on the topic `pong` for so many pings.
pub fn answers(wasm: &[u8], pings: usize) -> Vec<String> {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("tokio");
    tokio.block_on(async {
        let answered = tokio::time::timeout(Duration::from_secs(60), serve(wasm, pings)).await;
        answered.expect("within a minute").expect("no error")
    })
}

async fn serve(wasm: &[u8], pings: usize) -> wasi_cloud_core::Result<Vec<String>> {
    let memory = wasi_cloud::registry(&Clock::default())?.services("memory").await?;
    let broker: Arc<dyn Messaging> = memory.messaging.expect("it has messaging");
    let links = Links::default();
    links.keyvalue.set("default", memory.keyvalue.expect("it has key-value"), "default", Arc::from([]));
    links.messaging.set("default", broker.clone(), "default", Arc::from([]));
    let of = |topics| Subscription { topics, group: None, max_deliveries: 1, dead_letter: None };
    let mut pongs = broker.subscribe("default", &of(vec!["pong".to_owned()])).await?;

    let app = Runtime::new(Limits::default()).and_then(|runtime| runtime.compile(wasm)).expect("it compiles");
    let grants = Grants::parse(["keyvalue:default", "messaging:default"])?.shared();
    let env = move || Env::new(links.clone(), grants.clone());
    let service = app.serve_messages(env, of(recorded_topics(wasm)), ServeOptions::default()).await?;
    let mut answers = Vec::new();
    for _ in 0..pings {
        broker.publish("default", "ping", &Payload { data: b"ping".to_vec(), ..Payload::default() }).await?;
        let pong = pongs.next().await?;
        answers.push(String::from_utf8_lossy(&pong.payload.data).into_owned());
    }
    service.stop().await;
    Ok(answers)
}
