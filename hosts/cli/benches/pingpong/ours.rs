//! `wasi-cloud serve` with the prebuilt guest that is written in Rust.

use crate::{nats::Nats, pings, redis::Redis, served::Site};
use std::time::Duration;
use tokio::runtime::Runtime;

pub fn measure(nats: &Nats, redis: &Redis, concurrency: usize, reuse: usize, count: usize) -> Duration {
    let site = Site::new();
    site.guest("pingpong");
    site.manifest(&format!(
        r#"
        [components.pingpong]
        file = "pingpong.wasm"
        links = ["messaging:default={}", "keyvalue:default={}"]
        grants = ["messaging:default", "keyvalue:default"]
        subscriptions = [{{ topics = ["ping"], group = "players" }}]
        limits = {{ concurrency = {concurrency}, reuse = {reuse} }}
        "#,
        nats.url(),
        redis.url(0),
    ));
    // Whose messages wait for it from now on.
    site.served().stop();
    let runtime = Runtime::new().expect("a runtime");
    let mut pongs = runtime.block_on(async {
        let client = pings::client(nats).await;
        pings::wait(&client, "wasi-cloud.msg.default.ping", count).await;
        let pongs = client.subscribe("wasi-cloud.msg.default.pong").await.expect("subscribed");
        client.flush().await.expect("sent");
        pongs
    });
    let served = site.serve();
    let took = runtime.block_on(pings::hear(&mut pongs, count));
    served.stop();
    took
}
