//! Answers every `ping` on the topic `ping` with `pong 1`, `pong 2`, ... on the topic `pong`.

use wasi_cloud_sdk::{Result, keyvalue::Bucket, messaging, messaging::Message, on_message};

#[on_message("ping")]
fn ping(message: Message) -> Result<()> {
    if message.data() != b"ping" {
        return Ok(());
    }
    let count = Bucket::open("default")?.increment("count", 1)?;
    messaging::publish("pong", format!("pong {count}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasi_cloud_sdk::testing::Cloud;

    #[test]
    fn every_ping_gets_the_next_pong() -> Result<()> {
        let cloud = Cloud::new();
        cloud.deliver("ping", ping, "ping")?;
        cloud.deliver("ping", ping, "ping")?;
        let pongs: Vec<_> = cloud.published().into_iter().map(|m| (m.topic, m.data)).collect();
        assert_eq!(pongs, [("pong".into(), b"pong 1".to_vec()), ("pong".into(), b"pong 2".to_vec())]);
        Ok(())
    }

    #[test]
    fn anything_else_is_taken_in_silence() -> Result<()> {
        let cloud = Cloud::new();
        cloud.deliver("ping", ping, "hello")?;
        assert!(cloud.published().is_empty());
        assert_eq!(Bucket::open("default")?.get("count")?, None);
        Ok(())
    }
}
